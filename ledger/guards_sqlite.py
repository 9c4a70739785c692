# ruff: noqa: S608 - every name in these texts is our own
"""The guards of the book as SQLite triggers.

SQLite knows no roles and no trigger depth. So an account names the journal row
that moved it last, and its counters may change only by exactly what a newer row
says. This stops mistakes in our own code; what a person with the file in hand can
do is found by `ledger.verify`.
"""

import re

JOURNAL = {
    "ledger_unit": ("code = NEW.code",),
    "ledger_transaction": (),
    "ledger_posting": (
        "id = NEW.id",
        "transaction_id = NEW.transaction_id AND line = NEW.line",
    ),
    "ledger_hold": ("id = NEW.id", "transaction_id = NEW.transaction_id"),
    "ledger_hold_resolution": (
        "hold_id = NEW.hold_id",
        "transaction_id = NEW.transaction_id",
    ),
    "ledger_hold_extension": ("transaction_id = NEW.transaction_id",),
    "ledger_account_change": ("transaction_id = NEW.transaction_id",),
    "ledger_lot_use": (
        "id = NEW.id",
        "transaction_id = NEW.transaction_id AND lot_id = NEW.lot_id",
    ),
    "ledger_period": (
        "code = NEW.code",
        "last_on = NEW.last_on",
        "transaction_id = NEW.transaction_id",
    ),
    "ledger_period_balance": ("account_id = NEW.account_id AND last_on = NEW.last_on",),
    "ledger_period_total": (
        "last_on = NEW.last_on AND unit = NEW.unit AND kind = NEW.kind",
    ),
    "ledger_tree_node": ("level = NEW.level AND position = NEW.position",),
    "ledger_checkpoint": ("size = NEW.size",),
    "ledger_seal": (),
}
"""Append-only tables, and the keys by which INSERT OR REPLACE would overwrite.

Where there are none the table's own guard below looks at them: every trigger that
fires costs as much as two look-ups, and these fire with each posting.
"""


def _journal_guards(table: str, keys: tuple[str, ...]) -> dict[str, str]:
    taken = " OR ".join(f"EXISTS (SELECT 1 FROM {table} WHERE {key})" for key in keys)
    no_replace = f"""
            BEFORE INSERT ON {table} WHEN {taken}
            BEGIN SELECT RAISE(ABORT, 'ledger: {table} has this key'); END"""
    return ({f"{table}_no_replace": no_replace} if keys else {}) | {
        f"{table}_no_update": f"""
            BEFORE UPDATE ON {table}
            BEGIN SELECT RAISE(ABORT, 'ledger: {table} is append-only'); END""",
        f"{table}_no_delete": f"""
            BEFORE DELETE ON {table}
            BEGIN SELECT RAISE(ABORT, 'ledger: {table} is append-only'); END""",
    }


