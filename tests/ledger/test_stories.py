"""The scripted stories of the fair, as far as they are the book's, to the cent.

What the application decides (overlaps, late records, the minute after which a
click cannot be undone) is tried where it is decided; here the amounts are given.
After each story the whole book is checked.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

import ledger
from ledger import Draft, Hold, Leg, Transaction
from tests.ledger.test_races import at_once

TODAY = date(2026, 6, 1)
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
LIN, ELDER, KIN = "member:lin:points", "member:elder:points", "member:kin:points"
HOURS, TIME, OVERFLOW = "member:lin:hours", "member:lin:time", "sys:time_overflow"
ISSUANCE, REDEEMED, EXPIRED = "sys:issuance", "sys:redeemed", "sys:expired"
CLAWBACK, OWED = "sys:clawback", "offset:lin"
ORG, TEAM, FUND = "org:points_donation_only", "team:hours", "fund:love"
CASH, COMMISSION = "clearing:cash", "income:commission"
CONSIGNOR, WORKSHOP = "payable:consignor:7", "payable:workshop:3"
SHELF, STORE = "stock:detergent", "sys:store"

SYSTEM = [
    (ISSUANCE, "POINT", "issuance"),
    (OWED, "POINT", "offset"),
    ("sys:hours_contra", "HOUR", "contra"),
    ("sys:time_issuance", "TIME", "issuance"),
    (CASH, "CNY", "clearing"),
    (STORE, "ITEM", "store"),
]
PLAIN = [
    (REDEEMED, "POINT", "redeemed"),
    (EXPIRED, "POINT", "expired"),
    (CLAWBACK, "POINT", "clawback"),
    (ORG, "POINT", "org"),
    (FUND, "POINT", "fund"),
    (HOURS, "HOUR", "hours"),
    (TEAM, "HOUR", "hours"),
    (OVERFLOW, "TIME", "overflow"),
    (CONSIGNOR, "CNY", "payable"),
    (WORKSHOP, "CNY", "payable"),
    (COMMISSION, "CNY", "income"),
    (SHELF, "ITEM", "stock"),
    ("delivered", "ITEM", "delivered"),
]
MEMBERS = [(LIN, "POINT"), (ELDER, "POINT"), (KIN, "POINT"), (TIME, "TIME")]


def yuan(text: str) -> Decimal:
    """Round to the cent as the town's rules do, before the book sees it."""
    return Decimal(text).quantize(Decimal("0.01"), ROUND_HALF_UP)


def in_24_months(earned_on: date) -> date:
    return earned_on.replace(year=earned_on.year + 2)


@dataclass
class Town:
    """The accounts of the stories, and short ways to act on them."""

    session: Session
    at: datetime = NOON
    keys: Iterator[int] = field(default_factory=lambda: iter(range(1, 1000)))

    def __post_init__(self) -> None:
        units = [("ITEM", "things on a shelf", 0), ("EGG", "eggs", 0)]
        ledger.ensure_units(self.session, units)
        said: Any = {"session": self.session, "at": NOON}
        for code, unit, kind in SYSTEM:
            ledger.open_account(code=code, unit=unit, kind=kind, floor=None, **said)
        for code, unit, kind in PLAIN:
            ledger.open_account(code=code, unit=unit, kind=kind, **said)
        for code, unit in MEMBERS:
            ledger.open_account(
                code=code,
                unit=unit,
                kind="member",
                owner_ref=code.split(":")[1],
                keeps_lots=True,
                **said,
            )

    def go_to(self, day: date) -> None:
        """Let it be noon of another day."""
        self.at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)

    def said(self, kind: str) -> dict[str, Any]:
        key = f"{kind}-{next(self.keys)}"
        return {"key": key, "kind": kind, "cause": f"story:{key}", "at": self.at}

    def undo_said(self) -> dict[str, Any]:
        said = self.said("undo") | {"entered_by": "clerk"}
        del said["kind"]
        return said

    def post(self, kind: str, *legs: Leg) -> Transaction:
        return ledger.post(self.session, legs, **self.said(kind))

    def move(self, kind: str, debit: str, credit: str, amount: str) -> Transaction:
        return self.post(kind, Leg(debit, credit, Decimal(amount)))

    def earn(self, amount: str, earned_on: date, whom: str = LIN) -> Transaction:
        until = in_24_months(earned_on)
        return self.post("EARN", Leg(ISSUANCE, whom, Decimal(amount), earned_on, until))

    def hold(self, payer: str, payee: str, amount: str, days: int = 7) -> Hold:
        return ledger.place_hold(
            self.session,
            payer=payer,
            payee=payee,
            amount=Decimal(amount),
            expires_at=self.at + timedelta(days=days),
            **self.said("HOLD"),
        )

    def capture(self, hold: Hold) -> Transaction:
        key = f"capture-{next(self.keys)}"
        return ledger.capture_hold(self.session, hold.id, key=key, at=self.at)

    def expire(self) -> list[Transaction]:
        day = self.at.date()
        return ledger.expire_lots(self.session, on=day, at=self.at, into=EXPIRED)

    def posted(self, *codes: str) -> list[str]:
        found = ledger.balances(self.session, codes)
        return [str(found[code].posted) for code in codes]

    def left(self, code: str) -> list[tuple[str, date | None]]:
        found = ledger.lots(self.session, code)
        return [(str(lot.left), lot.expires_on) for lot in found]


