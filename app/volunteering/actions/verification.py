"""What happens to service records: verified, approved again, credited, refused."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import exists, update
from sqlmodel import Session, col

from app import people, programmes, wallet
from app.kernel import doings
from app.kernel.clock import day_of
from app.kernel.errors import Refusal
from app.kernel.i18n import msg
from app.kernel.outbox import publish
from app.kernel.permissions import Permission
from app.programmes import Approval, Programme, ProgrammeRule
from app.volunteering import queries, rules
from app.volunteering.errors import RecordNotFound
from app.volunteering.events import RecordRejected
from app.volunteering.models import (
    Claim,
    ClaimState,
    RecordState,
    ServiceRecord,
    Shift,
    ShiftState,
)
from app.volunteering.rules import Verdict


@dataclass
class Verified:
    """What came of a batch: credited, waiting for another yes, refused with why."""

    posted: list[ServiceRecord] = field(default_factory=list)
    waiting: list[ServiceRecord] = field(default_factory=list)
    refused: dict[UUID, Refusal] = field(default_factory=dict)


def verify_record(
    session: Session, record_id: UUID, *, by: UUID, at: datetime
) -> ServiceRecord:
    """Say that somebody gave these hours; credit them when no other yes is needed.

    Raises:
        RecordNotFound: there is none.
        NotYourVerdict: own, own entry, close, or the wrong role (R-LED-06).
        StepOutOfTurn: it is decided already.
    """
    done = verify_records(session, [record_id], by=by, at=at)
    for refusal in done.refused.values():
        raise refusal
    return (done.posted + done.waiting)[0]


def verify_records(
    session: Session, record_ids: Collection[UUID], *, by: UUID, at: datetime
) -> Verified:
    """Verify many records at once; each stands for itself, a refused one is named.

    The first yes credits, unless the day is long or it is a supplement: then the
    record waits for another person's (R-TIME-03, R-TIME-06). Roles, closeness,
    rules and day totals are each asked once for the whole batch. Hours and points
    are posted in this same transaction.

    Raises:
        RecordNotFound: one of them does not exist.
    """
    records = queries.records_by_ids(session, record_ids, lock=True)
    if len(records) != len(set(record_ids)):
        raise RecordNotFound(msg("We do not know this record."))
    bench = _Bench(session, records, by, at)
    done = Verified()
    for record in records:
        tier = bench.tier(record)
        try:
            rules.ensure_may_decide(record, bench.verdict(record, tier))
        except Refusal as refusal:
            done.refused[record.id] = refusal
            continue
        is_first = record.state is not RecordState.AWAITING_SECOND
        if is_first:
            record.verifier_id, record.verified_at = by, at
        else:
            record.second_approver_id = by
        if is_first and rules.needs_second(record, tier):
            record.state = RecordState.AWAITING_SECOND
            done.waiting.append(record)
        else:
            _post(session, bench, record)
            done.posted.append(record)
        session.add(record)
    session.flush()
    _finish(session, done.posted)
    return done


def reject_record(
    session: Session, record_id: UUID, *, reason: str, by: UUID, at: datetime
) -> ServiceRecord:
    """Refuse a record, with the reason its volunteer will read.

    Raises:
        RecordNotFound: there is none.
        NotYourVerdict: own, own entry, close, or the wrong role.
        StepOutOfTurn: it is decided already.
    """
    (record,) = queries.records_by_ids(session, [record_id], lock=True) or (None,)
    if record is None:
        raise RecordNotFound(msg("We do not know this record."))
    bench = _Bench(session, [record], by, at)
    rules.ensure_may_decide(record, bench.verdict(record, bench.tier(record)))
    record.state = RecordState.REJECTED
    record.reject_reason = reason
    if record.verifier_id is None:
        record.verifier_id, record.verified_at = by, at
    session.add(record)
    session.flush()
    _finish(session, [record])
    publish(session, RecordRejected(at=at, record_id=record.id))
    return record


def revoke_record(
    session: Session, record_id: UUID, *, reason: str, by: UUID, at: datetime
) -> tuple[ServiceRecord, wallet.TakenBack]:
    """Take a credited record back: it was wrong, or a fraud (story L11).

    Hours and points go by an opposite entry; what was spent already is paid by what
    the volunteer earns later. The record stays to be read, with the reason, and its
    time is free: what was really given is written down anew.

    Raises:
        RecordNotFound: there is none.
        NotYourVerdict: not who keeps the books, or with a part in it (R-LED-06).
        StepOutOfTurn: nothing is credited for it.
    """
    (record,) = queries.records_by_ids(session, [record_id], lock=True) or (None,)
    if record is None:
        raise RecordNotFound(msg("We do not know this record."))
    _ensure_may_revoke(session, record, by=by, at=at)
    back = wallet.TakenBack(taken=Decimal(0), owed=Decimal(0))
    if record.ledger_transaction is not None:
        back = wallet.take_back(
            session,
            record.ledger_transaction,
            person_id=record.person_id,
            programme=programmes.programme_for(session, record.programme_id),
            record_id=record.id,
            at=at,
            entered_by=by,
        )
    record.state = RecordState.REVOKED
    record.reject_reason = reason
    record.ledger_transaction = None  # the book finds it by the record's name
    session.add(record)
    session.flush()
    doings.note(
        session,
        who=by,
        verb="record.revoke",
        about=f"record:{record.id}",
        for_whom=record.person_id,
        at=at,
        detail=reason,
    )
    return record, back


def may_revoke(
    session: Session, record: ServiceRecord, *, by: UUID, at: datetime
) -> bool:
    """Say whether *by* may revoke the record now: for its page."""
    try:
        _ensure_may_revoke(session, record, by=by, at=at)
    except Refusal:
        return False
    return True


def _ensure_may_revoke(
    session: Session, record: ServiceRecord, *, by: UUID, at: datetime
) -> None:
    rules.ensure_may_revoke(
        record,
        by,
        may_adjust=people.has_permission(
            session,
            by,
            Permission.ADJUST_LEDGER,
            place_id=record.place_id,
            on=day_of(at),
        ),
        is_close=bool(queries.close_among(session, by, {record.person_id})),
    )


def verdicts_on(
    session: Session, records: Collection[ServiceRecord], *, by: UUID, at: datetime
) -> dict[UUID, Refusal | None]:
    """Return why *by* may not decide each record, None where they may: for pages."""
    bench = _Bench(session, list(records), by, at)
    found: dict[UUID, Refusal | None] = {}
    for record in records:
        try:
            rules.ensure_may_decide(record, bench.verdict(record, bench.tier(record)))
        except Refusal as refusal:
            found[record.id] = refusal
        else:
            found[record.id] = None
    return found


def reconcile(session: Session, shift_ids: Collection[UUID] | None) -> None:
    """Mark finished shifts of which every claim and record is settled."""
    unsettled = exists().where(
        col(Claim.shift_id) == Shift.id,
        col(Claim.state).not_in([*rules.FREED, ClaimState.DONE, ClaimState.NO_SHOW]),
    )
    waiting = exists().where(
        col(ServiceRecord.shift_id) == Shift.id,
        col(ServiceRecord.state).in_(rules.WAITING),
    )
    settle = (
        update(Shift)
        .where(col(Shift.state) == ShiftState.FINISHED, ~unsettled, ~waiting)
        .values(state=ShiftState.RECONCILED)
        .execution_options(synchronize_session="fetch")
    )
    if shift_ids is not None:
        settle = settle.where(col(Shift.id).in_(shift_ids))
    session.execute(settle)


class _Bench:
    """What a batch needs to know, each thing asked once."""

    def __init__(
        self, session: Session, records: list[ServiceRecord], by: UUID, at: datetime
    ) -> None:
        self.session, self.by, self.at = session, by, at
        self.minutes = queries.minutes_on_days(session, records)
        self.close = queries.close_among(
            session, by, {record.person_id for record in records}
        )
        self._rules: dict[tuple[UUID, date], ProgrammeRule] = {}
        self._programmes: dict[UUID, Programme] = {}
        self._may: dict[tuple[Permission, UUID | None], bool] = {}
        self._shifts: Mapping[UUID, Shift] = {}
        if any(one.state is RecordState.AWAITING_SECOND for one in records):
            self._shifts = queries.shifts_by_ids(
                session, {record.shift_id for record in records}
            )

    def rule(self, record: ServiceRecord) -> ProgrammeRule:
        """Return the rule that counts for the record's day (R-LED-12)."""
        key = (record.programme_id, record.day)
        if key not in self._rules:
            self._rules[key] = programmes.rule_on(self.session, *key)
        return self._rules[key]

    def programme(self, record: ServiceRecord) -> Programme:
        """Return the record's programme."""
        if record.programme_id not in self._programmes:
            self._programmes[record.programme_id] = programmes.programme_for(
                self.session, record.programme_id
            )
        return self._programmes[record.programme_id]

    def tier(self, record: ServiceRecord) -> Approval:
        """Return whose yes the person's whole day needs (R-TIME-03)."""
        total = self.minutes.get((record.person_id, record.day), record.minutes)
        return programmes.approval_for(self.rule(record), total)

    def may(self, permission: Permission, place_id: UUID | None) -> bool:
        """Say whether the verifier carries *permission* at a place."""
        key = (permission, place_id)
        if key not in self._may:
            self._may[key] = people.has_permission(
                self.session,
                self.by,
                permission,
                place_id=place_id,
                on=day_of(self.at),
            )
        return self._may[key]

    def verdict(self, record: ServiceRecord, tier: Approval) -> Verdict:
        """Return what the rules must know of the verifier for this record."""
        where = None if tier is Approval.DISTRICT else record.place_id
        shift = self._shifts.get(record.shift_id)
        return Verdict(
            by=self.by,
            may_verify=self.may(Permission.VERIFY_HOURS, record.place_id),
            may_verify_long=self.may(Permission.VERIFY_LONG_HOURS, where),
            is_close=record.person_id in self.close,
            is_organiser=shift is not None and shift.created_by == self.by,
        )


