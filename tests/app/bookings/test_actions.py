"""Seat and points move together: taken and held, captured, or both free again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from app import bookings, fair, people, wallet
from app.bookings import (
    BookedAlready,
    Booking,
    BookingNotFound,
    BookingState,
    NotYourStep,
    OwnOffering,
    StepOutOfTurn,
    TimesOverlap,
    UndoOver,
)
from app.bookings.actions import look_at_contact
from app.kernel.db import Database
from app.kernel.doings import Doing
from app.people import MayNot
from app.wallet import InsufficientPoints
from tests.app.bookings.conftest import HOUR, START, Menu
from tests.cast import NOON, Cast

SENT = NOON + timedelta(minutes=10)
END = START + HOUR
Seats = Callable[[UUID], int]


def points(db: Database, person: UUID) -> tuple[Decimal, Decimal]:
    """Return (posted, held) points."""
    with db.reading() as session:
        found = wallet.balances_of(session, person)["POINT"]
    return found.posted, found.held


ALL_FREE = (Decimal("20.00"), Decimal("0.00"))
FIVE_HELD = (Decimal("20.00"), Decimal("5.00"))
FIVE_SPENT = (Decimal("15.00"), Decimal("0.00"))


def book(
    db: Database,
    person: UUID,
    slot: UUID,
    *,
    at: datetime = NOON,
    by: UUID | None = None,
) -> UUID:
    with db.transaction() as session:
        made = bookings.request_booking(
            session, slot_id=slot, resident_id=person, by=by or person, at=at
        )
        return made.id


def do(
    db: Database, act: Callable[..., Booking], booking: UUID, by: UUID, at: datetime,
    **told: object,
) -> Booking:  # fmt: skip
    with db.transaction() as session:
        return act(session, booking, by=by, at=at, **told)


@pytest.fixture
def agreed(db: Database, cast: Cast, menu: Menu) -> UUID:
    """Lin's haircut on Friday, agreed by Wang."""
    made = book(db, cast.lin, menu.friday)
    do(db, bookings.confirm_booking, made, cast.wang, SENT)
    return made


def test_booking_takes_the_seat_and_holds_the_points(
    db: Database, cast: Cast, menu: Menu, seats: Seats
) -> None:
    made = book(db, cast.lin, menu.friday)

    assert points(db, cast.lin) == FIVE_HELD
    assert seats(menu.friday) == 1
    with db.reading() as session:
        found = session.get_one(Booking, made)
    assert (found.state, found.effective_at) == (BookingState.REQUESTED, SENT)


def test_done_sends_the_points_to_the_pool_and_to_nobody(
    db: Database, cast: Cast, menu: Menu, agreed: UUID
) -> None:
    do(db, bookings.complete_booking, agreed, cast.wang, START)

    assert points(db, cast.lin) == FIVE_SPENT
    assert points(db, cast.wang) == (Decimal("0.00"), Decimal("0.00"))
    with db.reading() as session:
        assert wallet.verify_book(session).ok


def test_the_resident_can_say_it_took_place_when_the_provider_forgets(
    db: Database, cast: Cast, agreed: UUID
) -> None:
    do(db, bookings.complete_booking, agreed, cast.lin, END)
    assert points(db, cast.lin) == FIVE_SPENT


def test_undo_at_nine_minutes_and_not_at_eleven(
    db: Database, cast: Cast, menu: Menu, seats: Seats
) -> None:
    first = book(db, cast.lin, menu.friday)
    do(db, bookings.undo_booking, first, cast.lin, NOON + timedelta(minutes=9))
    assert points(db, cast.lin) == ALL_FREE
    assert seats(menu.friday) == 0

    second = book(db, cast.lin, menu.friday)
    with pytest.raises(UndoOver):
        do(db, bookings.undo_booking, second, cast.lin, NOON + timedelta(minutes=11))
    assert points(db, cast.lin) == FIVE_HELD
    do(db, bookings.cancel_booking, second, cast.lin, NOON + timedelta(minutes=11))
    assert points(db, cast.lin) == ALL_FREE
    assert seats(menu.friday) == 0


@pytest.mark.parametrize(
    ("act", "who", "told"),
    [
        (bookings.decline_booking, "wang", {"reason": "出差"}),
        (bookings.cancel_booking, "lin", {}),
    ],
)
def test_a_no_before_the_answer_frees_seat_and_points(
    db: Database, cast: Cast, menu: Menu, seats: Seats,
    act: Callable[..., Booking], who: str, told: dict[str, object],
) -> None:  # fmt: skip
    made = book(db, cast.lin, menu.friday)
    do(db, act, made, getattr(cast, who), SENT, **told)

    assert points(db, cast.lin) == ALL_FREE
    assert seats(menu.friday) == 0


