"""The life of a partner on one page: its states, steps and who may take them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from app.kernel.i18n import msg
from app.partners.errors import NotYourStep, OrganisationInvalid, StepOutOfTurn
from app.partners.models import (
    Licence,
    LicenceKind,
    MemberRole,
    Organisation,
    OrganisationKind,
    OrganisationState,
    ProviderSource,
)

S = OrganisationState


class Step(StrEnum):
    """What somebody who vets partners may do; the names are also the addresses."""

    VERIFY = "verification"
    ADMIT = "admission"
    DECLINE = "refusal"
    SUSPEND = "suspension"
    REINSTATE = "reinstatement"
    CLOSE = "exit"


STEPS: Mapping[tuple[OrganisationState, Step], OrganisationState] = MappingProxyType(
    {
        (S.APPLIED, Step.VERIFY): S.VERIFIED,
        (S.APPLIED, Step.DECLINE): S.DECLINED,
        (S.VERIFIED, Step.ADMIT): S.ACTIVE,
        (S.VERIFIED, Step.DECLINE): S.DECLINED,
        (S.ACTIVE, Step.SUSPEND): S.SUSPENDED,
        (S.SUSPENDED, Step.REINSTATE): S.ACTIVE,
        (S.ACTIVE, Step.CLOSE): S.EXITED,
        (S.SUSPENDED, Step.CLOSE): S.EXITED,
    }
)
"""Partners come and go: admission and exit both have their step (O01)."""

OPERATIONS: Mapping[Step, str] = MappingProxyType(
    {
        Step.VERIFY: "partner.verify",
        Step.ADMIT: "partner.admit",
        Step.DECLINE: "partner.decline",
        Step.SUSPEND: "partner.suspend",
        Step.REINSTATE: "partner.reinstate",
        Step.CLOSE: "partner.close",
    }
)
"""Each step as a form's `data-op` and as the verb in the doings."""

UNKNOWN_MEMBER = msg("Nobody has this number on their card.")

NEEDS_REASON = frozenset({Step.DECLINE, Step.SUSPEND, Step.CLOSE})
REASON_MIN = 4

PUBLIC_STATES = frozenset({S.ACTIVE})

SOURCE_OF: Mapping[OrganisationKind, ProviderSource] = MappingProxyType(
    {
        OrganisationKind.SOCIAL_ORGANISATION: ProviderSource.THIRD_PARTY,
        OrganisationKind.CO_BUILDING_UNIT: ProviderSource.RESIDENT_UNIT,
        OrganisationKind.PROFESSIONAL_INSTITUTION: ProviderSource.THIRD_PARTY,
        OrganisationKind.DEPARTMENT: ProviderSource.DEPARTMENT,
        OrganisationKind.COMMUNITY_COMPANY: ProviderSource.THIRD_PARTY,
        OrganisationKind.TEAM: ProviderSource.RESIDENTS_CLUB,
        OrganisationKind.RESIDENTS_CLUB: ProviderSource.RESIDENTS_CLUB,
        OrganisationKind.WORKSHOP_OWNER: ProviderSource.WORKSHOP,
        OrganisationKind.PHARMACY: ProviderSource.THIRD_PARTY,
    }
)
"""Which source a kind counts as, unless somebody says otherwise (O06)."""

