"""The book as plain text: the real hledger agrees with it, and it comes back whole."""

import csv
import re
import shutil
import subprocess
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session
from sqlmodel import col, select

import ledger
from ledger import Account, Leg, Transaction
from ledger.plain_text import code_text, read_text, tags_text, unit_text, words_text
from tests.ledger.conftest import Opener
from tests.ledger.test_clearing import DAY, desk_of

LATER = datetime(2026, 9, 1, 8, tzinfo=UTC)
MAY = datetime(2026, 5, 3, 9, 30, 0, 250000, tzinfo=UTC)
LIN, WANG, POOL, MINT = "person:林 (old)", "person:wang;x", "pool: a", "sys:issuance"
NASTY = ["a::b", ":c", "d:", "e  f", "(g)", "[h]", "* i", "! j", '"k"', "l%3Bm", "n\to"]
NASTY += [
    "; p",
    "2026-01-01 q",
    "農\u3000家",
    "r=s",
    "t@u",
    "v#",
    "ﬀ",
    "w\u200bx",
    "|y",
]


def say(session: Session, debit: str, credit: str, amount: str, **more: object) -> int:
    """Post one leg with everything that can be said about it."""
    key = str(uuid4())
    said = {
        "key": key,
        "kind": "GIFT",
        "cause": f"visit:{key[:8]}, at home; x",
        "at": MAY,
        "entered_by": "person:clerk",
        "approved_by": "person:chief",
        "rule_version": "rules-3, draft",
        "memo": "谢谢, 100%;  two\nlines ",
        "scope": "desk",
    }
    legs = [Leg(debit, credit, Decimal(amount))]
    done = ledger.post(session, legs, **(said | more))  # type: ignore[arg-type]
    assert done.id is not None
    return done.id


def open_accounts(session: Session) -> None:
    ledger.ensure_units(session, [("GRAIN3", "rice; by weight", 3)])
    for code, kind, floor in [
        (MINT, "issuance", None),
        (LIN, "member", Decimal(-20)),
        (WANG, "member", Decimal(0)),
        (POOL, "pool", Decimal(0)),
    ]:
        ledger.open_account(
            session,
            code=code,
            unit="POINT",
            kind=kind,
            floor=floor,
            owner_ref=None if code == MINT else f"owner:{code}",
            at=MAY,
        )
    for code, unit, floor in [
        ("rice:all", "GRAIN3", None),
        ("rice:lin", "GRAIN3", Decimal("-0.125")),
        ("till", "YUAN0", None),
        ("cash", "YUAN0", Decimal(0)),
        *((code, "YUAN0", Decimal(0)) for code in NASTY),
    ]:
        ledger.open_account(
            session, code=code, unit=unit, kind="stock", floor=floor, at=MAY
        )


def write_story(session: Session) -> None:
    """A book with one of everything that the text has to carry."""
    open_accounts(session)
    say(session, MINT, LIN, "35.00")
    paid = say(session, LIN, WANG, "50.00", kind="A (kind); of its own")
    undone = say(session, LIN, POOL, "1.25", effective_on=date(2026, 5, 1))
    ledger.reverse(
        session, undone, key="undo", cause="visit:1", at=MAY, entered_by=None
    )
    ledger.refund(
        session,
        paid,
        Decimal("0.50"),
        key="back",
        cause="visit:2",
        at=MAY,
        entered_by=None,
    )
    ledger.set_floor(session, LIN, Decimal(-15), at=MAY)  # above where it once was
    for code in NASTY:
        say(session, "till", code, "3", kind="FILL")
    say(session, "rice:all", "rice:lin", "2.125")
    ledger.post(
        session,
        [
            Leg("rice:lin", "rice:all", Decimal("0.001")),
            Leg(WANG, LIN, Decimal("4.00")),
            Leg("rice:all", "rice:lin", Decimal(1_000_000)),
        ],
        key="both",
        kind="BARTER",
        cause="",
        at=MAY + timedelta(minutes=1),
    )
    ledger.post_linked(
        session,
        [
            ledger.Draft(
                legs=[Leg(MINT, code, Decimal(2))],
                key=f"linked:{code}",
                kind="EARN",
                cause="shift:1",
                at=MAY,
            )
            for code in (POOL, WANG)
        ],
    )
    hold(session, "open", Decimal("2.50"), expires_at=LATER)
    hold(session, "endless", Decimal("0.50"))
    gone = hold(session, "gone", Decimal(1))
    ledger.release_hold(session, gone.id, key="go", at=MAY)
    part = hold(session, "part", Decimal(1))
    ledger.capture_hold(session, part.id, key="cap", at=MAY, amount=Decimal("0.75"))
    write_lots(session)
    ledger.freeze_account(session, "cash", at=MAY)
    ledger.open_account(session, code="old", unit="TIME", kind="member", at=MAY)
    ledger.close_account(session, "old", at=MAY)


