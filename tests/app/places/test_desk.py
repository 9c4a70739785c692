"""The hours of a place, changed by who manages it and by nobody else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from app.kernel.clock import now
from tests.cast import Cast
from tests.web import Client, text_of

Browser = Callable[..., Client]


def test_only_who_manages_the_place_may_open_its_hours(
    client: Client, client_of: Browser, cast: Cast
) -> None:
    path = f"/places/{cast.station}/hours"

    assert client.get(path).status_code == 303
    assert client_of(cast.lin).get(path).status_code == 403
    assert (
        client_of(cast.ma).get(f"/places/{cast.other_centre}/hours").status_code == 403
    )
    assert client_of(cast.ma).get(path).status_code == 200


def test_a_manager_changes_the_week(client_of: Browser, cast: Cast) -> None:
    ma = client_of(cast.ma)

    answer = ma.send(f"/places/{cast.station}/hours", day_0="09:00-12:00, 14:00-17:00")

    assert answer.status_code == 303
    text = text_of(ma.get(f"/places/{cast.station}"))
    assert "Monday 09:00–12:00, 14:00–17:00" in text
    assert "Tuesday closed" in text


def test_a_wrong_time_stays_beside_its_day_and_nothing_is_saved(
    client_of: Browser, cast: Cast
) -> None:
    ma = client_of(cast.ma)

    answer = ma.send(f"/places/{cast.station}/hours", day_3="late")

    assert answer.status_code == 422
    assert 'id="f-day_3-error"' in answer.text
    assert 'value="late"' in answer.text
    assert "Monday 07:00–21:00" in text_of(ma.get(f"/places/{cast.station}"))


def test_a_closed_day_is_announced_and_taken_back(
    client_of: Browser, cast: Cast
) -> None:
    ma = client_of(cast.ma)
    day = (now() + timedelta(days=3)).date().isoformat()
    page = f"/places/{cast.centre}"

    assert ma.send(f"{page}/closures", day=day, reason="Typhoon").status_code == 303
    assert "Typhoon" in text_of(ma.get(page))
    assert ma.send(f"{page}/reopenings", day=day).status_code == 303
    assert "Typhoon" not in text_of(ma.get(page))


@pytest.mark.parametrize(
    "fields",
    [{"day": "2020-01-01", "reason": "Past"}, {"day": "soon", "reason": "When?"},
     {"day": "2999-01-01", "reason": "Far"}, {"reason": "No day"}, {}],
)  # fmt: skip
def test_a_bad_closure_is_refused(
    client_of: Browser, cast: Cast, fields: dict[str, str]
) -> None:
    answer = client_of(cast.ma).send(f"/places/{cast.centre}/closures", **fields)

    assert answer.status_code == 422
    assert 'id="f-day-error"' in answer.text


def test_a_resident_closes_nothing(client_of: Browser, cast: Cast) -> None:
    answer = client_of(cast.lin).send(
        f"/places/{cast.centre}/closures", day="2030-01-01", reason="Prank"
    )

    assert answer.status_code == 403
