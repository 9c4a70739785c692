"""Story 1: a volunteer takes a shift, comes, goes, and the hours are credited."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from app import volunteering
from app.kernel.clock import now
from app.volunteering import Claim, RecordState, ServiceRecord, Shift
from tests.app.volunteering.world import ZONE, a_post
from tests.cast import Cast
from tests.journeys.visitor import Town, Visitor

TITLE = "Lunch to the door"


def publish_shift(
    town: Town, cast: Cast, begins: timedelta, wanted: int = 1, minutes: int = 60
) -> UUID:
    """Ma publishes a shift at the station."""
    starts_at = (now() + begins).replace(second=0, microsecond=0)
    with town.db.transaction() as session:
        post = a_post(session, cast, at=starts_at - timedelta(days=2))
        return volunteering.add_shift(
            session,
            post.id,
            day=starts_at.astimezone(ZONE).date(),
            starts_at=starts_at,
            ends_at=starts_at + timedelta(minutes=minutes),
            people_wanted=wanted,
            by=cast.ma,
            at=starts_at - timedelta(days=1),
        ).id


@pytest.fixture
def shift_id(town: Town, cast: Cast) -> UUID:
    """A shift for one person that begins in twenty minutes and lasts an hour."""
    return publish_shift(town, cast, timedelta(minutes=20))


def claim_of(town: Town, person: UUID) -> Claim:
    with town.db.reading() as session:
        claims = volunteering.claims_of(
            session, person, since=now() - timedelta(days=1)
        )
    return claims[-1]


def code_on_screen(staff: Visitor, cast: Cast) -> str:
    """Read the six digits off the screen at the station's door."""
    staff.go("/volunteering/door")
    page = staff.click("Crab-apple Court Station")
    digits = re.search(r"The code: (\d{3}) (\d{3})", page.text)
    assert digits, page.text
    return "".join(digits.groups())


def test_a_volunteer_from_the_list_of_shifts_to_the_passbook(
    town: Town, cast: Cast, shift_id: UUID
) -> None:
    chen, sun, ma = (town.visitor(one) for one in (cast.chen, cast.sun, cast.ma))
    guest = town.visitor()
    guest.go("/volunteering/")
    guest.click(TITLE)
    guest.click("Sign in to take it")
    guest.press("陈向晚 Volunteer", to="/sign-in/cast")
    assert guest.page.has_button("Take this shift")

    # She takes it, changes her mind, and takes it again.
    chen.go("/")
    chen.click("Volunteering")
    chen.click(TITLE)
    assert "1.0 hours and 10 in the Love Bank" in chen.page.text
    chen.press("Take this shift")
    assert "You can undo this until" in chen.page.text
    chen.press("Undo")
    assert "Undone" in chen.page.text
    chen.go("/volunteering/")
    chen.click(TITLE)
    chen.press("Take this shift")
    assert "陈向晚" not in sun.go("/volunteering/desk/shifts").text
    sun.click(TITLE)
    assert "Nobody yet" in sun.page.text, "the station sees it after the undo time"
    chen.go("/volunteering/mine")
    chen.press("Send now")
    sun.go(sun.page.url)
    assert "陈向晚" in sun.page.text

    # At the door: a code of nobody is refused beside its field, the right one counts.
    chen.go("/volunteering/mine")
    chen.click("Check in")
    chen.press("Check in", 422, code="000000")
    assert chen.page.errors["f-code"]
    chen.press("Check in", code=code_on_screen(sun, cast))
    assert "You are checked in" in chen.page.text

    claim = claim_of(town, cast.chen)
    town.let_pass(timedelta(minutes=80), (Shift, shift_id), (Claim, claim.id))
    chen.go("/volunteering/mine")
    chen.click("Check out")
    chen.press("Check out", code=code_on_screen(sun, cast))
    record_url = chen.page.url
    assert "Waiting to be verified" in chen.page.text
    assert town.purse(cast.chen) == (0, 0)

    # The centre's manager says yes on the desk's one page.
    ma.go("/")
    ma.click("desk")
    assert "陈向晚" in ma.page.text
    ma.press("Verify the hours")
    assert "verified" in ma.page.text
    assert "陈向晚" not in ma.go("/desk/").text

    with town.db.reading() as session:
        record = session.get_one(ServiceRecord, UUID(record_url.rsplit("/", 1)[1]))
    assert record.state is RecordState.POSTED
    assert town.purse(cast.chen) == (record.amount, 0)
    assert town.purse(cast.chen, "HOUR") == (record.hours, 0)
    assert record.amount == record.hours * 10
    assert record.amount >= Decimal(5)
    for tab in ("Love points", "Hours of service"):
        chen.go("/wallet/")
        chen.click(tab)
        assert record_url in chen.page.links_to("/volunteering/records/")
    chen.click(TITLE)
    assert "Verified and credited" in chen.page.text
    town.ensure_books_are_right()


