"""Recount an export of the book: ``python recount.py export.jsonl``.

Whether it was changed is for ``verify.py`` to say; here it is asked whether what was
written obeys the rules of FORMAT.md. This file stands alone, too: the standard library
and the export suffice.
"""

import argparse
import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

AMOUNT = re.compile(r"-?(0|[1-9][0-9]*)\.[0-9]{4}")
decode = json.JSONDecoder().raw_decode
INFINITE = float("inf")


class Bad(Exception):
    """What is wrong, in words."""


def need(truth: object, problem: str) -> None:
    """Complain of *problem* unless it is so."""
    if not truth:
        raise Bad(problem)


class Month:
    """What moved in a month: by account; by unit and kind of act."""

    def __init__(self) -> None:
        self.spent, self.earned = Counter[str](), Counter[str]()
        self.counts, self.amounts = Counter[Any](), Counter[Any]()

    def take(self, other: Self) -> None:
        """Add what moved in another one."""
        for name, more in vars(other).items():
            vars(self)[name].update(more)


class Book:
    """What was said and what it sums up to, as far as later records must agree.

    Sums are in ten-thousandths: what is available by account, what is held, what is
    in lots. Each has its limits, and no line of a record may take it beyond them.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.size, self.closed = path, 0, ""
        self.sums: defaultdict[Any, int] = defaultdict(int)
        empty = (dict[Any, Any]() for _ in range(4))
        self.said, self.open, self.limits, self.places = empty
        self.months: defaultdict[str, Month] = defaultdict(Month)

    def read(self, lines: Iterable[bytes]) -> None:
        """Apply record by record; compare lots with balances at the end."""
        place = 0
        for self.size, line in enumerate(lines, start=1):
            _, number, kind, _, on, _, _, whole, part, _, _, _, acts = fields(line)
            known = self.places.setdefault(int(number), place)
            if known != place or on <= self.closed:
                raise Bad(f"{number} was there before, or {on} lies in a closed month")
            place += len(line)
            paid = [words for words in acts if words[0] == "posting"]
            month = self.months[on[:7]]
            for words in acts:
                if words[0] == "posting":
                    self.pay(words, kind, month)
                else:
                    self.change(self.changes(words, paid), words)
            for unit in {words[3] for words in paid}:
                month.counts[unit, kind] += 1
            if whole or part:
                self.undo(int(whole or part), paid, 5 if whole else 4)
        for code in self.open:
            keeps = self.said["account", code][6:] == ["lots"]
            kept = max(0, self.balance(code)) if keeps else 0
            need(self.sums["lots", code] == kept, f"{code} has other lots than points")

    def balance(self, code: str) -> int:
        """Return what an account has, available or held."""
        return self.sums[code] + self.sums["held", code]

    def pay(self, words: list[str], kind: str, month: Month) -> None:
        """Apply a posting, and count it for its month."""
        _, payer, payee, unit, amount = words
        sums, moved = self.sums, self.payable(payer, payee, unit, amount)
        sums[payer] -= moved
        sums[payee] += moved
        if sums[payer] < self.limits[payer][0]:
            raise Bad(f"{words} takes {payer} below its floor")
        month.spent[payer] += moved
        month.earned[payee] += moved
        month.amounts[unit, kind] += moved

    def change(self, sums: list[tuple[Any, int]], words: list[str]) -> None:
        """Change some sums as *words* say; none may leave its limits."""
        for name, more in sums:
            self.sums[name] += more
            least, most = self.limits.get(name, (0, INFINITE))
            fits = least <= self.sums[name] <= most
            need(fits, f"{words} takes {name} below its floor, or leaves too much")

    def changes(self, words: list[str], paid: list[list[str]]) -> list[tuple[Any, int]]:
        """Return what a line adds to which sums, in a record with these postings."""
        said, key = self.said, tuple(words[:2])
        change: list[tuple[Any, int]] = []
        match words:
            case ["account", code, unit, _, "open" | "frozen" | "closed" as state, *_]:
                was, ended = said.get(key, [*words[:4], ""]), state == "closed"
                need(was[:4] == words[:4] and was[4] != "closed", f"{code} is another")
                said[key], self.open[code] = words, state == "open" and unit
                least = -INFINITE if words[5] is None else steps(words[5])
                self.limits[code] = (0, 0) if ended else (least, INFINITE)
                self.limits["held", code] = (0, 0 if ended else INFINITE)
                change = [(code, 0), (("held", code), 0)]
            case ["hold", _, payer, *pair, _] if key not in said:
                moved = self.payable(payer, *pair)
                said[key] = payer, moved
                change = [(payer, -moved), (("held", payer), moved)]
            case ["resolve", hold, captured]:
                payer, held = said.pop(("hold", hold))
                taken = sum(steps(one[4]) for one in paid if one[1] == payer)
                need(taken == steps(captured) <= held, f"hold {hold} pays otherwise")
                change = [(payer, held), (("held", payer), -held)]
            case ["lot", lot, code, amount, _, _, origin] if key not in said:
                known = origin is None or ("lot", origin) in said
                need(known and steps(amount) > 0, f"lot {lot} cannot be")
                said[key], self.limits[key] = code, (0, steps(amount))
                change = [(key, steps(amount)), (("lots", code), steps(amount))]
            case ["use", lot, code, amount] if said["lot", lot] == code:
                change = [
                    (one, -steps(amount)) for one in (("lot", lot), ("lots", code))
                ]
            case ["close", period, first, last, digest] if self.closed < first <= last:
                self.closed = last
                same = self.digest(period, first, last) == digest
                need(same, f"{period} came to something else than its digest")
            case _ if words[0] != "extend" or ("hold", words[1]) not in said:
                raise Bad(f"{words} cannot be said here")
        return change

    def payable(self, payer: str, payee: str, unit: str, amount: str) -> int:
        """Return an amount that may go from one account to the other."""
        moved, fits = steps(amount), unit == self.open[payer] == self.open[payee]
        if moved <= 0 or payer == payee or not fits:
            raise Bad(f"{amount} {unit} cannot go from {payer} to {payee}")
        return moved

    def digest(self, *head: str) -> str:
        """Return the digest of all months that end with this one; forget them."""
        moved, words = Month(), list(head)
        for month in [one for one in self.months if one <= head[2]]:
            moved.take(self.months.pop(month))
        codes = sorted(moved.spent | moved.earned)
        words.append(str(len(codes)))
        for code in codes:
            later = sum(
                one.earned[code] - one.spent[code] for one in self.months.values()
            )
            ended = self.balance(code) - later
            figures = moved.spent[code], moved.earned[code], ended
            words += [code, self.said["account", code][2], *map(text_of, figures)]
        words.append(str(len(moved.counts)))
        for act, count in sorted(moved.counts.items()):
            words += [*act, str(count), text_of(moved.amounts[act])]
        raw = [word.encode() for word in words]
        return sha256(b"".join(len(r).to_bytes(4, "big") + r for r in raw)).hexdigest()

    def undo(self, number: int, paid: list[list[str]], alike: int) -> None:
        """Compare a reversal or a refund with the record it gives back."""
        with self.path.open("rb") as again:
            again.seek(self.places[number])
            was = [w for w in fields(again.readline())[12] if w[0] == "posting"]
        back = [[w[0], w[2], w[1], *w[3:]] for w in reversed(was)]
        self.sums["back", number] += sum(steps(one[4]) for one in paid)
        fits = self.sums["back", number] <= sum(steps(one[4]) for one in back)
        same = [one[:alike] for one in paid] == [one[:alike] for one in back]
        need(paid and same and fits, f"it is not the reverse of {number}")


def fields(line: bytes) -> list[Any]:
    """Return the thirteen fields of a record; those that form 1 lacks are null."""
    if line.startswith(b'{"version":"common-fair-ledger/1"'):
        _, _, _, head, lines, _, _ = json.loads(line).values()
        return [None, *head[:7], None, None, *head[7:], lines]
    text = line.decode()
    found: list[Any]
    found, end = decode(text, text.index("["))
    whole = text[end:] == "}\n" and found[0] == "common-fair-ledger/2"
    need(whole, "it is cut off, too long, or its form is not known")
    return found


@lru_cache(maxsize=1 << 16)
def steps(amount: str) -> int:
    """Return an amount such as 35.0000 in ten-thousandths."""
    need(AMOUNT.fullmatch(amount), f"{amount!r} is no amount")
    return int(amount.replace(".", ""))


def text_of(amount: int) -> str:
    """Return ten-thousandths as an amount such as 35.0000."""
    return f"{Decimal(amount).scaleb(-4):.4f}"


def first_bad(path: Path, book: Book | None = None) -> list[tuple[int, str]]:
    """Read an export to its end, or up to the first bad record, and name that."""
    book = book or Book(path)
    try:
        with path.open("rb") as lines:
            book.read(lines)
    except (Bad, LookupError, TypeError, ValueError) as bad:
        problem = f"{bad}" if isinstance(bad, Bad) else f"malformed, {bad!r}"
        return [(book.size, problem)]
    return []


def main() -> str:
    """Recount the export that the command line names; return what is to be said."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("export", type=Path)
    book = Book(parser.parse_args().export)
    for number, problem in first_bad(book.path, book):
        raise Bad(f"record {number}: {problem}")
    return f"{book.size} records obey the rules"


if __name__ == "__main__":
    try:
        sys.stdout.write(f"{main()}\n")
    except Bad as bad:
        raise SystemExit(f"{bad}") from None
