"""Roles and what each may, on one page (domain handbook 2.12).

A role is held for a place and everything below it, from a day to a day. Guards ask
for a permission here; whose step it is (author, owner, typist) is asked by rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from app.kernel.i18n import msg


class Role(StrEnum):
    """What a person is to the fair, at a place."""

    RESIDENT = "resident"
    VOLUNTEER = "volunteer"
    SKILLED_RESIDENT = "skilled_resident"
    PARTNER = "partner"
    WORKSHOP_MANAGER = "workshop_manager"
    STATION_WORKER = "station_worker"
    CENTRE_MANAGER = "centre_manager"
    TOWN_DESK = "town_desk"
    REVIEWER = "reviewer"
    AUDITOR = "auditor"
    LEDGER_ADMIN = "ledger_admin"


class Permission(StrEnum):
    """One thing a role may do."""

    BOOK = "book"
    REDEEM = "redeem"
    ORDER_GOODS = "order_goods"
    CLAIM_SHIFT = "claim_shift"
    LIST_OFFERING = "list_offering"
    LIST_PAID_OFFERING = "list_paid_offering"
    MANAGE_WORKSHOP = "manage_workshop"
    OPEN_DESK = "open_desk"
    SHOW_DOOR_CODE = "show_door_code"
    ENTER_HOURS = "enter_hours"
    VERIFY_HOURS = "verify_hours"
    VERIFY_LONG_HOURS = "verify_long_hours"
    PUBLISH_SHIFT = "publish_shift"
    HAND_OVER = "hand_over"
    SELL_AT_COUNTER = "sell_at_counter"
    ACT_FOR_RESIDENT = "act_for_resident"
    REVIEW_LISTING = "review_listing"
    VET_PARTNER = "vet_partner"
    EDIT_WORDING = "edit_wording"
    MANAGE_PLACE = "manage_place"
    MANAGE_REWARDS = "manage_rewards"
    READ_BOOKS = "read_books"
    ADJUST_LEDGER = "adjust_ledger"
    SETTLE_WORKSHOP = "settle_workshop"
    ASSIGN_ROLE = "assign_role"


_EVERYONE = frozenset({Permission.BOOK, Permission.REDEEM, Permission.ORDER_GOODS})
_VOLUNTEER = _EVERYONE | {Permission.CLAIM_SHIFT}
_STATION = frozenset(
    {
        Permission.OPEN_DESK,
        Permission.SHOW_DOOR_CODE,
        Permission.ENTER_HOURS,
        Permission.HAND_OVER,
        Permission.SELL_AT_COUNTER,
        Permission.ACT_FOR_RESIDENT,
    }
)

ROLE_PERMISSIONS: Mapping[Role, frozenset[Permission]] = MappingProxyType(
    {
        Role.RESIDENT: _EVERYONE,
        Role.VOLUNTEER: _VOLUNTEER,
        Role.SKILLED_RESIDENT: _EVERYONE | {Permission.LIST_OFFERING},
        Role.PARTNER: _EVERYONE
        | {Permission.LIST_OFFERING, Permission.LIST_PAID_OFFERING},
        Role.WORKSHOP_MANAGER: _EVERYONE | {Permission.MANAGE_WORKSHOP},
        Role.STATION_WORKER: _EVERYONE | _STATION,
        Role.CENTRE_MANAGER: _EVERYONE
        | _STATION
        | {
            Permission.VERIFY_HOURS,
            Permission.PUBLISH_SHIFT,
            Permission.MANAGE_PLACE,
            Permission.MANAGE_REWARDS,
        },
        Role.TOWN_DESK: _EVERYONE
        | {Permission.OPEN_DESK, Permission.VERIFY_HOURS, Permission.VERIFY_LONG_HOURS},
        Role.REVIEWER: _EVERYONE
        | {
            Permission.OPEN_DESK,
            Permission.REVIEW_LISTING,
            Permission.VET_PARTNER,
            Permission.EDIT_WORDING,
            Permission.VERIFY_LONG_HOURS,
        },
        Role.AUDITOR: _EVERYONE | {Permission.OPEN_DESK, Permission.READ_BOOKS},
        Role.LEDGER_ADMIN: _EVERYONE
        | {
            Permission.OPEN_DESK,
            Permission.READ_BOOKS,
            Permission.ADJUST_LEDGER,
            Permission.SETTLE_WORKSHOP,
            Permission.ASSIGN_ROLE,
        },
    }
)
"""Whoever is in, may. Ledger admins never verify hours; managers never adjust."""

ROLE_LABELS: Mapping[Role, str] = MappingProxyType(
    {
        Role.RESIDENT: msg("Resident"),
        Role.VOLUNTEER: msg("Volunteer"),
        Role.SKILLED_RESIDENT: msg("Skilled resident"),
        Role.PARTNER: msg("Community partner"),
        Role.WORKSHOP_MANAGER: msg("Workshop manager"),
        Role.STATION_WORKER: msg("Station worker"),
        Role.CENTRE_MANAGER: msg("Centre manager"),
        Role.TOWN_DESK: msg("Town desk"),
        Role.REVIEWER: msg("Reviewer"),
        Role.AUDITOR: msg("Auditor"),
        Role.LEDGER_ADMIN: msg("Ledger administrator"),
    }
)


@dataclass(frozen=True)
class Held:
    """A role that is held today, for a place and below (None: the whole district)."""

    role: Role
    place_id: UUID | None
    organisation_id: UUID | None = None


def roles_with(permission: Permission) -> frozenset[Role]:
    """Return the roles that carry *permission*."""
    return frozenset(
        role for role, carried in ROLE_PERMISSIONS.items() if permission in carried
    )
