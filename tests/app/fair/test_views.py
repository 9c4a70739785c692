"""The fair's counter: who sees what, and what each form answers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from app import fair
from app.fair import OfferingState
from app.kernel.clock import day_of, now
from app.kernel.db import Database
from app.kernel.permissions import Role
from tests.app.fair.world import draft, give_role, in_review, published, slot_of
from tests.cast import Cast
from tests.web import Client, text_of

ClientOf = Callable[..., Client]

HAIRCUT: dict[str, Any] = {
    "title": "周三理发",
    "kind": "service",
    "category": "daily_repair",
    "service_nature": "volunteer",
    "price_mode": "free",
    "capacity": "1",
    "summary": "推子剪刀都带上",
}


@pytest.fixture
def haircut(db: Database, cast: Cast) -> UUID:
    with db.transaction() as session:
        return published(session, cast).id


def state_of(db: Database, offering_id: UUID | str) -> OfferingState:
    with db.reading() as session:
        return fair.offering_for(session, UUID(str(offering_id))).state


def test_a_stranger_sees_what_it_costs_and_when_there_is_a_seat(
    db: Database, cast: Cast, client: Client, haircut: UUID
) -> None:
    with db.transaction() as session:
        slot_of(session, haircut, start=now() + timedelta(days=2))

    answer = client.get(f"/fair/{haircut}")

    said = text_of(answer)
    assert answer.status_code == 200
    assert "Wednesday haircuts" in said
    assert "5 points" in said
    assert "王*宽" in said
    assert "王阿宽" not in answer.text
    assert "/bookings/new?slot=" in answer.text


def test_without_a_free_time_the_page_says_so_and_where_to_go(
    client: Client, haircut: UUID
) -> None:
    assert "No free times at the moment" in text_of(client.get(f"/fair/{haircut}"))


def test_a_draft_is_nothing_to_strangers(
    db: Database, cast: Cast, client: Client, client_of: ClientOf
) -> None:
    with db.transaction() as session:
        hidden = draft(session, cast).id

    assert client.get(f"/fair/{hidden}").status_code == 404
    assert client_of(cast.chen).get(f"/fair/{hidden}").status_code == 404
    assert client_of(cast.wang).get(f"/fair/{hidden}").status_code == 200
    assert client_of(cast.shen).get(f"/fair/{hidden}").status_code == 200
    assert client.get(f"/fair/{uuid4()}").status_code == 404


@pytest.mark.parametrize("path", ["/fair/mine", "/fair/new", "/fair/reviews"])
def test_strangers_are_shown_the_way_to_sign_in(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 303
    assert "/sign-in" in answer.headers["Location"]


def test_a_skilled_resident_writes_a_draft_and_hands_it_in(
    db: Database, cast: Cast, client_of: ClientOf
) -> None:
    wang = client_of(cast.wang)
    assert wang.get("/fair/new").status_code == 200

    saved = wang.send("/fair/", place_id=str(cast.centre), then="save", **HAIRCUT)

    assert saved.status_code == 303
    offering_id = saved.headers["Location"].rsplit("/", 1)[-1]
    assert state_of(db, offering_id) == OfferingState.DRAFT
    assert "Hand in for review" in text_of(wang.get("/fair/mine"))

    swapped = wang.swap(f"/fair/{offering_id}/submission", back="mine")

    assert swapped.status_code == 200
    assert f'id="offering-{offering_id}"' in swapped.text
    assert "<html" not in swapped.text
    assert "Take back" in text_of(swapped)
    assert "周三理发" in text_of(swapped)
    assert state_of(db, offering_id) == OfferingState.SUBMITTED


def test_the_same_form_sent_twice_makes_one_offering(
    db: Database, cast: Cast, client_of: ClientOf
) -> None:
    wang, key = client_of(cast.wang), str(uuid4())

    first = wang.send("/fair/", key, place_id=str(cast.centre), **HAIRCUT)
    again = wang.send("/fair/", key, place_id=str(cast.centre), **HAIRCUT)

    assert first.headers["Location"] == again.headers["Location"]
    with db.reading() as session:
        assert len(fair.offerings_of(session, cast.wang, on=day_of(now()))) == 1


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"title": ""}, "Please fill this in."),
        ({"title": "长" * 81}, "at most 80 characters"),
        ({"price_mode": "cny", "price_cny": "5"}, "never for money"),
        ({"price_mode": "points"}, "How many points is it?"),
        ({"price_mode": "points", "points": "1.005"}, "At most 2 decimals"),
        ({"price_mode": "points", "points": "-1"}, "more than 0"),
        ({"kind": "castle"}, "choose one from the list"),
        ({"place_id": "somewhere"}, "choose one from the list"),
        ({"is_home_visit": "1", "then": "submit"}, "what could go wrong"),
        ({"summary": "", "then": "submit"}, "what people get"),
    ],
)
def test_what_cannot_be_taken_is_said_beside_its_cause(
    db: Database,
    cast: Cast,
    client_of: ClientOf,
    changes: dict[str, str],
    sentence: str,
) -> None:
    form = {"place_id": str(cast.centre)} | HAIRCUT | changes

    answer = client_of(cast.wang).send("/fair/", **form)

    assert answer.status_code == 422
    assert sentence in text_of(answer)
    with db.reading() as session:
        assert fair.offerings_of(session, cast.wang, on=day_of(now())) == []


def test_residents_are_told_who_may_list(cast: Cast, client_of: ClientOf) -> None:
    lin = client_of(cast.lin)
    assert "cannot list offerings yet" in text_of(lin.get("/fair/new"))
    assert lin.send("/fair/", place_id=str(cast.centre), **HAIRCUT).status_code == 403


def test_the_reviewer_finds_approves_and_publishes(
    db: Database, cast: Cast, client_of: ClientOf
) -> None:
    with db.transaction() as session:
        offering = draft(session, cast)
        fair.submit(session, offering.id, by=cast.wang, at=now())
    shen = client_of(cast.shen)
    assert "周三理发" in shen.get("/fair/reviews?lang=zh-Hans").text

    taken = shen.swap(f"/fair/reviews/{offering.id}/review")
    assert "Approve" in text_of(taken)
    approved = shen.swap(f"/fair/reviews/{offering.id}/approval")

    assert approved.status_code == 200
    assert f'id="review-{offering.id}"' in approved.text
    assert state_of(db, offering.id) == OfferingState.PUBLISHED
    assert "Nothing waits" in text_of(shen.get("/fair/reviews"))


def test_asking_for_changes_needs_words(
    db: Database, cast: Cast, client_of: ClientOf
) -> None:
    with db.transaction() as session:
        offering_id = in_review(session, cast).id
    shen, url = client_of(cast.shen), f"/fair/reviews/{offering_id}/change-request"

    silent = shen.swap(url)
    assert silent.status_code == 422
    assert "Please give a reason" in text_of(silent)
    assert state_of(db, offering_id) == OfferingState.IN_REVIEW

    assert shen.send(url, reason="请写明自带围布").status_code == 303
    assert state_of(db, offering_id) == OfferingState.CHANGES_REQUESTED
    assert "请写明自带围布" in client_of(cast.wang).get("/fair/mine").text


def test_nobody_reviews_their_own(
    db: Database, cast: Cast, client_of: ClientOf
) -> None:
    with db.transaction() as session:
        give_role(session, cast.wang, Role.REVIEWER)
        offering = draft(session, cast)
        fair.submit(session, offering.id, by=cast.wang, at=now())
    wang = client_of(cast.wang)

    assert "Nothing waits" in text_of(wang.get("/fair/reviews"))
    assert wang.send(f"/fair/reviews/{offering.id}/review").status_code == 403
    assert state_of(db, offering.id) == OfferingState.SUBMITTED


@pytest.mark.parametrize("who", ["lin", "wang", "sun", "jin"])
def test_the_review_desk_is_for_reviewers(
    cast: Cast, client_of: ClientOf, who: str, haircut: UUID
) -> None:
    browser = client_of(getattr(cast, who))
    assert browser.get("/fair/reviews").status_code == 403
    assert browser.send(f"/fair/reviews/{haircut}/approval").status_code == 403


def test_changing_a_live_price_waits_while_words_change_at_once(
    db: Database, cast: Cast, client_of: ClientOf, haircut: UUID
) -> None:
    wang = client_of(cast.wang)
    assert "Words change at once" in text_of(wang.get(f"/fair/{haircut}/form"))
    form = {"place_id": str(cast.centre), "title_en": "Wednesday haircuts"} | HAIRCUT

    answer = wang.send(
        f"/fair/{haircut}/form", **(form | {"summary": "免费剪发", "title": "周四理发"})
    )

    assert answer.status_code == 303
    page = wang.get(f"/fair/{haircut}")
    assert "5 points" in text_of(page)
    assert "A change waits for review" in text_of(page)
    with db.reading() as session:
        assert fair.offering_for(session, haircut).title == "周四理发"
    shen = client_of(cast.shen)
    listed = shen.get("/fair/reviews")
    url = listed.text.split('href="/fair/reviews/changes/')[1].split('"')[0]
    assert "5" in text_of(shen.get(f"/fair/reviews/changes/{url}"))
    assert shen.swap(f"/fair/reviews/changes/{url}/approval").status_code == 200
    assert "5 points" not in text_of(wang.get(f"/fair/{haircut}"))


def test_times_are_added_weekly_and_taken_away(
    db: Database, cast: Cast, client_of: ClientOf, haircut: UUID
) -> None:
    wang = client_of(cast.wang)
    first = day_of(now()) + timedelta(days=3)

    added = wang.swap(
        f"/fair/{haircut}/slots",
        day=first.isoformat(), starts="09:00", ends="10:00", weeks="3",
    )  # fmt: skip

    assert added.status_code == 200
    assert added.text.count("of 1 taken") == 3
    with db.reading() as session:
        slots = fair.free_slots(session, haircut, at=now())
    assert [slot.starts_at.hour for slot in slots] == [1, 1, 1]
    gone = wang.swap(f"/fair/slots/{slots[0].id}/withdrawal")
    assert gone.text.count("of 1 taken") == 2


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"day": "2020-01-01"}, "has passed already"),
        ({"starts": "11:00"}, "end must come after"),
        ({"day": "soon"}, "enter a date"),
        ({"weeks": "99"}, "at most 26"),
        ({"capacity": "0"}, "at least 1"),
    ],
)
def test_impossible_times_are_refused(
    cast: Cast,
    client_of: ClientOf,
    haircut: UUID,
    changes: dict[str, str],
    sentence: str,
) -> None:
    day = (day_of(now()) + timedelta(days=3)).isoformat()
    form = {"day": day, "starts": "09:00", "ends": "10:00", "weeks": "1"} | changes

    answer = client_of(cast.wang).swap(f"/fair/{haircut}/slots", **form)

    assert answer.status_code == 422
    assert sentence in text_of(answer)
    assert answer.text.lstrip().startswith("<div")


def test_other_peoples_times_and_forms_are_closed(
    cast: Cast, client_of: ClientOf, haircut: UUID
) -> None:
    lin = client_of(cast.lin)
    assert lin.get(f"/fair/{haircut}/slots").status_code == 403
    assert lin.get(f"/fair/{haircut}/form").status_code == 403
    assert lin.send(f"/fair/{haircut}/pause").status_code == 403


def test_pausing_twice_is_said_plainly(
    db: Database, cast: Cast, client_of: ClientOf, haircut: UUID
) -> None:
    wang = client_of(cast.wang)
    assert wang.send(f"/fair/{haircut}/pause").status_code == 303
    again = wang.send(f"/fair/{haircut}/pause")
    assert again.status_code == 409
    assert "moved on" in text_of(again)
    assert state_of(db, haircut) == OfferingState.PAUSED


def test_the_places_manager_takes_a_listing_down(
    db: Database, cast: Cast, client_of: ClientOf, haircut: UUID
) -> None:
    ma = client_of(cast.ma)
    assert "Take this out of the fair" in text_of(ma.get(f"/fair/{haircut}"))
    assert ma.send(f"/fair/{haircut}/removal").status_code == 422
    assert ma.send(f"/fair/{haircut}/removal", reason="重复登记").status_code == 303
    assert state_of(db, haircut) == OfferingState.TAKEN_DOWN
