"""Balances and sums, now and then: right at every moment, at the same cost ever."""

import random
import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

import ledger
from ledger import Draft, Leg
from tests.ledger.pages import ISSUANCE, NOON, PEOPLE, Page, points

LIN = points("lin")
CODES = [ISSUANCE, *map(points, PEOPLE)]
STORY = """
    gift     lin 9.00
    pay      lin wang 2.00
    hold     cut lin wang 3.00
    hold     walk lin chen 1.00
    capture  cut 2.50
    reverse  pay-1
    gift     chen 4.00
"""


def now(page: Page) -> dict[str, Decimal]:
    return {code: b.posted for code, b in ledger.balances(page.session, CODES).items()}


def then(page: Page, at: datetime) -> dict[str, Decimal]:
    return {code: ledger.balance_at(page.session, code, at) for code in CODES}


@pytest.fixture
def told(page: Page) -> list[tuple[datetime, dict[str, Decimal]]]:
    """A long afternoon of acts, some of which move nothing, and what each left."""
    chance = random.Random(20)
    seen = [(page.at, now(page))]
    for step in range(60):
        whom, other = chance.sample(PEOPLE, 2)
        match chance.randrange(4):
            case 0 | 1:
                page.play(f"gift {whom} {chance.randrange(1, 900) / 100:.2f}")
            case 2:
                page.play(f"gift {whom} 5.00\npay {whom} {other} 3.25")
            case _:
                page.play(f"gift {whom} 1.00\nhold h{step} {whom} {other} 1.00")
                seen.append((page.at, now(page)))
                page.play(f"{chance.choice(('release', 'capture'))} h{step}")
        seen.append((page.at, now(page)))
        if step % 20 == 10:
            page.play(f"freeze {whom}\nunfreeze {whom}")
    return seen


def test_the_book_stands_at_any_moment_as_it_stood(
    page: Page, told: list[tuple[datetime, dict[str, Decimal]]]
) -> None:
    second = timedelta(seconds=1)
    for at, balances in told:
        assert then(page, at) == then(page, at + second) == balances
    assert then(page, NOON - second) == dict.fromkeys(CODES, Decimal(0))


def test_a_past_trial_balance_is_that_of_its_moment(
    page: Page, told: list[tuple[datetime, dict[str, Decimal]]]
) -> None:
    for at, balances in told[::7]:
        trial = ledger.trial_balance(page.session, "POINT", at=at)
        assert {line.code: line.balance for line in trial.lines} == balances
        assert trial.difference == 0
        assert trial.debits == -balances[ISSUANCE]
        assert {line.held for line in trial.lines} == {None}


def test_an_account_is_in_no_trial_balance_from_before_it_was_opened(
    page: Page,
) -> None:
    page.play("gift lin 1.00")
    before = page.at
    ledger.open_account(
        page.session,
        code="fund:love",
        unit=ledger.POINT,
        kind="fund",
        at=before + timedelta(hours=1),
    )
    past = ledger.trial_balance(page.session, "POINT", at=before)
    today = ledger.trial_balance(page.session, "POINT")
    assert "fund:love" not in {line.code for line in past.lines}
    assert {line.code: str(line.balance) for line in today.lines} == {
        "fund:love": "0.00",
        ISSUANCE: "-1.00",
        LIN: "1.00",
        points("wang"): "0.00",
        points("chen"): "0.00",
    }


@pytest.mark.parametrize("reading", [ledger.balance_at, ledger.trial_balance])
def test_a_moment_needs_a_zone(page: Page, reading: Callable[..., object]) -> None:
    with pytest.raises(ledger.InvalidEntry):
        reading(page.session, LIN, datetime(2026, 6, 1))  # noqa: DTZ001


def test_only_accounts_have_a_balance(page: Page) -> None:
    with pytest.raises(ledger.AccountNotFound):
        ledger.balance_at(page.session, "nobody", NOON)
    with pytest.raises(ledger.AccountNotFound):
        ledger.balance(page.session, "nobody")
    assert set(ledger.balances(page.session, [LIN, "nobody"])) == {LIN}
    assert ledger.trial_balance(page.session, "NOTHING").lines == []


