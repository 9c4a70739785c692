"""Writing the book of a plain text into an empty one, all of it or nothing."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from ledger.accounts import (
    close_account,
    ensure_account,
    ensure_units,
    freeze_account,
    set_floor,
)
from ledger.balances import balances
from ledger.columns import moment_of
from ledger.driver import Driver
from ledger.errors import InvalidEntry, LedgerError, TextRefused
from ledger.holds import place_hold
from ledger.journal import Draft, Leg, post_linked, post_many, reverse
from ledger.lot_verbs import start_lots
from ledger.periods import close_period
from ledger.plain_text_reading import (
    AccountText,
    BookText,
    EntryText,
    declared,
    maybe,
    read_book,
    said,
    value_of,
)
from ledger.refunds import refund
from ledger.tables import AccountState, Transaction


@dataclass(frozen=True, slots=True)
class Imported:
    """How much was read."""

    accounts: int
    transactions: int
    holds: int


def import_text(
    session: Session,
    lines: Iterable[str],
    *,
    at: datetime,
    entered_by: str | None = None,
) -> Imported:
    """Write the book that `ledger.export_text` has written as text.

    Balances, transactions and their order, reversals, refunds, linked sets, lots, open
    holds, closed months, floors and states are those of the text. Numbers, salts and
    hashes are new, and what had moved nothing is not there. From a public text the
    accounts are named by their public codes, and keys by their number.

    Args:
        session: An open session on a book without accounts. The caller commits; when
            anything is refused, roll back.
        lines: The text; how the lines end does not matter.
        at: Aware UTC moment of the import: of lots, floors, states and closes.
        entered_by: An opaque reference to who imports it.

    Raises:
        TextRefused: the sentence names the first line that cannot be.
        InvalidEntry: the book is not empty.
    """
    taken = "SELECT 1 FROM ledger_account LIMIT 1"
    if Driver(session).one(taken) is not None:
        raise InvalidEntry("A text is imported into an empty book.")
    text = read_book(lines)
    writer = _Writer(session, text, at, entered_by)
    writer.open_accounts()
    writer.post_entries()
    writer.start_lots()
    writer.place_holds()
    writer.set_floors_and_states()
    writer.repeat_refusals()
    writer.close_periods()
    writer.ensure_balances()
    return Imported(len(text.accounts), len(text.entries), len(text.holds))


@contextmanager
def _from_line(line: int) -> Iterator[None]:
    """Name the line when the book refuses what comes from it."""
    try:
        yield
    except TextRefused:
        raise
    except LedgerError as refusal:
        raise TextRefused(line, str(refusal)) from refusal


def _was_below(account: AccountText) -> bool:
    """Say whether the floor came later than some of the entries."""
    return account.floor is not None and account.lowest < account.floor


class _Writer:
    """Writes what was read, in the order in which the book can follow."""

    def __init__(
        self, session: Session, text: BookText, at: datetime, by: str | None
    ) -> None:
        self.session, self.text, self.at, self.by = session, text, at, by
        self.done: dict[str, int] = {}
        self.linked: dict[str, list[EntryText]] = {}
        for entry in text.entries.values():
            if "link" in entry.tags:
                self.linked.setdefault(entry.tags["link"], []).append(entry)

    def open_accounts(self) -> None:
        with _from_line(1):
            ensure_units(self.session, self.text.units)
        for account in self.text.accounts.values():
            tags, line = account.tags, account.line
            with _from_line(line):
                ensure_account(
                    self.session,
                    code=account.code,
                    unit=account.unit,
                    kind=said(line, tags, "kind"),
                    owner_ref=tags.get("owner"),
                    floor=None if _was_below(account) else account.floor,
                    at=maybe(line, tags, "opened", moment_of) or self.at,
                )

    def post_entries(self) -> None:
        for entry in self.text.entries.values():
            if entry.number not in self.done:
                with _from_line(entry.line):
                    self.post_entry(entry)

    def post_entry(self, entry: EntryText) -> None:
        link = entry.tags.get("link")
        reverses = self.corrected(entry, "reverses")
        refunds = self.corrected(entry, "refunds")
        if link is not None:
            wanted = [
                e for e in self.text.entries.values() if e.tags.get("link") == link
            ]
            done = post_linked(self.session, [self.draft(e) for e in wanted])
            for one, transaction in zip(wanted, done, strict=True):
                self.note(one, transaction)
        # Books of the first form have reversals of reversals; they are plain entries.
        elif reverses is not None and "reverses" not in reverses.tags:
            self.note(entry, self.reverse(entry, reverses))
        elif refunds is not None:
            self.note(entry, self.refund(entry, refunds))
        else:
            self.note(entry, post_many(self.session, [self.draft(entry)])[0])

    def post_linked(self, link: str) -> None:
        together = self.linked[link]
        done = post_linked(self.session, [self.draft(one) for one in together])
        for one, transaction in zip(together, done, strict=True):
            self.note(one, transaction)

    def note(self, entry: EntryText, done: Transaction) -> None:
        assert done.id is not None
        self.done[entry.number] = done.id

    def corrected(self, entry: EntryText, how: str) -> EntryText | None:
        """Return the earlier entry that this one reverses or refunds."""
        number = entry.tags.get(how)
        if number is None:
            return None
        if number not in self.done:
            raise TextRefused(entry.line, f"There is no transaction {number} before.")
        return self.text.entries[number]

    def draft(self, entry: EntryText) -> Draft:
        tags = entry.tags
        return Draft(
            legs=entry.legs,
            key=entry.key,
            kind=entry.kind,
            cause=entry.cause,
            at=value_of(entry.line, moment_of, said(entry.line, tags, "at")),
            effective_on=entry.on,
            entered_by=tags.get("by"),
            approved_by=tags.get("approved"),
            rule_version=tags.get("rule"),
            memo=tags.get("words", ""),
            scope=tags.get("scope", ""),
        )

    def reverse(self, entry: EntryText, first: EntryText) -> Transaction:
        mirror = [Leg(x.credit, x.debit, x.amount) for x in reversed(first.legs)]
        if entry.legs != mirror:
            problem = f"This is no mirror of transaction {first.number}."
            raise TextRefused(entry.line, problem)
        draft = self.draft(entry)
        return reverse(
            self.session,
            self.done[first.number],
            key=draft.key,
            cause=draft.cause,
            at=draft.at,
            entered_by=draft.entered_by,
            approved_by=draft.approved_by,
            effective_on=draft.effective_on,
            memo=draft.memo,
            scope=draft.scope,
        )

    def refund(self, entry: EntryText, first: EntryText) -> Transaction:
        backs = [(leg.credit, leg.debit) for leg in first.legs]
        if [(leg.debit, leg.credit) for leg in entry.legs] != backs:
            problem = f"This gives nothing back of transaction {first.number}."
            raise TextRefused(entry.line, problem)
        draft = self.draft(entry)
        return refund(
            self.session,
            self.done[first.number],
            draft.legs[0].amount,
            key=draft.key,
            cause=draft.cause,
            at=draft.at,
            entered_by=draft.entered_by,
            approved_by=draft.approved_by,
            effective_on=draft.effective_on,
            rule_version=draft.rule_version,
            kind=draft.kind,
            memo=draft.memo,
            scope=draft.scope,
        )

    def start_lots(self) -> None:
        """Let accounts keep lots now: how the old ones were spent is behind us."""
        for account in self.text.accounts.values():
            if account.lots or "lots" in account.tags:
                with _from_line(account.line):
                    start_lots(
                        self.session,
                        account.code,
                        account.lots,
                        at=self.at,
                        key=f"import:lots:{account.line}",
                        entered_by=self.by,
                    )

    def place_holds(self) -> None:
        for line, tags in self.text.holds:
            with _from_line(line):
                place_hold(
                    self.session,
                    payer=said(line, tags, "payer"),
                    payee=said(line, tags, "payee"),
                    amount=value_of(line, Decimal, said(line, tags, "amount")),
                    key=tags.get("key", f"import:hold:{line}"),
                    kind=said(line, tags, "kind"),
                    cause=tags.get("cause", tags.get("about", "")),
                    at=value_of(line, moment_of, said(line, tags, "at")),
                    expires_at=maybe(line, tags, "expires", moment_of),
                    entered_by=tags.get("by"),
                    rule_version=tags.get("rule"),
                    memo=tags.get("words", ""),
                    scope=tags.get("scope", ""),
                )

    def set_floors_and_states(self) -> None:
        for account in self.text.accounts.values():
            with _from_line(account.line):
                if _was_below(account):
                    set_floor(
                        self.session,
                        account.code,
                        account.floor,
                        at=self.at,
                        entered_by=self.by,
                    )
                change = STATES[
                    value_of(
                        account.line, AccountState, account.tags.get("state", "open")
                    )
                ]
                if change is not None:
                    change(self.session, account.code, at=self.at, entered_by=self.by)

    def repeat_refusals(self) -> None:
        """Seal again what was refused to sister communities, under the same keys."""
        for line, tags in self.text.refusals:
            account = declared(self.text, line, said(line, tags, "account"))
            with _from_line(line):
                set_floor(
                    self.session,
                    account.code,
                    account.floor,
                    at=value_of(line, moment_of, said(line, tags, "at")),
                    entered_by=tags.get("by"),
                    cause=said(line, tags, "cause"),
                    key=said(line, tags, "key"),
                )

    def close_periods(self) -> None:
        for line, tags in self.text.periods:
            with _from_line(line):
                close_period(
                    self.session,
                    said(line, tags, "month"),
                    at=self.at,
                    entered_by=tags.get("by"),
                    approved_by=tags.get("approved"),
                )

    def ensure_balances(self) -> None:
        """Compare with the balances the text ends with."""
        found = balances(self.session, self.text.accounts)
        for code, account in self.text.accounts.items():
            line, end = self.text.ends.get(code, (account.line, None))
            if end is None:
                raise TextRefused(line, f"The text does not say how {code!r} ends.")
            if found[code].posted != end:
                posted = found[code].posted
                raise TextRefused(line, f"{code!r} ends at {posted}, not at {end}.")


STATES: dict[AccountState, Callable[..., object] | None] = {
    AccountState.OPEN: None,
    AccountState.FROZEN: freeze_account,
    AccountState.CLOSED: close_account,
}
