"""The guards of the book as PostgreSQL functions and triggers (plpgsql only).

Counters may move only from inside another trigger (``pg_trigger_depth``), so
even the owner of the tables cannot set one by hand without dropping a guard. Plain
entries come in by the views of `ledger.orders_postgresql`, whose triggers look at
everything themselves.
"""

from ledger import orders_postgresql
from ledger.guards_sqlite import JOURNAL

REFUSE = """
CREATE OR REPLACE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
    MESSAGE = 'ledger: ' || COALESCE(TG_ARGV[0], TG_TABLE_NAME || ' is append-only');
END $$"""

FAIL = """
CREATE OR REPLACE FUNCTION ledger_fail(words text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
    MESSAGE = 'ledger: ' || words;
END $$"""

ACCOUNT_OPENS = """
CREATE OR REPLACE FUNCTION ledger_account_opens() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.debits_posted <> 0 OR NEW.credits_posted <> 0
     OR NEW.debits_pending <> 0 OR NEW.credits_pending <> 0
     OR NEW.state <> 'open' OR NEW.keeps_lots <> 0 THEN
    PERFORM ledger_fail('accounts open new, empty and open');
  END IF;
  RETURN NEW;
END $$"""

ACCOUNT_KEEPS = """
CREATE OR REPLACE FUNCTION ledger_account_keeps() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF ROW(NEW.id, NEW.code, NEW.public_code, NEW.unit, NEW.kind, NEW.opened_at)
     IS DISTINCT FROM
     ROW(OLD.id, OLD.code, OLD.public_code, OLD.unit, OLD.kind, OLD.opened_at) THEN
    PERFORM ledger_fail('an account keeps its identity');
  END IF;
  IF NEW.owner_ref IS DISTINCT FROM OLD.owner_ref AND NEW.owner_ref IS NOT NULL THEN
    PERFORM ledger_fail('an owner may only be erased');
  END IF;
  RETURN NEW;
END $$"""

CHANGE_APPLIES = """
CREATE OR REPLACE FUNCTION ledger_account_change_applies() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE a ledger_account;
BEGIN
  SELECT * INTO a FROM ledger_account WHERE id = NEW.account_id FOR UPDATE;
  IF a.state = 'closed' THEN PERFORM ledger_fail('account-closed'); END IF;
  IF NEW.state = 'closed' AND (a.debits_posted <> a.credits_posted
     OR a.debits_pending <> 0 OR a.credits_pending <> 0) THEN
    PERFORM ledger_fail('account-not-empty');
  END IF;
  UPDATE ledger_account SET state = NEW.state, floor = NEW.floor,
      keeps_lots = NEW.keeps_lots, last_act_id = NEW.transaction_id
    WHERE id = NEW.account_id;
  RETURN NULL;
END $$"""

POSTING_REFUSED = """
CREATE OR REPLACE FUNCTION ledger_posting_refused(bad ledger_posting) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE d ledger_account; c ledger_account; places integer; lines integer;
BEGIN
  SELECT * INTO d FROM ledger_account WHERE id = bad.debit_account_id;
  SELECT * INTO c FROM ledger_account WHERE id = bad.credit_account_id;
  SELECT exponent INTO places FROM ledger_unit WHERE code = d.unit;
  SELECT posting_count INTO lines FROM ledger_transaction
    WHERE id = bad.transaction_id;
  IF d.state <> 'open' OR c.state <> 'open' THEN
    PERFORM ledger_fail('account-not-open');
  ELSIF d.unit <> c.unit THEN
    PERFORM ledger_fail('unit-mismatch');
  ELSIF mod(bad.amount, (10 ^ (4 - places))::bigint) <> 0 THEN
    PERFORM ledger_fail('inexact-amount');
  ELSIF bad.line NOT BETWEEN 1 AND lines THEN
    PERFORM ledger_fail('line-outside-entry');
  END IF;
  PERFORM ledger_fail('running-balance');
END $$"""

POSTING_MOVES = """
CREATE OR REPLACE FUNCTION ledger_posting_moves() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE paying text; paid text; fits boolean;
BEGIN
  UPDATE ledger_account SET debits_posted = debits_posted + NEW.amount,
      last_posting_id = NEW.id
    WHERE id = NEW.debit_account_id AND state = 'open'
      AND credits_posted - debits_posted - NEW.amount = NEW.debit_balance_after
    RETURNING unit INTO paying;
  UPDATE ledger_account SET credits_posted = credits_posted + NEW.amount,
      last_posting_id = NEW.id
    WHERE id = NEW.credit_account_id AND state = 'open'
      AND credits_posted - debits_posted + NEW.amount = NEW.credit_balance_after
    RETURNING unit INTO paid;
  SELECT mod(NEW.amount, (10 ^ (4 - u.exponent))::bigint) = 0
      AND NEW.line BETWEEN 1 AND t.posting_count INTO fits
    FROM ledger_unit u, ledger_transaction t
    WHERE u.code = paying AND t.id = NEW.transaction_id;
  IF paying IS DISTINCT FROM paid OR fits IS NOT TRUE THEN
    PERFORM ledger_posting_refused(NEW);
  END IF;
  RETURN NULL;
END $$"""

