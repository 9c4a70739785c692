"""Reading partners: one, the directory, members, licences that count."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from uuid import UUID

from sqlmodel import Session, col, or_, select

from app import people
from app.kernel.i18n import msg
from app.partners import rules
from app.partners.errors import LicenceNotFound, OrganisationNotFound
from app.partners.models import (
    Licence,
    LicenceKind,
    MemberRole,
    Membership,
    Organisation,
    OrganisationState,
)


def organisation_for(
    session: Session, organisation_id: UUID, *, lock: bool = False
) -> Organisation:
    """Return the organisation, whatever its state; for code, not for readers.

    Raises:
        OrganisationNotFound: there is none with this id.
    """
    found = session.get(
        Organisation, organisation_id, with_for_update=True if lock else None
    )
    if found is None:
        raise OrganisationNotFound(msg("We do not know this organisation."))
    return found


def public_organisation(session: Session, organisation_id: UUID) -> Organisation:
    """Return an active organisation.

    Raises:
        OrganisationNotFound: there is none that strangers may see.
    """
    found = organisation_for(session, organisation_id)
    if found.state not in rules.PUBLIC_STATES:
        raise OrganisationNotFound(msg("We do not know this organisation."))
    return found


def organisation_for_member(
    session: Session, organisation_id: UUID, person_id: UUID, *, on: date
) -> Organisation:
    """Return an organisation, whatever its state, to one of its members.

    Raises:
        OrganisationNotFound: there is none, or the reader does not belong to it.
    """
    if not is_member(session, organisation_id, person_id, on=on):
        raise OrganisationNotFound(msg("We do not know this organisation."))
    return organisation_for(session, organisation_id)


def find_organisation(session: Session, external_id: str) -> Organisation | None:
    """Return the organisation with this external id, or None."""
    return session.exec(
        select(Organisation).where(Organisation.external_id == external_id)
    ).first()


def organisations_by_ids(
    session: Session, ids: Iterable[UUID | None]
) -> Mapping[UUID, Organisation]:
    """Return the organisations with these ids, by id."""
    wanted = {one for one in ids if one is not None}
    if not wanted:
        return {}
    rows = session.exec(select(Organisation).where(col(Organisation.id).in_(wanted)))
    return {one.id: one for one in rows}


def active_organisations(session: Session) -> list[Organisation]:
    """Return the directory: every active organisation, by name."""
    return list(
        session.exec(
            select(Organisation)
            .where(Organisation.state == OrganisationState.ACTIVE)
            .order_by(Organisation.name)
        )
    )


def organisations_in(
    session: Session, states: Iterable[OrganisationState], *, limit: int = 200
) -> list[Organisation]:
    """Return organisations in these states, the oldest application first."""
    return list(
        session.exec(
            select(Organisation)
            .where(col(Organisation.state).in_(list(states)))
            .order_by(col(Organisation.created_at))
            .limit(limit)
        )
    )


def is_member(
    session: Session,
    organisation_id: UUID,
    person_id: UUID,
    *,
    on: date,
    role: MemberRole | None = None,
) -> bool:
    """Say whether a person belongs to an organisation on a day (in *role*)."""
    found = session.exec(
        _members_on(on).where(
            Membership.organisation_id == organisation_id,
            Membership.person_id == person_id,
        )
    ).first()
    return found is not None and role in (None, found.role)


def member_ids(session: Session, organisation_id: UUID, *, on: date) -> list[UUID]:
    """Return who belongs to an organisation on a day."""
    rows = session.exec(
        _members_on(on).where(Membership.organisation_id == organisation_id)
    )
    return [one.person_id for one in rows]


def is_stranger(
    session: Session, person_id: UUID, insiders: Iterable[UUID | None]
) -> bool:
    """Say whether a person is none of *insiders*, nor close to one (R-LED-06)."""
    return not any(
        people.are_close(session, person_id, one) for one in insiders if one is not None
    )


def memberships_of(session: Session, organisation_id: UUID) -> list[Membership]:
    """Return every membership of an organisation, present and past."""
    return list(
        session.exec(
            select(Membership)
            .where(Membership.organisation_id == organisation_id)
            .order_by(col(Membership.starts_on))
        )
    )


def organisation_ids_of(
    session: Session, person_id: UUID, *, on: date
) -> frozenset[UUID]:
    """Return the organisations a person belongs to on a day."""
    rows = session.exec(_members_on(on).where(Membership.person_id == person_id))
    return frozenset(one.organisation_id for one in rows)


def licence_for(session: Session, licence_id: UUID, *, lock: bool = False) -> Licence:
    """Return the licence.

    Raises:
        LicenceNotFound: there is none with this id.
    """
    found = session.get(Licence, licence_id, with_for_update=True if lock else None)
    if found is None:
        raise LicenceNotFound(msg("We do not know this licence."))
    return found


def licences_of(
    session: Session,
    *,
    organisation_id: UUID | None = None,
    person_id: UUID | None = None,
) -> list[Licence]:
    """Return the licences of one holder, the longest-lasting first."""
    held = (
        Licence.organisation_id == organisation_id
        if organisation_id
        else Licence.person_id == person_id
    )
    return list(
        session.exec(
            select(Licence).where(held).order_by(col(Licence.expires_on).desc())
        )
    )


def unseen_licences(session: Session, *, limit: int = 100) -> list[Licence]:
    """Return licences nobody has looked at yet, the oldest first."""
    return list(
        session.exec(
            select(Licence)
            .where(col(Licence.seen_by).is_(None))
            .order_by(col(Licence.added_at))
            .limit(limit)
        )
    )


def valid_licence(
    session: Session,
    kind: LicenceKind,
    *,
    on: date,
    organisation_id: UUID | None = None,
    person_id: UUID | None = None,
) -> Licence | None:
    """Return a licence of *kind* that counts on a day for this holder, or None.

    An organisation's offering asks the organisation, a person's the person.
    """
    if organisation_id is None and person_id is None:
        return None
    for licence in licences_of(
        session, organisation_id=organisation_id, person_id=person_id
    ):
        if licence.kind == kind and rules.is_valid_on(licence, on):
            return licence
    return None


def valid_licence_kinds(
    session: Session, *, on: date
) -> frozenset[tuple[UUID, LicenceKind]]:
    """Return (holder id, kind) of every licence that counts on a day."""
    rows = session.exec(
        select(Licence)
        .where(col(Licence.seen_by).is_not(None))
        .where(col(Licence.valid_from) <= on)
        .where(col(Licence.expires_on) >= on)
    )
    return frozenset(
        (holder, one.kind)
        for one in rows
        if (holder := one.organisation_id or one.person_id) is not None
    )


def _members_on(on: date):  # type: ignore[no-untyped-def]  # noqa: ANN202
    return (
        select(Membership)
        .where(col(Membership.starts_on) <= on)
        .where(or_(col(Membership.ends_on).is_(None), col(Membership.ends_on) >= on))
    )
