"""Plain entries that PostgreSQL posts by itself: one round trip for one, or for many.

A row inserted into one of the two views below is an order: the view's trigger locks
the accounts, looks at everything, and writes header, postings, counters and the place
in the sealer's queue. It answers with the number, or with no row when there is more to
an order than this (a refusal, a key that has acted, lots): nothing is written then, and
the longer way finds out what it is.

Views, because a trigger's trigger is known to PostgreSQL (``pg_trigger_depth``): the
guards of the tables let pass what comes from here and look at everything else.
"""

from collections.abc import Sequence
from typing import cast

ORDER = {
    "scope": "text",
    "key": "text",
    "request_hash": "text",
    "kind": "text",
    "cause": "text",
    "at": "timestamptz",
    "effective_on": "date",
    "entered_by": "text",
    "approved_by": "text",
    "rule_version": "text",
    "salt": "text",
    "debit": "text",
    "credit": "text",
    "amount": "bigint",
}
"""One transfer: the columns of ``ledger_order``, in the order they are bound."""

ORDERS = {
    "scopes": "text",
    "keys": "text",
    "request_hashes": "text",
    "kinds": "text",
    "causes": "text",
    "moments": "timestamptz",
    "days": "date",
    "entered_by": "text",
    "approved_by": "text",
    "rule_versions": "text",
    "salts": "text",
    "links": "text",
    "counts": "integer",
    "places": "integer",
    "lines": "integer",
    "debits": "text",
    "credits": "text",
    "amounts": "bigint",
}
"""Many transactions: arrays, the first thirteen by transaction, the others by leg.
``places`` says which transaction a leg is of, from 1; ``counts`` how many it has."""


def _view(name: str, answer: str, columns: dict[str, str], suffix: str = "") -> str:
    fields = [f"NULL::{answer} AS number{'s' if suffix else ''}"]
    fields += [f"NULL::{kind}{suffix} AS {column}" for column, kind in columns.items()]
    return f"CREATE OR REPLACE VIEW {name} AS SELECT {', '.join(fields)}"


VIEWS = {
    "ledger_order": _view("ledger_order", "bigint", ORDER),
    "ledger_orders": _view("ledger_orders", "bigint[]", ORDERS, "[]"),
}

POST_ONE = """
CREATE OR REPLACE FUNCTION ledger_order_posts() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE d bigint; c bigint; d_after bigint; c_after bigint; unit_ text;
BEGIN
  SELECT max(x.id) FILTER (WHERE x.code = NEW.debit),
      max(x.id) FILTER (WHERE x.code = NEW.credit),
      max(x.posted) FILTER (WHERE x.code = NEW.debit) - NEW.amount,
      max(x.posted) FILTER (WHERE x.code = NEW.credit) + NEW.amount,
      max(x.unit) FILTER (WHERE x.plain) INTO d, c, d_after, c_after, unit_
    FROM (
      SELECT a.id, a.code, a.unit, a.credits_posted - a.debits_posted AS posted,
          a.state = 'open' AND a.keeps_lots = 0 AND (a.code = NEW.credit
            OR a.floor IS NULL OR a.credits_posted - a.debits_posted
              - a.debits_pending - NEW.amount >= a.floor) AS plain
        FROM ledger_account a WHERE a.code IN (NEW.debit, NEW.credit)
        ORDER BY a.id FOR NO KEY UPDATE) x
    HAVING count(*) = 2 AND bool_and(x.plain) AND min(x.unit) = max(x.unit);
  IF d IS NULL THEN RETURN NULL; END IF;
  INSERT INTO ledger_transaction (scope, key, request_hash, kind, cause, at,
      effective_on, entered_by, approved_by, rule_version, posting_count, salt, format)
    SELECT NEW.scope, NEW.key, NEW.request_hash, NEW.kind, NEW.cause, NEW.at,
        NEW.effective_on, NEW.entered_by, NEW.approved_by, NEW.rule_version, 1,
        NEW.salt, 2
      FROM ledger_unit u
      WHERE u.code = unit_ AND mod(NEW.amount, (10 ^ (4 - u.exponent))::bigint) = 0
        AND NOT EXISTS (SELECT 1 FROM ledger_stop WHERE lifted_at IS NULL)
        AND NOT EXISTS (SELECT 1 FROM ledger_period WHERE last_on >= NEW.effective_on)
    ON CONFLICT (scope, key) DO NOTHING
    RETURNING id INTO NEW.number;
  IF NEW.number IS NULL THEN RETURN NULL; END IF;
  INSERT INTO ledger_unsealed (transaction_id) VALUES (NEW.number);
  INSERT INTO ledger_posting (transaction_id, line, debit_account_id,
      credit_account_id, amount, debit_balance_after, credit_balance_after)
    VALUES (NEW.number, 1, d, c, NEW.amount, d_after, c_after);
  UPDATE ledger_account SET
      debits_posted = debits_posted + CASE id WHEN d THEN NEW.amount ELSE 0 END,
      credits_posted = credits_posted + CASE id WHEN c THEN NEW.amount ELSE 0 END
    WHERE id IN (d, c);
  RETURN NEW;
END $$"""

