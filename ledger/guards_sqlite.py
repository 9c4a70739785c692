# ruff: noqa: S608 - every name in these texts is our own
"""The guards of the book as SQLite triggers.

SQLite knows no roles and no trigger depth, so a one-row gate says whether a
counter is being moved by a guard. It stops mistakes in our own code; what a
person with the file in hand can do is found by `ledger.verify`.
"""

JOURNAL = {
    "ledger_unit": ("code = NEW.code",),
    "ledger_transaction": (
        "id = NEW.id",
        "scope = NEW.scope AND key = NEW.key",
        "reverses_id = NEW.reverses_id",
    ),
    "ledger_posting": (
        "id = NEW.id",
        "transaction_id = NEW.transaction_id AND line = NEW.line",
    ),
    "ledger_hold": ("id = NEW.id", "transaction_id = NEW.transaction_id"),
    "ledger_hold_resolution": (
        "hold_id = NEW.hold_id",
        "transaction_id = NEW.transaction_id",
    ),
    "ledger_account_change": ("transaction_id = NEW.transaction_id",),
    "ledger_seal": (
        "sequence = NEW.sequence",
        "transaction_id = NEW.transaction_id",
    ),
}
"""Append-only tables, and the keys by which INSERT OR REPLACE would overwrite."""

OPEN_GATE = "UPDATE ledger_gate SET open = 1;"
CLOSE_GATE = "UPDATE ledger_gate SET open = 0;"


def _journal_guards(table: str, keys: tuple[str, ...]) -> dict[str, str]:
    taken = " OR ".join(f"EXISTS (SELECT 1 FROM {table} WHERE {key})" for key in keys)
    return {
        f"{table}_no_update": f"""
            BEFORE UPDATE ON {table}
            BEGIN SELECT RAISE(ABORT, 'ledger: {table} is append-only'); END""",
        f"{table}_no_delete": f"""
            BEFORE DELETE ON {table}
            BEGIN SELECT RAISE(ABORT, 'ledger: {table} is append-only'); END""",
        f"{table}_no_replace": f"""
            BEFORE INSERT ON {table} WHEN {taken}
            BEGIN SELECT RAISE(ABORT, 'ledger: {table} has this key'); END""",
    }


