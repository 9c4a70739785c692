"""What happens to programmes: they are adopted, their rules get a new version."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlmodel import Session

from app.programmes.models import Programme, ProgrammeRule
from app.programmes.queries import find_programme, latest_rule


def add_programme(
    session: Session, *, code: str, unit: str, name: str, issuer: str, at: datetime,
    **details: Any,
) -> Programme:  # fmt: skip
    """Adopt a programme; the same code again returns the one that is there."""
    found = find_programme(session, code)
    if found is not None:
        return found
    programme = Programme(
        code=code, unit=unit, name=name, issuer=issuer, created_at=at, **details
    )
    session.add(programme)
    session.flush()
    return programme


def add_rule(
    session: Session,
    programme: Programme,
    *,
    effective_on: date,
    per_hour: Decimal,
    at: datetime,
    **details: Any,
) -> ProgrammeRule:
    """Add the next version of the rules; older ones stay as they are (R-LED-12)."""
    newest = latest_rule(session, programme.id)
    if newest is not None and newest.effective_on == effective_on:
        return newest
    rule = ProgrammeRule(
        programme_id=programme.id,
        version=(newest.version if newest else 0) + 1,
        effective_on=effective_on,
        per_hour=per_hour,
        created_at=at,
        **details,
    )
    session.add(rule)
    session.flush()
    return rule
