"""What happens in the fair, on a real database: steps, revisions, seats, sleep."""

from __future__ import annotations

import threading
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, SQLModel, select

from app import fair, partners
from app.fair import (
    LicenceMissing,
    NotLive,
    NotYourStep,
    OfferingInvalid,
    OfferingNotFound,
    OfferingState,
    PriceMode,
    ServiceNature,
    SlotBooked,
    SlotFull,
    StepOutOfTurn,
)
from app.fair.actions import drafting
from app.fair.rules import Step
from app.kernel.db import Database
from app.kernel.doings import Doing
from app.kernel.errors import Conflict, Refusal
from app.kernel.outbox import OutboxRow
from app.kernel.permissions import Role
from app.kernel.relay import relay_pending
from app.partners import LicenceKind, OrganisationKind
from app.people import MayNot
from app.wiring.hearing import make_hearing
from tests.app.fair.world import (
    HOUR,
    TOMORROW,
    draft,
    give_role,
    in_review,
    published,
    slot_of,
)
from tests.cast import NOON, Cast

SHANGHAI = ZoneInfo("Asia/Shanghai")


def kinds_said(session: Session) -> list[str]:
    session.flush()
    return [row.kind for row in session.exec(select(OutboxRow).order_by(OutboxRow.id))]


def save(db: Database, row: SQLModel) -> None:
    with db.transaction() as session:
        session.add(row)


def write(db: Database, statement: str) -> None:
    with db.transaction() as session:
        session.exec(text(statement))


def care_company(session: Session, cast: Cast) -> UUID:
    """Runwu Care: Pan is its member, with a care licence until the end of June."""
    team = partners.add_organisation(
        session,
        name="润物照护有限公司",
        kind=OrganisationKind.PROFESSIONAL_INSTITUTION,
        place_id=cast.centre,
        at=NOON,
    )
    partners.add_member(session, team.id, cast.pan, at=NOON, by=None)
    partners.add_licence(
        session,
        organisation_id=team.id,
        kind=LicenceKind.ELDERLY_CARE,
        number="YL-1",
        valid_from=date(2026, 1, 1),
        expires_on=date(2026, 6, 30),
        at=NOON,
        by=None,
        seen_by=cast.shen,
    )
    give_role(session, cast.pan, Role.PARTNER, organisation_id=team.id)
    return team.id


def bathing(session: Session, cast: Cast) -> fair.Offering:
    """A low-fee offering that needs a licence, published."""
    return published(
        session,
        cast,
        author_id=cast.pan,
        organisation_id=care_company(session, cast),
        title="助浴日",
        service_nature=ServiceNature.LOW_FEE,
        price_mode=PriceMode.CNY,
        points=None,
        programme_id=None,
        price_cny=Decimal("38.00"),
        needs_licence=LicenceKind.ELDERLY_CARE,
    )


def test_from_draft_to_published_each_step_is_written_down(
    db: Database, cast: Cast
) -> None:
    with db.transaction() as session:
        offering = published(session, cast)
        about = f"offering:{offering.id}"
        verbs = [
            doing.verb
            for doing in session.exec(select(Doing).where(Doing.about == about))
        ]
        assert offering.state == OfferingState.PUBLISHED
        assert offering.published_at == NOON
        assert sorted(verbs) == ["offering.approve", "offering.submit", "offering.take"]
        assert kinds_said(session).count("OfferingChanged") == 1


@pytest.mark.parametrize("who", ["lin", "chen", "sun", "jin"])
def test_who_may_not_list_is_refused(db: Database, cast: Cast, who: str) -> None:
    with db.transaction() as session, pytest.raises(MayNot):
        draft(session, cast, author_id=getattr(cast, who))


def test_a_skilled_resident_may_not_take_money(db: Database, cast: Cast) -> None:
    with db.transaction() as session:
        paid: dict[str, Any] = {
            "service_nature": ServiceNature.LOW_FEE,
            "price_mode": PriceMode.CNY,
            "points": None,
            "programme_id": None,
            "price_cny": Decimal(5),
        }
        with pytest.raises(OfferingInvalid):
            draft(session, cast, **paid)
        paper = partners.add_licence(
            session,
            person_id=cast.wang,
            kind=LicenceKind.PETTY_EXEMPTION,
            number="BM-1",
            valid_from=date(2026, 1, 1),
            expires_on=date(2026, 12, 31),
            at=NOON,
            by=cast.wang,
        )
        offering = draft(session, cast, exemption_id=paper.id, **paid)
        fair.submit(session, offering.id, by=cast.wang, at=NOON)
        fair.take_for_review(session, offering.id, by=cast.shen, at=NOON)
        with pytest.raises(LicenceMissing):
            fair.approve(session, offering.id, by=cast.shen, at=NOON)
        partners.see_licence(session, paper.id, by=cast.shen, at=NOON)
        fair.approve(session, offering.id, by=cast.shen, at=NOON)
        with pytest.raises(OfferingInvalid) as refused:
            draft(session, cast, exemption_id=paper.id, author_id=cast.ma, **paid)
        assert refused.value.field == "exemption_id"


