"""What volunteering's pages show of shifts, claims and records."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, url_for
from sqlmodel import Session

from app import people, places, programmes
from app.places import Place
from app.programmes import Programme, ProgrammeRule
from app.volunteering import queries, rules
from app.volunteering.models import Claim, Post, ServiceRecord, Shift, ShiftState
from app.volunteering.rules import ClaimStep, Fit
from app.web.causes import register_cause
from app.web.words import localized, register_labels

bp = Blueprint("volunteering", __name__)
for labels in rules.LABELS:
    register_labels(labels)


def titles_of(session: Session, ids: Collection[UUID]) -> Mapping[UUID, str]:
    """Return what the books call these records, in the reader's language."""
    records = queries.records_by_ids(session, ids)
    posts = queries.posts_by_ids(session, {record.post_id for record in records})
    return {record.id: localized(posts[record.post_id], "title") for record in records}


register_cause(
    "record", endpoint="volunteering.record", argument="record_id", titles=titles_of
)


@dataclass(frozen=True)
class ShiftRow:
    """A shift with its post, its place, and how it fits the reader."""

    shift: Shift
    post: Post
    place: Place
    fit: Fit | None
    state: ShiftState

    @property
    def free(self) -> int:
        """How many places are free."""
        return self.shift.people_wanted - self.shift.claimed


@dataclass(frozen=True)
class ClaimRow:
    """A claim with its shift, and what its volunteer may do now."""

    claim: Claim
    shift: Shift
    post: Post
    place: Place
    steps: tuple[ClaimStep, ...]
    record_id: UUID | None = None


@dataclass(frozen=True)
class RecordRow:
    """A service record with its people; `may_decide` is the reader's."""

    record: ServiceRecord
    post: Post
    place: Place
    programme: Programme
    person_name: str
    entered_by: str
    verifier: str | None
    second: str | None
    may_decide: bool = False
    why_not: str | None = None


def shift_rows(
    session: Session,
    found: Sequence[tuple[Shift, Post]],
    reader: UUID | None,
    at: datetime,
) -> list[ShiftRow]:
    """Return shifts as pages show them; a reader's best fits first."""
    where = places.places_by_ids(session, {shift.place_id for shift, _ in found})
    fits: dict[UUID, Fit] = {}
    if reader is not None and found:
        person = people.person_for(session, reader)
        mine = queries.claims_between(
            session,
            [reader],
            min(shift.starts_at for shift, _ in found),
            max(shift.ends_at for shift, _ in found),
        )
        for shift, post in found:
            shown = (
                queries.qualifications_of(session, reader, shift.day)
                if post.needs
                else frozenset()
            )
            fits[shift.id] = rules.fit_of(
                shift, post, birth_on=person.birth_on, shown=shown, mine=mine
            )
    rows = [
        ShiftRow(
            shift=shift,
            post=post,
            place=where[shift.place_id],
            fit=fits.get(shift.id),
            state=rules.shown_state(shift, at),
        )
        for shift, post in found
    ]
    return sorted(rows, key=lambda row: (row.fit or 0, row.shift.starts_at))


def claim_rows(
    session: Session, claims: Sequence[Claim], reader: UUID, at: datetime
) -> list[ClaimRow]:
    """Return claims as their volunteer sees them."""
    shifts = queries.shifts_by_ids(session, {claim.shift_id for claim in claims})
    posts = queries.posts_by_ids(session, {one.post_id for one in shifts.values()})
    where = places.places_by_ids(session, {claim.place_id for claim in claims})
    records = queries.records_of_claims(session, {claim.id for claim in claims})
    return [
        ClaimRow(
            claim=claim,
            shift=shifts[claim.shift_id],
            post=posts[shifts[claim.shift_id].post_id],
            place=where[claim.place_id],
            steps=rules.steps_open_to(claim, reader, at),
            record_id=records.get(claim.id),
        )
        for claim in claims
    ]


def record_rows(
    session: Session,
    records: Sequence[ServiceRecord],
    verdicts: Mapping[UUID, Any] | None = None,
) -> list[RecordRow]:
    """Return records with their names; *verdicts*: None or the refusal by record."""
    posts = queries.posts_by_ids(session, {one.post_id for one in records})
    where = places.places_by_ids(session, {one.place_id for one in records})
    who = people.people_by_ids(
        session,
        {
            one
            for record in records
            for one in (
                record.person_id,
                record.entered_by,
                record.verifier_id,
                record.second_approver_id,
            )
        },
    )
    schemes = {one.id: one for one in programmes.all_programmes(session)}

    def name(person_id: UUID | None) -> str | None:
        known = who.get(person_id) if person_id else None
        return known.display_name if known else None

    rows = []
    for record in records:
        refusal = (verdicts or {}).get(record.id, True)
        rows.append(
            RecordRow(
                record=record,
                post=posts[record.post_id],
                place=where[record.place_id],
                programme=schemes[record.programme_id],
                person_name=name(record.person_id) or "",
                entered_by=name(record.entered_by) or "",
                verifier=name(record.verifier_id),
                second=name(record.second_approver_id),
                may_decide=refusal is None,
                why_not=None if refusal in (None, True) else refusal.message,
            )
        )
    return rows


def credit_of(rule: ProgrammeRule, shift: Shift) -> Any:
    """Return (hours, amount) that a whole shift would credit."""
    length = int((shift.ends_at - shift.starts_at).total_seconds()) // 60
    return programmes.credit_for(rule, length)


def step_url(claim: Claim, step: ClaimStep) -> str:
    """Return where a step of a claim is taken."""
    if step in (ClaimStep.CHECK_IN, ClaimStep.CHECK_OUT):
        return url_for("volunteering.attendance_page")
    return url_for(f"volunteering.{step.value}", claim_id=claim.id)