def number(transaction: Transaction) -> int:
    assert transaction.id is not None
    return transaction.id


@pytest.fixture
def town(engine: Engine) -> Iterator[Town]:
    """A town; what the story leaves behind is checked entry by entry."""
    with Session(engine) as session:
        yield Town(session)
        session.commit()
        ledger.seal_pending(session)
        session.commit()
    with Session(engine) as session:
        report = ledger.verify_book(session)
        assert report.ok, report.problems
        for unit in ("POINT", "TIME", "HOUR", "CNY", "ITEM", "EGG"):
            assert ledger.trial_balance(session, unit).difference == 0


def three_shifts(town: Town) -> None:
    """Post 2 h 05, 1 h 29 and 0 h 50: half hours begun do not count; 10 points each."""
    for minutes in (125, 89, 50):
        hours = (Decimal(minutes) / 30).quantize(Decimal(1), ROUND_DOWN) / 2
        ledger.credit(
            town.session,
            source=ISSUANCE,
            account=LIN,
            amount=hours * 10,
            earned_on=TODAY,
            expires_on=in_24_months(TODAY),
            extra_legs=[Leg("sys:hours_contra", HOURS, hours)],
            rule_version="2026-01",
            **town.said("EARN_HOURS"),
        )


def test_l1_three_shifts_become_hours_and_points(town: Town) -> None:
    three_shifts(town)
    assert town.posted(HOURS, LIN) == ["3.50", "35.00"]
    lines = ledger.statement(town.session, HOURS).lines
    assert [str(line.amount) for line in lines] == ["0.50", "1.00", "2.00"]
    assert town.left(LIN) == [
        ("20.00", date(2028, 6, 1)),
        ("10.00", date(2028, 6, 1)),
        ("5.00", date(2028, 6, 1)),
    ]


def test_l2_points_are_redeemed_and_hours_stay(town: Town) -> None:
    three_shifts(town)
    hold = town.hold(LIN, REDEEMED, "30.00")
    before = ledger.balance(town.session, LIN)
    assert [str(n) for n in (before.posted, before.held)] == ["35.00", "30.00"]
    town.capture(hold)
    after = ledger.balance(town.session, LIN)
    assert [str(n) for n in (after.posted, after.held)] == ["5.00", "0.00"]
    assert town.posted(HOURS, REDEEMED) == ["3.50", "30.00"]
    assert town.left(LIN) == [("5.00", date(2028, 6, 1))]


def test_l3_an_undone_redemption_brings_points_and_stock_back(town: Town) -> None:
    three_shifts(town)
    town.move("STOCK_IN", STORE, SHELF, "4")
    before = town.left(LIN)
    taken = [
        town.capture(town.hold(LIN, REDEEMED, "30.00")),
        town.capture(town.hold(SHELF, "delivered", "1")),
    ]
    assert town.posted(LIN, SHELF) == ["5.00", "3"]
    town.at += timedelta(minutes=9)
    for transaction in taken:
        ledger.reverse(town.session, number(transaction), **town.undo_said())
    assert town.posted(LIN, SHELF, REDEEMED) == ["35.00", "4", "0.00"]
    assert town.left(LIN) == before


def test_l4_what_is_never_collected_lapses_to_its_own_lot(town: Town) -> None:
    town.earn("35.00", date(2026, 1, 15))
    hold = town.hold(LIN, REDEEMED, "30.00", days=7)
    town.go_to(date(2026, 6, 9))
    assert ledger.expire_holds(town.session, at=town.at) == [hold.id]
    balance = ledger.balance(town.session, LIN)
    assert [str(n) for n in (balance.posted, balance.held)] == ["35.00", "0.00"]
    assert town.left(LIN) == [("35.00", date(2028, 1, 15))]


