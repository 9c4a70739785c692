"""Words for the states, kinds and steps of volunteering."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from app.kernel.i18n import msg
from app.volunteering.models import (
    ClaimState,
    Method,
    RecordKind,
    RecordState,
    RiskLevel,
    ShiftState,
)
from app.volunteering.rules.claims import ClaimStep

LABELS: tuple[Mapping[StrEnum, str], ...] = (
    {
        ShiftState.OPEN: msg("Places free"),
        ShiftState.FULL: msg("Full"),
        ShiftState.IN_PROGRESS: msg("Under way"),
        ShiftState.FINISHED: msg("Finished"),
        ShiftState.RECONCILED: msg("All records settled"),
        ShiftState.CANCELLED: msg("Called off"),
    },
    {
        ClaimState.CLAIMED: msg("Claimed, can still be undone"),
        ClaimState.CONFIRMED: msg("Awaiting check-in"),
        ClaimState.CHECKED_IN: msg("Checked in"),
        ClaimState.CHECKED_OUT: msg("Checked out"),
        ClaimState.DONE: msg("Served and settled"),
        ClaimState.UNDONE: msg("Undone"),
        ClaimState.WITHDRAWN: msg("Could not come"),
        ClaimState.CANCELLED: msg("Called off by the station"),
        ClaimState.NO_SHOW: msg("Did not come"),
        ClaimState.MISSING_CHECKOUT: msg("Check-out missing"),
    },
    {
        Method.ROTATING_QR: msg("Code on the station's screen"),
        Method.STATION_SCAN: msg("Checked in by the station"),
        Method.PAPER_SHEET: msg("Paper sheet"),
    },
    {
        RecordKind.CAPTURED: msg("Captured on the day"),
        RecordKind.SUPPLEMENTED: msg("Added later"),
    },
    {
        RecordState.SUPPLEMENT_REQUESTED: msg("Supplement asked for"),
        RecordState.PENDING_VERIFICATION: msg("Waiting to be verified"),
        RecordState.AWAITING_SECOND: msg("Waiting for a second approval"),
        RecordState.POSTED: msg("Verified and credited"),
        RecordState.REJECTED: msg("Not accepted"),
        RecordState.REVOKED: msg("Revoked"),
    },
    {
        RiskLevel.LOW: msg("Little risk"),
        RiskLevel.HIGH: msg("Needs insurance and adults"),
    },
    {
        ClaimStep.CHECK_IN: msg("Check in"),
        ClaimStep.CHECK_OUT: msg("Check out"),
        ClaimStep.UNDO: msg("Undo"),
        ClaimStep.SEND_NOW: msg("Send now"),
        ClaimStep.WITHDRAW: msg("I can't come"),
    },
)
"""One page of words for each enum: equal texts of two enums are different words."""
