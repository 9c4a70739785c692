"""The search before Chromium: results while typing, the way back, choices, wishes."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from sqlmodel import select

from app import search
from app.kernel.clock import now
from app.wishes.models import KeptSearch, Wish
from tests.app.fair.world import published
from tests.browser.conftest import Site
from tests.browser.walker import Mode

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def offerings(site: Site) -> None:
    with site.town.db.transaction() as session:
        published(session, site.cast, external_id="B-1")
        published(
            session, site.cast, external_id="B-2", title="修自行车", title_en="Bicycles",
            summary="补胎换链", place_id=site.cast.other_centre,
        )  # fmt: skip
    catalogue = site.town.app.extensions["fair_catalogue"]
    search.rebuild(site.town.db, catalogue, at=now())


def test_results_follow_the_typing_and_the_way_back_leads_there(site: Site) -> None:
    walker = site.walker(Mode("zh-Hans", 390, has_scripts=True))
    page = walker.go("/search?kind=offering").page
    page.locator("#search-q").press_sequentially("lifa", delay=20)

    expect(page.locator("#found mark").first).to_have_text("理发")
    walker.misses("修自行车")
    expect(page.locator(".suggestions a").first).to_have_text("理发")
    assert "kind=offering" in page.url  # what was chosen stays chosen
    page.locator("#found .card a").first.click()
    expect(page.locator("h1")).to_contain_text("周三理发")
    page.go_back()
    expect(page.locator("#search-q")).to_have_value("lifa")
    expect(page.locator("#found mark").first).to_have_text("理发")


def test_suggestions_are_reached_by_the_keys(site: Site) -> None:
    page = site.walker(Mode("zh-Hans", 390, has_scripts=True)).go("/search").page
    page.locator("#search-q").press_sequentially("周三", delay=20)
    first = page.locator(".suggestions a").first
    expect(first).to_be_visible()

    page.keyboard.press("ArrowDown")
    expect(first).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#search-q")).to_be_focused()
    expect(page.locator(".suggestions a")).to_have_count(0)


def test_choices_narrow_and_are_taken_away_again(site: Site, mode: Mode) -> None:
    walker = site.walker(mode)
    page = walker.go("/search").page
    if mode.width < 960:
        page.locator("#narrow > summary").click()
    group = page.locator("#narrow-kind")
    if group.get_attribute("open") is None:
        group.locator("summary").click()
    group.get_by_role("link", name=walker.say("Services")).click()

    chip = page.locator(".chip", has_text=walker.say("Services"))
    expect(chip).to_be_visible()
    assert "kind=offering" in page.url
    expect(page.locator("#found .card")).to_have_count(2)
    assert walker.is_too_wide() is None
    page.go_back()
    expect(page.locator(".chip")).to_have_count(0)
    page.go_forward()
    page.locator(".chip", has_text=walker.say("Services")).click()
    expect(page.locator(".chip")).to_have_count(0)


def test_nothing_found_becomes_a_wish_the_desk_reads(site: Site, mode: Mode) -> None:
    walker = site.walker(mode)
    walker.go("/search?q=潜水艇").press("Post this wish")
    walker.reads(
        "Thank you. The station desk sees what is missing; only the words are kept."
    )
    with site.town.db.reading() as session:
        assert [row.words for row in session.exec(select(Wish))] == ["潜水艇"]

    desk = site.walker(mode, site.cast.sun)
    desk.go("/desk/").follow_said("What is missing")
    desk.sees("潜水艇")
    assert desk.is_too_wide() is None


def test_a_search_is_kept_and_deleted(site: Site, mode: Mode) -> None:
    walker = site.walker(mode, site.cast.lin)
    walker.go("/search?q=理发").press("Tell me when something new fits")
    walker.reads("My searches").sees("理发")
    assert walker.is_too_wide() is None
    walker.page.locator("details.confirm summary").click()
    walker.press("Yes, %(action)s", action=walker.say("Delete"))
    walker.reads("No searches yet")
    with site.town.db.reading() as session:
        assert session.exec(select(KeptSearch)).all() == []


def test_where_somebody_is_is_asked_after_a_press_and_rounded(site: Site) -> None:
    walker = site.walker(
        Mode("zh-Hans", 390, has_scripts=True),
        geolocation={"latitude": 30.200049, "longitude": 122.100049},
        permissions=["geolocation"],
    )
    page = walker.go("/search").page
    page.locator("#narrow > summary").click()
    page.locator("#narrow-walk > summary").click()
    walker.press("From where I am")
    expect(page.locator(".chip")).to_contain_text(walker.say("where you are"))
    assert "near=30.2" in page.url
    assert "30.20004" not in page.url


@pytest.mark.parametrize("address", ["/search?view=grouped", "/search/from", "/search"])
def test_nothing_sticks_out_on_the_smallest_phone(site: Site, address: str) -> None:
    for has_scripts in (True, False):
        walker = site.walker(Mode("en", 320, has_scripts=has_scripts)).go(address)
        walker.page.evaluate(
            "document.querySelectorAll('details:not(.menu)')"
            ".forEach((one) => (one.open = true))"
        )
        assert walker.is_too_wide() is None


@pytest.mark.parametrize("has_scripts", [True, False])
def test_a_reviewer_sees_first_what_a_word_changes(
    site: Site, *, has_scripts: bool
) -> None:
    """The preview is a second button of the same form; nothing is saved by it."""
    mode = Mode("en", 390, has_scripts=has_scripts)
    walker = site.walker(mode, site.cast.shen)
    page = walker.go("/desk/words/").page
    page.get_by_label("Same meaning").check()
    page.get_by_label("What people type").fill("托尼老师")
    page.get_by_label("What it finds").fill("理发")
    page.get_by_role("button", name="Show what changes").click()

    expect(page.locator("#preview")).to_contain_text("Nothing is saved yet")
    expect(page.locator("#preview")).to_contain_text("周三理发")
    expect(page.get_by_label("What people type")).to_have_value("托尼老师")
    page.get_by_role("button", name="Let it count").click()
    expect(page.get_by_text("托尼老师 → 理发")).to_be_visible()
