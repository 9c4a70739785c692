"""A book in plain text, read line by line into what it says; it writes nothing."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TypeVar

from ledger.errors import TextRefused
from ledger.journal import Leg
from ledger.plain_text import TITLE, read_text

UNIT = r'(?P<unit>[A-Za-z]+|"[^"]*")'
COMMODITY = re.compile(rf"commodity 1000\.(?P<zeros>0{{0,4}}) {UNIT}  ; (?P<tags>.*)")
ACCOUNT = re.compile(r"account (?P<code>\S+)  ; (?P<tags>.*)")
HEADING = re.compile(r"(?P<on>\d{4}-\d\d-\d\d) \((?P<number>\d+)\) (?P<kind>.+)")
CLOSING = re.compile(r"\d{4}-\d\d-\d\d Balances")
POSTING = re.compile(rf"    (?P<code>\S+)  (?P<amount>-?[0-9.]+) {UNIT}")
ASSERTION = re.compile(
    rf"    (?P<code>\S+)  0[.0]* {UNIT} = (?P<amount>-?[0-9.]+) (?P=unit)"
)
NOTE = re.compile(r"; (?P<sort>lot|hold|refusal|period) (?P<tags>.*)")
TAGS = re.compile(r"    ; (?P<tags>.*)")

Tags = dict[str, str]
Value = TypeVar("Value")


@dataclass(slots=True)
class AccountText:
    """An account as the text has it, and how low it ever was."""

    line: int
    code: str
    unit: str
    tags: Tags
    floor: Decimal | None
    lowest: Decimal = Decimal(0)
    posted: Decimal = Decimal(0)
    lots: list[tuple[Decimal, date, date | None]] = field(default_factory=list)


@dataclass(slots=True)
class EntryText:
    """A transaction; ``out`` is a posting that waits for its other half."""

    line: int
    number: str
    kind: str
    on: date
    tags: Tags = field(default_factory=dict)
    legs: list[Leg] = field(default_factory=list)
    out: tuple[str, Decimal, str] | None = None

    @property
    def key(self) -> str:
        """The key it had, or one of its own: the public text has none."""
        return self.tags.get("key", f"import:{self.number}")

    @property
    def cause(self) -> str:
        """What it was about; in the public text the noun alone."""
        return self.tags.get("cause", self.tags.get("about", ""))


@dataclass(slots=True)
class BookText:
    """What the text says, before anything is written."""

    units: list[tuple[str, str, int]] = field(default_factory=list)
    accounts: dict[str, AccountText] = field(default_factory=dict)
    entries: dict[str, EntryText] = field(default_factory=dict)
    holds: list[tuple[int, Tags]] = field(default_factory=list)
    refusals: list[tuple[int, Tags]] = field(default_factory=list)
    periods: list[tuple[int, Tags]] = field(default_factory=list)
    ends: dict[str, tuple[int, Decimal]] = field(default_factory=dict)


def read_book(lines: Iterable[str]) -> BookText:
    """Return what the text says.

    Raises:
        TextRefused: a line that no book has.
    """
    numbered = enumerate((line.rstrip("\r\n") for line in lines), start=1)
    if next(numbered, (1, ""))[1] != TITLE:
        raise TextRefused(1, f"A book in plain text begins with {TITLE!r}.")
    text = BookText()
    entry: EntryText | None = None
    for number, line in numbered:
        if line.startswith("    ") and entry is not None:
            _read_within(text, entry, number, line)
            continue
        if entry is not None:
            _ensure_whole(entry)
        entry = _read_line(text, number, line)
    if entry is not None:
        _ensure_whole(entry)
    return text


def _read_line(text: BookText, number: int, line: str) -> EntryText | None:
    """Read a line that stands for itself; return the entry it begins, if any."""
    for form, read in LINES:
        found = form.fullmatch(line)
        if found is not None:
            return read(text, number, found)
    if line.startswith(";") or not line.strip():
        return None
    raise TextRefused(number, f"{line.strip()!r} is no line of a book.")


def _read_commodity(text: BookText, number: int, found: re.Match[str]) -> None:
    unit = _unit(found)
    if unit in {known for known, _, _ in text.units}:
        raise TextRefused(number, f"The unit {unit!r} is there twice.")
    name = _tags(number, found).get("name", unit)
    text.units.append((unit, name, len(found["zeros"])))


def _read_account(text: BookText, number: int, found: re.Match[str]) -> None:
    code, tags = read_text(found["code"]), _tags(number, found)
    if code in text.accounts:
        raise TextRefused(number, f"The account {code!r} is there twice.")
    floor = maybe(number, tags, "floor", Decimal)
    unit = said(number, tags, "unit")
    text.accounts[code] = AccountText(number, code, unit, tags, floor)


def _read_heading(text: BookText, number: int, found: re.Match[str]) -> EntryText:
    if found["number"] in text.entries:
        raise TextRefused(number, f"Transaction {found['number']} is there twice.")
    on = value_of(number, date.fromisoformat, found["on"])
    entry = EntryText(number, found["number"], read_text(found["kind"]), on)
    text.entries[entry.number] = entry
    return entry


def _read_closing(_: BookText, __: int, ___: re.Match[str]) -> None:
    """The day of the balances says nothing that is not said elsewhere."""


def _read_note(text: BookText, number: int, found: re.Match[str]) -> None:
    tags = _tags(number, found)
    if found["sort"] == "hold":
        text.holds.append((number, tags))
    elif found["sort"] == "refusal":
        text.refusals.append((number, tags))
    elif found["sort"] == "period":
        text.periods.append((number, tags))
    else:
        account = declared(text, number, said(number, tags, "account"))
        amount = value_of(number, Decimal, said(number, tags, "amount"))
        earned = value_of(number, date.fromisoformat, said(number, tags, "earned"))
        expires = maybe(number, tags, "expires", date.fromisoformat)
        account.lots.append((amount, earned, expires))


def _read_within(text: BookText, entry: EntryText, number: int, line: str) -> None:
    """Read a tag line or a posting of *entry*; postings come in pairs."""
    tagged = TAGS.fullmatch(line)
    if tagged is not None:
        entry.tags |= _tags(number, tagged)
        return
    found = POSTING.fullmatch(line)
    if found is None:
        raise TextRefused(number, f"{line.strip()!r} is no posting.")
    code, unit = read_text(found["code"]), _unit(found)
    amount = value_of(number, Decimal, found["amount"])
    account = declared(text, number, code)
    if account.unit != unit:
        raise TextRefused(number, f"{code!r} keeps {account.unit}, not {unit}.")
    account.posted += amount
    account.lowest = min(account.lowest, account.posted)
    if entry.out is None:
        entry.out = (code, amount, unit)
        return
    debit, taken, kept = entry.out
    if taken + amount or amount <= 0 or kept != unit:
        raise TextRefused(number, "A leg takes from one account what it gives another.")
    entry.legs.append(Leg(debit, code, amount))
    entry.out = None


def _ensure_whole(entry: EntryText) -> None:
    if entry.out is not None or not entry.legs:
        raise TextRefused(entry.line, f"Transaction {entry.number} is not complete.")


def _read_assertion(text: BookText, number: int, found: re.Match[str]) -> None:
    account = declared(text, number, read_text(found["code"]))
    text.ends[account.code] = (number, value_of(number, Decimal, found["amount"]))


Reader = Callable[[BookText, int, re.Match[str]], EntryText | None]
LINES: tuple[tuple[re.Pattern[str], Reader], ...] = (
    (COMMODITY, _read_commodity),
    (ACCOUNT, _read_account),
    (HEADING, _read_heading),
    (CLOSING, _read_closing),
    (NOTE, _read_note),
    (ASSERTION, _read_assertion),
)


def declared(text: BookText, number: int, code: str) -> AccountText:
    """Return an account the text has declared."""
    if code not in text.accounts:
        raise TextRefused(number, f"The account {code!r} was not declared.")
    return text.accounts[code]


def _unit(found: re.Match[str]) -> str:
    return read_text(found["unit"].strip('"'))


def _tags(number: int, found: re.Match[str]) -> Tags:
    tags: Tags = {}
    for tag in filter(None, found["tags"].split(", ")):
        name, colon, value = tag.partition(":")
        if not colon or name in tags:
            raise TextRefused(number, f"{tag!r} is no tag.")
        tags[name] = value_of(number, read_text, value)
    return tags


def said(number: int, tags: Tags, name: str) -> str:
    """Return a tag the line must have."""
    if name not in tags:
        raise TextRefused(number, f"The tag {name!r} is missing.")
    return tags[name]


def maybe(
    number: int, tags: Tags, name: str, read: Callable[[str], Value]
) -> Value | None:
    """Return a tag the line may have."""
    return value_of(number, read, tags[name]) if name in tags else None


def value_of(number: int, read: Callable[[str], Value], value: str) -> Value:
    """Return *value* as *read* reads it, or name the line."""
    try:
        return read(value)
    except (ValueError, InvalidOperation) as error:
        raise TextRefused(number, f"{value!r} cannot be read.") from error
