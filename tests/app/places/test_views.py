"""The directory, a place's page and its hours, by role."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest

from tests.cast import Cast
from tests.web import Client, text_of

Browser = Callable[..., Client]


@pytest.mark.parametrize(
    "path", ["/places/", "/places/in/T1", "/places/for/elderly_child"]
)
def test_anybody_reads_the_directory(client: Client, path: str, cast: Cast) -> None:
    answer = client.get(path)

    assert answer.status_code == 200
    assert "Wangchao Community Centre" in text_of(answer)
    assert "Crab-apple Court Station" in text_of(answer)
    assert f'href="/places/{cast.centre}" class="map-spot' in answer.text


def test_a_town_shows_its_own_places_only(client: Client) -> None:
    assert "Nanbu Old Street Centre" not in text_of(client.get("/places/in/T1"))


@pytest.mark.parametrize(
    "path",
    ["/places/in/C01", "/places/in/X", "/places/for/x", f"/places/{UUID(int=1)}"],
)
def test_what_is_no_place_is_not_found(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_a_place_shows_its_week_and_its_stations(client: Client, cast: Cast) -> None:
    text = text_of(client.get(f"/places/{cast.centre}"))

    assert "Monday 07:00–21:00" in text
    assert "Crab-apple Court Station" in text
    assert "Change hours" not in text