def test_sums_are_right_for_every_kind_and_unit(page: Page) -> None:
    page.play(STORY)
    (points_,) = ledger.conservation(page.session)
    assert points_.holds
    assert (str(points_.issued), str(points_.held)) == ("13.00", "1.00")
    assert {k: str(v) for k, v in points_.by_kind.items()} == {
        "issuance": "-13.00",
        "member": "13.00",
    }
    trial = ledger.trial_balance(page.session, "POINT")
    assert trial.difference == 0
    assert (str(trial.debits), str(trial.credits)) == ("13.00", "13.00")
    columns = [(str(line.debits), str(line.credits)) for line in trial.lines]
    assert max(columns) == ("13.00", "0.00")
    assert sum(column[0] == "0.00" for column in columns) == len(PEOPLE)
    assert [line.code for line in trial.lines] == sorted(
        line.code for line in trial.lines
    )
    totals = {t.kind: (t.count, str(t.amount)) for t in all_totals(page)}
    assert totals == {
        "CAPTURE": (1, "2.50"),
        "GIFT": (2, "13.00"),
        "PAY": (1, "2.00"),
        "REVERSAL": (1, "2.00"),
    }


def all_totals(page: Page, **window: object) -> list[ledger.KindTotal]:
    totals: Callable[..., list[ledger.KindTotal]] = ledger.totals_by_kind
    return totals(page.session, **window)


def test_totals_take_a_window_and_a_unit(page: Page) -> None:
    page.play(STORY)
    second = page.done["gift-2"].at
    assert [t.kind for t in all_totals(page, start=second)] == ["GIFT"]
    kinds = [t.kind for t in all_totals(page, end=second, unit="POINT")]
    assert kinds == ["CAPTURE", "GIFT", "PAY", "REVERSAL"]
    assert all_totals(page, unit="TIME") == []


def test_what_programmes_have_outstanding_is_what_the_others_have(page: Page) -> None:
    for number in (3, 31):
        for kind in ("issuance", "redeemed"):
            ledger.open_account(
                page.session,
                code=f"{kind}:{number}",
                unit=ledger.POINT,
                kind=kind,
                owner_ref=f"programme:{number}",
                floor=None,
                at=NOON,
            )
    for key, debit, credit, amount in (
        ("a", "issuance:3", LIN, "20.00"),
        ("b", "issuance:31", LIN, "5.50"),
        ("c", LIN, "redeemed:3", "8.00"),
    ):
        legs = [Leg(debit, credit, Decimal(amount))]
        ledger.post(page.session, legs, key=key, kind="X", cause="x", at=NOON)
    shares = ledger.conservation_by_owner(page.session, "programme:")
    assert [(s.owner, s.unit, str(s.outstanding)) for s in shares] == [
        ("programme:3", "POINT", "12.00"),
        ("programme:31", "POINT", "5.50"),
    ]
    assert {k: str(v) for k, v in shares[0].by_kind.items()} == {
        "issuance": "-20.00",
        "redeemed": "8.00",
    }
    (only,) = ledger.conservation_by_owner(page.session, "programme:31")
    assert only == shares[1]
    assert ledger.balance(page.session, LIN).posted == sum(
        share.outstanding for share in shares
    )


READINGS: dict[str, Callable[[Page], object]] = {
    "balance": lambda page: ledger.balance(page.session, LIN),
    "as of": lambda page: ledger.balance_at(page.session, LIN, middle(page)),
    "issuance as of": lambda page: ledger.balance_at(
        page.session, ISSUANCE, middle(page)
    ),
    "newest page": lambda page: ledger.statement(page.session, LIN, limit=5),
    "next page": lambda page: ledger.statement(
        page.session,
        LIN,
        limit=5,
        after=ledger.statement(page.session, LIN, limit=5).next_cursor,
    ),
    "page of a range": lambda page: ledger.statement(
        page.session, LIN, limit=5, start=NOON, end=middle(page)
    ),
    "empty range": lambda page: ledger.statement(
        page.session, LIN, start=middle(page), end=middle(page)
    ),
    "trial balance": lambda page: ledger.trial_balance(page.session, "POINT"),
    "past trial balance": lambda page: ledger.trial_balance(
        page.session, "POINT", at=middle(page)
    ),
    "conservation": lambda page: ledger.conservation(page.session),
    "by owner": lambda page: ledger.conservation_by_owner(page.session, "programme:"),
}


