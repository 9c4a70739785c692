"""Decisions about service records: late entries, proof, who may say yes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from app.kernel.i18n import msg
from app.volunteering.errors import (
    EvidenceMissing,
    NotYourVerdict,
    StepOutOfTurn,
    TooLate,
)
from app.volunteering.models import Method, RecordKind, RecordState, ServiceRecord

PROMPT_DAYS = 2
"""A paper sheet typed in within these days is captured; later it is a supplement."""

TRUST: Mapping[Method, int] = MappingProxyType(
    {Method.STATION_SCAN: 3, Method.ROTATING_QR: 2, Method.PAPER_SHEET: 1}
)
"""How far each proof of presence is trusted, 3 the most (R-TIME-05)."""

WAITING = frozenset(
    {
        RecordState.SUPPLEMENT_REQUESTED,
        RecordState.PENDING_VERIFICATION,
        RecordState.AWAITING_SECOND,
    }
)

FREES_TIME = frozenset({RecordState.REJECTED, RecordState.REVOKED})
"""What was not given, or not so: another record may take its time."""


def kind_of_entry(
    ended_at: datetime, *, at: datetime, late_days: int, by_volunteer: bool
) -> RecordKind:
    """Return whether hours typed in now count as captured or as supplement.

    Raises:
        TooLate: later than the programme allows (R-TIME-06, story L12).
    """
    days = (at - ended_at).days
    if days > late_days:
        raise TooLate(
            msg("Hours can be added for %(days)s days; this is later."),
            field="came",
            days=late_days,
        )
    if by_volunteer or days > PROMPT_DAYS:
        return RecordKind.SUPPLEMENTED
    return RecordKind.CAPTURED


def ensure_evidence(kind: RecordKind, reason: str | None, evidence: str | None) -> None:
    """Refuse a supplement without reason and proof (R-TIME-06).

    Raises:
        EvidenceMissing: names the field.
    """
    if kind is RecordKind.CAPTURED:
        return
    if not reason:
        raise EvidenceMissing(
            msg("Please say why these hours are entered late."), field="reason"
        )
    if not evidence:
        raise EvidenceMissing(
            msg("Please say what proves it: sheet number, photo, witness."),
            field="evidence",
        )


@dataclass(frozen=True)
class Verdict:
    """What must be known of somebody who decides about a record."""

    by: UUID
    may_verify: bool
    may_verify_long: bool
    is_close: bool
    is_organiser: bool


def needs_second(record: ServiceRecord, approvals: int) -> bool:
    """Say whether one yes is not enough: long days and supplements (R-TIME-03, 06)."""
    return approvals > 1 or record.kind is RecordKind.SUPPLEMENTED


def ensure_may_decide(record: ServiceRecord, verdict: Verdict) -> None:
    """Refuse a decision by the wrong person (R-LED-06).

    Nobody decides about themselves, their own entry, or somebody close; the second
    yes comes from another person than the first, with the wider role, and for a
    supplement from nobody who organised it.

    Raises:
        StepOutOfTurn: the record is decided already.
        NotYourVerdict: says who else must do it.
    """
    if record.state not in WAITING:
        raise StepOutOfTurn(msg("This record is decided already."))
    is_second = record.state is RecordState.AWAITING_SECOND
    if verdict.by == record.person_id:
        raise NotYourVerdict(msg("Nobody verifies their own hours."))
    if verdict.by == record.entered_by:
        raise NotYourVerdict(
            msg("You entered these hours; somebody else must verify them.")
        )
    if verdict.is_close:
        raise NotYourVerdict(
            msg("You are close to this person; somebody else must verify the hours.")
        )
    if is_second and verdict.by == record.verifier_id:
        raise NotYourVerdict(msg("The second approval comes from somebody else."))
    allowed = verdict.may_verify_long if is_second else verdict.may_verify
    if not allowed:
        raise NotYourVerdict(
            msg("Your role does not verify these hours at this place.")
        )
    if is_second and record.kind is RecordKind.SUPPLEMENTED and verdict.is_organiser:
        raise NotYourVerdict(
            msg("You organised this shift; somebody else approves the supplement.")
        )


def ensure_may_revoke(
    record: ServiceRecord, by: UUID, *, may_adjust: bool, is_close: bool
) -> None:
    """Refuse revoking by somebody who had a part in the record (R-LED-06).

    Who wrote it down, who verified it and who takes it back are different people.

    Raises:
        StepOutOfTurn: nothing is credited for it.
        NotYourVerdict: says who else must do it.
    """
    if record.state is not RecordState.POSTED:
        raise StepOutOfTurn(msg("Only a credited record can be revoked."))
    if not may_adjust:
        raise NotYourVerdict(msg("Only who keeps the books revokes a record."))
    if by in {
        record.person_id,
        record.entered_by,
        record.verifier_id,
        record.second_approver_id,
    }:
        raise NotYourVerdict(
            msg("You had a part in this record; somebody else must revoke it.")
        )
    if is_close:
        raise NotYourVerdict(
            msg("You are close to this person; somebody else must revoke it.")
        )
