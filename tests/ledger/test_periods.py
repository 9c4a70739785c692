"""Closed months: what they came to is kept, and nothing ever changes it."""

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from threading import Event

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

import ledger
from ledger import Leg, PeriodReport
from tests.ledger.pages import ISSUANCE, PEOPLE, Page, points

OPENED = datetime(2026, 6, 1, 8, tzinfo=UTC)
MONTHS = ("2026-06", "2026-07", "2026-08", "2026-09")
CODES = (ISSUANCE, *map(points, PEOPLE))


@pytest.fixture
def street(session: Session) -> Page:
    """The street's book, opened on the first of June."""
    return Page(session, at=OPENED)


def moment(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T12:00:00+00:00")


def move(
    page: Page, debit: str, credit: str, amount: str, at: str, on: str | None = None
) -> ledger.Transaction:
    """Write on the day *at* what counts for the day *on*."""
    name = page.tick("move")
    return ledger.post(
        page.session,
        [Leg(debit, credit, Decimal(amount))],
        key=name,
        kind="GIFT" if debit == ISSUANCE else "PAY",
        cause=f"test:{name}",
        at=moment(at),
        effective_on=date.fromisoformat(on or at),
    )


def close(page: Page, code: str, at: str, **words: str) -> ledger.Period:
    done = ledger.close_period(
        page.session, code, at=moment(at), entered_by="staff:1", **words
    )
    ledger.seal_pending(page.session)
    return done


def amounts(report: PeriodReport) -> dict[str, tuple[str, str, str, str]]:
    return {
        line.code: tuple(
            map(str, (line.opening, line.debits, line.credits, line.closing))
        )
        for line in report.lines
    }


def test_a_month_keeps_what_it_came_to(street: Page) -> None:
    move(street, ISSUANCE, points("lin"), "9.00", "2026-06-03")
    move(street, points("lin"), points("wang"), "2.00", "2026-06-30")
    late = move(street, ISSUANCE, points("wang"), "0.50", "2026-07-02", "2026-06-29")
    move(street, ISSUANCE, points("lin"), "7.00", "2026-07-01")
    period = close(street, "2026-06", "2026-07-03", approved_by="staff:2")
    assert (period.first_on, period.last_on) == (date(2026, 6, 1), date(2026, 6, 30))
    report = ledger.period_report(street.session, "2026-06")
    assert amounts(report) == {
        ISSUANCE: ("0.00", "9.50", "0.00", "-9.50"),
        points("lin"): ("0.00", "2.00", "9.00", "7.00"),
        points("wang"): ("0.00", "0.00", "2.50", "2.50"),
    }
    kinds = [
        (m.unit, m.kind, str(m.debits), str(m.credits), str(m.closing))
        for m in report.kinds
    ]
    assert kinds == [
        ("POINT", "issuance", "9.50", "0.00", "-9.50"),
        ("POINT", "member", "2.00", "11.50", "9.50"),
    ]
    totals = [(t.unit, t.kind, t.count, str(t.amount)) for t in report.totals]
    assert totals == [("POINT", "GIFT", 2, "9.50"), ("POINT", "PAY", 1, "2.00")]
    assert (report.closed_by, report.approved_by) == ("staff:1", "staff:2")
    assert report.closed_at == moment("2026-07-03")
    head = ledger.head(street.session)
    assert (report.sequence, report.hash) == (head.sequence, head.hash)
    assert late.effective_on <= period.last_on < late.at.date()


def test_a_closed_month_takes_nothing_more_and_never_changes(street: Page) -> None:
    """L17: the correction stands in the new month; the old report does not move."""
    wrong = move(street, ISSUANCE, points("lin"), "9.00", "2026-06-03")
    close(street, "2026-06", "2026-07-01")
    before = ledger.period_report(street.session, "2026-06")
    for day in ("2026-06-30", "2026-06-03", "2026-05-31", "2025-01-01"):
        with pytest.raises(ledger.PeriodClosed):
            move(street, ISSUANCE, points("lin"), "1.00", "2026-07-05", day)
    assert wrong.id is not None
    undo = {"key": "undo", "cause": "shift:1", "entered_by": "staff:1"}
    with pytest.raises(ledger.PeriodClosed):
        ledger.reverse(
            street.session,
            wrong.id,
            at=moment("2026-07-05"),
            effective_on=wrong.effective_on,
            **undo,
        )
    ledger.reverse(street.session, wrong.id, at=moment("2026-07-05"), **undo)
    move(street, ISSUANCE, points("lin"), "6.00", "2026-07-05")
    assert ledger.period_report(street.session, "2026-06") == before
    close(street, "2026-07", "2026-08-01")
    assert ledger.period_report(street.session, "2026-06") == before
    july = ledger.period_report(street.session, "2026-07")
    assert amounts(july) == {
        ISSUANCE: ("-9.00", "6.00", "9.00", "-6.00"),
        points("lin"): ("9.00", "9.00", "6.00", "6.00"),
    }
    assert [t.kind for t in july.totals] == ["GIFT", "REVERSAL"]
    report = ledger.verify_book(street.session)
    assert report.ok, report.problems


@pytest.mark.parametrize("seed", range(5))
def test_months_put_together_are_the_whole(street: Page, seed: int) -> None:
    """Against a book of sums: openings plus moves, month by month, late ones too."""
    chance = random.Random(seed)
    sums: dict[tuple[str, str], list[Decimal]] = {}
    counts: dict[tuple[str, str], int] = {}
    idle = chance.choice(MONTHS[1:])
    reports = []
    for number, month in enumerate(MONTHS):
        first = date.fromisoformat(f"{month}-01")
        for _ in range(0 if month == idle else chance.randrange(3, 12)):
            on = first + timedelta(days=chance.randrange(30))
            written = on + timedelta(days=chance.randrange(3))
            whom, other = (points(name) for name in chance.sample(PEOPLE, 2))
            gifts = [(ISSUANCE, whom, f"{chance.randrange(1, 999) / 100:.2f}")]
            for debit, credit, amount in [*gifts, (whom, other, "0.01")]:
                move(street, debit, credit, amount, str(written), str(on))
                kind = "GIFT" if debit == ISSUANCE else "PAY"
                counts[month, kind] = counts.get((month, kind), 0) + 1
                sums.setdefault((month, debit), [Decimal(0)] * 2)[0] += Decimal(amount)
                sums.setdefault((month, credit), [Decimal(0)] * 2)[1] += Decimal(amount)
        if number:
            reports.append(close_after(street, MONTHS[number - 1], first))
    reports.append(close_after(street, MONTHS[-1], date(2026, 10, 1)))
    standing = dict.fromkeys(CODES, Decimal(0))
    for month, report in zip(MONTHS, reports, strict=True):
        by_code = {line.code: line for line in report.lines}
        for code in CODES:
            out, in_ = sums.get((month, code), [Decimal(0)] * 2)
            line = by_code.get(code)
            if line is None:
                assert standing[code] == out == in_ == 0
                continue
            assert (line.opening, line.debits, line.credits) == (
                standing[code],
                out,
                in_,
            )
            standing[code] += in_ - out
            assert line.closing == standing[code]
        assert sum(kind.closing for kind in report.kinds) == 0
        assert {t.kind: t.count for t in report.totals} == {
            kind: count for (said, kind), count in counts.items() if said == month
        }
    now = ledger.balances(street.session, CODES)
    assert {code: balance.posted for code, balance in now.items()} == standing
    assert [ledger.period_report(street.session, m) for m in MONTHS] == reports
    assert ledger.verify_book(street.session).ok


def close_after(page: Page, month: str, first_of_next: date) -> PeriodReport:
    close(page, month, str(first_of_next + timedelta(days=5)))
    return ledger.period_report(page.session, month)


def test_the_first_month_to_be_closed_takes_in_all_before_it(street: Page) -> None:
    move(street, ISSUANCE, points("lin"), "9.00", "2026-06-03", "2025-11-20")
    move(street, ISSUANCE, points("lin"), "1.00", "2026-07-03")
    period = close(street, "2026-07", "2026-08-01")
    assert (period.first_on, period.last_on) == (date(2025, 11, 1), date(2026, 7, 31))
    assert ledger.closed_through(street.session) == date(2026, 7, 31)
    (lin,) = (
        line
        for line in ledger.period_report(street.session, "2026-07").lines
        if line.code == points("lin")
    )
    assert (str(lin.opening), str(lin.credits)) == ("0.00", "10.00")


def test_a_quiet_month_has_a_report_as_well(street: Page) -> None:
    move(street, ISSUANCE, points("lin"), "9.00", "2026-06-03")
    for month, at in (("2026-06", "2026-07-01"), ("2026-07", "2026-08-01")):
        close(street, month, at)
    quiet = ledger.period_report(street.session, "2026-07")
    assert amounts(quiet) == {
        ISSUANCE: ("-9.00", "0.00", "0.00", "-9.00"),
        points("lin"): ("9.00", "0.00", "0.00", "9.00"),
    }
    assert quiet.totals == []
    assert [period.code for period in ledger.periods(street.session)] == [
        "2026-06",
        "2026-07",
    ]


@pytest.mark.parametrize(
    ("code", "at", "refusal"),
    [
        ("2026-08", "2026-08-31", ledger.PeriodNotDue),
        ("2026-09", "2026-10-01", ledger.PeriodNotDue),
        ("2026-07", "2026-10-01", ledger.PeriodClosed),
        ("2026-06", "2026-10-01", ledger.PeriodClosed),
        ("2026-13", "2026-10-01", ledger.InvalidEntry),
        ("2026-8", "2026-10-01", ledger.InvalidEntry),
        ("0000-01", "2026-10-01", ledger.InvalidEntry),
        ("9999-12", "2026-10-01", ledger.InvalidEntry),
        ("", "2026-10-01", ledger.InvalidEntry),
    ],
)
def test_months_are_closed_once_they_ended_in_order_and_once(
    street: Page, code: str, at: str, refusal: type[Exception]
) -> None:
    close(street, "2026-07", "2026-08-01")
    with pytest.raises(refusal):
        close(street, code, at, key="another")
    assert [period.code for period in ledger.periods(street.session)] == ["2026-07"]
    close(street, "2026-08", "2026-09-01")
    assert ledger.verify_book(street.session).ok


def test_closing_again_by_the_same_key_answers_the_same(street: Page) -> None:
    first = close(street, "2026-06", "2026-07-01")
    again = close(street, "2026-06", "2026-07-09")
    assert (again.transaction_id, again.digest) == (first.transaction_id, first.digest)
    with pytest.raises(ledger.IdempotencyConflict):
        close(street, "2026-07", "2026-08-09", key="period:2026-06")


def test_the_month_that_may_be_closed_is_named(street: Page) -> None:
    def due(at: str) -> str | None:
        return ledger.period_to_close(street.session, moment(at))

    assert due("2026-06-30") is None
    assert due("2026-08-02") == "2026-07"
    close(street, "2026-06", "2026-07-01")
    assert due("2026-07-31") is None
    assert due("2026-08-01") == due("2026-10-01") == "2026-07"


def test_nothing_is_known_of_a_month_that_is_open(street: Page) -> None:
    assert ledger.closed_through(street.session) is None
    assert ledger.periods(street.session) == []
    with pytest.raises(ledger.PeriodNotFound):
        ledger.period_report(street.session, "2026-06")


def test_a_close_waits_for_what_is_being_written(engine: Engine) -> None:
    """Whoever writes when the month is closed is in the report, or is refused."""
    with Session(engine) as session:
        Page(session, at=OPENED)
        session.commit()
    written, closing = Event(), Event()

    def gift(key: str, *, before: bool) -> str:
        with Session(engine) as session:
            if not before:
                closing.wait(20)
            try:
                ledger.post(
                    session,
                    [Leg(ISSUANCE, points("lin"), Decimal(1))],
                    key=key,
                    kind="GIFT",
                    cause="race:1",
                    at=moment("2026-07-01"),
                    effective_on=date(2026, 6, 30),
                )
            except ledger.PeriodClosed:
                session.rollback()
                return "refused"
            written.set()
            if before:
                closing.wait(0.3)  # long enough for the close to stand in the queue
            session.commit()
            return "written"

    def shut() -> None:
        written.wait(20)
        with Session(engine) as session:
            ledger.close_period(
                session, "2026-06", at=moment("2026-07-01"), entered_by="staff:1"
            )
            closing.set()
            session.commit()

    with ThreadPoolExecutor(3) as pool:
        early = pool.submit(gift, "early", before=True)
        late = pool.submit(gift, "late", before=False)
        pool.submit(shut).result()
        assert (early.result(), late.result()) == ("written", "refused")
    with Session(engine) as session:
        report = ledger.period_report(session, "2026-06")
        assert amounts(report)[points("lin")][-1] == "1.00"
        assert ledger.verify_book(session).ok
