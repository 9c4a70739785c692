"""People: residents, volunteers and staff; signing in, roles, who is close to whom.

Nouns: `Person`, `RoleAssignment`, `Relative`. Heard: nothing. Said:
`PersonChanged`.
"""

from app.people.actions import (
    add_relative,
    assign_role,
    end_role,
    end_roles_for,
    register_person,
    rename_person,
    set_household,
    set_password,
)
from app.people.errors import MayNot, PersonNotFound
from app.people.events import PersonChanged
from app.people.models import Person, Relative, RoleAssignment
from app.people.queries import (
    are_close,
    ensure_may,
    find_person_by_phone,
    has_permission,
    held_by,
    members_with_role,
    names_within,
    people_by_ids,
    permitted_place_ids,
    person_for,
    search_people,
)
from app.people.rules import age_on, masked_name

__all__ = [
    "MayNot",
    "Person",
    "PersonChanged",
    "PersonNotFound",
    "Relative",
    "RoleAssignment",
    "add_relative",
    "age_on",
    "are_close",
    "assign_role",
    "end_role",
    "end_roles_for",
    "ensure_may",
    "find_person_by_phone",
    "has_permission",
    "held_by",
    "masked_name",
    "members_with_role",
    "names_within",
    "people_by_ids",
    "permitted_place_ids",
    "person_for",
    "register_person",
    "rename_person",
    "search_people",
    "set_household",
    "set_password",
]