POSTINGS_MOVE = """
CREATE OR REPLACE FUNCTION ledger_postings_move() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE p ledger_posting; bad bigint;
BEGIN
  -- Aggregates, not LIMIT 1: for a first row the planner would go round in loops.
  SELECT min(x.id) INTO bad FROM added x
    LEFT JOIN ledger_account d ON d.id = x.debit_account_id
    LEFT JOIN ledger_account c ON c.id = x.credit_account_id
    LEFT JOIN ledger_unit u ON u.code = d.unit
    LEFT JOIN ledger_transaction t ON t.id = x.transaction_id
    WHERE (d.state = 'open' AND c.state = 'open' AND d.unit = c.unit
      AND mod(x.amount, (10 ^ (4 - u.exponent))::bigint) = 0
      AND x.line BETWEEN 1 AND t.posting_count) IS NOT TRUE;
  IF bad IS NULL THEN
    SELECT min(w.id) INTO bad FROM (
      SELECT m.id, m.after, a.credits_posted - a.debits_posted
          + sum(m.moved) OVER (PARTITION BY m.account_id ORDER BY m.id) AS true_after
        FROM (
          SELECT id, debit_account_id AS account_id, -amount AS moved,
              debit_balance_after AS after FROM added
          UNION ALL
          SELECT id, credit_account_id, amount, credit_balance_after FROM added) m
        JOIN ledger_account a ON a.id = m.account_id) w
      WHERE w.after <> w.true_after;
  END IF;
  IF bad IS NOT NULL THEN
    SELECT * INTO p FROM added WHERE id = bad;
    PERFORM ledger_posting_refused(p);
  END IF;
  UPDATE ledger_account a SET debits_posted = a.debits_posted + m.debits,
      credits_posted = a.credits_posted + m.credits, last_posting_id = m.last_id
    FROM (
      SELECT account_id, sum(debit) AS debits, sum(credit) AS credits,
          max(id) AS last_id
        FROM (
          SELECT id, debit_account_id AS account_id, amount AS debit, 0 AS credit
            FROM added
          UNION ALL
          SELECT id, credit_account_id, 0, amount FROM added) s
        GROUP BY account_id) m
    WHERE a.id = m.account_id;
  RETURN NULL;
END $$"""

HOLD_MOVES = """
CREATE OR REPLACE FUNCTION ledger_hold_moves() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE d ledger_account; c ledger_account;
BEGIN
  PERFORM 1 FROM ledger_account
    WHERE id IN (NEW.debit_account_id, NEW.credit_account_id)
    ORDER BY id FOR UPDATE;
  SELECT * INTO d FROM ledger_account WHERE id = NEW.debit_account_id;
  SELECT * INTO c FROM ledger_account WHERE id = NEW.credit_account_id;
  IF d.state <> 'open' OR c.state <> 'open' THEN
    PERFORM ledger_fail('account-not-open');
  ELSIF d.unit <> c.unit THEN
    PERFORM ledger_fail('unit-mismatch');
  END IF;
  UPDATE ledger_account SET debits_pending = debits_pending + NEW.amount,
      last_act_id = NEW.transaction_id
    WHERE id = NEW.debit_account_id;
  UPDATE ledger_account SET credits_pending = credits_pending + NEW.amount,
      last_act_id = NEW.transaction_id
    WHERE id = NEW.credit_account_id;
  INSERT INTO ledger_open_hold (hold_id, debit_account_id, expires_at)
    VALUES (NEW.id, NEW.debit_account_id, NEW.expires_at);
  RETURN NULL;
END $$"""

EXTENSION_MOVES = """
CREATE OR REPLACE FUNCTION ledger_hold_extension_moves() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  UPDATE ledger_open_hold SET expires_at = NEW.expires_at
    WHERE hold_id = NEW.hold_id;
  IF NOT FOUND THEN PERFORM ledger_fail('hold-not-open'); END IF;
  RETURN NULL;
END $$"""