def test_somebody_elses_organisation_is_not_mine(db: Database, cast: Cast) -> None:
    with db.transaction() as session:
        team = care_company(session, cast)
        with pytest.raises(NotYourStep):
            draft(session, cast, organisation_id=team)


def test_reviewers_are_strangers_by_rule(db: Database, cast: Cast) -> None:
    """Shen may; the author, the author's sister and a member of the team may not."""
    with db.transaction() as session:
        for name in ("wang", "hua", "pan"):
            give_role(session, getattr(cast, name), Role.REVIEWER)
        give_role(session, cast.chen, Role.SKILLED_RESIDENT)
        own = draft(session, cast)
        sisters = draft(session, cast, author_id=cast.chen)
        team = care_company(session, cast)
        give_role(session, cast.lin, Role.PARTNER)
        partners.add_member(session, team, cast.lin, at=NOON, by=None)
        teams = draft(session, cast, author_id=cast.lin, organisation_id=team)
        for offering, by in ((own, cast.wang), (sisters, cast.hua), (teams, cast.pan)):
            fair.submit(session, offering.id, by=offering.author_id, at=NOON)
            with pytest.raises(NotYourStep):
                fair.take_for_review(session, offering.id, by=by, at=NOON)
            fair.take_for_review(session, offering.id, by=cast.shen, at=NOON)


@pytest.mark.parametrize("named", ["wang", "lin"])
def test_the_table_itself_refuses_an_author_who_reviews(
    db: Database, cast: Cast, named: str
) -> None:
    """Neither openly, nor by naming somebody else as the author."""
    with db.transaction() as session:
        offering = in_review(session, cast)
    review = fair.models.Review(
        offering_id=offering.id,
        author_id=getattr(cast, named),
        version=1,
        reviewer_id=cast.wang,
        decision=fair.models.Decision.APPROVED,
        at=NOON,
    )
    with pytest.raises(IntegrityError):
        save(db, review)


@pytest.mark.parametrize(
    "change",
    [
        "price_mode = 'cny', price_cny = 500, points = NULL",
        "points = 0",
        "points = NULL",
        "service_nature = 'government'",
        "service_nature = 'low_fee', price_mode = 'cny', price_cny = 5, points = NULL",
        "provider_id = NULL",
        "reviewer_id = author_id",
    ],
)
def test_the_table_itself_refuses_what_the_rules_refuse(
    db: Database, cast: Cast, change: str
) -> None:
    with db.transaction() as session:
        draft(session, cast)
    with pytest.raises(IntegrityError):
        write(db, f"UPDATE offering SET {change}")


def test_a_draft_changes_at_once_and_a_live_price_waits(
    db: Database, cast: Cast
) -> None:
    with db.transaction() as session:
        offering = draft(session, cast)
        _, none = fair.edit_offering(
            session, offering.id, {"points": Decimal(6)}, by=cast.wang, at=NOON
        )
        assert (offering.points, none) == (Decimal(6), None)
    with db.transaction() as session:
        live = published(session, cast)
        changes = {"title": "周四理发", "points": Decimal(8)}
        _, revision = fair.edit_offering(
            session, live.id, changes, by=cast.wang, at=NOON
        )
        assert revision is not None
        assert (live.title, live.points) == ("周四理发", Decimal(5))
        give_role(session, cast.wang, Role.REVIEWER)
        with pytest.raises(NotYourStep):
            fair.decide_revision(
                session, revision.id, is_approved=True, by=cast.wang, at=NOON
            )
        fair.decide_revision(
            session, revision.id, is_approved=True, by=cast.shen, at=NOON
        )
        assert live.points == Decimal(8)
        with pytest.raises(StepOutOfTurn):
            fair.decide_revision(
                session, revision.id, is_approved=True, by=cast.shen, at=NOON
            )


def test_a_newer_change_takes_the_place_of_one_that_waits(
    db: Database, cast: Cast
) -> None:
    with db.transaction() as session:
        live = published(session, cast)
        for points in (8, 9):
            fair.edit_offering(
                session, live.id, {"points": Decimal(points)}, by=cast.wang, at=NOON
            )
        offerings, changes = fair.queries.review_queue(
            session, cast.shen, on=NOON.date()
        )
        assert offerings == []
        assert [revision.changes for revision, _ in changes] == [{"points": "9"}]