LABELS: tuple[Mapping[StrEnum, str], ...] = (
    {
        OrganisationKind.SOCIAL_ORGANISATION: msg("Social organisation"),
        OrganisationKind.CO_BUILDING_UNIT: msg("Co-building unit"),
        OrganisationKind.PROFESSIONAL_INSTITUTION: msg("Professional institution"),
        OrganisationKind.DEPARTMENT: msg("Government department"),
        OrganisationKind.COMMUNITY_COMPANY: msg("Community company"),
        OrganisationKind.TEAM: msg("Volunteer team"),
        OrganisationKind.RESIDENTS_CLUB: msg("Residents' club"),
        OrganisationKind.WORKSHOP_OWNER: msg("Workshop owner"),
        OrganisationKind.PHARMACY: msg("Pharmacy"),
    },
    {
        ProviderSource.RESIDENT_UNIT: msg("Unit in the area"),
        ProviderSource.DEPARTMENT: msg("Department"),
        ProviderSource.RESIDENTS_CLUB: msg("Residents themselves"),
        ProviderSource.THIRD_PARTY: msg("Third party"),
        ProviderSource.INDIVIDUAL: msg("Skilled resident"),
        ProviderSource.WORKSHOP: msg("Workshop"),
    },
    {
        S.APPLIED: msg("Applied"),
        S.VERIFIED: msg("Papers checked"),
        S.ACTIVE: msg("Active partner"),
        S.SUSPENDED: msg("Suspended"),
        S.DECLINED: msg("Not admitted"),
        S.EXITED: msg("Has left"),
    },
    {
        MemberRole.ADMIN: msg("In charge"),
        MemberRole.STAFF: msg("Member"),
    },
    {
        LicenceKind.ELDERLY_CARE: msg("Elderly care licence"),
        LicenceKind.CHILDCARE: msg("Childcare licence"),
        LicenceKind.HEALTH: msg("Medical practice licence"),
        LicenceKind.PHARMACY: msg("Pharmacy licence"),
        LicenceKind.FOOD: msg("Food business licence"),
        LicenceKind.LEGAL: msg("Legal practice licence"),
        LicenceKind.TRAINING: msg("Training licence"),
        LicenceKind.BUSINESS: msg("Business licence"),
        LicenceKind.PETTY_EXEMPTION: msg("Small services, free of registration"),
    },
    {
        Step.VERIFY: msg("Papers are in order"),
        Step.ADMIT: msg("Admit"),
        Step.DECLINE: msg("Do not admit"),
        Step.SUSPEND: msg("Suspend"),
        Step.REINSTATE: msg("Reinstate"),
        Step.CLOSE: msg("End the partnership"),
    },
)
"""The words for every member, enum by enum: members of two enums with one text
are equal and would hide each other in one mapping."""


def steps_open_from(state: OrganisationState) -> tuple[Step, ...]:
    """Return the steps that somebody who vets partners may take from *state*."""
    return tuple(step for start, step in STEPS if start == state)


def state_after(organisation: Organisation, step: Step) -> OrganisationState:
    """Return the state *step* leads to.

    Raises:
        StepOutOfTurn: the organisation is not where *step* starts.
    """
    try:
        return STEPS[organisation.state, step]
    except KeyError:
        raise StepOutOfTurn(
            msg("This partner has moved on. Please look again.")
        ) from None


def ensure_vets_another(
    organisation: Organisation, members: Iterable[UUID], by: UUID
) -> None:
    """Refuse to let somebody vet their own organisation (two people).

    Raises:
        NotYourStep: *by* applied for it or belongs to it.
    """
    if by == organisation.applied_by or by in set(members):
        raise NotYourStep(
            msg("Somebody outside this organisation has to decide about it.")
        )


def ensure_reason(step: Step, reason: str | None) -> str | None:
    """Return the reason, or refuse a step that needs one and has none.

    Raises:
        OrganisationInvalid: the reason is missing.
    """
    text = (reason or "").strip()
    if step in NEEDS_REASON and len(text) < REASON_MIN:
        raise OrganisationInvalid(
            msg("Please give a reason; the other side reads it."), field="reason"
        )
    return text or None


def ensure_licence_dates(valid_from: date, expires_on: date) -> None:
    """Refuse a licence that ends before it begins.

    Raises:
        OrganisationInvalid: the dates are the wrong way round.
    """
    if expires_on < valid_from:
        raise OrganisationInvalid(
            msg("The last day must not lie before the first."), field="expires_on"
        )


def is_valid_on(licence: Licence, day: date) -> bool:
    """Say whether a licence counts on *day*: seen by a vetter and in its dates."""
    return (
        licence.seen_by is not None and licence.valid_from <= day <= licence.expires_on
    )