RESOLUTION_MOVES = """
CREATE OR REPLACE FUNCTION ledger_hold_resolution_moves() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE h ledger_hold;
BEGIN
  SELECT * INTO h FROM ledger_hold WHERE id = NEW.hold_id;
  IF NEW.captured > h.amount THEN
    PERFORM ledger_fail('capture-exceeds-hold');
  END IF;
  DELETE FROM ledger_open_hold WHERE hold_id = NEW.hold_id;
  PERFORM 1 FROM ledger_account
    WHERE id IN (h.debit_account_id, h.credit_account_id)
    ORDER BY id FOR UPDATE;
  UPDATE ledger_account SET debits_pending = debits_pending - h.amount,
      last_act_id = NEW.transaction_id
    WHERE id = h.debit_account_id;
  UPDATE ledger_account SET credits_pending = credits_pending - h.amount,
      last_act_id = NEW.transaction_id
    WHERE id = h.credit_account_id;
  RETURN NULL;
END $$"""

TRANSACTION_IN_TIME = """
CREATE OR REPLACE FUNCTION ledger_transaction_in_time() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM ledger_stop WHERE lifted_at IS NULL)
     OR EXISTS (SELECT 1 FROM added
                WHERE effective_on <= (SELECT MAX(last_on) FROM ledger_period)) THEN
    PERFORM ledger_fail(
      CASE WHEN EXISTS (SELECT 1 FROM ledger_stop WHERE lifted_at IS NULL)
        THEN 'posting-stopped' ELSE 'period-closed' END);
  END IF;
  RETURN NULL;
END $$"""

STOP_STANDS = """
CREATE OR REPLACE FUNCTION ledger_stop_stands() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF ROW(NEW.id, NEW.at, NEW.reason) IS DISTINCT FROM ROW(OLD.id, OLD.at, OLD.reason)
     OR OLD.lifted_at IS NOT NULL THEN
    PERFORM ledger_fail('a stop is lifted, not edited');
  END IF;
  RETURN NEW;
END $$"""

LOT_OPENS = """
CREATE OR REPLACE FUNCTION ledger_lot_opens() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.used <> 0 THEN PERFORM ledger_fail('a lot comes in unused'); END IF;
  RETURN NEW;
END $$"""

LOT_MOVES = """
CREATE OR REPLACE FUNCTION ledger_lot_moves() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF pg_trigger_depth() < 2 OR
     ROW(NEW.id, NEW.account_id, NEW.transaction_id, NEW.amount, NEW.earned_on,
         NEW.expires_on, NEW.from_lot_id)
     IS DISTINCT FROM
     ROW(OLD.id, OLD.account_id, OLD.transaction_id, OLD.amount, OLD.earned_on,
         OLD.expires_on, OLD.from_lot_id) THEN
    PERFORM ledger_fail('lots are used by journal rows');
  END IF;
  RETURN NEW;
END $$"""

LOT_USE_MOVES = """
CREATE OR REPLACE FUNCTION ledger_lot_use_moves() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  UPDATE ledger_lot SET used = used + NEW.amount WHERE id = NEW.lot_id;
  RETURN NULL;
END $$"""

SEAL_IN_ORDER = """
CREATE OR REPLACE FUNCTION ledger_seal_in_order() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.sequence
     <> COALESCE((SELECT MAX(sequence) FROM ledger_seal), 0) + 1 THEN
    PERFORM ledger_fail('seal-out-of-order');
  END IF;
  IF (SELECT posting_count FROM ledger_transaction WHERE id = NEW.transaction_id)
     <> (SELECT COUNT(*) FROM ledger_posting
         WHERE transaction_id = NEW.transaction_id) THEN
    PERFORM ledger_fail('entry-incomplete');
  END IF;
  RETURN NEW;
END $$"""

FUNCTIONS = (
    REFUSE,
    FAIL,
    ACCOUNT_OPENS,
    ACCOUNT_KEEPS,
    CHANGE_APPLIES,
    POSTING_REFUSED,
    POSTING_MOVES,
    POSTINGS_MOVE,
    HOLD_MOVES,
    EXTENSION_MOVES,
    RESOLUTION_MOVES,
    TRANSACTION_IN_TIME,
    *orders_postgresql.FUNCTIONS,
    STOP_STANDS,
    LOT_OPENS,
    LOT_MOVES,
    LOT_USE_MOVES,
    SEAL_IN_ORDER,
)

FORMER = ("ledger_account_moves", "ledger_post")
"""Functions of earlier versions that nothing calls any more."""

REPLACED = {
    "ledger_posting": ("transaction", "debit", "credit"),
    "ledger_unsealed": ("transaction",),
}
"""Foreign keys that look again at rows a guard has just looked at: on PostgreSQL they
would cost a third of a posting. Accounts and transactions cannot be deleted."""