ACCOUNT = {
    "ledger_account_no_delete": """
        BEFORE DELETE ON ledger_account
        BEGIN SELECT RAISE(ABORT, 'ledger: accounts are closed, not deleted'); END""",
    "ledger_account_opens_empty": """
        BEFORE INSERT ON ledger_account
        WHEN NEW.debits_posted <> 0 OR NEW.credits_posted <> 0
          OR NEW.debits_pending <> 0 OR NEW.credits_pending <> 0
          OR NEW.state <> 'open' OR NEW.last_posting_id OR NEW.last_act_id
          OR NEW.keeps_lots <> 0
          OR EXISTS (SELECT 1 FROM ledger_account WHERE id = NEW.id)
          OR EXISTS (SELECT 1 FROM ledger_account WHERE code = NEW.code)
          OR EXISTS (SELECT 1 FROM ledger_account WHERE public_code = NEW.public_code)
        BEGIN SELECT RAISE(ABORT, 'ledger: accounts open new, empty and open'); END""",
    "ledger_account_identity": """
        BEFORE UPDATE OF id, code, public_code, unit, kind, opened_at
        ON ledger_account
        BEGIN SELECT RAISE(ABORT, 'ledger: an account keeps its identity'); END""",
    "ledger_account_owner_erased": """
        BEFORE UPDATE OF owner_ref ON ledger_account WHEN NEW.owner_ref IS NOT NULL
        BEGIN SELECT RAISE(ABORT, 'ledger: an owner may only be erased'); END""",
    "ledger_account_posted": """
        BEFORE UPDATE OF debits_posted, credits_posted, last_posting_id
        ON ledger_account
        WHEN NOT EXISTS (
          SELECT 1 FROM ledger_posting p WHERE p.id = NEW.last_posting_id
            AND p.id > COALESCE(OLD.last_posting_id, 0)
            AND OLD.id IN (p.debit_account_id, p.credit_account_id)
            AND NEW.debits_posted - OLD.debits_posted
              = CASE p.debit_account_id WHEN OLD.id THEN p.amount ELSE 0 END
            AND NEW.credits_posted - OLD.credits_posted
              = CASE p.credit_account_id WHEN OLD.id THEN p.amount ELSE 0 END)
        BEGIN SELECT RAISE(ABORT, 'ledger: counters move by journal rows'); END""",
    "ledger_account_pending": """
        BEFORE UPDATE OF debits_pending, credits_pending, floor, state, last_act_id,
          keeps_lots
        ON ledger_account
        WHEN NOT (NEW.last_act_id > COALESCE(OLD.last_act_id, 0) AND (
          (NEW.state = OLD.state AND NEW.floor IS OLD.floor
            AND NEW.keeps_lots = OLD.keeps_lots AND EXISTS (
            SELECT 1 FROM ledger_hold h WHERE h.transaction_id = NEW.last_act_id
              AND OLD.id IN (h.debit_account_id, h.credit_account_id)
              AND NEW.debits_pending - OLD.debits_pending
                = CASE h.debit_account_id WHEN OLD.id THEN h.amount ELSE 0 END
              AND NEW.credits_pending - OLD.credits_pending
                = CASE h.credit_account_id WHEN OLD.id THEN h.amount ELSE 0 END))
          OR (NEW.state = OLD.state AND NEW.floor IS OLD.floor
            AND NEW.keeps_lots = OLD.keeps_lots AND EXISTS (
            SELECT 1 FROM ledger_hold_resolution r
              JOIN ledger_hold h ON h.id = r.hold_id
            WHERE r.transaction_id = NEW.last_act_id
              AND OLD.id IN (h.debit_account_id, h.credit_account_id)
              AND OLD.debits_pending - NEW.debits_pending
                = CASE h.debit_account_id WHEN OLD.id THEN h.amount ELSE 0 END
              AND OLD.credits_pending - NEW.credits_pending
                = CASE h.credit_account_id WHEN OLD.id THEN h.amount ELSE 0 END))
          OR (NEW.debits_pending = OLD.debits_pending
            AND NEW.credits_pending = OLD.credits_pending AND EXISTS (
            SELECT 1 FROM ledger_account_change x
            WHERE x.transaction_id = NEW.last_act_id AND x.account_id = OLD.id
              AND x.state = NEW.state AND x.floor IS NEW.floor
              AND x.keeps_lots = NEW.keeps_lots))))
        BEGIN SELECT RAISE(ABORT, 'ledger: counters move by journal rows'); END""",
    "ledger_private_text_no_update": """
        BEFORE UPDATE ON ledger_private_text
        BEGIN SELECT RAISE(ABORT, 'ledger: words are erased, not edited'); END""",
    "ledger_private_text_no_replace": """
        BEFORE INSERT ON ledger_private_text WHEN EXISTS (
          SELECT 1 FROM ledger_private_text
          WHERE transaction_id = NEW.transaction_id)
        BEGIN SELECT RAISE(ABORT, 'ledger: words are erased, not edited'); END""",
}

STOPS = {
    "ledger_stop_no_delete": """
        BEFORE DELETE ON ledger_stop
        BEGIN SELECT RAISE(ABORT, 'ledger: a stop is lifted, not deleted'); END""",
    "ledger_stop_stands": """
        BEFORE UPDATE ON ledger_stop
        WHEN NEW.id <> OLD.id OR NEW.at <> OLD.at OR NEW.reason <> OLD.reason
          OR OLD.lifted_at IS NOT NULL
        BEGIN SELECT RAISE(ABORT, 'ledger: a stop is lifted, not edited'); END""",
}