def hold(session: Session, name: str, amount: Decimal, **more: object) -> ledger.Hold:
    return ledger.place_hold(
        session,
        payer=WANG,
        payee=POOL,
        amount=amount,
        key=f"hold:{name}",
        kind="HOLD",
        cause=f"redemption:{name}",
        at=MAY,
        memo="kept, for her",
        **more,  # type: ignore[arg-type]
    )


def write_lots(session: Session) -> None:
    for code, floor in (("lots:mint", None), ("lots:lin", Decimal(0))):
        ledger.open_account(
            session,
            code=code,
            unit="TIME",
            kind="member",
            floor=floor,
            keeps_lots=floor is not None,
            at=MAY,
        )
    for key, amount, end in (("l1", "2.00", date(2027, 1, 1)), ("l2", "3.00", None)):
        ledger.post(
            session,
            [
                Leg(
                    "lots:mint",
                    "lots:lin",
                    Decimal(amount),
                    earned_on=date(2026, 5, 2),
                    expires_on=end,
                )
            ],
            key=key,
            kind="EARN",
            cause="shift:1",
            at=MAY,
        )
    say(session, "lots:lin", "lots:mint", "0.75")
    ledger.open_account(
        session,
        code="lots:none",
        unit="TIME",
        kind="member",
        floor=Decimal(0),
        keeps_lots=True,
        at=MAY,
    )


def everything(session: Session, *, public: bool = False) -> dict[str, object]:
    """What has to come back, named as the text names it."""
    accounts = session.scalars(select(Account).order_by(col(Account.id))).all()
    name = {a.code: a.public_code if public else a.code for a in accounts}
    held = {a.code: ledger.balance(session, a.code) for a in accounts}
    told = session.scalars(
        select(Transaction)
        .where(col(Transaction.posting_count) > 0)
        .order_by(col(Transaction.id))
    ).all()
    place = {t.id: index for index, t in enumerate(told)}
    private = (
        []
        if public
        else [
            (t.scope, t.key, t.cause, t.entered_by, t.approved_by, t.effective_on)
            for t in told
        ]
    )
    return {
        "accounts": [
            (name[a.code], a.unit, a.kind, a.floor, a.state, a.keeps_lots, a.opened_at)
            for a in accounts
        ],
        "owners": [] if public else [a.owner_ref for a in accounts],
        "balances": {name[code]: balance for code, balance in held.items()},
        "transactions": [
            (t.kind, t.at, t.effective_on, t.rule_version, place.get(t.reverses_id))
            for t in told
        ],
        "refunds": [place.get(t.refunds_id) for t in told],
        "linked": [t.link is not None for t in told],
        "private": private,
        "legs": [
            (place[t.id], name[leg.debit], name[leg.credit], leg.amount)
            for t in told
            for leg in ledger.legs_of(session, t.id or 0)
        ],
        "lots": [
            (name[a.code], lot.left, lot.earned_on, lot.expires_on)
            for a in accounts
            for lot in ledger.lots(session, a.code)
        ],
        "holds": [
            (name[a.code], found.amount, found.expires_at)
            for a in accounts
            for found in ledger.open_holds(session, a.code)
        ],
        "words": [] if public else words_of(session, list(held)),
        "periods": [period.code for period in ledger.periods(session)],
    }


