"""Programmes: the written rules of a love bank or a time circle, versioned.

Nouns: `Programme`, `ProgrammeRule`. What is not law is a setting here.
"""

from app.programmes.actions import add_programme, add_rule
from app.programmes.errors import NoRule, ProgrammeNotFound
from app.programmes.models import Programme, ProgrammeRule
from app.programmes.queries import (
    all_programmes,
    find_programme,
    latest_rule,
    programme_for,
    rule_on,
)
from app.programmes.rules import (
    Approval,
    approval_for,
    credit_for,
    credited_minutes,
)

__all__ = [
    "Approval",
    "NoRule",
    "Programme",
    "ProgrammeNotFound",
    "ProgrammeRule",
    "add_programme",
    "add_rule",
    "all_programmes",
    "approval_for",
    "credit_for",
    "credited_minutes",
    "find_programme",
    "latest_rule",
    "programme_for",
    "rule_on",
]