LOTS = {
    "ledger_lot_no_delete": """
        BEFORE DELETE ON ledger_lot
        BEGIN SELECT RAISE(ABORT, 'ledger: ledger_lot is append-only'); END""",
    "ledger_lot_no_replace": """
        BEFORE INSERT ON ledger_lot
        WHEN NEW.used <> 0 OR EXISTS (SELECT 1 FROM ledger_lot WHERE id = NEW.id)
        BEGIN SELECT RAISE(ABORT, 'ledger: a lot comes in unused'); END""",
    "ledger_lot_identity": """
        BEFORE UPDATE OF id, account_id, transaction_id, amount, earned_on,
          expires_on, from_lot_id ON ledger_lot
        BEGIN SELECT RAISE(ABORT, 'ledger: ledger_lot is append-only'); END""",
    "ledger_lot_used": """
        BEFORE UPDATE OF used ON ledger_lot
        WHEN NEW.used <> (SELECT COALESCE(SUM(amount), 0) FROM ledger_lot_use
                          WHERE lot_id = OLD.id)
        BEGIN SELECT RAISE(ABORT, 'ledger: lots are used by journal rows'); END""",
    "ledger_lot_use_moves": """
        AFTER INSERT ON ledger_lot_use
        BEGIN
          UPDATE ledger_lot SET used = used + NEW.amount WHERE id = NEW.lot_id;
        END""",
}