def words_of(session: Session, codes: Iterable[str]) -> list[str]:
    return [
        line.memo
        for code in codes
        for line in ledger.statement(session, code, limit=500).lines
    ]


def bring_back(opened: Opener, lines: Iterable[str]) -> dict[str, object]:
    """Import into another, empty book, and look at that with fresh eyes."""
    engine = opened()
    with Session(engine) as session:
        ledger.import_text(session, lines, at=LATER, entered_by="person:keeper")
        session.commit()
        ledger.seal_pending(session)
        session.commit()
    with Session(engine) as session:
        report = ledger.verify_book(session)
        assert report.ok, report.problems
        return everything(session)


@pytest.mark.parametrize("public", [False, True])
def test_the_book_comes_back_from_its_text(opened: Opener, public: bool) -> None:
    with Session(opened()) as session:
        write_story(session)
        session.commit()
        wanted = everything(session, public=public)
        lines = list(ledger.export_text(session, public=public))
    found = bring_back(opened, [f"{line}\r\n" for line in lines])
    if public:
        found |= {"owners": [], "private": [], "words": []}
    for name, value in wanted.items():
        assert found[name] == value, name


def test_a_text_of_the_copy_is_the_text_again(opened: Opener) -> None:
    """Only numbers, links and the moments of opening by import differ."""

    def plain(lines: Iterable[str]) -> list[str]:
        fresh = r"\(\d+\)|(?:reverses|refunds):\d+|link:[0-9a-f]+"
        return [re.sub(fresh, "", line) for line in lines]

    with Session(opened()) as session:
        write_story(session)
        first = list(ledger.export_text(session))
    with Session(opened()) as session:
        ledger.import_text(session, first, at=LATER)
        assert plain(ledger.export_text(session)) == plain(first)


def test_closed_months_are_closed_again(opened: Opener) -> None:
    with Session(opened()) as session:
        write_story(session)
        session.commit()
        ledger.close_period(session, "2026-05", at=LATER, entered_by="person:a")
        session.commit()
        wanted = everything(session)
        totals = ledger.period_report(session, "2026-05").totals
        lines = list(ledger.export_text(session))
    engine = opened()
    with Session(engine) as session:
        ledger.import_text(session, lines, at=LATER)
        session.commit()
        assert everything(session) == wanted
        ours = [t for t in ledger.period_report(session, "2026-05").totals if t.amount]
        assert ours == [t for t in totals if t.amount]
        with pytest.raises(ledger.PeriodClosed):
            say(session, MINT, LIN, "1.00")


def test_what_was_refused_to_a_sister_stays_refused_in_the_copy(
    opened: Opener,
) -> None:
    north, south = desk_of("north"), desk_of("south")
    with Session(opened()) as session:
        open_accounts(session)
        ledger.open_clearing(session, south, "north", "POINT", limit=Decimal(5), at=MAY)
        payee = session.scalars(
            select(Account.public_code).where(col(Account.code) == WANG)
        ).one()
        offer = ledger.Offer(
            reference=uuid4(),
            sender="north",
            receiver="south",
            payee=payee,
            unit="POINT",
            amount=Decimal("5.01"),
            expires_at=MAY + DAY,
        )
        text = ledger.letter(north, offer)
        refused = ledger.answer_offer(session, south, text, at=MAY)
        lines = list(ledger.export_text(session))
    with Session(opened()) as session:
        ledger.import_text(session, lines, at=LATER)
        assert ledger.answer_offer(session, south, text, at=MAY) == refused
        assert ledger.balance(session, "clearing:north:POINT").posted == 0


# The real hledger.