def test_a_change_that_breaks_the_price_rule_is_refused_before_the_review(
    db: Database, cast: Cast
) -> None:
    with db.transaction() as session:
        live = published(session, cast)
        with pytest.raises(OfferingInvalid):
            fair.edit_offering(
                session,
                live.id,
                {"service_nature": ServiceNature.GOVERNMENT},
                by=cast.wang,
                at=NOON,
            )
        assert live.service_nature == ServiceNature.VOLUNTEER


def test_what_is_under_review_cannot_be_edited(db: Database, cast: Cast) -> None:
    with db.transaction() as session:
        offering = in_review(session, cast)
        with pytest.raises(StepOutOfTurn):
            fair.edit_offering(
                session, offering.id, {"title": "别的"}, by=cast.wang, at=NOON
            )


def test_strangers_do_not_even_learn_of_a_draft(db: Database, cast: Cast) -> None:
    with db.transaction() as session:
        offering = draft(session, cast)
        with pytest.raises(OfferingNotFound):
            fair.submit(session, offering.id, by=cast.chen, at=NOON)
        with pytest.raises(OfferingNotFound):
            fair.offering_for(session, offering.id, reader=cast.chen)
        assert fair.offering_for(session, offering.id, reader=cast.wang) is offering


def test_the_calendar_opens_and_closes_an_offering(db: Database, cast: Cast) -> None:
    with db.transaction() as session:
        offering = published(
            session, cast, listed_from=date(2026, 6, 5), listed_until=date(2026, 6, 6)
        )
        assert offering.state == OfferingState.APPROVED
        seen = []
        for days in range(1, 5):
            fair.turn_pages(session, NOON + timedelta(days=days))
            seen.append(offering.state)
        assert seen == [
            OfferingState.APPROVED,
            OfferingState.PUBLISHED,
            OfferingState.PUBLISHED,
            OfferingState.EXPIRED,
        ]
        drafting.take_step(session, offering.id, Step.RENEW, by=cast.wang, at=NOON)
        assert offering.state == OfferingState.DRAFT


def test_a_licence_that_runs_out_puts_the_offering_to_sleep_and_a_new_one_wakes_it(
    db: Database, cast: Cast
) -> None:
    last_day, after = NOON.replace(day=30), NOON.replace(month=7, day=1)
    with db.transaction() as session:
        offering = bathing(session, cast)
        slot = slot_of(session, offering.id, start=after + HOUR)
        assert fair.put_to_sleep_expired(session, last_day) == 0
        assert fair.put_to_sleep_expired(session, after) == 1
        assert fair.put_to_sleep_expired(session, after) == 0
        assert offering.state == OfferingState.ASLEEP
        with pytest.raises(NotLive):
            fair.take_seat(session, slot.id, at=after)
        paper = partners.add_licence(
            session,
            organisation_id=offering.organisation_id,
            kind=LicenceKind.ELDERLY_CARE,
            number="YL-2",
            valid_from=after.date(),
            expires_on=date(2027, 6, 30),
            at=after,
            by=None,
        )
        assert fair.put_to_sleep_expired(session, after) == 0
        partners.see_licence(session, paper.id, by=cast.shen, at=after)
        assert fair.put_to_sleep_expired(session, after) == 1
        assert offering.state == OfferingState.PUBLISHED


def test_a_suspended_partner_takes_its_offerings_along(
    db: Database, cast: Cast
) -> None:
    with db.transaction() as session:
        offering = bathing(session, cast)
        assert offering.organisation_id is not None
        partners.take_step(
            session,
            offering.organisation_id,
            partners.Step.SUSPEND,
            by=cast.shen,
            at=NOON,
            reason="投诉属实",
        )
    relay_pending(db, make_hearing(), at=NOON)
    with db.reading() as session:
        assert fair.offering_for(session, offering.id).state == OfferingState.ASLEEP


def test_a_paused_offering_does_not_open_again_without_its_licence(
    db: Database, cast: Cast
) -> None:
    with db.transaction() as session:
        offering = bathing(session, cast)
        fair.pause(session, offering.id, by=cast.pan, at=NOON)
        with pytest.raises(LicenceMissing):
            fair.resume(session, offering.id, by=cast.pan, at=NOON + timedelta(days=40))
        fair.resume(session, offering.id, by=cast.pan, at=NOON)
        assert offering.state == OfferingState.PUBLISHED


