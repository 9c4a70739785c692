"""Reading programmes and the rule that counted on a day."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlmodel import Session, col, select

from app.kernel.i18n import msg
from app.programmes.errors import NoRule, ProgrammeNotFound
from app.programmes.models import Programme, ProgrammeRule


def programme_for(session: Session, programme_id: UUID) -> Programme:
    """Return the programme.

    Raises:
        ProgrammeNotFound: there is none with this id.
    """
    found = session.get(Programme, programme_id)
    if found is None:
        raise ProgrammeNotFound(msg("We do not know this programme."))
    return found


def find_programme(session: Session, code: str) -> Programme | None:
    """Return the programme with this code, or None."""
    return session.exec(select(Programme).where(Programme.code == code)).first()


def all_programmes(session: Session) -> list[Programme]:
    """Return every programme, by code."""
    return list(session.exec(select(Programme).order_by(Programme.code)))


def rule_on(session: Session, programme_id: UUID, day: date) -> ProgrammeRule:
    """Return the rule that counts for service on *day* (R-LED-12).

    Raises:
        NoRule: the programme had none yet.
    """
    found = session.exec(
        select(ProgrammeRule)
        .where(
            ProgrammeRule.programme_id == programme_id,
            col(ProgrammeRule.effective_on) <= day,
        )
        .order_by(col(ProgrammeRule.effective_on).desc())
        .limit(1)
    ).first()
    if found is None:
        raise NoRule(msg("This programme had no rules on that day."))
    return found


def latest_rule(session: Session, programme_id: UUID) -> ProgrammeRule | None:
    """Return the newest version of the rules, or None."""
    return session.exec(
        select(ProgrammeRule)
        .where(ProgrammeRule.programme_id == programme_id)
        .order_by(col(ProgrammeRule.version).desc())
        .limit(1)
    ).first()