MANY = "current_setting('ledger.many', true)"
"""'on' while `Driver.insert` copies many rows: then one guard looks at all of them
together. Whatever else is inserted is looked at row by row."""

BY_HAND = "pg_trigger_depth() < 1"
"""Not from inside a trigger: another guard, or an order, which has looked already."""

WHEN_AND_DO = {
    "ledger_account_opens": ("ledger_account", "BEFORE INSERT"),
    "ledger_account_change_applies": ("ledger_account_change", "AFTER INSERT"),
    "ledger_hold_moves": ("ledger_hold", "AFTER INSERT"),
    "ledger_stop_stands": ("ledger_stop", "BEFORE UPDATE"),
    "ledger_lot_opens": ("ledger_lot", "BEFORE INSERT"),
    "ledger_lot_moves": ("ledger_lot", "BEFORE UPDATE"),
    "ledger_lot_use_moves": ("ledger_lot_use", "AFTER INSERT"),
    "ledger_hold_extension_moves": ("ledger_hold_extension", "AFTER INSERT"),
    "ledger_hold_resolution_moves": ("ledger_hold_resolution", "AFTER INSERT"),
    "ledger_seal_in_order": ("ledger_seal", "BEFORE INSERT"),
}


def trigger_functions() -> list[str]:
    """Return the names of the functions that triggers call."""
    called = {text.rsplit("EXECUTE FUNCTION ", 1)[1] for _, _, text in triggers()}
    return sorted({words.partition("(")[0] for words in called})


def triggers() -> list[tuple[str, str, str]]:
    """Return (trigger, table, text after the table's name) for every guard."""
    guards: list[tuple[str, str, str]] = []
    for table in JOURNAL:
        guards += [
            (f"{table}_no_edit", table, "BEFORE UPDATE OR DELETE"),
            (f"{table}_no_truncate", table, "BEFORE TRUNCATE"),
        ]
    guards += [
        ("ledger_account_no_delete", "ledger_account", "BEFORE DELETE"),
        ("ledger_stop_no_delete", "ledger_stop", "BEFORE DELETE"),
        ("ledger_lot_no_delete", "ledger_lot", "BEFORE DELETE"),
        ("ledger_lot_no_truncate", "ledger_lot", "BEFORE TRUNCATE"),
        ("ledger_account_no_truncate", "ledger_account", "BEFORE TRUNCATE"),
        ("ledger_private_text_no_update", "ledger_private_text", "BEFORE UPDATE"),
    ]
    texts = []
    for name, table, moment in guards:
        each = "STATEMENT" if "TRUNCATE" in moment else "ROW"
        texts.append(
            (
                name,
                table,
                f"{moment} ON {table} FOR EACH {each} EXECUTE FUNCTION ledger_refuse()",
            )
        )
    for name, (table, moment) in WHEN_AND_DO.items():
        texts.append(
            (
                name,
                table,
                f"{moment} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()",
            )
        )
    added = "REFERENCING NEW TABLE AS added FOR EACH STATEMENT"
    texts += [
        (
            "ledger_account_keeps",
            "ledger_account",
            (
                "BEFORE UPDATE OF id, code, public_code, unit, kind, opened_at,"
                " owner_ref ON ledger_account FOR EACH ROW"
                " EXECUTE FUNCTION ledger_account_keeps()"
            ),
        ),
        (
            "ledger_account_moves",
            "ledger_account",
            (
                "BEFORE UPDATE OF debits_posted, credits_posted, debits_pending,"
                " credits_pending, floor, state, last_posting_id, last_act_id,"
                f" keeps_lots ON ledger_account FOR EACH ROW WHEN ({BY_HAND})"
                " EXECUTE FUNCTION ledger_refuse('counters move by journal rows')"
            ),
        ),
        (
            "ledger_posting_moves",
            "ledger_posting",
            (
                f"AFTER INSERT ON ledger_posting FOR EACH ROW WHEN ({BY_HAND} AND"
                f" {MANY} IS DISTINCT FROM 'on') EXECUTE FUNCTION"
                " ledger_posting_moves()"
            ),
        ),
        (
            "ledger_postings_move",
            "ledger_posting",
            (
                f"AFTER INSERT ON ledger_posting {added} WHEN ({BY_HAND} AND"
                f" {MANY} = 'on')"
                " EXECUTE FUNCTION ledger_postings_move()"
            ),
        ),
        (
            "ledger_transaction_in_time",
            "ledger_transaction",
            (
                f"AFTER INSERT ON ledger_transaction {added} WHEN ({BY_HAND})"
                " EXECUTE FUNCTION ledger_transaction_in_time()"
            ),
        ),
    ]
    return texts + orders_postgresql.triggers()
