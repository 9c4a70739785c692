"""Reading people: by id, by phone, what they may, who is close to whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from uuid import UUID

from sqlmodel import Session, col, or_, select
from sqlmodel.sql.expression import SelectOfScalar

from app import places
from app.kernel.i18n import msg
from app.kernel.permissions import Held, Permission, Role, roles_with
from app.people.errors import MayNot, PersonNotFound
from app.people.models import Person, Relative, RoleAssignment

SEARCH_MAX = 20


def person_for(session: Session, person_id: UUID) -> Person:
    """Return the person.

    Raises:
        PersonNotFound: nobody has this id.
    """
    found = session.get(Person, person_id)
    if found is None:
        raise PersonNotFound(msg("We do not know this person."))
    return found


def people_by_ids(
    session: Session, ids: Iterable[UUID | None]
) -> Mapping[UUID, Person]:
    """Return the people with these ids, by id; missing ones are left out."""
    wanted = {one for one in ids if one is not None}
    if not wanted:
        return {}
    rows = session.exec(select(Person).where(col(Person.id).in_(wanted)))
    return {person.id: person for person in rows}


def find_person_by_phone(session: Session, phone: str) -> Person | None:
    """Return who is registered with this number, or None."""
    return session.exec(select(Person).where(Person.phone == phone)).first()


def search_people(session: Session, words: str) -> list[Person]:
    """Return people whose name, phone or member number begins with *words*.

    For staff at the desk only; at most `SEARCH_MAX`.
    """
    words = words.strip()
    if not words:
        return []
    found = session.exec(
        select(Person)
        .where(
            or_(
                col(Person.display_name).startswith(words, autoescape=True),
                Person.phone == words,
                Person.member_no == words,
            )
        )
        .order_by(Person.display_name)
        .limit(SEARCH_MAX)
    )
    return list(found)


def names_within(
    session: Session, place_ids: frozenset[UUID] | None
) -> list[tuple[UUID, tuple[str, ...], tuple[str, ...]]]:
    """Return (id, names, numbers) of the people of some places; None: of everybody.

    For the staff's search: what is outside its scope is not even read.
    """
    asked = select(
        Person.id,
        Person.display_name,
        Person.display_name_en,
        Person.phone,
    ).add_columns(col(Person.member_no))
    asked = asked.order_by(Person.display_name, col(Person.id))
    if place_ids is not None:
        asked = asked.where(col(Person.place_id).in_(place_ids))
    return [
        (one, tuple(filter(None, (name, english))), tuple(filter(None, (phone, no))))
        for one, name, english, phone, no in session.execute(asked)
    ]


def held_by(session: Session, person_id: UUID, *, on: date) -> tuple[Held, ...]:
    """Return the roles a person holds on a day."""
    rows = session.exec(_held_on(on).where(RoleAssignment.person_id == person_id))
    return tuple(Held(row.role, row.place_id, row.organisation_id) for row in rows)


def has_permission(
    session: Session,
    person_id: UUID,
    permission: Permission,
    *,
    place_id: UUID | None,
    on: date,
) -> bool:
    """Say whether a person carries *permission* at a place on a day.

    A role for a place counts for everything below it (P03); a role without a
    place counts in the whole district. `place_id=None` asks for the district.
    """
    carrying = roles_with(permission)
    held = [one for one in held_by(session, person_id, on=on) if one.role in carrying]
    if not held:
        return False
    if any(one.place_id is None for one in held):
        return True
    if place_id is None:
        return False
    above = {place_id, *places.ancestor_ids(session, place_id)}
    return any(one.place_id in above for one in held)


def ensure_may(
    session: Session,
    person_id: UUID,
    permission: Permission,
    *,
    place_id: UUID | None,
    on: date,
) -> None:
    """Refuse unless the person carries *permission* at the place on that day.

    Raises:
        MayNot: they do not.
    """
    if not has_permission(session, person_id, permission, place_id=place_id, on=on):
        raise MayNot(msg("Your role does not reach this place."))


def permitted_place_ids(
    session: Session, person_id: UUID, permission: Permission, *, on: date
) -> frozenset[UUID] | None:
    """Return the places where a person carries *permission*; None means everywhere."""
    carrying = roles_with(permission)
    held = [one for one in held_by(session, person_id, on=on) if one.role in carrying]
    if any(one.place_id is None for one in held):
        return None
    reached: set[UUID] = set()
    for one in held:
        assert one.place_id is not None
        reached |= {one.place_id, *places.descendant_ids(session, one.place_id)}
    return frozenset(reached)


def members_with_role(
    session: Session, role: Role, *, place_id: UUID | None, on: date
) -> list[UUID]:
    """Return the people who hold *role* for exactly this place on a day."""
    rows = session.exec(
        _held_on(on).where(
            RoleAssignment.role == role, RoleAssignment.place_id == place_id
        )
    )
    return [row.person_id for row in rows]


def are_close(session: Session, one: UUID, other: UUID) -> bool:
    """Say whether two are the same person, one household or relatives (R-LED-06)."""
    if one == other:
        return True
    pair = people_by_ids(session, (one, other))
    homes = {person.household_id for person in pair.values()}
    if len(pair) == 2 and len(homes) == 1 and None not in homes:
        return True
    low, high = sorted((one, other))
    return session.get(Relative, (low, high)) is not None


def _held_on(on: date) -> SelectOfScalar[RoleAssignment]:
    ends_on = col(RoleAssignment.ends_on)
    return (
        select(RoleAssignment)
        .where(col(RoleAssignment.starts_on) <= on)
        .where(or_(ends_on.is_(None), ends_on >= on))
    )
