"""Tables of volunteering: posts, shifts, claims, service records."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from app.kernel.columns import Amount, Moment, Words

_FREED = "state NOT IN ('undone', 'withdrawn', 'cancelled')"
_WAITING = (
    "state IN ('supplement_requested', 'pending_verification', 'awaiting_second')"
)


class RiskLevel(StrEnum):
    """Whether a post may endanger the volunteer (R-VOL-06)."""

    LOW = "low"
    HIGH = "high"


class ShiftState(StrEnum):
    """Where a shift stands."""

    OPEN = "open"
    FULL = "full"
    IN_PROGRESS = "in_progress"
    FINISHED = "finished"
    RECONCILED = "reconciled"
    CANCELLED = "cancelled"


class ClaimState(StrEnum):
    """Where a claim stands; `rules.CLAIM_STEPS` says how it gets there."""

    CLAIMED = "claimed"
    CONFIRMED = "confirmed"
    CHECKED_IN = "checked_in"
    CHECKED_OUT = "checked_out"
    DONE = "done"
    UNDONE = "undone"
    WITHDRAWN = "withdrawn"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"
    MISSING_CHECKOUT = "missing_checkout"


class Method(StrEnum):
    """How presence was proven (R-TIME-05); `rules.TRUST` grades each."""

    ROTATING_QR = "rotating_qr"
    STATION_SCAN = "station_scan"
    PAPER_SHEET = "paper_sheet"


class RecordKind(StrEnum):
    """Captured as it happened, or supplemented later (R-TIME-06)."""

    CAPTURED = "captured"
    SUPPLEMENTED = "supplemented"


class RecordState(StrEnum):
    """Where a service record stands."""

    SUPPLEMENT_REQUESTED = "supplement_requested"
    PENDING_VERIFICATION = "pending_verification"
    AWAITING_SECOND = "awaiting_second"
    """The first yes is there; long days and supplements need another."""
    POSTED = "posted"
    REJECTED = "rejected"
    REVOKED = "revoked"
    """Credited, and taken back: it should never have been (story L11)."""


class Post(SQLModel, table=True):
    """A role that recurs; always volunteer service: unpaid, no price (R-VOL-01).

    Recruiting states the risks and what protects against them (R-VOL-05); danger
    needs insurance and adults (R-VOL-06).
    """

    __tablename__ = "volunteer_post"
    __table_args__ = (
        CheckConstraint(
            "risk_level = 'low' OR (insurance_policy_no IS NOT NULL"
            " AND min_age IS NOT NULL AND min_age >= 18)",
            name="danger",
        ),
        CheckConstraint("min_age IS NULL OR min_age BETWEEN 6 AND 90", name="age"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    external_id: str | None = Field(default=None, max_length=80, unique=True)
    programme_id: UUID = Field(foreign_key="programme.id")
    place_id: UUID = Field(foreign_key="place.id", index=True)
    title: str = Field(max_length=80)
    title_en: str | None = Field(default=None, max_length=120)
    title_zh_hant: str | None = Field(default=None, max_length=80)
    what: str = Field(max_length=1000)
    what_en: str | None = Field(default=None, max_length=1000)
    what_zh_hant: str | None = Field(default=None, max_length=1000)
    risk_note: str = Field(max_length=500)
    risk_note_en: str | None = Field(default=None, max_length=500)
    protection_note: str = Field(max_length=500)
    protection_note_en: str | None = Field(default=None, max_length=500)
    risk_level: RiskLevel = Field(default=RiskLevel.LOW, sa_type=Words(RiskLevel))
    insurance_policy_no: str | None = Field(default=None, max_length=60)
    min_age: int | None = None
    needs: str | None = Field(default=None, max_length=60)
    """Training or licence a volunteer must have shown: "first aid" (R-VOL-07)."""
    beneficiaries: str = Field(max_length=120)
    beneficiaries_en: str | None = Field(default=None, max_length=160)
    organising_unit: str = Field(max_length=120)
    person_in_charge: str = Field(max_length=60)
    created_by: UUID | None = Field(default=None, foreign_key="person.id")
    created_at: datetime = Field(sa_type=Moment)
    ended_at: datetime | None = Field(default=None, sa_type=Moment)


class Shift(SQLModel, table=True):
    """One time and place at which a post wants people."""

    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="order"),
        CheckConstraint("people_wanted BETWEEN 1 AND 500", name="people_wanted"),
        CheckConstraint("claimed >= 0 AND claimed <= people_wanted", name="claimed"),
        CheckConstraint(
            "state <> 'cancelled' OR cancel_reason IS NOT NULL", name="cancel_reason"
        ),
        UniqueConstraint("post_id", "place_id", "starts_at"),
        Index("ix_shift_place_id_starts_at", "place_id", "starts_at"),
        Index("ix_shift_starts_at", "starts_at"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    external_id: str | None = Field(default=None, max_length=80, unique=True)
    post_id: UUID = Field(foreign_key="volunteer_post.id")
    place_id: UUID = Field(foreign_key="place.id")
    day: date
    """The day on the wall clock of the place; rules and tiers count by it."""
    starts_at: datetime = Field(sa_type=Moment)
    ends_at: datetime = Field(sa_type=Moment)
    people_wanted: int
    claimed: int = 0
    state: ShiftState = Field(default=ShiftState.OPEN, sa_type=Words(ShiftState))
    cancel_reason: str | None = Field(default=None, max_length=200)
    created_by: UUID | None = Field(default=None, foreign_key="person.id")
    created_at: datetime = Field(sa_type=Moment)


class Claim(SQLModel, table=True):
    """One person's word to come to one shift, and whether they came.

    Times and place are copied from the shift so that the database itself can
    refuse two claims of one person at the same time (`guards.py`).
    """

    __tablename__ = "shift_claim"
    __table_args__ = (
        Index(
            "uq_shift_claim_live",
            "shift_id",
            "person_id",
            unique=True,
            sqlite_where=text(_FREED),
            postgresql_where=text(_FREED),
        ),
        Index("ix_shift_claim_person_id_starts_at", "person_id", "starts_at"),
        UniqueConstraint("person_id", "place_id", "in_window"),
        UniqueConstraint("person_id", "place_id", "out_window"),
        CheckConstraint(
            "checked_out_at IS NULL OR checked_out_at > checked_in_at", name="order"
        ),
        CheckConstraint("fixed_by IS NULL OR fixed_by <> person_id", name="fixed_by"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    shift_id: UUID = Field(foreign_key="shift.id")
    person_id: UUID = Field(foreign_key="person.id")
    place_id: UUID = Field(foreign_key="place.id")
    starts_at: datetime = Field(sa_type=Moment)
    ends_at: datetime = Field(sa_type=Moment)
    state: ClaimState = Field(default=ClaimState.CLAIMED, sa_type=Words(ClaimState))
    claimed_at: datetime = Field(sa_type=Moment)
    effective_at: datetime = Field(sa_type=Moment)
    """Until then the volunteer can undo it, and the station does not see it."""
    let_go_at: datetime | None = Field(default=None, sa_type=Moment)
    let_go_reason: str | None = Field(default=None, max_length=200)
    checked_in_at: datetime | None = Field(default=None, sa_type=Moment)
    checked_out_at: datetime | None = Field(default=None, sa_type=Moment)
    in_method: Method | None = Field(default=None, sa_type=Words(Method))
    in_window: int | None = None
    """Number of the door code's minute; one use per person and direction (L13)."""
    out_window: int | None = None
    fixed_by: UUID | None = Field(default=None, foreign_key="person.id")
    fix_reason: str | None = Field(default=None, max_length=200)