def test_weekly_times_keep_the_clock_on_the_wall_and_come_once(
    db: Database, cast: Cast
) -> None:
    with db.transaction() as session:
        offering = published(session, cast)
        weekly: dict[str, Any] = {
            "first": date(2026, 6, 10),
            "starts": time(9),
            "ends": time(10),
            "weeks": 3,
            "zone": SHANGHAI,
            "by": cast.wang,
            "at": NOON,
        }
        added = fair.add_weekly_slots(session, offering.id, **weekly)
        again = fair.add_weekly_slots(session, offering.id, **weekly)
        assert [slot.starts_at.astimezone(SHANGHAI).day for slot in added] == [
            10,
            17,
            24,
        ]
        assert {slot.starts_at.hour for slot in added} == {1}
        assert again == []
        with pytest.raises(OfferingInvalid):
            fair.add_weekly_slots(session, offering.id, **(weekly | {"weeks": 27}))
        with pytest.raises(OfferingInvalid):
            fair.add_weekly_slots(
                session, offering.id, **(weekly | {"first": date(2026, 6, 3)})
            )


def test_seats_are_counted_and_said_only_when_it_fills_or_frees(
    db: Database, cast: Cast
) -> None:
    with db.transaction() as session:
        slot = slot_of(session, published(session, cast).id, seats=2)
        said = kinds_said(session).count("SlotsChanged")
        fair.take_seat(session, slot.id, at=NOON)
        assert kinds_said(session).count("SlotsChanged") == said
        fair.take_seat(session, slot.id, at=NOON)
        assert kinds_said(session).count("SlotsChanged") == said + 1
        assert fair.free_slots(session, slot.offering_id, at=NOON) == []
        with pytest.raises(SlotFull):
            fair.take_seat(session, slot.id, at=NOON)
        fair.give_seat_back(session, slot.id, at=NOON)
        assert kinds_said(session).count("SlotsChanged") == said + 2
        assert fair.free_slots(session, slot.offering_id, at=NOON) == [slot]


def test_two_at_once_on_the_last_seat_one_gets_it(db: Database, cast: Cast) -> None:
    with db.transaction() as session:
        slot_id = slot_of(session, published(session, cast).id).id
    outcomes: list[str] = []
    start = threading.Barrier(4)

    def take() -> None:
        start.wait()
        try:
            with db.transaction() as session:
                fair.take_seat(session, slot_id, at=NOON)
            outcomes.append("taken")
        except Conflict as refusal:
            outcomes.append(type(refusal).__name__)

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["SlotFull", "SlotFull", "SlotFull", "taken"]
    with db.reading() as session:
        assert fair.slot_for(session, slot_id).taken == 1


def test_the_table_itself_refuses_one_seat_too_many(db: Database, cast: Cast) -> None:
    with db.transaction() as session:
        slot_of(session, published(session, cast).id)
    with pytest.raises(IntegrityError):
        write(db, "UPDATE slot SET taken = 2")


def test_a_booked_time_is_not_withdrawn_and_a_withdrawn_one_comes_back(
    db: Database, cast: Cast
) -> None:
    with db.transaction() as session:
        slot = slot_of(session, published(session, cast).id)
        fair.take_seat(session, slot.id, at=NOON)
        with pytest.raises(SlotBooked):
            fair.withdraw_slot(session, slot.id, by=cast.wang, at=NOON)
        with pytest.raises(OfferingInvalid):
            fair.set_capacity(session, slot.id, 0, by=cast.wang, at=NOON)
        fair.give_seat_back(session, slot.id, at=NOON)
        fair.withdraw_slot(session, slot.id, by=cast.wang, at=NOON)
        with pytest.raises(NotLive):
            fair.take_seat(session, slot.id, at=NOON)
        back = fair.add_slots(
            session,
            slot.offering_id,
            [(TOMORROW, TOMORROW + HOUR)],
            by=cast.wang,
            at=NOON,
        )
        assert [one.id for one in back] == [slot.id]
        fair.take_seat(session, slot.id, at=NOON)


def test_loading_the_same_offering_twice_changes_nothing(
    db: Database, cast: Cast
) -> None:
    fields: dict[str, Any] = {
        "external_id": "L001",
        "author_id": cast.wang,
        "provider_id": cast.wang,
        "place_id": cast.centre,
        "title": "周三上午小家电免费诊断台",
        "kind": fair.OfferingKind.SERVICE,
        "category": fair.Category.DAILY_REPAIR,
        "service_nature": ServiceNature.VOLUNTEER,
        "price_mode": PriceMode.FREE,
    }
    with db.transaction() as session:
        first = fair.load_offering(session, at=NOON, **fields)
        said = len(kinds_said(session))
        again = fair.load_offering(session, at=NOON + HOUR, **fields)
        assert (again.id, again.version, again.changed_at) == (first.id, 1, NOON)
        assert len(kinds_said(session)) == said
        changed = fair.load_offering(
            session, at=NOON + HOUR, **(fields | {"title": "小家电诊断台"})
        )
        assert (changed.id, changed.version) == (first.id, 2)
        with pytest.raises(Refusal):
            fair.load_offering(
                session,
                at=NOON,
                **(fields | {"external_id": "L2", "price_mode": PriceMode.CNY}),
            )
