"""A COMMIT is a yes only when nothing was said against it."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from app.kernel.db import Database
from app.kernel.errors import OutcomeUnknown

WARN_AT_COMMIT = """
CREATE TABLE told (word text);
CREATE FUNCTION warn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE WARNING 'canceling wait for synchronous replication'; RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER warn AFTER INSERT ON told
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION warn();
"""


def test_a_commit_with_a_warning_is_an_unknown_outcome_and_the_next_one_is_fine(
    db: Database,
) -> None:
    """What a cancelled wait for the standby looks like to a client."""
    if db.is_sqlite:
        pytest.skip("SQLite has no standby to wait for")
    with db.transaction() as session:
        session.connection().exec_driver_sql(WARN_AT_COMMIT)
    with pytest.raises(OutcomeUnknown), db.transaction() as session:
        session.connection().execute(text("INSERT INTO told VALUES ('done')"))
    with db.transaction() as session:
        found = session.connection().scalars(text("SELECT word FROM told")).all()
    assert found == ["done"], "it was committed here, whatever the standby has"
