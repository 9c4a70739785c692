"""A credited record taken back: by whom, what becomes of points, hours and time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from uuid import UUID

import pytest
from sqlmodel import Session

from app import programmes, volunteering, wallet
from app.kernel.db import Database
from app.volunteering import RecordState
from app.volunteering.errors import NotYourVerdict, StepOutOfTurn
from tests.app.volunteering.world import a_record, wall
from tests.cast import Cast, known_id
from tests.web import Client, text_of

EVENING = wall(20)
ClientOf = Callable[..., Client]


@pytest.fixture
def session(db: Database) -> Iterator[Session]:
    with db.transaction() as opened:
        yield opened
        wallet.seal_book(opened, EVENING)
        report = wallet.verify_book(opened)
        assert report.ok, report.first_bad


def credited(session: Session, cast: Cast, hours: int = 4, start: int = 8) -> UUID:
    """Let Chen serve so many hours, and Ma verify them."""
    record = a_record(session, cast, cast.chen, wall(start), hours * 60)
    volunteering.verify_record(session, record.id, by=cast.ma, at=EVENING)
    return record.id


def spend(session: Session, cast: Cast, amount: str) -> None:
    held = wallet.hold_points(
        session, person_id=cast.chen, amount=Decimal(amount), cause="test:1",
        programme=programmes.programme_for(session, cast.love_bank), key="spend",
        at=EVENING, entered_by=cast.chen,
    )  # fmt: skip
    wallet.capture(session, held, key="spent", at=EVENING, entered_by=cast.sun)


def revoke(
    session: Session, record_id: UUID, by: UUID
) -> tuple[volunteering.ServiceRecord, wallet.TakenBack]:
    return volunteering.revoke_record(
        session, record_id, reason="没有来过", by=by, at=EVENING
    )


def has(session: Session, cast: Cast) -> tuple[object, object]:
    """Return Chen's points and hours."""
    found = wallet.balances_of(session, cast.chen)
    return found["POINT"].posted, found["HOUR"].posted


def test_points_that_are_there_go_back_with_the_hours(
    session: Session, cast: Cast
) -> None:
    record_id = credited(session, cast)
    assert has(session, cast) == (40, 4)

    record, back = revoke(session, record_id, cast.jin)

    assert back == wallet.TakenBack(taken=Decimal(40), owed=Decimal(0))
    assert has(session, cast) == (0, 0)
    assert record.state is RecordState.REVOKED
    assert record.reject_reason == "没有来过"
    assert wallet.lots_of(session, cast.chen, "POINT") == []


def test_what_was_spent_is_paid_by_what_is_earned_later(
    session: Session, cast: Cast
) -> None:
    """Story L11: of 40 credited 30 are spent: 10 now, 30 from later earning."""
    record_id = credited(session, cast)
    spend(session, cast, "30")

    _, back = revoke(session, record_id, cast.jin)

    assert back == wallet.TakenBack(taken=Decimal(10), owed=Decimal(30))
    assert has(session, cast) == (0, 0)
    credited(session, cast, hours=2, start=12)
    assert has(session, cast) == (0, 2)
    credited(session, cast, hours=2, start=14)
    assert has(session, cast) == (10, 4)
    page = wallet.passbook(session, cast.chen, "POINT")
    assert page is not None
    kinds = [wallet.kind_of_line(line) for line in page.statement.lines]
    assert kinds == [
        "OFFSET", "EARN_HOURS", "OFFSET", "EARN_HOURS", "CLAWBACK", "CAPTURE",
        "EARN_HOURS",
    ]  # fmt: skip


def test_the_time_of_a_revoked_record_is_free_again(
    session: Session, cast: Cast
) -> None:
    record_id = credited(session, cast)
    record, _ = revoke(session, record_id, cast.jin)

    anew = volunteering.enter_hours(
        session, record.shift_id, person_id=cast.chen, came_at=wall(8),
        left_at=wall(10), by=cast.sun, at=EVENING,
    )  # fmt: skip
    volunteering.verify_record(session, anew.id, by=cast.ma, at=EVENING)

    assert has(session, cast) == (20, 2)
    assert sum(one[1] for one in volunteering.totals_of(session, cast.chen).values())


@pytest.mark.parametrize("who", ["chen", "ma", "sun", "qian", "hua", "shen"])
def test_only_who_keeps_the_books_revokes(
    session: Session, cast: Cast, who: str
) -> None:
    record_id = credited(session, cast)
    with pytest.raises(NotYourVerdict):
        revoke(session, record_id, known_id(who))
    assert has(session, cast) == (40, 4)


def test_a_record_is_revoked_once_and_only_when_credited(
    session: Session, cast: Cast
) -> None:
    waiting = a_record(session, cast, cast.chen, wall(8), 60)
    with pytest.raises(StepOutOfTurn):
        revoke(session, waiting.id, cast.jin)
    volunteering.verify_record(session, waiting.id, by=cast.ma, at=EVENING)
    revoke(session, waiting.id, cast.jin)
    with pytest.raises(StepOutOfTurn):
        revoke(session, waiting.id, cast.jin)


def test_the_page_has_the_button_for_the_right_person_and_says_why_afterwards(
    db: Database, client_of: ClientOf, cast: Cast
) -> None:
    with db.transaction() as session:
        record_id = credited(session, cast)
    pages = {name: client_of(known_id(name)) for name in ("jin", "ma", "chen")}
    where = f"/volunteering/records/{record_id}"
    post = f"/volunteering/desk/records/{record_id}/revocation"

    assert "Revoke this record" in text_of(pages["jin"].get(where))
    for other in ("ma", "chen"):
        assert "Revoke this record" not in text_of(pages[other].get(where))
    assert pages["ma"].send(post, reason="没有来过").status_code == 403
    assert pages["jin"].send(post, reason="").status_code == 422
    assert pages["jin"].send(post, reason="没有来过").status_code == 303

    shown = text_of(pages["chen"].get(where))
    assert "Revoked: 没有来过" in shown
    assert "Corrected" in text_of(pages["chen"].get("/wallet/"))
