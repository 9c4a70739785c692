"""Partners: organisations that apply, are vetted by somebody else, and come and go.

Nouns: `Organisation`, `Membership`, `Licence`. Said: `OrganisationChanged`,
`LicenceChanged`. Heard: nothing.
"""

from app.partners.actions import (
    add_licence,
    add_member,
    add_organisation,
    apply,
    end_membership,
    ensure_in_charge,
    see_licence,
    take_step,
)
from app.partners.errors import (
    LicenceNotFound,
    NotYourStep,
    OrganisationInvalid,
    OrganisationNotFound,
    StepOutOfTurn,
)
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
    active_organisations,
    find_organisation,
    is_member,
    licence_for,
    licences_of,
    member_ids,
    memberships_of,
    organisation_for,
    organisation_ids_of,
    organisations_by_ids,
    organisations_in,
    public_organisation,
    unseen_licences,
    valid_licence,
    valid_licence_kinds,
)
from app.partners.rules import Step

__all__ = [
    "Licence",
    "LicenceChanged",
    "LicenceKind",
    "LicenceNotFound",
    "MemberRole",
    "Membership",
    "NotYourStep",
    "Organisation",
    "OrganisationChanged",
    "OrganisationInvalid",
    "OrganisationKind",
    "OrganisationNotFound",
    "OrganisationState",
    "ProviderSource",
    "Step",
    "StepOutOfTurn",
    "active_organisations",
    "add_licence",
    "add_member",
    "add_organisation",
    "apply",
    "end_membership",
    "ensure_in_charge",
    "find_organisation",
    "is_member",
    "licence_for",
    "licences_of",
    "member_ids",
    "memberships_of",
    "organisation_for",
    "organisation_ids_of",
    "organisations_by_ids",
    "organisations_in",
    "public_organisation",
    "see_licence",
    "take_step",
    "unseen_licences",
    "valid_licence",
    "valid_licence_kinds",
]