def test_l5_lots_are_spent_in_order_and_expire_after_three_notices(town: Town) -> None:
    town.earn("20.00", date(2024, 11, 10))
    town.earn("30.00", date(2025, 3, 2))
    spent = town.move("REDEEM", LIN, REDEEMED, "25.00")
    lots = ledger.lots(town.session, LIN, include_spent=True)
    assert [str(lot.left) for lot in lots] == ["0.00", "25.00"]
    assert [str(lot.amount - lot.left) for lot in lots] == ["20.00", "5.00"]
    ends = date(2027, 3, 2)
    for days in (61, 60, 30, 7):
        town.go_to(ends - timedelta(days=days))
        soon = ledger.expiring(town.session, LIN, town.at.date() + timedelta(days=60))
        told = [(str(lot.left), lot.expires_on) for lot in soon]
        assert told == ([("25.00", ends)] if days <= 60 else [])
        assert town.expire() == []
    town.go_to(ends)
    (gone,) = town.expire()
    assert gone.kind == "EXPIRE"
    assert town.expire() == []
    assert town.posted(LIN, EXPIRED, REDEEMED) == ["0.00", "25.00", "25.00"]
    assert spent.effective_on == TODAY


def test_l6_a_refund_whose_lot_has_expired_lives_thirty_days(town: Town) -> None:
    town.earn("10.00", date(2024, 6, 20))
    spent = town.move("REDEEM", LIN, REDEEMED, "10.00")
    town.go_to(date(2026, 6, 25))
    ledger.refund(
        town.session,
        number(spent),
        Decimal("10.00"),
        **town.said("REFUND"),
        entered_by="clerk",
    )
    (spent_lot, grace) = ledger.lots(town.session, LIN, include_spent=True)
    assert (str(grace.left), grace.from_lot) == ("10.00", spent_lot.id)
    assert town.left(LIN) == [("10.00", date(2026, 7, 25))]
    town.go_to(date(2026, 7, 24))
    assert town.expire() == []
    town.go_to(date(2026, 7, 25))
    assert len(town.expire()) == 1
    assert town.posted(LIN, EXPIRED) == ["0.00", "10.00"]


def test_l9_what_pupils_earn_is_donated_and_granted(town: Town) -> None:
    town.post(
        "EARN_HOURS",
        *(Leg("sys:hours_contra", TEAM, Decimal("2.0")) for _ in range(10)),
        *(Leg(ISSUANCE, ORG, Decimal("20.00")) for _ in range(10)),
    )
    assert town.posted(TEAM, ORG) == ["20.00", "200.00"]
    town.move("DONATE", ORG, FUND, "200.00")
    grant = Leg(FUND, ELDER, Decimal("50.00"), TODAY, in_24_months(TODAY))
    town.post("GRANT", grant)
    assert town.left(ELDER) == [("50.00", date(2028, 6, 1))]
    town.capture(town.hold(ELDER, REDEEMED, "50.00"))
    assert town.posted(ORG, FUND, ELDER, REDEEMED) == [
        "0.00",
        "150.00",
        "0.00",
        "50.00",
    ]
    (points,) = (c for c in ledger.conservation(town.session) if c.unit == "POINT")
    assert (str(points.issued), points.holds) == ("200.00", True)


def test_l10_time_beyond_the_cap_goes_over(town: Town) -> None:
    town.move("OPENING", "sys:time_issuance", TIME, "1498.50")
    done = ledger.credit(
        town.session,
        source="sys:time_issuance",
        account=TIME,
        amount=Decimal(3),
        cap=Decimal(1500),
        overflow=OVERFLOW,
        **town.said("EARN_HOURS"),
    )
    assert [str(n) for n in (done.kept, done.overflow)] == ["1.50", "1.50"]
    assert town.posted(TIME, OVERFLOW) == ["1500.00", "1.50"]
    assert sum(lot.left for lot in ledger.lots(town.session, TIME)) == 1500


