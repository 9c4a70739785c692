"""Stopping the posting when the book is found broken; reading goes on."""

from datetime import datetime

from sqlalchemy.orm import Session

from ledger.driver import Driver, as_moment
from ledger.errors import InvalidEntry
from ledger.tables import Stop

STOP_LOCK = 0x1ED570
STANDING = (
    "SELECT id, at, reason FROM ledger_stop WHERE lifted_at IS NULL ORDER BY id LIMIT 1"
)


def stop_posting(session: Session, reason: str, at: datetime) -> Stop:
    """Refuse every further write to the journal until somebody has looked.

    The database itself refuses from the moment the caller commits; what is in flight
    side by side then (PostgreSQL) may still end. Reading goes on. While a stop stands,
    another one changes nothing: the first reason is the one to look at.

    Args:
        session: An open session. The caller commits.
        reason: What was found, in words for the operator.
        at: Aware moment of the stop.

    Returns:
        The stop that stands.

    Raises:
        InvalidEntry: no reason, or a moment without a zone.
    """
    if not reason.strip():
        raise InvalidEntry("A stop needs a reason.")
    driver = Driver(session)
    if not driver.is_sqlite:  # SQLite has one writer: two cannot stop at once
        driver.run("SELECT pg_advisory_xact_lock(?)", (STOP_LOCK,))
    if driver.one(STANDING) is None:
        driver.insert("ledger_stop", "at, reason", [(driver.moment(at), reason)])
    standing = _standing(driver)
    assert standing is not None
    return standing


def resume_posting(session: Session, *, at: datetime, by: str) -> None:
    """Let posting go on; nothing happens when no stop stands.

    Args:
        session: An open session. The caller commits.
        at: Aware moment from which posting goes on.
        by: An opaque reference to who has looked and says so.

    Raises:
        InvalidEntry: nobody says so, or a moment without a zone.
    """
    if not by.strip():
        raise InvalidEntry("Somebody lifts a stop.")
    driver = Driver(session)
    driver.run(
        "UPDATE ledger_stop SET lifted_at = ?, lifted_by = ? WHERE lifted_at IS NULL",
        (driver.moment(at), by),
    )


def stopped(session: Session) -> Stop | None:
    """Return the stop that stands, or None: posting is open."""
    return _standing(Driver(session))


def _standing(driver: Driver) -> Stop | None:
    row = driver.one(STANDING)
    return None if row is None else Stop(id=row[0], at=as_moment(row[1]), reason=row[2])