def test_either_side_calls_off_what_was_agreed(
    db: Database, cast: Cast, menu: Menu, agreed: UUID, seats: Seats
) -> None:
    do(db, bookings.cancel_booking, agreed, cast.wang, SENT, reason="病了")
    assert points(db, cast.lin) == ALL_FREE
    assert seats(menu.friday) == 0


@pytest.mark.parametrize(
    ("who", "state"),
    [
        ("lin", BookingState.NO_SHOW_PROVIDER),
        ("wang", BookingState.NO_SHOW_RESIDENT),
    ],
)
def test_not_coming_is_noted_and_costs_nobody_points(
    db: Database, cast: Cast, agreed: UUID, who: str, state: BookingState
) -> None:
    quarter_past = START + timedelta(minutes=15)
    closed = do(db, bookings.note_absence, agreed, getattr(cast, who), quarter_past)

    assert closed.state == state
    assert points(db, cast.lin) == ALL_FREE
    with db.reading() as session:
        doing = session.exec(
            select(Doing).where(Doing.about == f"booking:{agreed}")
        ).one()
    assert doing.who_id == getattr(cast, who)


def test_a_request_nobody_answered_expires_when_its_time_begins(
    db: Database, cast: Cast, menu: Menu, seats: Seats
) -> None:
    book(db, cast.lin, menu.friday)
    before = START - timedelta(seconds=1)

    for moment, done in ((before, 0), (START, 1), (START, 0)):
        with db.transaction() as session:
            assert bookings.expire_unanswered(session, moment) == done
    assert points(db, cast.lin) == ALL_FREE
    assert seats(menu.friday) == 0


def test_the_provider_does_not_see_what_can_still_be_undone(
    db: Database, cast: Cast, menu: Menu
) -> None:
    made = book(db, cast.lin, menu.friday)

    with pytest.raises(BookingNotFound):
        do(db, bookings.confirm_booking, made, cast.wang, NOON)
    with db.reading() as session:
        assert bookings.provider_queue(session, cast.wang, at=NOON) == ([], [], [])
        asked, _, _ = bookings.provider_queue(session, cast.wang, at=SENT)
    assert [one.id for one in asked] == [made]

    do(db, bookings.send_now, made, cast.lin, NOON)
    confirmed = do(db, bookings.confirm_booking, made, cast.wang, NOON)
    assert confirmed.state == BookingState.CONFIRMED


def test_any_member_of_the_team_answers_and_strangers_find_nothing(
    db: Database, cast: Cast, menu: Menu
) -> None:
    made = book(db, cast.lin, menu.course_time)

    for stranger in (cast.wang, cast.chen):
        with pytest.raises(BookingNotFound):
            do(db, bookings.confirm_booking, made, stranger, SENT)
    with pytest.raises(NotYourStep):
        do(db, bookings.confirm_booking, made, cast.lin, SENT)
    confirmed = do(db, bookings.confirm_booking, made, cast.pan, SENT)
    assert (confirmed.state, confirmed.hold_id) == (BookingState.CONFIRMED, None)


@pytest.mark.parametrize(("who", "time"), [("wang", "friday"), ("pan", "course_time")])
def test_nobody_books_their_own(
    db: Database, cast: Cast, menu: Menu, seats: Seats, who: str, time: str
) -> None:
    slot = getattr(menu, time)
    with pytest.raises(OwnOffering):
        book(db, getattr(cast, who), slot)
    assert seats(slot) == 0


def test_too_few_points_leave_the_seat_free(
    db: Database, cast: Cast, menu: Menu, seats: Seats
) -> None:
    with pytest.raises(InsufficientPoints):
        book(db, cast.chen, menu.friday)
    assert seats(menu.friday) == 0


def test_one_person_is_at_one_place_at_a_time(
    db: Database, cast: Cast, menu: Menu, seats: Seats
) -> None:
    book(db, cast.lin, menu.friday)

    with pytest.raises(BookedAlready):
        book(db, cast.lin, menu.friday)
    with pytest.raises(TimesOverlap):
        book(db, cast.lin, menu.course_time)
    assert seats(menu.course_time) == 0
    book(db, cast.lin, menu.later)  # begins when the first ends


def test_a_time_that_has_begun_cannot_be_booked(
    db: Database, cast: Cast, menu: Menu
) -> None:
    with pytest.raises(fair.SlotPast):
        book(db, cast.lin, menu.friday, at=START)