# One plan for all sizes: planning an array of each length anew would cost as much as
# posting it. What it joins is looked up by keys, so the plan is right for all.
POST_MANY = """
CREATE OR REPLACE FUNCTION ledger_orders_post() RETURNS trigger
LANGUAGE plpgsql SET plan_cache_mode TO force_generic_plan AS $$
DECLARE d bigint[]; c bigint[]; d_after bigint[]; c_after bigint[]; fits boolean;
BEGIN
  PERFORM 1 FROM ledger_account WHERE code = ANY (NEW.debits || NEW.credits)
    ORDER BY id FOR NO KEY UPDATE;
  -- Ordered once, below, and not in each of the four aggregates.
  SELECT array_agg(x.id) FILTER (WHERE x.pays),
      array_agg(x.id) FILTER (WHERE NOT x.pays),
      array_agg(x.after) FILTER (WHERE x.pays),
      array_agg(x.after) FILTER (WHERE NOT x.pays),
      count(*) = 2 * cardinality(NEW.amounts)
        AND bool_and(x.plain AND (x.least_ IS NULL OR x.after >= x.least_))
      INTO d, c, d_after, c_after, fits
    FROM (
      SELECT l.n, m.pays, m.id, m.least_, (m.posted
          + sum(m.moved) OVER (PARTITION BY m.id ORDER BY l.n))::bigint AS after,
          p.state = 'open' AND q.state = 'open' AND p.keeps_lots = 0
            AND q.keeps_lots = 0 AND p.unit = q.unit AND p.id <> q.id
            AND mod(l.amount, (10 ^ (4 - u.exponent))::bigint) = 0 AS plain
        FROM unnest(NEW.debits, NEW.credits, NEW.amounts) WITH ORDINALITY
            AS l(debit, credit, amount, n)
          JOIN ledger_account p ON p.code = l.debit
          JOIN ledger_account q ON q.code = l.credit
          JOIN ledger_unit u ON u.code = p.unit
          CROSS JOIN LATERAL (VALUES
            (true, p.id, -l.amount, p.credits_posted - p.debits_posted,
              p.floor + p.debits_pending),
            (false, q.id, l.amount, q.credits_posted - q.debits_posted, NULL)
          ) AS m(pays, id, moved, posted, least_)
        ORDER BY l.n) x;
  IF fits IS NOT TRUE
    OR EXISTS (SELECT 1 FROM ledger_stop WHERE lifted_at IS NULL)
    OR EXISTS (SELECT 1 FROM ledger_period
      WHERE last_on >= (SELECT min(day) FROM unnest(NEW.days) AS day))
    OR EXISTS (SELECT 1 FROM ledger_transaction
      WHERE scope = ANY (NEW.scopes) AND key = ANY (NEW.keys))
  THEN RETURN NULL; END IF;
  NEW.numbers := ARRAY(SELECT nextval('ledger_transaction_id_seq')
    FROM generate_series(1, cardinality(NEW.keys)));
  INSERT INTO ledger_transaction (id, scope, key, request_hash, kind, cause, at,
      effective_on, entered_by, approved_by, rule_version, salt, link, posting_count,
      format)
    SELECT t.*, 2 FROM unnest(NEW.numbers, NEW.scopes, NEW.keys, NEW.request_hashes,
      NEW.kinds, NEW.causes, NEW.moments, NEW.days, NEW.entered_by, NEW.approved_by,
      NEW.rule_versions, NEW.salts, NEW.links, NEW.counts) AS t;
  INSERT INTO ledger_unsealed (transaction_id) SELECT unnest(NEW.numbers);
  INSERT INTO ledger_posting (transaction_id, line, debit_account_id,
      credit_account_id, amount, debit_balance_after, credit_balance_after)
    SELECT NEW.numbers[l.place], l.line, l.d, l.c, l.amount, l.d_after, l.c_after
      FROM unnest(NEW.places, NEW.lines, d, c, NEW.amounts, d_after, c_after)
        AS l(place, line, d, c, amount, d_after, c_after);
  UPDATE ledger_account a SET debits_posted = a.debits_posted + m.debits,
      credits_posted = a.credits_posted + m.credits
    FROM (
      SELECT s.id, sum(s.debit)::bigint AS debits, sum(s.credit)::bigint AS credits
        FROM (
          SELECT unnest(d) AS id, unnest(NEW.amounts) AS debit, 0 AS credit
          UNION ALL
          SELECT unnest(c), 0, unnest(NEW.amounts)) s
        GROUP BY s.id) m
    WHERE a.id = m.id;
  RETURN NEW;
END $$"""

FUNCTIONS = (POST_ONE, POST_MANY)

TRIGGERS = {
    "ledger_order_posts": "ledger_order",
    "ledger_orders_post": "ledger_orders",
}
"""The triggers, each named as the function it calls, and the views they are on."""


def triggers() -> list[tuple[str, str, str]]:
    """Return (trigger, view, text after the trigger's name) for both views."""
    return [
        (
            name,
            view,
            f"INSTEAD OF INSERT ON {view} FOR EACH ROW EXECUTE FUNCTION {name}()",
        )
        for name, view in TRIGGERS.items()
    ]


def insert_order() -> str:
    """Return the statement that places one order; it returns its number, or no row."""
    columns = ", ".join(ORDER)
    marks = ", ".join(f"?::{kind}" for kind in ORDER.values())
    return f"INSERT INTO ledger_order ({columns}) VALUES ({marks}) RETURNING number"  # noqa: S608


def insert_orders() -> str:
    """Return the statement that places many; it returns their numbers, or no row."""
    columns = ", ".join(ORDERS)
    marks = ", ".join(f"?::{kind}[]" for kind in ORDERS.values())
    return f"INSERT INTO ledger_orders ({columns}) VALUES ({marks}) RETURNING numbers"  # noqa: S608


def array_text(values: Sequence[str | None]) -> str:
    """Return *values* as PostgreSQL writes an array of texts."""
    if None in values:
        return "{" + ",".join(map(_element, values)) + "}"
    joined = '","'.join(cast("Sequence[str]", values))
    if "\\" in joined or joined.count('"') > 2 * (len(values) - 1):
        return "{" + ",".join(map(_element, values)) + "}"
    return f'{{"{joined}"}}'


def _element(value: str | None) -> str:
    if value is None:
        return "NULL"
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
