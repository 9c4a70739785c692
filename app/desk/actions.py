"""What clerks do for others: look, take into the register; both names stay on it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from sqlmodel import Session, col, select

from app import people, places, wallet
from app.kernel import doings
from app.kernel.doings import Doing
from app.kernel.errors import Invalid
from app.kernel.i18n import msg
from app.kernel.permissions import Permission, Role

LOOK_AGAIN = timedelta(minutes=30)
OLDEST = date(1900, 1, 1)


def note_look(session: Session, *, who: UUID, whom: UUID, at: datetime) -> None:
    """Write down that *who* opened *whom*'s page (product rule 6).

    A look within half an hour of the last one is the same look.
    """
    about = f"person:{whom}"
    seen = session.exec(
        select(Doing.id).where(
            Doing.who_id == who,
            Doing.verb == "person.look",
            Doing.about == about,
            col(Doing.at) > at - LOOK_AGAIN,
        )
    ).first()
    if seen is None and who != whom:
        doings.note(
            session, who=who, verb="person.look", about=about, at=at, for_whom=whom
        )


def register_resident(
    session: Session,
    *,
    display_name: str,
    phone: str | None,
    birth_on: date | None,
    place_id: UUID,
    by: UUID,
    at: datetime,
    today: date,
) -> people.Person:
    """Take a resident into the register at a desk, with a passbook of their own.

    Raises:
        MayNot: *by* does not work at this place.
        Invalid: a birthday that cannot be.
        PhoneTaken: somebody is registered with the number.
    """
    places.place_for(session, place_id)
    people.ensure_may(
        session, by, Permission.ACT_FOR_RESIDENT, place_id=place_id, on=today
    )
    if birth_on is not None and not OLDEST < birth_on <= today:
        raise Invalid(msg("This cannot be a birthday."), field="birth_on")
    person = people.register_person(
        session,
        display_name=display_name,
        phone=phone,
        birth_on=birth_on,
        place_id=place_id,
        at=at,
    )
    session.flush()
    people.assign_role(
        session,
        person_id=person.id,
        role=Role.RESIDENT,
        place_id=None,
        starts_on=today,
        at=at,
        by=None,
    )
    wallet.open_wallet(session, person.id, at=at)
    doings.note(
        session,
        who=by,
        verb="person.register",
        about=f"person:{person.id}",
        at=at,
        for_whom=person.id,
    )
    return person
