"""A post and shifts in the little town, for the tests of volunteering."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session

from app import volunteering
from app.volunteering import Claim, Post, ServiceRecord, Shift
from app.volunteering.rules import digits_for, window_at
from tests.cast import NOON, TODAY, Cast

ZONE = ZoneInfo("Asia/Shanghai")
SECRET = b"the station's secret"
MORNING = NOON - timedelta(hours=6)
"""Six o'clock on the wall."""


def wall(hour: int, minute: int = 0, days: int = 0) -> datetime:
    """Return a wall-clock time today, or some days later."""
    day = TODAY + timedelta(days=days)
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZONE)


def a_post(session: Session, cast: Cast, **changes: Any) -> Post:
    """Publish a post at the station, in the love bank."""
    wanted: dict[str, Any] = {
        "programme_id": cast.love_bank,
        "place_id": cast.station,
        "title": "午餐送到家",
        "title_en": "Lunch to the door",
        "what": "把午餐送到老人家里，聊几句。",
        "risk_note": "楼梯较多，雨天路滑。",
        "protection_note": "有保险，配防滑鞋套。",
        "beneficiaries": "独居老人",
        "person_in_charge": "马中心",
        "by": cast.ma,
        "at": MORNING,
    } | changes
    return volunteering.add_post(session, **wanted)


def a_shift(
    session: Session,
    post: Post,
    cast: Cast,
    starts_at: datetime,
    ends_at: datetime,
    **changes: Any,
) -> Shift:
    """Publish a shift for two people."""
    wanted: dict[str, Any] = {
        "day": starts_at.astimezone(ZONE).date(),
        "starts_at": starts_at,
        "ends_at": ends_at,
        "people_wanted": 2,
        "by": cast.ma,
        "at": MORNING,
    } | changes
    shift = volunteering.add_shift(session, post.id, **wanted)
    session.flush()
    return shift


def a_claim(
    session: Session, cast: Cast, person: UUID, start: datetime, minutes: int
) -> Claim:
    """Let somebody claim a new shift of so many minutes."""
    post = a_post(session, cast)
    shift = a_shift(session, post, cast, start, start + timedelta(minutes=minutes))
    return volunteering.claim_shift(session, shift.id, person_id=person, at=MORNING)


def code_at(place_id: UUID, at: datetime) -> str:
    """Return what the station's screen shows at a moment."""
    return digits_for(SECRET, place_id, window_at(at))


def a_record(
    session: Session, cast: Cast, person: UUID, start: datetime, minutes: int
) -> ServiceRecord:
    """Let somebody claim, come and go with the door code; return the record."""
    claim = a_claim(session, cast, person, start, minutes)
    end = start + timedelta(minutes=minutes)
    for go, moment in (
        (volunteering.check_in_by_code, start),
        (volunteering.check_out_by_code, end),
    ):
        result = go(
            session,
            claim.id,
            code=code_at(cast.station, moment),
            secret=SECRET,
            by=person,
            at=moment,
        )
    assert isinstance(result, ServiceRecord)
    return result