MOVES = {
    "ledger_transaction_no_replace": """
        BEFORE INSERT ON ledger_transaction
        BEGIN
          SELECT CASE
            WHEN EXISTS (SELECT 1 FROM ledger_stop WHERE lifted_at IS NULL)
              THEN RAISE(ABORT, 'ledger: posting-stopped')
            WHEN NEW.effective_on <= (SELECT MAX(last_on) FROM ledger_period)
              THEN RAISE(ABORT, 'ledger: period-closed')
            WHEN EXISTS (SELECT 1 FROM ledger_transaction WHERE id = NEW.id)
              OR EXISTS (SELECT 1 FROM ledger_transaction
                         WHERE scope = NEW.scope AND key = NEW.key)
              OR (NEW.reverses_id IS NOT NULL
                  AND EXISTS (SELECT 1 FROM ledger_transaction
                              WHERE reverses_id = NEW.reverses_id))
              THEN RAISE(ABORT, 'ledger: ledger_transaction has this key')
          END;
        END""",
    "ledger_account_change_applies": """
        AFTER INSERT ON ledger_account_change
        BEGIN
          SELECT RAISE(ABORT, 'ledger: account-closed') FROM ledger_account
            WHERE id = NEW.account_id AND state = 'closed';
          SELECT RAISE(ABORT, 'ledger: account-not-empty') FROM ledger_account
            WHERE id = NEW.account_id AND NEW.state = 'closed'
              AND (debits_posted <> credits_posted
                   OR debits_pending <> 0 OR credits_pending <> 0);
          UPDATE ledger_account SET state = NEW.state, floor = NEW.floor,
              keeps_lots = NEW.keeps_lots, last_act_id = NEW.transaction_id
            WHERE id = NEW.account_id;
        END""",
    "ledger_posting_moves": """
        AFTER INSERT ON ledger_posting
        BEGIN
          SELECT CASE
            WHEN d.state <> 'open' OR c.state <> 'open'
              THEN RAISE(ABORT, 'ledger: account-not-open')
            WHEN d.unit <> c.unit THEN RAISE(ABORT, 'ledger: unit-mismatch')
            WHEN NEW.debit_balance_after
                <> d.credits_posted - d.debits_posted - NEW.amount
              OR NEW.credit_balance_after
                <> c.credits_posted - c.debits_posted + NEW.amount
              THEN RAISE(ABORT, 'ledger: running-balance')
            WHEN NEW.line NOT BETWEEN 1 AND t.posting_count
              THEN RAISE(ABORT, 'ledger: line-outside-entry')
            WHEN CASE u.exponent
                WHEN 2 THEN NEW.amount % 100
                WHEN 0 THEN NEW.amount % 10000 WHEN 1 THEN NEW.amount % 1000
                WHEN 3 THEN NEW.amount % 10 ELSE 0 END <> 0
              THEN RAISE(ABORT, 'ledger: inexact-amount')
          END
          FROM ledger_account d, ledger_account c, ledger_unit u,
            ledger_transaction t
          WHERE d.id = NEW.debit_account_id AND c.id = NEW.credit_account_id
            AND u.code = d.unit AND t.id = NEW.transaction_id;
          UPDATE ledger_account SET debits_posted = debits_posted + NEW.amount,
              last_posting_id = NEW.id
            WHERE id = NEW.debit_account_id;
          UPDATE ledger_account SET credits_posted = credits_posted + NEW.amount,
              last_posting_id = NEW.id
            WHERE id = NEW.credit_account_id;
        END""",
    "ledger_hold_moves": """
        AFTER INSERT ON ledger_hold
        BEGIN
          SELECT CASE
            WHEN d.state <> 'open' OR c.state <> 'open'
              THEN RAISE(ABORT, 'ledger: account-not-open')
            WHEN d.unit <> c.unit THEN RAISE(ABORT, 'ledger: unit-mismatch')
          END
          FROM ledger_account d, ledger_account c
          WHERE d.id = NEW.debit_account_id AND c.id = NEW.credit_account_id;
          UPDATE ledger_account SET debits_pending = debits_pending + NEW.amount,
              last_act_id = NEW.transaction_id
            WHERE id = NEW.debit_account_id;
          UPDATE ledger_account SET credits_pending = credits_pending + NEW.amount,
              last_act_id = NEW.transaction_id
            WHERE id = NEW.credit_account_id;
          INSERT INTO ledger_open_hold (hold_id, debit_account_id, expires_at)
            VALUES (NEW.id, NEW.debit_account_id, NEW.expires_at);
        END""",
    "ledger_hold_extension_moves": """
        AFTER INSERT ON ledger_hold_extension
        BEGIN
          SELECT RAISE(ABORT, 'ledger: hold-not-open') WHERE NOT EXISTS (
            SELECT 1 FROM ledger_open_hold WHERE hold_id = NEW.hold_id);
          UPDATE ledger_open_hold SET expires_at = NEW.expires_at
            WHERE hold_id = NEW.hold_id;
        END""",
    "ledger_hold_resolution_moves": """
        AFTER INSERT ON ledger_hold_resolution
        BEGIN
          SELECT RAISE(ABORT, 'ledger: capture-exceeds-hold') FROM ledger_hold
            WHERE id = NEW.hold_id AND NEW.captured > amount;
          DELETE FROM ledger_open_hold WHERE hold_id = NEW.hold_id;
          UPDATE ledger_account SET debits_pending = debits_pending
              - (SELECT amount FROM ledger_hold WHERE id = NEW.hold_id),
              last_act_id = NEW.transaction_id
            WHERE id = (SELECT debit_account_id FROM ledger_hold
                        WHERE id = NEW.hold_id);
          UPDATE ledger_account SET credits_pending = credits_pending
              - (SELECT amount FROM ledger_hold WHERE id = NEW.hold_id),
              last_act_id = NEW.transaction_id
            WHERE id = (SELECT credit_account_id FROM ledger_hold
                        WHERE id = NEW.hold_id);
        END""",
    "ledger_seal_in_order": """
        BEFORE INSERT ON ledger_seal
        BEGIN
          SELECT CASE
            WHEN NEW.sequence
                <> COALESCE((SELECT MAX(sequence) FROM ledger_seal), 0) + 1
              THEN RAISE(ABORT, 'ledger: seal-out-of-order')
            WHEN EXISTS (SELECT 1 FROM ledger_seal
                         WHERE transaction_id = NEW.transaction_id)
              THEN RAISE(ABORT, 'ledger: ledger_seal has this key')
            WHEN (SELECT posting_count FROM ledger_transaction
                  WHERE id = NEW.transaction_id)
                <> (SELECT COUNT(*) FROM ledger_posting
                    WHERE transaction_id = NEW.transaction_id)
              THEN RAISE(ABORT, 'ledger: entry-incomplete')
          END;
        END""",
}


def triggers() -> list[tuple[str, str, str]]:
    """Return (trigger, table, text after CREATE TRIGGER name) for every guard."""
    guards: dict[str, str] = {}
    for table, keys in JOURNAL.items():
        guards |= _journal_guards(table, keys)
    guards |= ACCOUNT | STOPS | LOTS | MOVES
    return [(name, _table_of(text), text) for name, text in guards.items()]


def _table_of(text: str) -> str:
    found = re.search(r"\bON (ledger_\w+)", text)
    assert found is not None
    return found[1]
