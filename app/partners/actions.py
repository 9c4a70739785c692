"""What happens to partners: they apply, are vetted, admitted, suspended, and leave."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from app import people
from app.kernel import doings
from app.kernel.clock import day_of
from app.kernel.i18n import msg
from app.kernel.outbox import publish
from app.kernel.permissions import Permission, Role
from app.partners import rules
from app.partners.errors import NotYourStep, OrganisationInvalid
from app.partners.events import LicenceChanged, OrganisationChanged
from app.partners.models import (
    Licence,
    LicenceKind,
    MemberRole,
    Membership,
    Organisation,
    OrganisationKind,
    OrganisationState,
    ProviderSource,
)
from app.partners.queries import (
    find_organisation,
    is_member,
    is_stranger,
    licence_for,
    member_ids,
    organisation_for,
)
from app.partners.rules import Step


def apply(
    session: Session,
    *,
    name: str,
    kind: OrganisationKind,
    place_id: UUID | None,
    by: UUID,
    at: datetime,
    source: ProviderSource | None = None,
    **details: Any,
) -> Organisation:
    """Apply as a partner; who applies is in charge of it from then on."""
    organisation = Organisation(
        name=name,
        kind=kind,
        source=source or rules.SOURCE_OF[kind],
        place_id=place_id,
        applied_by=by,
        created_at=at,
        **details,
    )
    session.add(organisation)
    session.flush()
    _join(session, organisation.id, by, MemberRole.ADMIN, day_of(at))
    doings.note(
        session, who=by, verb="partner.apply", about=_about(organisation), at=at
    )
    return organisation


def take_step(
    session: Session,
    organisation_id: UUID,
    step: Step,
    *,
    by: UUID,
    at: datetime,
    reason: str | None = None,
) -> Organisation:
    """Verify, admit, decline, suspend, reinstate or end a partner.

    The one who decides carries VET_PARTNER at its place, did not apply for it, does
    not belong to it, and is close to nobody who does; the table checks who applied.

    Raises:
        MayNot: *by* carries no such role here.
        NotYourStep: it is *by*'s own organisation, or of somebody close.
        StepOutOfTurn: it has moved on.
        OrganisationInvalid: a reason is missing.
    """
    organisation = organisation_for(session, organisation_id, lock=True)
    people.ensure_may(
        session,
        by,
        Permission.VET_PARTNER,
        place_id=organisation.place_id,
        on=day_of(at),
    )
    inside = member_ids(session, organisation.id, on=day_of(at))
    rules.ensure_vets_another(organisation, inside, by)
    _ensure_stranger(session, by, [*inside, organisation.applied_by])
    after = rules.state_after(organisation, step)
    organisation.reason = rules.ensure_reason(step, reason)
    organisation.state = after
    organisation.vetted_by = by
    organisation.vetted_at = at
    session.add(organisation)
    if after == OrganisationState.ACTIVE:
        _give_partner_role(session, organisation, at)
    doings.note(
        session,
        who=by,
        verb=rules.OPERATIONS[step],
        about=_about(organisation),
        at=at,
        detail=organisation.reason,
    )
    publish(session, OrganisationChanged(at=at, organisation_id=organisation.id))
    return organisation


def add_organisation(
    session: Session,
    *,
    name: str,
    kind: OrganisationKind,
    at: datetime,
    external_id: str | None = None,
    source: ProviderSource | None = None,
    place_id: UUID | None = None,
    state: OrganisationState = OrganisationState.ACTIVE,
    **details: Any,
) -> Organisation:
    """Enter an organisation the office already works with (load, demo world).

    With an `external_id` that is known it is changed; loading twice changes nothing.
    """
    wanted = {
        "name": name,
        "kind": kind,
        "source": source or rules.SOURCE_OF[kind],
        "place_id": place_id,
        "state": state,
        **details,
    }
    found = find_organisation(session, external_id) if external_id else None
    if found is None:
        found = Organisation(external_id=external_id, created_at=at, **wanted)
    elif all(getattr(found, key) == value for key, value in wanted.items()):
        return found
    for key, value in wanted.items():
        setattr(found, key, value)
    session.add(found)
    session.flush()
    publish(session, OrganisationChanged(at=at, organisation_id=found.id))
    return found


def add_member(
    session: Session,
    organisation_id: UUID,
    person_id: UUID,
    *,
    at: datetime,
    by: UUID | None,
    role: MemberRole = MemberRole.STAFF,
) -> Membership:
    """Take somebody into an organisation; *by* None is the installation (load).

    Raises:
        NotYourStep: *by* is not in charge of it.
        OrganisationInvalid: nobody would be in charge any more.
    """
    if by is not None:
        ensure_in_charge(session, organisation_id, by, on=day_of(at))
    people.person_for(session, person_id)
    if by == person_id and role != MemberRole.ADMIN:
        _living_without(session, organisation_id, person_id)
    membership = _join(session, organisation_id, person_id, role, day_of(at))
    if by is not None:
        doings.note(
            session,
            who=by,
            verb="partner.add_member",
            about=f"organisation:{organisation_id}",
            at=at,
            for_whom=person_id,
        )
    return membership


def end_membership(
    session: Session, organisation_id: UUID, person_id: UUID, *, by: UUID, at: datetime
) -> None:
    """Let somebody go at the end of the day; who is in charge does, or they do.

    What they might do for the organisation ends with it.

    Raises:
        NotYourStep: *by* is neither.
        OrganisationInvalid: nobody would be in charge any more.
    """
    today = day_of(at)
    if by != person_id:
        ensure_in_charge(session, organisation_id, by, on=today)
    for one in _living_without(session, organisation_id, person_id):
        if one.person_id == person_id:
            one.ends_on = max(today, one.starts_on)
            session.add(one)
    people.end_roles_for(session, person_id, organisation_id, on=today)


def add_licence(
    session: Session,
    *,
    kind: LicenceKind,
    number: str,
    valid_from: date,
    expires_on: date,
    at: datetime,
    by: UUID | None,
    organisation_id: UUID | None = None,
    person_id: UUID | None = None,
    scope: str | None = None,
    seen_by: UUID | None = None,
) -> Licence:
    """Enter a licence; it counts once somebody who vets partners has seen it.

    A renewal is a new licence with later dates; the old one stays on file. *by* None
    is the installation (load), which may also say who has seen the paper.

    Raises:
        NotYourStep: *by* is neither the holder nor in charge of the organisation.
        OrganisationInvalid: the last day lies before the first, or it is there already.
    """
    rules.ensure_licence_dates(valid_from, expires_on)
    if by is not None and organisation_id is not None:
        ensure_in_charge(session, organisation_id, by, on=day_of(at))
    elif by is not None and by != person_id:
        raise NotYourStep(msg("Only the holder enters a licence."))
    same = session.exec(
        select(Licence).where(
            Licence.kind == kind,
            Licence.number == number,
            Licence.valid_from == valid_from,
        )
    ).first()
    if same is not None:
        raise OrganisationInvalid(
            msg("This licence is on file already."), field="number"
        )
    licence = Licence(
        organisation_id=organisation_id,
        person_id=person_id,
        kind=kind,
        number=number,
        scope=scope,
        valid_from=valid_from,
        expires_on=expires_on,
        added_by=by,
        added_at=at,
        seen_by=seen_by if by is None else None,
        seen_at=at if by is None and seen_by else None,
    )
    session.add(licence)
    session.flush()
    if licence.seen_by is not None:
        _tell_licence(session, licence, at)
    return licence


def see_licence(
    session: Session, licence_id: UUID, *, by: UUID, at: datetime
) -> Licence:
    """Say that the paper was seen and is right; from now on it counts.

    Raises:
        MayNot: *by* does not vet partners.
        NotYourStep: it is *by*'s own licence, their organisation's, or of somebody
            close to them.
    """
    licence = licence_for(session, licence_id, lock=True)
    place_id = None
    inside: list[UUID | None] = [licence.person_id, licence.added_by]
    if licence.organisation_id is not None:
        place_id = organisation_for(session, licence.organisation_id).place_id
        inside += member_ids(session, licence.organisation_id, on=day_of(at))
    people.ensure_may(
        session, by, Permission.VET_PARTNER, place_id=place_id, on=day_of(at)
    )
    if by in inside:
        raise NotYourStep(msg("Somebody outside this organisation has to see it."))
    _ensure_stranger(session, by, inside)
    if licence.seen_by is not None:
        return licence
    licence.seen_by = by
    licence.seen_at = at
    session.add(licence)
    doings.note(
        session, who=by, verb="licence.see", about=f"licence:{licence.id}", at=at
    )
    _tell_licence(session, licence, at)
    return licence


def ensure_in_charge(
    session: Session, organisation_id: UUID, person_id: UUID, *, on: date
) -> None:
    """Refuse who is not in charge of an organisation.

    Raises:
        NotYourStep: they are not.
    """
    if not is_member(session, organisation_id, person_id, on=on, role=MemberRole.ADMIN):
        raise NotYourStep(msg("Only who is in charge of the organisation may do this."))


def _living_without(
    session: Session, organisation_id: UUID, person_id: UUID
) -> Sequence[Membership]:
    """Return the memberships that go on, locked, when another is in charge, too.

    Raises:
        OrganisationInvalid: without this person nobody would be.
    """
    living = session.exec(
        select(Membership)
        .where(Membership.organisation_id == organisation_id)
        .where(col(Membership.ends_on).is_(None))
        .order_by(col(Membership.id))
        .with_for_update()
    ).all()
    if not any(
        one.role == MemberRole.ADMIN and one.person_id != person_id for one in living
    ):
        raise OrganisationInvalid(msg("Somebody has to stay in charge."))
    return living


def _join(
    session: Session, organisation_id: UUID, person_id: UUID, role: MemberRole, on: date
) -> Membership:
    membership = session.exec(
        select(Membership).where(
            Membership.organisation_id == organisation_id,
            Membership.person_id == person_id,
        )
    ).first()
    if membership is None:
        membership = Membership(
            organisation_id=organisation_id, person_id=person_id, starts_on=on
        )
    membership.role = role
    membership.ends_on = None
    session.add(membership)
    session.flush()
    return membership


def _give_partner_role(
    session: Session, organisation: Organisation, at: datetime
) -> None:
    """Let who is in charge list offerings for it; saying it twice says it once."""
    for person_id in member_ids(session, organisation.id, on=day_of(at)):
        held = people.held_by(session, person_id, on=day_of(at))
        if any(one.organisation_id == organisation.id for one in held):
            continue
        people.assign_role(
            session,
            person_id=person_id,
            role=Role.PARTNER,
            place_id=organisation.place_id,
            starts_on=day_of(at),
            at=at,
            by=None,
            organisation_id=organisation.id,
        )


def _tell_licence(session: Session, licence: Licence, at: datetime) -> None:
    publish(
        session,
        LicenceChanged(
            at=at,
            organisation_id=licence.organisation_id,
            person_id=licence.person_id,
        ),
    )


def _ensure_stranger(session: Session, by: UUID, inside: Iterable[UUID | None]) -> None:
    if not is_stranger(session, by, inside):
        raise NotYourStep(
            msg("Somebody outside this organisation has to decide about it.")
        )


def _about(organisation: Organisation) -> str:
    return f"organisation:{organisation.id}"
