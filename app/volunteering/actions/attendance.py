"""What happens at the door: checked in and out, by code or by the station."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.kernel.i18n import msg
from app.volunteering import queries, rules
from app.volunteering.actions.presence import (
    check_out,
    claims_at_the_desk,
)
from app.volunteering.errors import (
    WrongDoorCode,
)
from app.volunteering.models import (
    Claim,
    ClaimState,
    Method,
    ServiceRecord,
)
from app.volunteering.rules import ClaimStep


def check_in_by_code(
    session: Session,
    claim_id: UUID,
    *,
    code: str,
    secret: bytes,
    by: UUID,
    at: datetime,
) -> Claim:
    """Check oneself in with the code on the station's screen.

    The same code sent again changes nothing (story L13).

    Raises:
        WrongDoorCode: it is not the code, or too old.
        NotTheTime: more than half an hour early, or the shift is over.
        StepOutOfTurn: the claim is withdrawn or checked out.
    """
    claim = queries.claim_for(session, claim_id, reader=by, lock=True)
    window = _window(secret, claim, code, at)
    if claim.in_window == window:
        return claim
    rules.ensure_claim(claim, ClaimStep.CHECK_IN, by=by, at=at)
    claim.in_window = window
    _check_in(session, claim, Method.ROTATING_QR, at)
    return claim


def check_out_by_code(
    session: Session,
    claim_id: UUID,
    *,
    code: str,
    secret: bytes,
    by: UUID,
    at: datetime,
) -> ServiceRecord:
    """Check oneself out; the service record waits to be verified.

    The same code sent again returns the same record (story L13).

    Raises:
        WrongDoorCode: it is not the code, or too old.
        NotTheTime: less than a minute was given, or the shift is long over.
        StepOutOfTurn: the person is not checked in.
        Overlaps: that time was given elsewhere.
    """
    claim = queries.claim_for(session, claim_id, reader=by, lock=True)
    window = _window(secret, claim, code, at)
    if claim.out_window == window:
        found = queries.record_of_claim(session, claim.id)
        assert found is not None
        return found
    rules.ensure_claim(claim, ClaimStep.CHECK_OUT, by=by, at=at)
    claim.out_window = window
    return check_out(session, [claim], by=None, at=at)[0]


def scan_in(
    session: Session, claim_ids: Collection[UUID], *, by: UUID, at: datetime
) -> list[Claim]:
    """Check people in at the station, all or none; who is in already stays in.

    Raises:
        MayNot: *by* does not enter hours there.
        NotYourVerdict: it is *by*'s own claim.
        NotTheTime: too early or too late.
        StepOutOfTurn: a claim is somewhere else, or can still be undone.
    """
    claims = claims_at_the_desk(session, claim_ids, by, at)
    for claim in claims:
        if claim.state is ClaimState.CHECKED_IN:
            continue
        rules.ensure_claim(claim, ClaimStep.CHECK_IN, by=claim.person_id, at=at)
        _check_in(session, claim, Method.STATION_SCAN, at)
    return claims


def scan_out(
    session: Session, claim_ids: Collection[UUID], *, by: UUID, at: datetime
) -> list[ServiceRecord]:
    """Check people out at the station, all or none; return their records.

    Raises:
        MayNot: *by* does not enter hours there.
        NotYourVerdict: it is *by*'s own claim.
        NotTheTime: less than a minute was given, or the shift is long over.
        StepOutOfTurn: somebody is not checked in.
        Overlaps: that time was given elsewhere.
    """
    claims = claims_at_the_desk(session, claim_ids, by, at)
    for claim in claims:
        rules.ensure_claim(claim, ClaimStep.CHECK_OUT, by=claim.person_id, at=at)
    return check_out(session, claims, by=by, at=at)


def _window(secret: bytes, claim: Claim, code: str, at: datetime) -> int:
    window = rules.find_window(secret, claim.place_id, code, at=at)
    if window is None:
        raise WrongDoorCode(
            msg("This is not the code on the screen now. It changes every minute."),
            field="code",
        )
    return window


def _check_in(session: Session, claim: Claim, method: Method, at: datetime) -> None:
    claim.state = ClaimState.CHECKED_IN
    claim.effective_at = min(claim.effective_at, at)
    claim.checked_in_at = at
    claim.in_method = method
    session.add(claim)