def test_nobody_verifies_their_own_or_their_familys_or_what_they_typed_in(
    town: Town, cast: Cast
) -> None:
    shift_id = publish_shift(town, cast, -timedelta(hours=2))
    sheet = f"/volunteering/desk/shifts/{shift_id}"
    ma = town.visitor(cast.ma)
    ma.go(sheet)
    with town.db.reading() as session:
        shift = volunteering.shift_for(session, shift_id)
    came, left = (
        one.astimezone(ZONE).strftime("%H:%M")
        for one in (shift.starts_at, shift.ends_at)
    )
    ma.press("Write it down", 422, person="陈向晚", came=left, left=came)
    ma.press("Write it down", 422, person="nobody of that name", came=came, left=left)
    assert ma.page.errors["f-person"]
    ma.press("Write it down", person="陈向晚", came=came, left=left)

    # Ma typed it in, Hua is Chen's sister, Chen is the volunteer: none of them may.
    with town.db.reading() as session:
        (record,) = volunteering.records_of(session, cast.chen)
    url = f"/volunteering/records/{record.id}"
    for name in ("ma", "hua", "chen"):
        somebody = town.visitor(getattr(cast, name))
        somebody.go(url)
        assert not somebody.page.has_button("Verify the hours"), name
        forged = somebody.client.send(
            f"/volunteering/desk/records/{record.id}/verification"
        )
        assert forged.status_code == 403, name
    assert town.purse(cast.chen) == (0, 0)

    # Zhou manages the centre too, and is a stranger to all of them.
    zhou = town.visitor(cast.zhou)
    zhou.go("/volunteering/desk/")
    zhou.press("Don't accept", 422, reason="")
    assert zhou.page.errors
    zhou.go("/volunteering/desk/")
    zhou.press("Verify the hours")
    assert town.purse(cast.chen) == (Decimal(10), 0)
    zhou.client.send(f"/volunteering/desk/records/{record.id}/verification")
    assert town.purse(cast.chen) == (Decimal(10), 0), "credited once"
    town.ensure_books_are_right()


def test_a_full_shift_a_clash_and_a_late_undo_are_said_in_place(
    town: Town, cast: Cast, shift_id: UUID
) -> None:
    other = publish_shift(town, cast, timedelta(minutes=40), wanted=2)
    chen, lin = town.visitor(cast.chen), town.visitor(cast.lin)
    seen_free = lin.go(f"/volunteering/shifts/{shift_id}")
    chen.go(f"/volunteering/shifts/{shift_id}")
    chen.press("Take this shift")
    lin.page = seen_free  # the page Lin opened before Chen was quicker
    lin.press("Take this shift", 409)
    assert "last place" in lin.page.alerts
    chen.go(f"/volunteering/shifts/{other}")
    assert "You have another shift at that time." in chen.page.text

    claim = claim_of(town, cast.chen)
    undo_page = chen.go("/volunteering/mine")
    with town.db.transaction() as session:
        row = session.get_one(Claim, claim.id)
        row.effective_at -= timedelta(minutes=11)
        session.add(row)
    chen.page = undo_page
    chen.press("Undo", 409)
    chen.go("/volunteering/mine")
    chen.press("I can't come")
    lin.go(f"/volunteering/shifts/{shift_id}")
    lin.press("Take this shift")
    with town.db.reading() as session:
        assert volunteering.shift_for(session, shift_id).claimed == 1
    town.ensure_books_are_right()


def test_a_resident_joins_before_she_takes_a_shift(
    town: Town, cast: Cast, shift_id: UUID
) -> None:
    tao = town.visitor(cast.tao)
    tao.go("/volunteering/")
    tao.click(TITLE)
    tao.press("Become a volunteer", 422)
    assert tao.page.errors["f-agrees"]
    tao.press("Become a volunteer", agrees="1")
    tao.press("Take this shift")
    assert claim_of(town, cast.tao).shift_id == shift_id