def test_fifty_at_once_for_one_seat_give_one_booking(
    db: Database, cast: Cast, menu: Menu, seats: Seats
) -> None:
    """The free course has one seat left; fifty neighbours press the button."""
    with db.transaction() as session:
        crowd = [
            people.register_person(session, display_name=f"邻居{n}", at=NOON).id
            for n in range(50)
        ]
        fair.slot_for(session, menu.course_time).capacity = 1

    def one_try(person: UUID) -> str:
        try:
            book(db, person, menu.course_time)
        except fair.SlotFull:
            return "full"
        return "booked"

    with ThreadPoolExecutor(10) as hands:
        outcomes = Counter(hands.map(one_try, crowd))

    assert outcomes == {"booked": 1, "full": 49}
    assert seats(menu.course_time) == 1
    with db.reading() as session:
        assert len(session.exec(select(Booking)).all()) == 1


def test_the_database_itself_refuses_a_second_live_seat(
    db: Database, cast: Cast, menu: Menu
) -> None:
    made = book(db, cast.lin, menu.course_time)
    with db.reading() as session:
        twin = session.get_one(Booking, made).model_dump(exclude={"id"})

    with pytest.raises(IntegrityError), db.transaction() as session:
        session.add(Booking(**twin))


def test_the_database_itself_refuses_stars_for_what_did_not_happen(
    db: Database, cast: Cast, menu: Menu
) -> None:
    made = book(db, cast.lin, menu.course_time)

    with pytest.raises(IntegrityError), db.transaction() as session:
        session.get_one(Booking, made).stars = 5


def test_a_clerk_books_for_a_resident_and_it_is_written_down(
    db: Database, cast: Cast, menu: Menu
) -> None:
    made = book(db, cast.lin, menu.friday, by=cast.sun)

    assert points(db, cast.lin) == FIVE_HELD
    with db.reading() as session:
        doing = session.exec(select(Doing).where(Doing.who_id == cast.sun)).one()
    assert (doing.verb, doing.for_whom_id) == ("booking.request", cast.lin)
    with pytest.raises(NotYourStep):  # who entered it does not answer it
        do(db, bookings.confirm_booking, made, cast.sun, SENT)
    with pytest.raises(MayNot):
        book(db, cast.lin, menu.later, by=cast.chen)


def test_a_clerk_answers_for_a_provider_without_a_phone(
    db: Database, cast: Cast, menu: Menu
) -> None:
    made = book(db, cast.lin, menu.friday)
    confirmed = do(db, bookings.confirm_booking, made, cast.sun, SENT)

    assert confirmed.state == BookingState.CONFIRMED
    with db.reading() as session:
        doing = session.exec(select(Doing).where(Doing.who_id == cast.sun)).one()
    assert (doing.verb, doing.for_whom_id) == ("booking.confirm", cast.wang)


def test_numbers_are_shown_when_agreed_and_each_look_is_kept(
    db: Database, cast: Cast, menu: Menu
) -> None:
    made = book(db, cast.lin, menu.friday)
    with pytest.raises(StepOutOfTurn), db.transaction() as session:
        look_at_contact(session, made, by=cast.wang, at=SENT)
    do(db, bookings.confirm_booking, made, cast.wang, SENT)

    with db.transaction() as session:
        assert look_at_contact(session, made, by=cast.wang, at=SENT) == "13800000000"
        assert look_at_contact(session, made, by=cast.lin, at=SENT) == "13800000001"
    with db.reading() as session:
        looks = session.exec(select(Doing).where(Doing.verb == "contact.look")).all()
    assert {(one.who_id, one.for_whom_id) for one in looks} == {
        (cast.wang, cast.lin),
        (cast.lin, cast.wang),
    }


def test_stars_count_once_and_show_from_three(
    db: Database, cast: Cast, menu: Menu, agreed: UUID
) -> None:
    do(db, bookings.complete_booking, agreed, cast.wang, START)
    with pytest.raises(NotYourStep):
        do(db, bookings.rate_booking, agreed, cast.wang, END, stars=5)
    do(db, bookings.rate_booking, agreed, cast.lin, END, stars=4, comment="手艺好")
    with pytest.raises(bookings.RatedAlready):
        do(db, bookings.rate_booking, agreed, cast.lin, END, stars=5)

    with db.reading() as session:
        rating = bookings.ratings_of(session, [menu.haircut, menu.course])
    assert rating == {menu.haircut: bookings.Rating(mean=None, count=1)}


def test_rating_tells_the_search(
    db: Database, cast: Cast, menu: Menu, agreed: UUID
) -> None:
    do(db, bookings.complete_booking, agreed, cast.wang, START)
    do(db, bookings.rate_booking, agreed, cast.lin, END, stars=4)

    with db.reading() as session:
        told = session.exec(
            text("SELECT data FROM outbox WHERE kind = 'BookingRated'")  # type: ignore[call-overload]
        ).all()
    assert len(told) == 1
    assert str(menu.haircut) in str(told[0])
