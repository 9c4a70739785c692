"""Tables of volunteering, and the guards that keep one person out of two places."""

from app.volunteering.models.guards import OVERLAP, install_guards
from app.volunteering.models.tables import (
    Claim,
    ClaimState,
    Method,
    Post,
    Qualification,
    RecordKind,
    RecordState,
    RiskLevel,
    ServiceRecord,
    Shift,
    ShiftState,
)

__all__ = [
    "OVERLAP",
    "Claim",
    "ClaimState",
    "Method",
    "Post",
    "Qualification",
    "RecordKind",
    "RecordState",
    "RiskLevel",
    "ServiceRecord",
    "Shift",
    "ShiftState",
    "install_guards",
]
