"""The book as plain text that hledger reads: a copy to keep when the program is gone.

Amounts carry our own sign: an account's balance in hledger is its balance here, and
what a programme has issued shows below zero. The text has, in this order:

- ``commodity`` for each unit and ``account`` for each account, with its kind, floor and
  state as tags;
- every transaction that moved something, in the order of the book: the day it counts
  for, ``(number)``, its kind, a line of tags, and each leg as two postings, first what
  leaves, then what arrives;
- as comments, what hledger has no word for and what still counts: ``; lot``, ``; hold``
  (it moves nothing, so a virtual posting would falsify hledger's balances),
  ``; refusal`` (an offer of a sister community that must never be paid) and
  ``; period`` for each closed month;
- the balances of all accounts, asserted: hledger and `import_text` both check them.

What moved nothing and is over (a released hold, an account frozen and opened again) is
not in the text, nor is any hash: for evidence there is `ledger.export_lines`.

hledger has no quotes for names, so whatever it would misread (``;``, brackets, spaces,
an empty part between colons) is written as in a web address: ``%3B``.
"""

import re
from collections.abc import Callable, Iterator
from datetime import date
from unicodedata import category
from urllib.parse import quote, unquote

from sqlalchemy.orm import Session

from ledger.amounts import amount_of
from ledger.canonical import about_of
from ledger.columns import moment_text
from ledger.driver import Driver, Row, as_day, as_moment, marks

TITLE = "; common-fair-text/1"
PAGE = 500
PLAIN_UNIT = re.compile("[A-Za-z]+")
MISREAD_IN_CODES = frozenset('%;()[]*!"')
MISREAD_IN_TAGS = frozenset("%,")
MISREAD_IN_WORDS = frozenset("%;")


def export_text(session: Session, *, public: bool = False) -> Iterator[str]:
    """Yield the whole book as lines of an hledger journal.

    On PostgreSQL call it first thing in a session, so that it sees one moment.

    Args:
        session: An open session; keep it open while the lines are read.
        public: Accounts by their public codes, causes by their noun, and nothing
            about persons: no keys, no owners, no staff, no words.
    """
    if session.get_bind().dialect.name == "postgresql" and not session.in_transaction():
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    book = _Book(Driver(session), public=public)
    yield TITLE
    yield "; The sign is the book's own: what an account has is above zero."
    yield ""
    yield from book.units()
    yield ""
    yield from book.accounts()
    yield ""
    for row in book.transactions():
        yield from book.transaction(row)
    yield from book.lots()
    yield from book.holds()
    if not public:
        yield from book.refusals()
    yield from book.periods()
    yield from book.balances()


def code_text(code: str) -> str:
    """Return an account's code as hledger can read it."""

    def misread(at: int) -> bool:
        sign = code[at]
        if sign == ":":  # hledger's parts of a name may not be empty
            return at in {0, len(code) - 1} or code[at - 1] == ":"
        return sign in MISREAD_IN_CODES or sign.isspace()

    return _written(code, misread)


def unit_text(unit: str) -> str:
    """Return a unit as hledger can read it: in quotes unless it is a plain word."""
    if PLAIN_UNIT.fullmatch(unit):
        return unit
    return f'"{_written(unit, lambda at: unit[at] in MISREAD_IN_CODES)}"'


def tags_text(tags: dict[str, str | None]) -> str:
    """Return tags as ``name:value, name:value``; those without a value are left out."""
    return ", ".join(
        f"{name}:{_words(value, MISREAD_IN_TAGS)}"
        for name, value in tags.items()
        if value is not None
    )


def words_text(words: str) -> str:
    """Return a kind or a name as hledger can read it in one line."""
    return _words(words, MISREAD_IN_WORDS)


def read_text(text: str) -> str:
    """Return what one of the functions above has written."""
    return unquote(text, errors="strict")


def amount_text(steps: int, exponent: int) -> str:
    """Return *steps* ten-thousandths with the places of their unit."""
    return f"{amount_of(steps, exponent=exponent):f}"


def _words(text: str, misread: frozenset[str]) -> str:
    edges = {0, len(text) - 1}
    return _written(
        text, lambda at: text[at] in misread or (at in edges and text[at].isspace())
    )