def test_l11_fraud_is_clawed_back_without_a_balance_below_zero(town: Town) -> None:
    town.earn("40.00", TODAY)
    town.move("REDEEM", LIN, REDEEMED, "30.00")
    done = ledger.claw_back(
        town.session,
        LIN,
        Decimal("40.00"),
        into=CLAWBACK,
        offset=OWED,
        **town.said("CLAWBACK"),
        entered_by="auditor",
        approved_by="treasurer",
    )
    assert [str(n) for n in (done.taken, done.owed)] == ["10.00", "30.00"]
    assert town.posted(LIN, OWED, CLAWBACK) == ["0.00", "-30.00", "40.00"]
    paid = ledger.credit(
        town.session,
        source=ISSUANCE,
        account=LIN,
        amount=Decimal(35),
        offset=OWED,
        **town.said("EARN_HOURS"),
    )
    assert [str(n) for n in (paid.kept, paid.offset)] == ["5.00", "30.00"]
    assert town.posted(LIN, OWED) == ["5.00", "0.00"]


def test_l13_a_code_scanned_twice_and_a_list_sent_again_post_once(town: Town) -> None:
    scan: Any = {
        "legs": [Leg(ISSUANCE, LIN, Decimal("20.00"))],
        "key": "service:81:earn",
        "kind": "EARN_HOURS",
        "cause": "service:81",
    }
    first = ledger.post(town.session, at=NOON, **scan)
    again = ledger.post(town.session, at=NOON + timedelta(seconds=2), **scan)
    assert (again.id, first.replayed, again.replayed) == (first.id, False, True)
    later = NOON + timedelta(hours=3)
    offline = [
        Draft(at=later, **scan),
        Draft(at=later, **(scan | {"key": "service:82"})),
    ]
    sent = ledger.post_each(town.session, offline)
    resent = ledger.post_each(town.session, offline)
    assert [_id(one) for one in sent] == [_id(one) for one in resent]
    assert _id(sent[0]) == first.id
    assert town.posted(LIN) == ["40.00"]
    assert [left for left, _ in town.left(LIN)] == ["20.00", "20.00"]


def _id(outcome: ledger.Outcome) -> int:
    assert outcome.transaction is not None
    return number(outcome.transaction)


def test_l14_a_consignment_of_eggs_comes_out_even(town: Town) -> None:
    for code, floor in [("lot:7", Decimal(0)), ("consignor:7", None), ("gone", None)]:
        ledger.open_account(
            town.session, code=code, unit="EGG", kind="eggs", floor=floor, at=NOON
        )
    town.move("CONSIGN", "consignor:7", "lot:7", "60")
    sales = yuan("1.50") * 48
    town.post(
        "CONSIGNMENT_SALE",
        Leg("lot:7", "gone", Decimal(48)),
        Leg(CASH, CONSIGNOR, sales),
    )
    commission = yuan(str(sales * 5 / 100))
    town.move("COMMISSION", CONSIGNOR, COMMISSION, str(commission))
    town.move("WRITE_OFF", "lot:7", "gone", "2")
    town.move("RETURN", "lot:7", "consignor:7", "10")
    assert [str(n) for n in (sales, commission)] == ["72.00", "3.60"]
    assert town.posted(CONSIGNOR, COMMISSION) == ["68.40", "3.60"]
    town.move("PAYOUT", CONSIGNOR, CASH, "68.40")
    assert town.posted(CONSIGNOR, CASH) == ["0.00", "-3.60"]
    assert town.posted("lot:7", "gone", "consignor:7") == ["0", "50", "-50"]
    assert ledger.close_account(town.session, "lot:7", at=NOON) is not None


def order_of_two_lines(town: Town) -> Sequence[Transaction]:
    """Sell 2 × 26.80 and 1 × 45.00, with 8 % of each line for the fair."""
    drafts = []
    for line in (yuan("26.80") * 2, yuan("45.00")):
        share = yuan(str(line * 8 / 100))
        drafts += [
            Draft(legs=[Leg(CASH, WORKSHOP, line)], **town.said("SALE")),
            Draft(legs=[Leg(WORKSHOP, COMMISSION, share)], **town.said("COMMISSION")),
        ]
    return ledger.post_linked(town.session, drafts)


def test_l15_the_commission_is_rounded_line_by_line(town: Town) -> None:
    posted = order_of_two_lines(town)
    assert len({one.link for one in posted}) == 1
    legs = [ledger.legs_of(town.session, number(one))[0] for one in posted]
    assert [str(leg.amount) for leg in legs] == ["53.60", "4.29", "45.00", "3.60"]
    assert town.posted(CASH, COMMISSION, WORKSHOP) == ["-98.60", "7.89", "90.71"]


