"""Places through the API: anybody finds the ids that orders and searches take."""

from __future__ import annotations

from uuid import uuid4

from flask import Flask

from tests.cast import Cast
from tests.programs import problem, stranger


def test_the_tree_is_listed_by_cursor(app: Flask, cast: Cast) -> None:
    anyone = stranger(app)
    first = anyone.look("/places", limit=4).json
    rest = anyone.look("/places", limit=4, cursor=first["next_cursor"]).json
    by_code = {one["code"]: one for one in first["items"] + rest["items"]}

    assert set(by_code) == {"D", "T1", "T2", "C01", "C04", "S001"}
    assert rest["next_cursor"] is None
    assert by_code["S001"]["parent_id"] == by_code["C01"]["id"] == str(cast.centre)
    assert anyone.look(f"/places/{cast.station}").json == by_code["S001"]
    problem(anyone.look(f"/places/{uuid4()}"), 404)