class ServiceRecord(SQLModel, table=True):
    """What somebody gave, with the eight facts the law asks for (R-REC-03).

    Activity, day, place, content, time, organising unit, person in charge and who
    was served are never missing. Minutes stay as they were; only credit is floored.
    """

    __tablename__ = "service_record"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="order"),
        CheckConstraint("minutes BETWEEN 1 AND 1440", name="minutes"),
        CheckConstraint("verifier_id <> person_id", name="not_ones_own"),
        CheckConstraint("verifier_id <> entered_by", name="not_ones_entry"),
        CheckConstraint(
            "second_approver_id <> person_id AND second_approver_id <> entered_by"
            " AND second_approver_id <> verifier_id",
            name="second_is_another",
        ),
        CheckConstraint(
            "state <> 'posted' OR verifier_id IS NOT NULL", name="posted_is_verified"
        ),
        CheckConstraint(
            "state = 'posted' OR ledger_transaction IS NULL", name="credit_is_posted"
        ),
        CheckConstraint(
            "kind = 'captured' OR (reason IS NOT NULL AND evidence IS NOT NULL)",
            name="supplement_has_evidence",
        ),
        CheckConstraint(
            "kind = 'captured' OR state <> 'posted' OR second_approver_id IS NOT NULL",
            name="supplement_has_second",
        ),
        CheckConstraint(
            "state <> 'rejected' OR reject_reason IS NOT NULL", name="reject_reason"
        ),
        Index("ix_service_record_person_id_day", "person_id", "day"),
        Index("ix_service_record_shift_id", "shift_id"),
        Index(
            "ix_service_record_waiting",
            "place_id",
            "recorded_at",
            sqlite_where=text(_WAITING),
            postgresql_where=text(_WAITING),
        ),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    person_id: UUID = Field(foreign_key="person.id")
    claim_id: UUID | None = Field(
        default=None, foreign_key="shift_claim.id", unique=True
    )
    shift_id: UUID = Field(foreign_key="shift.id")
    post_id: UUID = Field(foreign_key="volunteer_post.id")
    programme_id: UUID = Field(foreign_key="programme.id")
    activity: str = Field(max_length=120)
    day: date
    place_id: UUID = Field(foreign_key="place.id")
    content: str = Field(max_length=1000)
    starts_at: datetime = Field(sa_type=Moment)
    ends_at: datetime = Field(sa_type=Moment)
    minutes: int
    organising_unit: str = Field(max_length=120)
    person_in_charge: str = Field(max_length=60)
    beneficiaries: str = Field(max_length=120)
    kind: RecordKind = Field(default=RecordKind.CAPTURED, sa_type=Words(RecordKind))
    method: Method = Field(sa_type=Words(Method))
    entered_by: UUID = Field(foreign_key="person.id")
    recorded_at: datetime = Field(sa_type=Moment)
    reason: str | None = Field(default=None, max_length=300)
    evidence: str | None = Field(default=None, max_length=300)
    state: RecordState = Field(
        default=RecordState.PENDING_VERIFICATION, sa_type=Words(RecordState)
    )
    verifier_id: UUID | None = Field(default=None, foreign_key="person.id")
    verified_at: datetime | None = Field(default=None, sa_type=Moment)
    second_approver_id: UUID | None = Field(default=None, foreign_key="person.id")
    posted_at: datetime | None = Field(default=None, sa_type=Moment)
    reject_reason: str | None = Field(default=None, max_length=300)
    """Why it was not accepted, or revoked."""
    hours: Decimal | None = Field(default=None, sa_type=Amount)
    """Credited hours, floored to the programme's step; set when posted."""
    amount: Decimal | None = Field(default=None, sa_type=Amount)
    """Credited points or time credits; set when posted."""
    rule_version: int | None = None
    ledger_transaction: int | None = None


class Qualification(SQLModel, table=True):
    """A training or licence a person has shown at the desk (R-VOL-07)."""

    __table_args__ = (UniqueConstraint("person_id", "kind"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    person_id: UUID = Field(foreign_key="person.id")
    kind: str = Field(max_length=60)
    expires_on: date | None = None
    seen_by: UUID | None = Field(default=None, foreign_key="person.id")
    seen_at: datetime = Field(sa_type=Moment)
