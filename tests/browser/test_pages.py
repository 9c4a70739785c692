"""The main pages as everybody meets them: readable for all, nothing sticks out."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import Site
from tests.browser.walker import MISSING, Mode

pytestmark = pytest.mark.browser

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
PAGES: dict[str, tuple[str | None, Callable[[dict[str, UUID]], str]]] = {
    "home": (None, lambda ids: "/"),
    "search": (None, lambda ids: "/search"),
    "search by kind": (None, lambda ids: "/search?q=理发&view=grouped&open=now"),
    "nothing found": ("lin", lambda ids: "/search?q=潜水艇"),
    "where from": (None, lambda ids: "/search/from"),
    "kept searches": ("lin", lambda ids: "/searches"),
    "wishes": ("ma", lambda ids: "/wishes/desk/"),
    "sign-in": (None, lambda ids: "/sign-in"),
    "offering": (None, lambda ids: f"/fair/{ids['offering_id']}"),
    "shifts": (None, lambda ids: "/volunteering/"),
    "goods": (None, lambda ids: "/goods"),
    "good": ("lin", lambda ids: f"/goods/{ids['good_id']}"),
    "places": (None, lambda ids: "/places/"),
    "place": (None, lambda ids: f"/places/{ids['place_id']}"),
    "sunshine": (None, lambda ids: "/sunshine/"),
    "kind of account": (None, lambda ids: "/sunshine/units/POINT/member"),
    "entry": (None, lambda ids: "/sunshine/entries/1"),
    "checkpoints": (None, lambda ids: "/ledger/checkpoints"),
    "books": ("jin", lambda ids: "/books"),
    "correction form": ("jin", lambda ids: "/books/corrections/new"),
    "proposal": ("jin", lambda ids: f"/books/proposals/{ids['proposal_id']}"),
    "months": ("jin", lambda ids: "/books/months"),
    "balance": ("jin", lambda ids: "/books/balance?kind=member"),
    "booking form": ("lin", lambda ids: f"/bookings/new?slot={ids['slot_id']}"),
    "booking": ("lin", lambda ids: f"/bookings/{ids['booking_id']}"),
    "shift": ("lin", lambda ids: f"/volunteering/shifts/{ids['shift_id']}"),
    "rewards": ("lin", lambda ids: "/rewards/"),
    "redemption": ("lin", lambda ids: f"/rewards/redemptions/{ids['redemption_id']}"),
    "order": ("lin", lambda ids: f"/orders/{ids['order_id']}"),
    "wallet": ("lin", lambda ids: "/wallet/"),
    "profile": ("lin", lambda ids: "/me"),
    "offering form": ("wang", lambda ids: "/fair/new"),
    "back room": ("tao", lambda ids: f"/workshops/{ids['workshop_id']}/manage"),
    "desk": ("ma", lambda ids: "/desk/"),
    "hours to verify": ("ma", lambda ids: "/volunteering/desk/"),
    "counter": ("sun", lambda ids: "/counter"),
    "review": ("shen", lambda ids: "/fair/reviews"),
    "words of the search": ("shen", lambda ids: "/desk/words/"),
    "damaged texts": ("shen", lambda ids: "/desk/search/damaged"),
    "staff search": ("sun", lambda ids: "/desk/search/"),
    "nothing here": (None, lambda ids: MISSING),
}


def by_reader(names: list[str]) -> dict[str | None, list[str]]:
    found: dict[str | None, list[str]] = {}
    for name in names:
        found.setdefault(PAGES[name][0], []).append(name)
    return found


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["zh-Hans", "en"])
def test_every_main_page_is_for_everybody(
    standing_site: Site, language: str, theme: str
) -> None:
    """No violation of WCAG 2.2 A or AA that axe can find."""
    site, axe, found = standing_site, Axe(), []
    for reader, names in by_reader(list(PAGES)).items():
        walker = site.walker(
            Mode(language, 390, has_scripts=True),
            getattr(site.cast, reader) if reader else None,
            color_scheme=theme,
        )
        for name in names:
            walker.go(PAGES[name][1](site.town.ids))
            answer = axe.run(walker.page, options=RULES).response
            assert len(answer["passes"]) > 5, "axe looked at the page"
            for one in answer["violations"]:
                where = [node["html"][:120] for node in one["nodes"][:3]]
                found.append((name, one["id"], one["help"], where))
        walker.context.close()
    assert found == []


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_nothing_sticks_out_at_the_side(standing_site: Site, width: int) -> None:
    """At 320 px, with the largest letters, and on a desk: no sideways scrolling."""
    site, found = standing_site, []
    for reader, names in by_reader(list(PAGES)).items():
        for language in ("zh-Hans", "en") if width < 1280 else ("en",):
            walker = site.walker(
                Mode(language, width, has_scripts=True),
                getattr(site.cast, reader) if reader else None,
            )
            if width == 390:
                walker.context.add_cookies(
                    [{"name": "text", "value": "xlarge", "url": site.url}]
                )
            for name in names:
                walker.go(PAGES[name][1](site.town.ids))
                if too_wide := walker.is_too_wide():
                    found.append((name, language, too_wide))
            walker.context.close()
    assert found == []


@pytest.mark.parametrize("name", ["home", "search", "booking form", "desk"])
def test_the_keyboard_reaches_everything_and_shows_where_it_is(
    standing_site: Site, name: str
) -> None:
    reader, address = PAGES[name]
    site = standing_site
    walker = site.walker(
        Mode("zh-Hans", 1280, has_scripts=True),
        getattr(site.cast, reader) if reader else None,
    )
    walker.go(address(site.town.ids))
    walker.page.keyboard.press("Tab")
    first = walker.page.evaluate("() => document.activeElement.getAttribute('href')")
    assert first == "#main", "the first stop skips to the content"
    for _ in range(25):
        walker.page.keyboard.press("Tab")
        seen = walker.page.evaluate(
            """() => {
                const one = document.activeElement, style = getComputedStyle(one);
                const box = one.getBoundingClientRect();
                return [one.outerHTML.slice(0, 120), box.width > 0 && box.height > 0,
                    style.outlineStyle !== "none" || style.boxShadow !== "none"];
            }"""
        )
        assert seen[1], f"focus went to something unseen: {seen[0]}"
        assert seen[2] or "<body" in seen[0], f"focus does not show on {seen[0]}"
    walker.context.close()