def _written(text: str, misread: Callable[[int], bool]) -> str:
    return "".join(
        quote(sign, safe="")
        if misread(at) or category(sign) in {"Cc", "Cf", "Zl", "Zp"}
        else sign
        for at, sign in enumerate(text)
    )


class _Book:
    """The rows of the book, read in pages and written as lines."""

    def __init__(self, driver: Driver, *, public: bool) -> None:
        self.driver = driver
        self.public = public
        self.code = "public_code" if public else "code"
        self.last_on = date.min

    def units(self) -> Iterator[str]:
        rows = self.driver.all(
            "SELECT code, name, exponent FROM ledger_unit ORDER BY code"
        )
        for unit, name, exponent in rows:
            example = f"1000.{'0' * exponent} {unit_text(unit)}"
            yield f"commodity {example}  ; {tags_text({'name': name})}"

    def accounts(self) -> Iterator[str]:
        rows = self.driver.all(
            f"SELECT a.{self.code}, a.unit, a.kind, a.floor, a.state, a.keeps_lots,"  # noqa: S608
            " a.opened_at, a.owner_ref, u.exponent FROM ledger_account a"
            " JOIN ledger_unit u ON u.code = a.unit ORDER BY a.id"
        )
        for code, unit, kind, floor, state, keeps, opened, owner, exponent in rows:
            self.last_on = max(self.last_on, as_moment(opened).date())
            tags = {
                "unit": unit,
                "kind": kind,
                "floor": None if floor is None else amount_text(floor, exponent),
                "state": state,
                "lots": "yes" if keeps else None,
                "opened": moment_text(as_moment(opened)),
                "owner": None if self.public else owner,
            }
            yield f"account {code_text(code)}  ; {tags_text(tags)}"

    def transactions(self) -> Iterator[Row]:
        """Yield the transactions that moved something, in the order of the book."""
        last = 0
        while True:
            rows = self.driver.all(
                "SELECT t.id, t.kind, t.cause, t.at, t.effective_on, t.key, t.scope,"
                " t.entered_by, t.approved_by, t.rule_version, t.reverses_id,"
                " t.refunds_id, t.link, m.text FROM ledger_transaction t"
                " LEFT JOIN ledger_private_text m ON m.transaction_id = t.id"
                " WHERE t.id > ? AND t.posting_count > 0 ORDER BY t.id LIMIT ?",
                (last, PAGE),
            )
            if not rows:
                return
            legs = self._legs([row[0] for row in rows])
            for row in rows:
                yield (*row, legs[row[0]])
            last = rows[-1][0]

    def _legs(self, numbers: list[int]) -> dict[int, list[Row]]:
        found: dict[int, list[Row]] = {number: [] for number in numbers}
        rows = self.driver.all(
            f"SELECT p.transaction_id, d.{self.code}, c.{self.code}, p.amount, u.code,"  # noqa: S608
            " u.exponent FROM ledger_posting p"
            " JOIN ledger_account d ON d.id = p.debit_account_id"
            " JOIN ledger_account c ON c.id = p.credit_account_id"
            " JOIN ledger_unit u ON u.code = d.unit"
            f" WHERE p.transaction_id IN ({marks(len(numbers))})"
            " ORDER BY p.transaction_id, p.line",
            numbers,
        )
        for row in rows:
            found[row[0]].append(row[1:])
        return found

    def transaction(self, row: Row) -> Iterator[str]:
        number, kind, cause, at, on, key, scope, *rest = row
        entered, approved, rule, reverses, refunds, link, words, legs = rest
        day = as_day(on)
        self.last_on = max(self.last_on, day)
        tags = self.tags(at, cause, key, scope, entered, rule, words)
        tags |= {
            "approved": None if self.public else approved,
            "reverses": None if reverses is None else str(reverses),
            "refunds": None if refunds is None else str(refunds),
            "link": link,
        }
        yield f"{day.isoformat()} ({number}) {words_text(kind)}"
        yield f"    ; {tags_text(tags)}"
        for debit, credit, steps, unit, exponent in legs:
            amount = f"{amount_text(steps, exponent)} {unit_text(unit)}"
            yield f"    {code_text(debit)}  -{amount}"
            yield f"    {code_text(credit)}  {amount}"
        yield ""

    def tags(
        self,
        at: object,
        cause: str,
        key: str,
        scope: str,
        entered: str | None,
        rule: str | None,
        words: str | None,
    ) -> dict[str, str | None]:
        """Return what transactions and holds say alike, as far as it is public."""
        moment = moment_text(as_moment(at))
        if self.public:
            return {"at": moment, "about": about_of(cause), "rule": rule}
        return {
            "at": moment,
            "cause": cause,
            "key": key,
            "scope": scope or None,
            "by": entered,
            "rule": rule,
            "words": words,
        }

    def lots(self) -> Iterator[str]:
        rows = self.driver.all(
            f"SELECT a.{self.code}, l.amount - l.used, l.earned_on, l.expires_on,"  # noqa: S608
            " u.exponent FROM ledger_lot l JOIN ledger_account a ON a.id = l.account_id"
            " JOIN ledger_unit u ON u.code = a.unit WHERE l.used < l.amount"
            " ORDER BY a.id, l.id"
        )
        for code, steps, earned, expires, exponent in rows:
            tags = {
                "account": code,
                "amount": amount_text(steps, exponent),
                "earned": as_day(earned).isoformat(),
                "expires": None if expires is None else as_day(expires).isoformat(),
            }
            yield f"; lot {tags_text(tags)}"

    def holds(self) -> Iterator[str]:
        rows = self.driver.all(
            f"SELECT d.{self.code}, c.{self.code}, h.amount, o.expires_at, u.exponent,"  # noqa: S608
            " t.kind, t.at, t.cause, t.key, t.scope, t.entered_by, t.rule_version,"
            " m.text FROM ledger_open_hold o JOIN ledger_hold h ON h.id = o.hold_id"
            " JOIN ledger_account d ON d.id = h.debit_account_id"
            " JOIN ledger_account c ON c.id = h.credit_account_id"
            " JOIN ledger_unit u ON u.code = d.unit"
            " JOIN ledger_transaction t ON t.id = h.transaction_id"
            " LEFT JOIN ledger_private_text m ON m.transaction_id = t.id ORDER BY t.id"
        )
        for payer, payee, steps, expires, exponent, kind, *said in rows:
            tags = {
                "payer": payer,
                "payee": payee,
                "amount": amount_text(steps, exponent),
                "expires": None if expires is None else moment_text(as_moment(expires)),
                "kind": kind,
                **self.tags(*said),
            }
            yield f"; hold {tags_text(tags)}"

    def refusals(self) -> Iterator[str]:
        """Tell what `ledger.answer_offer` refused for good."""
        rows = self.driver.all(
            "SELECT a.code, t.at, t.cause, t.key, t.scope, t.entered_by,"
            " t.rule_version, NULL FROM ledger_account a"
            " JOIN ledger_account_change x ON x.account_id = a.id"
            " JOIN ledger_transaction t ON t.id = x.transaction_id"
            " WHERE a.kind = ? AND t.kind = ? AND t.cause LIKE ? ORDER BY t.id",
            ("clearing", "FLOOR", "clearing:%"),
        )
        for code, *said in rows:
            yield f"; refusal {tags_text({'account': code, **self.tags(*said)})}"

    def periods(self) -> Iterator[str]:
        rows = self.driver.all(
            "SELECT p.code, t.entered_by, t.approved_by FROM ledger_period p"
            " JOIN ledger_transaction t ON t.id = p.transaction_id ORDER BY p.last_on"
        )
        for month, entered, approved in rows:
            staff = {} if self.public else {"by": entered, "approved": approved}
            yield f"; period {tags_text({'month': month, **staff})}"

    def balances(self) -> Iterator[str]:
        """Assert every balance on the last day, after everything else."""
        rows = self.driver.all(
            f"SELECT a.{self.code}, a.credits_posted - a.debits_posted, u.code,"  # noqa: S608
            " u.exponent FROM ledger_account a JOIN ledger_unit u ON u.code = a.unit"
            " ORDER BY a.id"
        )
        yield ""
        if rows:
            yield f"{self.last_on.isoformat()} Balances"
        for code, steps, unit, exponent in rows:
            nothing, end = amount_text(0, exponent), amount_text(steps, exponent)
            kept = unit_text(unit)
            yield f"    {code_text(code)}  {nothing} {kept} = {end} {kept}"