@pytest.fixture
def hledger(tmp_path: Path) -> "Hledger":
    if shutil.which("hledger") is None:
        pytest.skip("hledger is not installed: apt-get install hledger")
    return Hledger(tmp_path / "book.journal")


class Hledger:
    """The program of the Debian package, on a file of its own."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = ["hledger", "-f", str(self.path), *words]
        environment = {"LANG": "C.UTF-8", "PATH": "/usr/bin:/bin:/usr/local/bin"}
        return subprocess.run(
            command, capture_output=True, text=True, check=False, env=environment
        )

    def check(self, lines: Iterable[str]) -> str:
        """Return what it complains about in this text."""
        self.path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return self.run("check", "--strict").stderr

    def balances(self) -> dict[str, dict[str, Decimal]]:
        """Return its balances by account and unit, zeros too."""
        done = self.run(
            "balance", "--flat", "--empty", "--no-total", "--no-elide", "-O", "csv"
        )
        assert not done.returncode, done.stderr
        found = {}
        for code, amounts in list(csv.reader(done.stdout.splitlines()))[1:]:
            parts = [part.rsplit(" ", 1) for part in amounts.split(", ") if part != "0"]
            found[read_text(code)] = {
                read_text(unit.strip('"')): Decimal(amount) for amount, unit in parts
            }
        return found


@pytest.mark.parametrize("public", [False, True])
def test_hledger_reads_it_and_has_the_same_balances(
    opened: Opener, hledger: "Hledger", public: bool
) -> None:
    with Session(opened()) as session:
        write_story(session)
        session.commit()
        assert hledger.check(ledger.export_text(session, public=public)) == ""
        found = hledger.balances()
        accounts = session.scalars(select(Account)).all()
        wanted = {
            account.public_code if public else account.code: {
                account.unit: ledger.balance(session, account.code).posted
            }
            for account in accounts
        }
    for code, amounts in wanted.items():
        units = {unit: amount for unit, amount in amounts.items() if amount}
        assert {u: a for u, a in found.get(code, {}).items() if a} == units, code
    assert set(found) <= set(wanted)
    assert len([a for amounts in wanted.values() for a in amounts.values() if a]) > 20


def test_hledger_finds_a_changed_amount(opened: Opener, hledger: "Hledger") -> None:
    """The canary: the assertions at the end are read by hledger, too."""
    with Session(opened()) as session:
        write_story(session)
        lines = list(ledger.export_text(session))
    wrong = [line.replace("50.00 POINT", "50.01 POINT") for line in lines]
    assert wrong != lines
    assert "balance assertion" in hledger.check(wrong)


def test_an_empty_book_is_a_text_too(opened: Opener, hledger: "Hledger") -> None:
    with Session(opened()) as session:
        lines = list(ledger.export_text(session))
    assert hledger.check(lines) == ""
    with Session(opened()) as session:
        done = ledger.import_text(session, lines, at=LATER)
        assert (done.accounts, done.transactions, done.holds) == (0, 0, 0)


def test_the_public_text_names_nobody(opened: Opener) -> None:
    with Session(opened()) as session:
        write_story(session)
        text = "\n".join(ledger.export_text(session, public=True))
    for word in (":lin", "林", "wang", "person", "owner", "谢谢", "clerk", "at home"):
        assert word not in text, word
    assert "about:visit" in text


@given(text=st.text(min_size=1, max_size=40))
@settings(max_examples=300, suppress_health_check=list(HealthCheck))
def test_any_name_can_be_written_and_read(text: str) -> None:
    if any("\ud800" <= sign <= "\udfff" for sign in text):
        return  # no database keeps half a character
    written = code_text(text)
    assert read_text(written) == text
    assert not re.search(r"[\s;()\[\]]|^:|:$|::", written)
    assert read_text(unit_text(text).strip('"')) == text
    assert "\n" not in words_text(text)
    (tag,) = tags_text({"x": text}).split(", ")
    assert read_text(tag.removeprefix("x:")) == text


# Bad text.

GOOD = """\
; common-fair-text/1
commodity 1000.00 POINT  ; name:points
account mint  ; unit:POINT, kind:issuance
account lin  ; unit:POINT, kind:member, floor:0.00
2026-05-03 (7) GIFT
    ; at:2026-05-03T09:30:00.000000Z, cause:visit:1, key:k1
    mint  -5.00 POINT
    lin  5.00 POINT

