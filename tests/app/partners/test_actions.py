"""What happens to partners, on a real database."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from app import partners, people
from app.kernel.db import Database
from app.kernel.doings import Doing
from app.kernel.permissions import Permission, Role
from app.partners import (
    LicenceKind,
    MemberRole,
    NotYourStep,
    Organisation,
    OrganisationInvalid,
    OrganisationKind,
    OrganisationState,
    Step,
    StepOutOfTurn,
)
from app.people import MayNot
from tests.app.fair.world import give_role
from tests.cast import NOON, Cast

TODAY = NOON.date()


def applied(session: Session, cast: Cast) -> Organisation:
    return partners.apply(
        session,
        name="针线盒缝补社",
        kind=OrganisationKind.RESIDENTS_CLUB,
        place_id=cast.centre,
        by=cast.pan,
        at=NOON,
    )


def step(session: Session, one: Organisation, what: Step, by: UUID) -> Organisation:
    return partners.take_step(session, one.id, what, by=by, at=NOON, reason="写明理由")


def licence(session: Session, cast: Cast, **changes: Any) -> partners.Licence:
    fields: dict[str, Any] = {
        "kind": LicenceKind.FOOD,
        "number": "JY-1",
        "valid_from": TODAY,
        "expires_on": TODAY + timedelta(days=30),
        "at": NOON,
        "by": cast.pan,
    }
    return partners.add_licence(session, **(fields | changes))


def test_an_application_becomes_a_partner_who_may_list(
    db: Database, cast: Cast
) -> None:
    with db.transaction() as session:
        club = applied(session, cast)
        assert partners.is_member(
            session, club.id, cast.pan, on=TODAY, role=MemberRole.ADMIN
        )
        step(session, club, Step.VERIFY, cast.shen)
        step(session, club, Step.ADMIT, cast.shen)
        session.flush()
        assert club.state == OrganisationState.ACTIVE
        assert people.has_permission(
            session,
            cast.pan,
            Permission.LIST_PAID_OFFERING,
            place_id=cast.station,
            on=TODAY,
        )
        verbs = session.exec(
            select(Doing.verb).where(Doing.about == f"organisation:{club.id}")
        ).all()
    assert sorted(verbs) == ["partner.admit", "partner.apply", "partner.verify"]


def test_suspending_and_reinstating_gives_the_role_once(
    db: Database, cast: Cast
) -> None:
    with db.transaction() as session:
        club = applied(session, cast)
        for what in (Step.VERIFY, Step.ADMIT, Step.SUSPEND, Step.REINSTATE):
            step(session, club, what, cast.shen)
            session.flush()
        held = [
            one
            for one in people.held_by(session, cast.pan, on=TODAY)
            if one.role == Role.PARTNER
        ]
    assert len(held) == 1


@pytest.mark.parametrize(
    ("who", "refusal"), [("ma", MayNot), ("pan", NotYourStep), ("lin", NotYourStep)]
)
def test_two_people_admit_a_partner(
    db: Database, cast: Cast, who: str, refusal: type[Exception]
) -> None:
    with db.transaction() as session:
        club = applied(session, cast)
        partners.add_member(session, club.id, cast.lin, at=NOON, by=cast.pan)
        for name in ("pan", "lin"):
            give_role(session, getattr(cast, name), Role.REVIEWER)
        with pytest.raises(refusal):
            step(session, club, Step.VERIFY, getattr(cast, who))
        assert club.state == OrganisationState.APPLIED


def test_the_table_itself_refuses_an_applicant_who_vets(
    db: Database, cast: Cast
) -> None:
    with db.transaction() as session:
        applied(session, cast)
    with pytest.raises(IntegrityError):
        _write(db, "UPDATE organisation SET vetted_by = applied_by")


def test_steps_come_in_turn(db: Database, cast: Cast) -> None:
    with db.transaction() as session:
        club = applied(session, cast)
        with pytest.raises(StepOutOfTurn):
            step(session, club, Step.ADMIT, cast.shen)


def test_a_licence_counts_once_somebody_outside_saw_it(
    db: Database, cast: Cast
) -> None:
    with db.transaction() as session:
        club = applied(session, cast)
        paper = licence(session, cast, organisation_id=club.id)

        def counts(on: date) -> bool:
            return (
                partners.valid_licence(
                    session, LicenceKind.FOOD, on=on, organisation_id=club.id
                )
                is not None
            )

        assert not counts(TODAY)
        give_role(session, cast.pan, Role.REVIEWER)
        with pytest.raises(NotYourStep):
            partners.see_licence(session, paper.id, by=cast.pan, at=NOON)
        partners.see_licence(session, paper.id, by=cast.shen, at=NOON)
        assert counts(TODAY)
        assert counts(paper.expires_on)
        assert not counts(paper.expires_on + timedelta(days=1))
        kinds = partners.valid_licence_kinds(session, on=TODAY)
        assert kinds == {(club.id, LicenceKind.FOOD)}


@pytest.mark.parametrize(
    "changes",
    [
        {"expires_on": TODAY - timedelta(days=1)},
        {"number": "JY-1"},
    ],
)
def test_a_licence_backwards_or_twice_is_refused(
    db: Database, cast: Cast, changes: dict[str, Any]
) -> None:
    with db.transaction() as session:
        licence(session, cast, person_id=cast.pan)
        with pytest.raises(OrganisationInvalid):
            licence(session, cast, person_id=cast.pan, **changes)


def test_only_who_is_in_charge_enters_papers_and_members(
    db: Database, cast: Cast
) -> None:
    with db.transaction() as session:
        club = applied(session, cast)
        partners.add_member(session, club.id, cast.lin, at=NOON, by=cast.pan)
        with pytest.raises(NotYourStep):
            licence(session, cast, organisation_id=club.id, by=cast.lin)
        with pytest.raises(NotYourStep):
            licence(session, cast, person_id=cast.lin, by=cast.chen)
        with pytest.raises(NotYourStep):
            partners.add_member(session, club.id, cast.chen, at=NOON, by=cast.lin)


def test_somebody_always_stays_in_charge(db: Database, cast: Cast) -> None:
    with db.transaction() as session:
        club = applied(session, cast)
        with pytest.raises(OrganisationInvalid):
            partners.end_membership(session, club.id, cast.pan, by=cast.pan, at=NOON)
        partners.add_member(
            session, club.id, cast.lin, at=NOON, by=cast.pan, role=MemberRole.ADMIN
        )
        partners.end_membership(session, club.id, cast.pan, by=cast.pan, at=NOON)
        assert partners.is_member(session, club.id, cast.pan, on=TODAY)
        tomorrow = TODAY + timedelta(days=1)
        assert not partners.is_member(session, club.id, cast.pan, on=tomorrow)


def test_entering_the_same_organisation_twice_changes_nothing(
    db: Database, cast: Cast
) -> None:
    fields: dict[str, Any] = {
        "name": "海晏社工服务中心",
        "kind": OrganisationKind.SOCIAL_ORGANISATION,
        "external_id": "O01",
        "at": NOON,
    }
    with db.transaction() as session:
        first = partners.add_organisation(session, **fields)
        again = partners.add_organisation(session, **fields)
        renamed = partners.add_organisation(session, **(fields | {"name": "海晏社工"}))
    assert first.id == again.id == renamed.id
    assert renamed.name == "海晏社工"


def _write(db: Database, statement: str) -> None:
    with db.transaction() as session:
        session.exec(text(statement))


def test_who_is_close_to_a_partner_neither_vets_it_nor_sees_its_papers(
    db: Database, cast: Cast
) -> None:
    with db.transaction() as session:
        one = applied(session, cast)
        paper = licence(session, cast, organisation_id=one.id)
        people.add_relative(session, cast.shen, cast.pan, "sibling")
        session.flush()
        with pytest.raises(NotYourStep):
            step(session, one, Step.VERIFY, cast.shen)
        with pytest.raises(NotYourStep):
            partners.see_licence(session, paper.id, by=cast.shen, at=NOON)
        assert (one.state, paper.seen_by) == (OrganisationState.APPLIED, None)


def test_the_last_one_in_charge_does_not_step_down_to_staff(
    db: Database, cast: Cast
) -> None:
    with db.transaction() as session:
        one = applied(session, cast)
        with pytest.raises(OrganisationInvalid):
            partners.add_member(session, one.id, cast.pan, by=cast.pan, at=NOON)
        assert partners.is_member(
            session, one.id, cast.pan, on=TODAY, role=MemberRole.ADMIN
        )


def test_who_leaves_a_partner_lists_nothing_as_a_partner_any_more(
    db: Database, cast: Cast
) -> None:
    with db.transaction() as session:
        one = applied(session, cast)
        partners.add_member(session, one.id, cast.lin, by=cast.pan, at=NOON)
        for what in (Step.VERIFY, Step.ADMIT):
            step(session, one, what, cast.shen)
        session.flush()
        partners.end_membership(session, one.id, cast.lin, by=cast.pan, at=NOON)
        session.flush()
        for person_id, may in ((cast.lin, False), (cast.pan, True)):
            assert may is people.has_permission(
                session, person_id, Permission.LIST_PAID_OFFERING,
                place_id=cast.centre, on=TODAY + timedelta(days=1),
            )  # fmt: skip