def test_l16_a_returned_piece_takes_the_commission_of_the_net_line(town: Town) -> None:
    sale, commission, _, _ = order_of_two_lines(town)
    net = yuan(str(yuan("26.80") * 8 / 100))
    back = yuan("4.29") - net
    assert [str(n) for n in (net, back)] == ["2.14", "2.15"]
    for original, amount in ((sale, yuan("26.80")), (commission, back)):
        ledger.refund(
            town.session,
            number(original),
            amount,
            **town.said("SALE_REFUND"),
            entered_by="clerk",
        )
    assert town.posted(CASH, COMMISSION, WORKSHOP) == ["-71.80", "5.74", "66.06"]


def test_l17_a_closed_month_is_corrected_in_the_open_one(town: Town) -> None:
    wrong = ledger.post(
        town.session,
        [Leg(ISSUANCE, LIN, Decimal("20.00"))],
        effective_on=date(2026, 5, 20),
        **town.said("EARN_HOURS"),
    )
    town.session.commit()
    said: Any = {"at": NOON, "entered_by": "clerk", "approved_by": "treasurer"}
    ledger.close_period(town.session, "2026-05", **said)
    town.session.commit()
    before = ledger.period_report(town.session, "2026-05")
    with pytest.raises(ledger.PeriodClosed):
        ledger.reverse(
            town.session,
            number(wrong),
            effective_on=date(2026, 5, 20),
            **town.undo_said(),
        )
    undone = ledger.reverse(town.session, number(wrong), **town.undo_said())
    right = town.earn("15.00", TODAY)
    assert undone.reverses_id == wrong.id
    assert undone.effective_on == right.effective_on == TODAY
    assert town.posted(LIN) == ["15.00"]
    after = ledger.period_report(town.session, "2026-05")
    assert (after.lines, after.totals, after.digest) == (
        before.lines,
        before.totals,
        before.digest,
    )
    (line,) = (line for line in after.lines if line.code == LIN)
    assert str(line.closing) == "20.00"


@pytest.mark.parametrize("to", [KIN, FUND])
def test_l18_who_leaves_gives_away_and_is_forgotten(town: Town, to: str) -> None:
    town.earn("120.00", date(2026, 2, 1))
    town.session.commit()
    with pytest.raises(ledger.AccountNotEmpty):
        ledger.close_account(town.session, LIN, at=town.at)
    kind = "GIFT" if to == KIN else "DONATE"
    gone = town.move(kind, LIN, to, "120.00")
    town.session.commit()
    before = ledger.trial_balance(town.session, "POINT")
    ledger.close_account(town.session, LIN, at=town.at)
    ledger.erase_owner(town.session, LIN)
    town.session.commit()
    after = ledger.trial_balance(town.session, "POINT")
    assert after == before
    assert str(after.credits) == "120.00"
    account = ledger.find_account(town.session, LIN)
    assert account is not None
    assert (account.owner_ref, account.state) == (None, "closed")
    lines = ledger.statement(town.session, LIN).lines
    assert [str(line.amount) for line in lines] == ["-120.00", "120.00"]
    assert ledger.legs_of(town.session, number(gone)) == [Leg(LIN, to, Decimal(120))]
    expected = [("120.00", date(2028, 2, 1))] if to == KIN else []
    assert town.left(KIN) == expected
    with pytest.raises(ledger.AccountClosed):
        town.earn("1.00", TODAY)


def test_l19_two_counters_want_the_last_item(town: Town, engine: Engine) -> None:
    town.earn("30.00", TODAY)
    town.earn("30.00", TODAY, ELDER)
    town.move("STOCK_IN", STORE, SHELF, "1")
    town.session.commit()

    def redeem(session: Session, counter: int) -> Hold:
        """Set the points aside, then the item; both or neither."""
        said: Any = {
            "kind": "HOLD",
            "cause": f"redemption:{counter}",
            "at": NOON,
        }
        ledger.place_hold(
            session,
            payer=(LIN, ELDER)[counter],
            payee=REDEEMED,
            amount=Decimal(30),
            key=f"redemption:{counter}:points",
            **said,
        )
        return ledger.place_hold(
            session,
            payer=SHELF,
            payee="delivered",
            amount=Decimal(1),
            key=f"redemption:{counter}:item",
            **said,
        )

    assert at_once(engine, redeem, hands=2) == {"done": 1, "InsufficientFunds": 1}
    held = ledger.balances(town.session, [LIN, ELDER, SHELF])
    assert sorted(str(held[code].held) for code in (LIN, ELDER)) == ["0.00", "30.00"]
    assert [str(n) for n in (held[SHELF].posted, held[SHELF].available)] == ["1", "0"]
    assert len(ledger.open_holds(town.session, SHELF)) == 1