; hold payer:lin, payee:mint, amount:2.00, kind:HOLD, at:2026-05-03T09:30:00.000000Z
2026-05-03 Balances
    mint  0.00 POINT = -5.00 POINT
    lin  0.00 POINT = 5.00 POINT
"""


@pytest.mark.parametrize(
    ("old", "new", "line", "word"),
    [
        ("; common", "; uncommon", 1, "begins with"),
        ("1000.00 POINT", "1.000,00 POINT", 2, "no line"),
        ("; name:points", "; name", 2, "no tag"),
        ("account lin ", "account mint ", 4, "twice"),
        ("floor:0.00", "floor:none", 4, "cannot be read"),
        ("unit:POINT, kind:member", "kind:member", 4, "missing"),
        ("unit:POINT, kind:member", "unit:RUBY, kind:member", 8, "keeps"),
        ("2026-05-03 (7)", "2026-02-30 (7)", 5, "cannot be read"),
        ("at:2026-05-03T09:30:00.000000Z, cause", "cause", 5, "missing"),
        ("T09:30:00.000000Z, cause", "T09:30:00.000000, cause", 5, "time zone"),
        ("key:k1", "key:k1, reverses:6", 5, "no transaction 6"),
        ("key:k1", f"key:{'k' * 201}", 5, "1 to 200"),
        ("    lin  5.00 POINT\n\n", "\n", 5, "not complete"),
        ("    lin  5.00 POINT\n\n", "    lin 5.00 POINT\n", 8, "no posting"),
        ("    lin  5.00", "    wang  5.00", 8, "not declared"),
        ("    lin  5.00", "    lin  5.01", 8, "what it gives"),
        ("    lin  5.00", "    lin  5.", 8, None),
        ("    lin  5.00", "    lin  ..", 8, "cannot be read"),
        (
            "mint  -5.00 POINT\n    lin  5.00",
            "mint  -5.001 POINT\n    lin  5.001",
            5,
            "2",
        ),
        (
            "mint  -5.00 POINT\n    lin  5.00",
            "lin  -5.00 POINT\n    mint  5.00",
            4,
            "floor",
        ),
        ("amount:2.00", "amount:5.01", 10, "can give"),
        ("payer:lin", "payer:chen", 10, "chen"),
        ("payee:mint, ", "", 10, "missing"),
        ("= 5.00", "= 4.00", 13, "ends at"),
        ("    lin  0.00 POINT = 5.00 POINT\n", "", 4, "does not say"),
        ("account mint", "acount mint", 3, "no line"),
        ("; hold payer", "hold payer", 10, "no line"),
    ],
)
def test_bad_text_names_its_line_and_leaves_nothing(
    opened: Opener, old: str, new: str, line: int, word: str | None
) -> None:
    engine = opened()
    assert old in GOOD
    with Session(engine) as session:
        lines = GOOD.replace(old, new, 1).splitlines()
        if word is None:
            ledger.import_text(session, lines, at=LATER)  # "5." is five
            return
        with pytest.raises(ledger.TextRefused, match=f"^Line {line}: .*{word}"):
            ledger.import_text(session, lines, at=LATER)
        session.rollback()
        assert session.scalars(select(Account)).all() == []


def test_a_text_goes_into_an_empty_book_only(opened: Opener) -> None:
    with Session(opened()) as session:
        done = ledger.import_text(session, GOOD.splitlines(), at=LATER)
        assert (done.accounts, done.transactions, done.holds) == (2, 1, 1)
        with pytest.raises(ledger.InvalidEntry):
            ledger.import_text(session, GOOD.splitlines(), at=LATER)
