"""Story 3: a partner applies, lists a licensed offering, is reviewed, found, asleep."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app import fair
from app.fair import OfferingState
from app.kernel.clock import day_of, now
from app.kernel.permissions import Role
from tests.app.fair.world import give_role, in_review
from tests.cast import Cast
from tests.journeys.visitor import Town, Visitor

HAIRCUT: dict[str, Any] = {
    "title": "周三理发",
    "title_en": "Scissors on Wednesday",
    "summary": "推子剪刀都带上",
    "kind": "service",
    "category": "daily_repair",
    "service_nature": "volunteer",
    "price_mode": "points",
    "points": "5",
    "audiences": ["elderly"],
}


def state_of(town: Town, url: str) -> OfferingState:
    with town.db.reading() as session:
        return fair.offering_for(session, UUID(url.rsplit("/", 1)[1])).state


def write(
    somebody: Visitor, cast: Cast, button: str = "Save as a draft", **changes: Any
) -> str:
    """Fill in the form of a new offering; return where it stands then."""
    somebody.go("/")
    somebody.click("My offerings")
    somebody.click("Offer something")
    fields = (
        {"place_id": cast.centre, "programme_id": cast.love_bank} | HAIRCUT | changes
    )
    somebody.press(button, **fields)
    return somebody.page.url


def is_found(town: Town, words: str) -> bool:
    guest = town.visitor()
    guest.go("/search")
    guest.press("Search", q=words)
    return words in [said for said, _ in guest.page.links]


def test_a_skilled_resident_from_the_draft_to_the_first_free_time(
    town: Town, cast: Cast
) -> None:
    wang, shen = town.visitor(cast.wang), town.visitor(cast.shen)
    url = write(wang, cast)
    assert state_of(town, url) is OfferingState.DRAFT
    town.visitor().go(url, 404)
    wang.press("Hand in for review")
    town.settle()
    assert not is_found(town, "Scissors on Wednesday")

    shen.go("/")
    shen.click("desk")
    assert "Scissors on Wednesday" in shen.page.text
    shen.press("Take for review")
    shen.go("/fair/reviews")
    shen.click("Scissors on Wednesday")
    shen.press("Ask for changes", 422, reason="")
    assert shen.page.errors["f-reason"]
    shen.press("Ask for changes", reason="请写明要不要自带毛巾")
    wang.go(url)
    assert "请写明要不要自带毛巾" in wang.page.text
    wang.click("Edit")
    wang.press("Save and hand in for review", summary="推子剪刀毛巾都带上")
    shen.go("/fair/reviews")
    shen.click("Scissors on Wednesday")
    shen.press("Take for review")
    shen.go("/fair/reviews")
    shen.click("Scissors on Wednesday")
    shen.press("Approve")
    assert state_of(town, url) is OfferingState.PUBLISHED
    town.settle()
    assert is_found(town, "Scissors on Wednesday"), "findable once the worker ran"
    assert "毛巾" in town.visitor().go(url).text

    wang.go(url)
    assert "neighbours cannot book yet" in wang.page.text
    wang.click("Times")
    times = wang.page
    tomorrow, yesterday = (day_of(now()) + timedelta(days=n) for n in (1, -1))
    for bad in (
        {"day": yesterday, "starts": "09:00", "ends": "10:00"},
        {"day": tomorrow, "starts": "10:00", "ends": "09:00"},
        {"day": "soon", "starts": "09:00", "ends": "10:00"},
        {"day": tomorrow, "starts": "09:00", "ends": "10:00", "weeks": "99"},
        {"day": tomorrow, "starts": "", "ends": ""},
    ):
        wang.page = times
        wang.press("Add", 422, **bad)
        assert wang.page.alerts, bad
    wang.page = times
    wang.press("Add", day=tomorrow, starts="09:00", ends="10:00", weeks="3")
    town.settle()
    guest = town.visitor()
    guest.go(url)
    assert len(guest.page.links_to("/bookings/new")) == 3
    wang.go(url)
    wang.press("Pause")
    town.settle()
    assert not guest.go(url).links_to("/bookings/new")
    assert not is_found(town, "Scissors on Wednesday")
    wang.press("Open again")
    town.settle()
    assert is_found(town, "Scissors on Wednesday")
    town.ensure_books_are_right()


def test_a_new_price_waits_for_review_while_the_old_one_stays(
    town: Town, cast: Cast
) -> None:
    wang, shen = town.visitor(cast.wang), town.visitor(cast.shen)
    url = write(wang, cast, "Save and hand in for review")
    shen.go("/fair/reviews")
    shen.click("Scissors on Wednesday")
    shen.press("Take for review")
    shen.go("/fair/reviews")
    shen.click("Scissors on Wednesday")
    shen.press("Approve")
    wang.go(url)
    wang.click("Edit")
    wang.press("Save the changes", title="每周三理发", points="8")
    guest = town.visitor()
    assert "5 points" in guest.go(url).text
    assert "8 points" not in guest.page.text
    shen.go("/fair/reviews")
    shen.click("Scissors on Wednesday")
    assert "5" in shen.page.text
    assert "8" in shen.page.text
    shen.press("Approve")
    assert "8 points" in guest.go(url).text


def test_a_partner_is_admitted_and_sleeps_when_its_licence_runs_out(
    town: Town, cast: Cast
) -> None:
    pan, shen = town.visitor(cast.pan), town.visitor(cast.shen)
    today = day_of(now())
    pan.go("/partners/")
    pan.click("Become a community partner")
    pan.press("Apply", 422, name="", kind="professional_institution", about="…")
    assert pan.page.errors["f-name"]
    pan.press("Apply", name="晚晴照护中心", name_en="Evening Sun Care",
              kind="professional_institution", about="上门照护，每次一小时，两人同行", place_id=cast.centre)  # fmt: skip
    office = pan.page.url
    pan.press("Enter", 422, kind="elderly_care", number="A1",
              valid_from=today, expires_on=today - timedelta(days=1))  # fmt: skip
    assert pan.page.errors["f-expires_on"]
    pan.press("Enter", kind="elderly_care", number="A1", valid_from=today,
              expires_on=today + timedelta(days=30))  # fmt: skip
    assert "Evening Sun Care" not in town.visitor().go("/partners/").text

    shen.go("/partners/desk")
    shen.click("Evening Sun Care")
    vetting = shen.page.url
    for button in ("I have seen it", "Papers are in order", "Admit"):
        shen.go(vetting)
        shen.press(button)
    assert "Evening Sun Care" in town.visitor().go("/partners/").text

    pan.go(office)
    pan.click("Offer something new")
    care = {
        "title": "上门照护", "title_en": "Care at home", "summary": "每次一小时",
        "kind": "service", "category": "elder_care", "place_id": cast.centre,
        "service_nature": "low_fee", "price_mode": "cny", "price_cny": "30",
        "price_unit": "次", "organisation_id": office.split("/")[2],
        "needs_licence": "elderly_care", "is_home_visit": "1",
        "risk_note": "上下楼梯", "protection_note": "两人同行",
    }  # fmt: skip
    pan.press("Save and hand in for review", **care)
    url = pan.page.url
    shen.go("/fair/reviews")
    shen.click("Care at home")
    shen.press("Take for review")
    shen.go("/fair/reviews")
    shen.click("Care at home")
    shen.press("Approve")
    town.settle()
    assert is_found(town, "Care at home")

    town.settle(now() + timedelta(days=32))
    assert state_of(town, url) is OfferingState.ASLEEP
    assert not is_found(town, "Care at home")
    pan.go(url)
    assert "asleep" in pan.page.text.lower() or "licence" in pan.page.text.lower()

    pan.go(office)
    pan.press("Enter", kind="elderly_care", number="A2", valid_from=today,
              expires_on=today + timedelta(days=400))  # fmt: skip
    shen.go(vetting)
    shen.press("I have seen it")
    town.settle()
    assert state_of(town, url) is OfferingState.PUBLISHED, "a renewed licence wakes it"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "长" * 81}, "title"),
        ({"points": "-5"}, "points"),
        ({"points": "five"}, "points"),
        ({"points": "0.001"}, "points"),
        ({"capacity": "0"}, "capacity"),
        ({"capacity": "2.5"}, "capacity"),
        ({"place_id": ""}, "place_id"),
        ({"kind": ""}, "kind"),
        ({"price_mode": "cny", "price_cny": "10"}, "price_mode"),
        ({"price_mode": "points", "points": ""}, "points"),
    ],
)
def test_a_wrong_field_is_said_beside_it_and_keeps_what_was_typed(
    town: Town, cast: Cast, wrong: dict[str, str], field: str
) -> None:
    wang = town.visitor(cast.wang)
    wang.go("/fair/new")
    wang.press(
        "Save as a draft",
        422,
        **({"place_id": cast.centre, "programme_id": cast.love_bank} | HAIRCUT | wrong),
    )
    assert f"f-{field}" in wang.page.errors, (wang.page.errors, wang.page.alerts)
    assert wang.page.form_with("Save as a draft").controls["summary"].values == [
        HAIRCUT["summary"]
    ]
    with town.db.reading() as session:
        assert fair.offerings_of(session, cast.wang, on=day_of(now())) == []


def test_nobody_reviews_their_own(town: Town, cast: Cast) -> None:
    with town.db.transaction() as session:
        give_role(session, cast.wang, Role.REVIEWER)
        offering_id = in_review(session, cast).id
    wang = town.visitor(cast.wang)
    assert "Wednesday haircuts" not in wang.go("/fair/reviews").text
    wang.go(f"/fair/reviews/{offering_id}")
    assert not wang.page.has_button("Approve")
    forged = wang.client.send(f"/fair/reviews/{offering_id}/approval")
    assert forged.status_code == 403
    town.visitor(cast.lin).go("/fair/reviews", 403)
    lin = town.visitor(cast.lin)
    lin.go("/fair/new")
    assert "You cannot list offerings yet" in lin.page.text
    sent = HAIRCUT | {"place_id": cast.centre, "programme_id": cast.love_bank}
    assert lin.client.send("/fair/", **sent).status_code == 403
    assert state_of(town, f"/{offering_id}") is OfferingState.IN_REVIEW
