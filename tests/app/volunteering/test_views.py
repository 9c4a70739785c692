"""The volunteer's and the station's counter: who may, what comes back, story 1."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from icalendar import Calendar

from app import volunteering, wallet
from app.kernel.clock import now
from app.kernel.config import Settings
from app.kernel.db import Database
from app.volunteering import Claim, ClaimState, RecordState, ServiceRecord, Shift
from app.volunteering.rules import digits_for, window_at
from tests.app.volunteering.world import ZONE, a_post
from tests.cast import Cast
from tests.web import Client, text_of

ClientOf = Callable[..., Client]


@pytest.fixture
def shift_id(db: Database, cast: Cast) -> UUID:
    """A shift that begins in ten minutes and lasts an hour."""
    return make_shift(db, cast, begins=timedelta(minutes=10))


def make_shift(
    db: Database, cast: Cast, *, begins: timedelta, minutes: int = 60, **changes: Any
) -> UUID:
    starts_at = now() + begins
    with db.transaction() as session:
        post = a_post(session, cast, at=starts_at - timedelta(days=2), **changes)
        shift = volunteering.add_shift(
            session,
            post.id,
            day=starts_at.astimezone(ZONE).date(),
            starts_at=starts_at,
            ends_at=starts_at + timedelta(minutes=minutes),
            people_wanted=1,
            by=cast.ma,
            at=starts_at - timedelta(days=1),
        )
        return shift.id


def make_claim(db: Database, cast: Cast, shift_id: UUID, person: UUID) -> UUID:
    with db.transaction() as session:
        shift = volunteering.shift_for(session, shift_id)
        at = shift.starts_at - timedelta(hours=1)
        return volunteering.claim_shift(session, shift_id, person_id=person, at=at).id


def make_record(db: Database, cast: Cast, person: UUID) -> UUID:
    """Let somebody serve the hour before last, scanned by Sun."""
    shift_id = make_shift(db, cast, begins=-timedelta(hours=2))
    claim_id = make_claim(db, cast, shift_id, person)
    with db.transaction() as session:
        shift = volunteering.shift_for(session, shift_id)
        volunteering.scan_in(session, [claim_id], by=cast.sun, at=shift.starts_at)
        (record,) = volunteering.scan_out(
            session, [claim_id], by=cast.sun, at=shift.ends_at
        )
        return record.id


def move_times(db: Database, claim_id: UUID, earlier: timedelta) -> None:
    """Let time have passed: the claim and its shift happened *earlier*."""
    with db.transaction() as session:
        claim = session.get_one(Claim, claim_id)
        shift = session.get_one(Shift, claim.shift_id)
        for row in (claim, shift):
            row.starts_at -= earlier
            row.ends_at -= earlier
            session.add(row)
        if claim.checked_in_at:
            claim.checked_in_at -= earlier


def claim_in(db: Database, claim_id: UUID) -> Claim:
    with db.reading() as session:
        return session.get_one(Claim, claim_id)


def record_in(db: Database, record_id: UUID) -> ServiceRecord:
    with db.reading() as session:
        return session.get_one(ServiceRecord, record_id)


def points_of(db: Database, person: UUID) -> Decimal:
    with db.reading() as session:
        return wallet.balances_of(session, person)["POINT"].posted


def door_code(settings: Settings, place_id: UUID, at: datetime | None = None) -> str:
    return digits_for(settings.secret_key(), place_id, window_at(at or now()))


# ---- story 1, through the front door


def test_the_volunteers_story(
    db: Database, cast: Cast, client_of: ClientOf, settings: Settings, shift_id: UUID
) -> None:
    chen, ma = client_of(cast.chen), client_of(cast.ma)
    assert "Lunch to the door" in text_of(chen.get("/volunteering/"))
    page = text_of(chen.get(f"/volunteering/shifts/{shift_id}"))
    assert "1.0 hours and 10 in the Love Bank" in page
    assert "楼梯较多" in page
    assert chen.send(f"/volunteering/shifts/{shift_id}/claims").status_code == 303
    assert "You can undo this until" in text_of(chen.get("/volunteering/mine"))
    with db.reading() as session:
        (claim,) = volunteering.claims_of(session, cast.chen, since=now())

    shown = ma.get(f"/volunteering/door/{cast.station}")
    digits = re.search(r"(\d{3}) (\d{3})", text_of(shown))
    assert digits
    assert "<svg" in shown.text
    arrival = chen.send(
        f"/volunteering/claims/{claim.id}/arrival", code="".join(digits.groups())
    )
    assert arrival.status_code == 303
    assert "You are checked in" in text_of(chen.get("/volunteering/attendance"))

    move_times(db, claim.id, timedelta(minutes=75))
    assert "Check out" in text_of(chen.get("/volunteering/attendance"))
    left = chen.send(
        f"/volunteering/claims/{claim.id}/departure",
        code=door_code(settings, cast.station),
    )
    assert left.status_code == 303
    record_url = left.headers["Location"]
    assert "Waiting to be verified" in text_of(chen.get(record_url))
    assert points_of(db, cast.chen) == 0

    record_id = record_url.rsplit("/", 1)[1]
    verify = f"/volunteering/desk/records/{record_id}/verification"
    assert chen.send(verify).status_code == 403
    queue = ma.get("/volunteering/desk/")
    assert "陈向晚" in queue.text
    assert verify in queue.text
    answer = ma.swap(verify)
    assert answer.status_code == 200
    assert answer.text.lstrip().startswith(
        f'<article class="panel" id="record-{record_id}"'
    )
    assert points_of(db, cast.chen) == Decimal(10)
    mine = text_of(chen.get(record_url))
    assert "Verified and credited" in mine
    passbook = chen.get("/wallet/?unit=POINT")
    assert (
        f"/volunteering/records/{record_id}"
        in chen.get("/wallet/").text + passbook.text
    )


# ---- reading


def test_a_stranger_reads_shifts_and_is_shown_the_way_in(
    client: Client, shift_id: UUID
) -> None:
    assert "Lunch to the door" in text_of(client.get("/volunteering/"))
    page = client.get(f"/volunteering/shifts/{shift_id}")
    assert "Sign in to take it" in text_of(page)
    answer = client.send(f"/volunteering/shifts/{shift_id}/claims")
    assert answer.status_code == 303
    assert "/sign-in" in answer.headers["Location"]


def test_the_list_is_filtered_and_says_when_nothing_fits(
    client: Client, cast: Cast, shift_id: UUID
) -> None:
    here = client.get(f"/volunteering/?place={cast.town}")
    assert "Lunch to the door" in text_of(here)
    for elsewhere in (f"place={cast.other_town}", "day=2020-01-01"):
        answer = client.get(f"/volunteering/?{elsewhere}")
        assert "Show all shifts" in text_of(answer)
    assert client.get("/volunteering/?place=junk&day=junk").status_code == 200
    swapped = client.get("/volunteering/", headers={"HX-Request": "true"})
    assert swapped.text.lstrip().startswith('<section id="shifts"')


@pytest.mark.parametrize(
    "path", ["shifts/{}", "claims/{}/supplement", "records/{}", "desk/shifts/{}"]
)
def test_unknown_things_are_404(client_of: ClientOf, cast: Cast, path: str) -> None:
    answer = client_of(cast.ma).get(f"/volunteering/{path.format(uuid4())}")
    assert answer.status_code == 404


def test_a_record_is_for_its_volunteer_and_the_place(
    db: Database, cast: Cast, client_of: ClientOf, client: Client
) -> None:
    record_id = make_record(db, cast, cast.chen)
    url = f"/volunteering/records/{record_id}"
    assert client.get(url).status_code == 303
    seen = {
        name: client_of(getattr(cast, name)).get(url).status_code
        for name in ("chen", "ma", "sun", "qian", "lin", "tao")
    }
    assert seen == {
        "chen": 200, "ma": 200, "sun": 200, "qian": 200, "lin": 404, "tao": 404,
    }  # fmt: skip


# ---- claiming and letting go


def test_a_resident_becomes_a_volunteer_on_the_shifts_page(
    cast: Cast, client_of: ClientOf, shift_id: UUID
) -> None:
    tao = client_of(cast.tao)
    url = f"/volunteering/shifts/{shift_id}"
    assert "Become a volunteer" in text_of(tao.get(url))
    assert tao.send("/volunteering/membership", shift=shift_id).status_code == 422
    answer = tao.send("/volunteering/membership", shift=shift_id, agrees="1")
    assert (answer.status_code, answer.headers["Location"]) == (303, url)
    assert tao.send(f"{url}/claims").status_code == 303


def test_claiming_twice_with_one_key_is_one_claim(
    db: Database, cast: Cast, client_of: ClientOf, shift_id: UUID
) -> None:
    chen = client_of(cast.chen)
    url = f"/volunteering/shifts/{shift_id}/claims"
    assert chen.send(url, key="k1").status_code == 303
    assert chen.send(url, key="k1").status_code == 303
    again = chen.send(url, key="k2")
    assert again.status_code == 409
    with db.reading() as session:
        assert volunteering.shift_for(session, shift_id).claimed == 1


def test_the_second_on_the_last_place_reads_why(
    db: Database, cast: Cast, client_of: ClientOf, shift_id: UUID
) -> None:
    make_claim(db, cast, shift_id, cast.lin)
    answer = client_of(cast.chen).send(f"/volunteering/shifts/{shift_id}/claims")
    assert answer.status_code == 409
    assert "last place" in text_of(answer)


def test_undo_swaps_the_claim_alone(
    db: Database, cast: Cast, client_of: ClientOf, shift_id: UUID
) -> None:
    chen = client_of(cast.chen)
    chen.send(f"/volunteering/shifts/{shift_id}/claims")
    with db.reading() as session:
        (claim,) = volunteering.claims_of(session, cast.chen, since=now())
    url = f"/volunteering/claims/{claim.id}/undo"
    assert client_of(cast.lin).send(url).status_code == 404
    answer = chen.swap(url)

    assert answer.status_code == 200
    assert answer.text.lstrip().startswith(
        f'<article class="panel" id="claim-{claim.id}"'
    )
    assert "Undone" in text_of(answer)
    assert chen.send(url).status_code == 409
    with db.reading() as session:
        assert volunteering.shift_for(session, shift_id).claimed == 0


def test_after_ten_minutes_one_says_that_one_cannot_come(
    db: Database, cast: Cast, client_of: ClientOf, shift_id: UUID
) -> None:
    claim_id = make_claim(db, cast, shift_id, cast.chen)
    chen = client_of(cast.chen)
    refused = chen.send(f"/volunteering/claims/{claim_id}/undo")
    assert refused.status_code == 409
    assert "can't come" in text_of(refused)
    page = text_of(chen.get("/volunteering/mine"))
    assert "I can't come" in page
    assert "You can undo this" not in page
    answer = chen.send(f"/volunteering/claims/{claim_id}/withdrawal", reason="感冒")
    assert answer.status_code == 303
    assert claim_in(db, claim_id).state is ClaimState.WITHDRAWN


# ---- at the door


def test_wrong_codes_are_said_beside_the_field(
    db: Database, cast: Cast, client_of: ClientOf, settings: Settings, shift_id: UUID
) -> None:
    claim_id = make_claim(db, cast, shift_id, cast.chen)
    chen = client_of(cast.chen)
    url = f"/volunteering/claims/{claim_id}/arrival"
    old = door_code(settings, cast.station, now() - timedelta(minutes=5))
    for code in (old, "12", "0" * 300, "abcdef"):
        answer = chen.send(url, code=code)
        assert answer.status_code == 422
        assert 'aria-invalid="true"' in answer.text
    assert claim_in(db, claim_id).checked_in_at is None
    right = door_code(settings, cast.station)
    assert client_of(cast.lin).send(url, code=right).status_code == 404


def test_an_arrival_sent_again_a_minute_later_gets_the_first_answer(
    db: Database, cast: Cast, client_of: ClientOf, settings: Settings, shift_id: UUID
) -> None:
    """The answer was lost on the way; the code on the screen has changed since."""
    claim_id = make_claim(db, cast, shift_id, cast.chen)
    chen = client_of(cast.chen)
    sent = f"/volunteering/claims/{claim_id}/arrival"
    code = door_code(settings, cast.station)
    assert chen.send(sent, key="door", code=code).status_code == 303
    with db.transaction() as session:
        claim = session.get_one(Claim, claim_id)
        claim.in_window = (claim.in_window or 0) - 10
        session.add(claim)

    assert chen.send(sent, key="door", code=code).status_code == 303
    assert chen.send(sent, key="another", code=code).status_code == 409


def test_the_picture_at_the_door_fills_the_code_in(
    cast: Cast, db: Database, client_of: ClientOf, shift_id: UUID
) -> None:
    make_claim(db, cast, shift_id, cast.chen)
    page = client_of(cast.chen).get("/volunteering/attendance?code=abc123").text
    assert 'value="abc123"' in page


def test_the_door_is_shown_by_the_stations_own_staff(
    cast: Cast, client_of: ClientOf
) -> None:
    url = f"/volunteering/door/{cast.station}"
    seen = {
        name: client_of(getattr(cast, name)).get(url).status_code
        for name in ("sun", "ma", "lin", "shen")
    }
    assert seen == {"sun": 200, "ma": 200, "lin": 403, "shen": 403}
    other = f"/volunteering/door/{cast.other_centre}"
    assert client_of(cast.sun).get(other).status_code == 403
    fragment = client_of(cast.sun).get(url, headers={"HX-Request": "true"})
    assert fragment.text.lstrip().startswith('<section class="slip" id="door-code"')


# ---- the station


def test_the_station_checks_in_and_out_by_hand(
    db: Database, cast: Cast, client_of: ClientOf, shift_id: UUID
) -> None:
    claim_id = make_claim(db, cast, shift_id, cast.chen)
    sun = client_of(cast.sun)
    page = sun.get(f"/volunteering/desk/shifts/{shift_id}")
    assert "陈向晚" in page.text
    answer = sun.swap(f"/volunteering/desk/claims/{claim_id}/arrival")
    assert answer.text.lstrip().startswith(
        f'<article class="panel" id="roster-{claim_id}"'
    )
    move_times(db, claim_id, timedelta(minutes=50))
    answer = sun.send(f"/volunteering/desk/claims/{claim_id}/departure")
    assert answer.status_code == 303
    assert claim_in(db, claim_id).state is ClaimState.CHECKED_OUT
    assert client_of(cast.lin).get(page.request.path).status_code == 403


def test_a_paper_sheet_is_typed_in_by_one_and_verified_by_another(
    db: Database, cast: Cast, client_of: ClientOf
) -> None:
    shift_id = make_shift(db, cast, begins=-timedelta(hours=3))
    with db.reading() as session:
        shift = volunteering.shift_for(session, shift_id)
    came, left = (
        one.astimezone(ZONE).strftime("%H:%M")
        for one in (shift.starts_at, shift.ends_at)
    )
    ma = client_of(cast.ma)
    url = f"/volunteering/desk/shifts/{shift_id}/sheet"
    unknown = ma.send(url, person="无此人", came=came, left=left)
    assert unknown.status_code == 422
    assert "member number" in text_of(unknown)
    assert ma.send(url, person="陈向晚", came="junk", left=left).status_code == 422
    made = ma.send(url, person="陈向晚", came=came, left=left)
    assert made.status_code == 303
    record_id = made.headers["Location"].rsplit("/", 1)[1]

    verify = f"/volunteering/desk/records/{record_id}/verification"
    refused = ma.send(verify)
    assert refused.status_code == 403
    assert "You entered these hours" in text_of(refused)
    assert client_of(cast.zhou).send(verify).status_code == 303
    assert points_of(db, cast.chen) == 5


def test_who_is_close_sees_why_they_may_not(
    db: Database, cast: Cast, client_of: ClientOf
) -> None:
    record_id = make_record(db, cast, cast.chen)
    hua = client_of(cast.hua)
    page = text_of(hua.get(f"/volunteering/records/{record_id}"))
    assert "You are close to this person" in page
    answer = hua.swap(f"/volunteering/desk/records/{record_id}/verification")
    assert answer.status_code == 403
    assert answer.headers["HX-Retarget"] == "#notice"
    assert record_in(db, record_id).state is RecordState.PENDING_VERIFICATION


def test_verifying_twice_posts_once(
    db: Database, cast: Cast, client_of: ClientOf
) -> None:
    record_id = make_record(db, cast, cast.chen)
    ma = client_of(cast.ma)
    url = f"/volunteering/desk/records/{record_id}/verification"
    assert ma.send(url, key="k").status_code == 303
    assert ma.send(url, key="k").status_code == 303
    assert ma.send(url, key="other").status_code == 409
    assert points_of(db, cast.chen) == 10


def test_many_are_verified_at_once_and_ones_own_stays(
    db: Database, cast: Cast, client_of: ClientOf
) -> None:
    good, own = make_record(db, cast, cast.chen), make_record(db, cast, cast.lin)
    zhou = client_of(cast.zhou)
    url = "/volunteering/desk/records/verification"
    assert zhou.send(url).status_code == 422
    answer = zhou.post(url, data={"records": [str(good), str(own)]})
    assert answer.status_code == 303
    assert "1 is not yours" in text_of(zhou.get("/volunteering/desk/"))
    assert record_in(db, good).state is RecordState.POSTED
    assert record_in(db, own).state is RecordState.PENDING_VERIFICATION


def test_not_accepting_needs_a_reason_that_the_volunteer_reads(
    db: Database, cast: Cast, client_of: ClientOf
) -> None:
    record_id = make_record(db, cast, cast.chen)
    ma = client_of(cast.ma)
    url = f"/volunteering/desk/records/{record_id}/rejection"
    assert ma.send(url).status_code == 422
    assert ma.swap(url, reason="不在现场").status_code == 200
    page = client_of(cast.chen).get(f"/volunteering/records/{record_id}")
    assert "不在现场" in page.text


def test_forgotten_hours_are_asked_for_by_their_volunteer(
    db: Database, cast: Cast, client_of: ClientOf
) -> None:
    shift_id = make_shift(db, cast, begins=-timedelta(hours=5))
    claim_id = make_claim(db, cast, shift_id, cast.chen)
    with db.transaction() as session:
        volunteering.close_finished(session, now())
        shift = volunteering.shift_for(session, shift_id)
    came, left = (
        one.astimezone(ZONE).strftime("%H:%M")
        for one in (shift.starts_at, shift.ends_at)
    )
    chen = client_of(cast.chen)
    assert "I was there" in text_of(chen.get("/volunteering/mine"))
    url = f"/volunteering/claims/{claim_id}/supplement"
    bare = chen.send(url, came=came, left=left)
    assert bare.status_code == 422
    assert "Please say why" in text_of(bare)
    made = chen.send(url, came=came, left=left, reason="没电", evidence="孙窗口在")
    assert made.status_code == 303
    assert "Supplement asked for" in text_of(chen.get(made.headers["Location"]))


# ---- posts


def test_a_manager_publishes_a_post_and_a_rota(
    db: Database, cast: Cast, client_of: ClientOf
) -> None:
    ma = client_of(cast.ma)
    fields = {
        "programme_id": cast.love_bank, "place_id": cast.station, "title": "夜读守护",
        "what": "陪孩子们安静读书。", "beneficiaries": "附近的孩子",
        "person_in_charge": "马中心", "risk_note": "无特别风险", "protection_note": "有保险",
        "risk_level": "low",
    }  # fmt: skip
    assert ma.get("/volunteering/desk/posts/new").status_code == 200
    bare = ma.send("/volunteering/desk/posts", title="x")
    assert bare.status_code == 422
    risky = ma.send("/volunteering/desk/posts", **fields | {"risk_level": "high"})
    assert risky.status_code == 422
    assert "insurance policy" in text_of(risky)
    elsewhere = fields | {"place_id": cast.other_centre}
    assert ma.send("/volunteering/desk/posts", **elsewhere).status_code == 403
    assert client_of(cast.sun).send("/volunteering/desk/posts").status_code == 403
    made = ma.send("/volunteering/desk/posts", **fields)
    assert made.status_code == 303
    url = made.headers["Location"]

    tomorrow = (now().astimezone(ZONE) + timedelta(days=1)).date()
    rota = {
        "first_day": tomorrow.isoformat(), "starts": "18:00", "ends": "20:30",
        "people_wanted": "2", "weeks": "2",
    }  # fmt: skip
    past = ma.send(f"{url}/shifts", **rota | {"first_day": "2020-01-01", "weeks": "1"})
    assert past.status_code == 422
    answer = ma.post(f"{url}/shifts", data={**rota, "weekdays": ["1", "3"]})
    assert answer.status_code == 303
    with db.reading() as session:
        found = volunteering.open_shifts(session, at=now())
    assert len(found) == 4
    assert "18:00–20:30" in text_of(ma.get(url))


def test_calling_a_shift_off_says_why_to_who_had_claimed_it(
    db: Database, cast: Cast, client_of: ClientOf, shift_id: UUID
) -> None:
    claim_id = make_claim(db, cast, shift_id, cast.chen)
    url = f"/volunteering/desk/shifts/{shift_id}/cancellation"
    assert client_of(cast.sun).send(url, reason="台风").status_code == 403
    assert client_of(cast.ma).send(url).status_code == 422
    assert client_of(cast.ma).send(url, reason="台风").status_code == 303
    assert claim_in(db, claim_id).state is ClaimState.CANCELLED
    assert "台风" in client_of(cast.chen).get("/volunteering/mine").text


def test_papers_shown_at_the_desk_open_the_post(
    db: Database, cast: Cast, client_of: ClientOf
) -> None:
    shift_id = make_shift(db, cast, begins=timedelta(hours=3), needs="急救证")
    chen, sun = client_of(cast.chen), client_of(cast.sun)
    page = text_of(chen.get(f"/volunteering/shifts/{shift_id}"))
    assert "show it at the desk" in page
    refused = chen.send(f"/volunteering/shifts/{shift_id}/claims")
    assert refused.status_code == 403
    url = "/volunteering/desk/papers"
    old = sun.send(url, person="陈向晚", kind="急救证", expires_on="2020-01-01")
    assert old.status_code == 422
    assert sun.send(url, person="陈向晚", kind="急救证").status_code == 303
    claimed = chen.send(f"/volunteering/shifts/{shift_id}/claims")
    assert claimed.status_code == 303


# ---- around


def test_the_calendar_opens_for_its_secret_only(
    db: Database, cast: Cast, client_of: ClientOf, client: Client, shift_id: UUID
) -> None:
    make_claim(db, cast, shift_id, cast.chen)
    page = client_of(cast.chen).get("/volunteering/mine").text
    found = re.search(r"/volunteering/calendar/\S+?\.ics", page)
    assert found
    feed = Calendar.from_ical(client.get(found.group()).data)
    assert [str(event["SUMMARY"]) for event in feed.walk("VEVENT")] == [
        "Lunch to the door"
    ]
    stolen = found.group().replace(str(cast.chen), str(cast.lin))
    assert client.get(stolen).status_code == 404


@pytest.mark.parametrize(
    "path", ["desk/", "desk/shifts", "desk/posts", "desk/posts/new", "door"]
)
def test_the_stations_pages_are_for_staff(
    cast: Cast, client_of: ClientOf, path: str
) -> None:
    assert client_of(cast.lin).get(f"/volunteering/{path}").status_code == 403
    assert client_of(cast.ma).get(f"/volunteering/{path}").status_code == 200


def test_what_waits_stands_on_the_station_desk(
    db: Database, cast: Cast, client_of: ClientOf
) -> None:
    record_id = make_record(db, cast, cast.chen)
    action = f"/volunteering/desk/records/{record_id}/verification"
    assert action in client_of(cast.ma).get("/desk/").text
    assert action not in client_of(cast.hua).get("/desk/").text


def test_a_long_list_has_pages(db: Database, cast: Cast, client: Client) -> None:
    for hours in range(1, 27):
        make_shift(db, cast, begins=timedelta(hours=hours))
    first = client.get("/volunteering/")
    found = re.search(r'rel="next" href="([^"]+)"', first.text)
    assert found
    assert first.text.count('class="card tone-post"') == 24
    second = client.get(found.group(1).replace("&amp;", "&"))
    assert second.text.count('class="card tone-post"') == 2
    assert client.get("/volunteering/?page=-3").status_code == 200
    assert client.get("/volunteering/?page=x").status_code == 200
