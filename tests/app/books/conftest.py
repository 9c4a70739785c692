"""Two who keep the books: Jin, and Pan beside her; Zhou keeps them too, for a test."""

from __future__ import annotations

import pytest

from app import people, wallet
from app.kernel.db import Database
from app.kernel.permissions import Role
from tests.cast import BEGINNING, NOON, Cast


def keep_books(db: Database, person_id: object, role: Role = Role.LEDGER_ADMIN) -> None:
    with db.transaction() as session:
        people.assign_role(
            session, person_id=person_id, role=role, place_id=None,
            starts_on=BEGINNING.date(), at=BEGINNING, by=None,
        )  # fmt: skip
        wallet.seal_book(session, NOON)


@pytest.fixture(autouse=True)
def keepers(db: Database, cast: Cast) -> None:
    keep_books(db, cast.pan)
