"""The review desk's lines on the station desk."""

from __future__ import annotations

from decimal import Decimal

import pytest
from flask import Flask

from app import fair
from app.fair.desk import desk_items
from app.kernel.db import Database
from tests.app.fair.world import draft, in_review, published
from tests.cast import NOON, Cast


def test_what_was_handed_in_waits_with_its_first_step(
    app: Flask, db: Database, cast: Cast
) -> None:
    with app.test_request_context(), db.transaction() as session:
        new = draft(session, cast)
        fair.submit(session, new.id, by=cast.wang, at=NOON)
        taken = in_review(session, cast)
        live = published(session, cast)
        _, change = fair.edit_offering(
            session, live.id, {"points": Decimal(9)}, by=cast.wang, at=NOON
        )
        items = desk_items(session, actor_id=cast.shen, on=NOON.date())

    assert change is not None
    assert {item.id for item in items} == {new.id, taken.id, change.id}
    steps = {item.id: [action.op for action in item.actions] for item in items}
    assert steps[new.id] == ["offering.take"]
    assert all(item.url.startswith("/fair/reviews/") for item in items)


@pytest.mark.parametrize("who", ["wang", "ma", "sun", "qian", "jin", "lin"])
def test_who_does_not_review_has_nothing_to_do(
    app: Flask, db: Database, cast: Cast, who: str
) -> None:
    with app.test_request_context(), db.transaction() as session:
        fair.submit(session, draft(session, cast).id, by=cast.wang, at=NOON)
        assert desk_items(session, actor_id=getattr(cast, who), on=NOON.date()) == []