def middle(page: Page) -> datetime:
    return NOON + (page.at - NOON) / 2


def grow(page: Page, entries: int) -> None:
    """Let lin earn and pay in turn, a second apart."""
    done = page.count["grow"]
    page.count["grow"] += entries
    drafts = []
    for number in range(done, done + entries):
        page.at += timedelta(seconds=1)
        pair = (ISSUANCE, LIN) if number % 2 else (LIN, points("wang"))
        pair = (ISSUANCE, LIN) if number < 10 else pair
        legs = [Leg(*pair, Decimal("1.00"))]
        drafts.append(
            Draft(legs=legs, key=f"g{number}", kind="G", cause="g", at=page.at)
        )
    ledger.post_many(page.session, drafts)


@pytest.mark.parametrize("name", READINGS)
def test_reading_searches_and_never_scans_the_journal(
    page: Page, kind: str, name: str
) -> None:
    if kind != "sqlite":
        pytest.skip("the query plan is SQLite's; the next test counts its steps")
    grow(page, 40)
    connection: Any = page.session.connection().connection.dbapi_connection
    asked: list[str] = []
    connection.set_trace_callback(asked.append)
    READINGS[name](page)
    connection.set_trace_callback(None)
    assert asked
    tables = r"(ledger_(posting|transaction|seal|private_text|lot)|[ptqm])\b"
    for sql in asked:
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}")]
        assert not [step for step in plan if re.match(f"SCAN {tables}", step)], plan


@pytest.mark.parametrize("name", READINGS)
def test_reading_costs_the_same_in_a_book_twenty_times_as_old(
    page: Page, kind: str, name: str
) -> None:
    """Counted in steps of SQLite's machine, or in rows PostgreSQL looks at."""
    grow(page, 150)
    young = cost(page, kind, READINGS[name])
    grow(page, 2850)
    old = cost(page, kind, READINGS[name])
    assert old <= young * 1.3 + (0 if kind == "sqlite" else 24), (young, old)


def cost(page: Page, kind: str, read: Callable[[Page], object]) -> int:
    connection: Any = page.session.connection().connection.dbapi_connection
    if kind == "sqlite":
        read(page)
        steps = 0

        def count() -> int:
            nonlocal steps
            steps += 1
            return 0

        connection.set_progress_handler(count, 1)
        read(page)
        connection.set_progress_handler(None, 0)
        return steps
    page.session.commit()
    with page.session.get_bind().connect() as other:
        other.execution_options(isolation_level="AUTOCOMMIT")
        other.exec_driver_sql("VACUUM ANALYZE")
    connection = page.session.connection().connection.dbapi_connection
    read(page)
    before = looked_at(connection)
    read(page)
    return looked_at(connection) - before


def looked_at(connection: Any) -> int:
    """Return how many rows this transaction has looked at so far."""
    sql = (
        "SELECT sum(pg_stat_get_xact_tuples_returned(oid)"
        " + pg_stat_get_xact_tuples_fetched(oid)) FROM pg_class"
        " WHERE relname LIKE '%ledger_%'"
    )
    return int(connection.execute(sql).fetchone()[0])


def test_all_lines_of_the_newest_entry_count(page: Page) -> None:
    legs = [Leg(ISSUANCE, points(name), Decimal(2)) for name in PEOPLE]
    ledger.post(page.session, legs, key="all", kind="X", cause="x", at=page.at)
    assert then(page, page.at) == now(page)


def test_moments_are_read_in_any_zone(page: Page) -> None:
    page.play("gift lin 2.00")
    early = page.at
    page.play("gift lin 3.00")
    shanghai = early.astimezone(timezone(timedelta(hours=8)))
    assert ledger.balance_at(page.session, LIN, shanghai) == Decimal(2)