def _post(session: Session, bench: _Bench, record: ServiceRecord) -> None:
    """Credit hours and one spendable unit, in this transaction (R-LED-11)."""
    rule = bench.rule(record)
    record.hours, record.amount = programmes.credit_for(rule, record.minutes)
    record.rule_version = rule.version
    record.state = RecordState.POSTED
    record.posted_at = bench.at
    if record.hours > 0:
        record.ledger_transaction = wallet.credit_hours(
            session,
            person_id=record.person_id,
            programme=bench.programme(record),
            record_id=record.id,
            hours=record.hours,
            amount=record.amount,
            rule_version=rule.version,
            at=bench.at,
            effective_on=record.day,
            entered_by=record.entered_by,
            approved_by=bench.by,
            lot_months=rule.lot_months,
            store_cap=rule.store_cap,
        )


def _finish(session: Session, records: Collection[ServiceRecord]) -> None:
    """Close the claims of decided records, and the shifts that are settled by it."""
    if not records:
        return
    session.execute(
        update(Claim)
        .where(col(Claim.id).in_([one.claim_id for one in records if one.claim_id]))
        .where(col(Claim.state) == ClaimState.CHECKED_OUT)
        .values(state=ClaimState.DONE)
        .execution_options(synchronize_session="fetch")
    )
    reconcile(session, {record.shift_id for record in records})