ACCOUNT = {
    "ledger_account_no_delete": """
        BEFORE DELETE ON ledger_account
        BEGIN SELECT RAISE(ABORT, 'ledger: accounts are closed, not deleted'); END""",
    "ledger_account_opens_empty": """
        BEFORE INSERT ON ledger_account
        WHEN NEW.debits_posted <> 0 OR NEW.credits_posted <> 0
          OR NEW.debits_pending <> 0 OR NEW.credits_pending <> 0
          OR NEW.state <> 'open'
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
    "ledger_account_counters": """
        BEFORE UPDATE OF debits_posted, credits_posted, debits_pending,
          credits_pending, floor, state ON ledger_account
        WHEN (SELECT open FROM ledger_gate) IS NOT 1
        BEGIN SELECT RAISE(ABORT, 'ledger: counters move by journal rows'); END""",
    "ledger_gate_stays": """
        BEFORE DELETE ON ledger_gate
        BEGIN SELECT RAISE(ABORT, 'ledger: the gate stays'); END""",
    "ledger_private_text_no_update": """
        BEFORE UPDATE ON ledger_private_text
        BEGIN SELECT RAISE(ABORT, 'ledger: words are erased, not edited'); END""",
    "ledger_private_text_no_replace": """
        BEFORE INSERT ON ledger_private_text WHEN EXISTS (
          SELECT 1 FROM ledger_private_text
          WHERE transaction_id = NEW.transaction_id)
        BEGIN SELECT RAISE(ABORT, 'ledger: words are erased, not edited'); END""",
}

MOVES = {
    "ledger_account_change_applies": f"""
        AFTER INSERT ON ledger_account_change
        BEGIN
          SELECT RAISE(ABORT, 'ledger: account-closed') FROM ledger_account
            WHERE id = NEW.account_id AND state = 'closed';
          SELECT RAISE(ABORT, 'ledger: account-not-empty') FROM ledger_account
            WHERE id = NEW.account_id AND NEW.state = 'closed'
              AND (debits_posted <> credits_posted
                   OR debits_pending <> 0 OR credits_pending <> 0);
          {OPEN_GATE}
          UPDATE ledger_account SET state = NEW.state, floor = NEW.floor
            WHERE id = NEW.account_id;
          {CLOSE_GATE}
        END""",
    "ledger_posting_moves": f"""
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
          END
          FROM ledger_account d, ledger_account c
          WHERE d.id = NEW.debit_account_id AND c.id = NEW.credit_account_id;
          SELECT RAISE(ABORT, 'ledger: line-outside-entry')
          FROM ledger_transaction WHERE id = NEW.transaction_id
            AND NEW.line NOT BETWEEN 1 AND posting_count;
          SELECT RAISE(ABORT, 'ledger: inexact-amount')
          FROM ledger_account a JOIN ledger_unit u ON u.code = a.unit
          WHERE a.id = NEW.debit_account_id AND CASE u.exponent
            WHEN 0 THEN NEW.amount % 10000 WHEN 1 THEN NEW.amount % 1000
            WHEN 2 THEN NEW.amount % 100 WHEN 3 THEN NEW.amount % 10
            ELSE 0 END <> 0;
          {OPEN_GATE}
          UPDATE ledger_account SET debits_posted = debits_posted + NEW.amount
            WHERE id = NEW.debit_account_id;
          UPDATE ledger_account SET credits_posted = credits_posted + NEW.amount
            WHERE id = NEW.credit_account_id;
          {CLOSE_GATE}
        END""",
    "ledger_hold_moves": f"""
        AFTER INSERT ON ledger_hold
        BEGIN
          SELECT CASE
            WHEN d.state <> 'open' OR c.state <> 'open'
              THEN RAISE(ABORT, 'ledger: account-not-open')
            WHEN d.unit <> c.unit THEN RAISE(ABORT, 'ledger: unit-mismatch')
          END
          FROM ledger_account d, ledger_account c
          WHERE d.id = NEW.debit_account_id AND c.id = NEW.credit_account_id;
          {OPEN_GATE}
          UPDATE ledger_account SET debits_pending = debits_pending + NEW.amount
            WHERE id = NEW.debit_account_id;
          UPDATE ledger_account SET credits_pending = credits_pending + NEW.amount
            WHERE id = NEW.credit_account_id;
          {CLOSE_GATE}
        END""",
    "ledger_hold_resolution_moves": f"""
        AFTER INSERT ON ledger_hold_resolution
        BEGIN
          SELECT RAISE(ABORT, 'ledger: capture-exceeds-hold') FROM ledger_hold
            WHERE id = NEW.hold_id AND NEW.captured > amount;
          {OPEN_GATE}
          UPDATE ledger_account SET debits_pending = debits_pending
              - (SELECT amount FROM ledger_hold WHERE id = NEW.hold_id)
            WHERE id = (SELECT debit_account_id FROM ledger_hold
                        WHERE id = NEW.hold_id);
          UPDATE ledger_account SET credits_pending = credits_pending
              - (SELECT amount FROM ledger_hold WHERE id = NEW.hold_id)
            WHERE id = (SELECT credit_account_id FROM ledger_hold
                        WHERE id = NEW.hold_id);
          {CLOSE_GATE}
        END""",
    "ledger_seal_in_order": """
        BEFORE INSERT ON ledger_seal
        BEGIN
          SELECT RAISE(ABORT, 'ledger: seal-out-of-order')
            WHERE NEW.sequence
              <> COALESCE((SELECT MAX(sequence) FROM ledger_seal), 0) + 1;
          SELECT RAISE(ABORT, 'ledger: entry-incomplete')
            FROM ledger_transaction t WHERE t.id = NEW.transaction_id
              AND t.posting_count <> (SELECT COUNT(*) FROM ledger_posting p
                                      WHERE p.transaction_id = t.id);
        END""",
}


def triggers() -> dict[str, str]:
    """Return every guard by its name, as the text after CREATE TRIGGER name."""
    guards: dict[str, str] = {}
    for table, keys in JOURNAL.items():
        guards |= _journal_guards(table, keys)
    return guards | ACCOUNT | MOVES
