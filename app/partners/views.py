"""The partners' counter: the directory, one's own organisation, applying."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app import people, places
from app.kernel.clock import day_of, now
from app.kernel.errors import Refusal
from app.partners import actions, queries, rules
from app.partners.errors import OrganisationInvalid
from app.partners.forms import ApplyForm, LicenceForm, MemberForm
from app.partners.models import (
    LicenceKind,
    MemberRole,
    Organisation,
    OrganisationKind,
    OrganisationState,
)
from app.web.forms import blank_form, read_form, refused_form
from app.web.guards import find_me, me, public, signed_in
from app.web.htmx import go_to
from app.web.links import find_url
from app.web.once import once
from app.web.store import reading, transaction
from app.web.words import label, localized, register_labels, translate

bp = Blueprint("partners", __name__)
for _labels in rules.LABELS:
    register_labels(_labels)

NEW = "partners/new.html"
OFFICE = "partners/office.html"


@bp.get("/")
@public
def index() -> ResponseReturnValue:
    """Show the directory: who offers something here, by kind."""
    with reading() as session:
        active = queries.active_organisations(session)
        where = places.places_by_ids(session, [one.place_id for one in active])
        own = _own_organisations(session)
    by_kind = {
        kind: found
        for kind in OrganisationKind
        if (found := [one for one in active if one.kind == kind])
    }
    return render_template(
        "partners/index.html",
        by_kind=by_kind,
        count=len(active),
        places=where,
        own=own,
    )


@bp.get("/<uuid:organisation_id>")
@public
def show(organisation_id: UUID) -> ResponseReturnValue:
    """Show a partner: who it is, which papers were seen, where it sits."""
    today = day_of(now())
    reader = find_me()
    with reading() as session:
        is_inside = reader is not None and queries.is_member(
            session, organisation_id, reader.id, on=today
        )
        find = queries.organisation_for if is_inside else queries.public_organisation
        organisation = find(session, organisation_id)
        papers = [
            one
            for one in queries.licences_of(session, organisation_id=organisation_id)
            if rules.is_valid_on(one, today)
        ]
        place = (
            places.place_for(session, organisation.place_id)
            if organisation.place_id
            else None
        )
    return render_template(
        "partners/show.html",
        organisation=organisation,
        place=place,
        place_url=find_url("places.show", place_id=place.id) if place else None,
        licences=papers,
        is_inside=is_inside,
        search_url=find_url("search.index", q=localized(organisation, "name")),
    )


@bp.get("/new")
@signed_in
def new() -> ResponseReturnValue:
    """Show the application form."""
    form = blank_form(place_id=me().place_id)
    return render_template(NEW, form=form, **_apply_context())


@bp.post("/")
@signed_in
def create() -> ResponseReturnValue:
    """Apply as a community partner."""
    mine, at = me().id, now()
    try:
        form = read_form(ApplyForm)
        with transaction() as session:
            if form.place_id is not None:
                places.place_for(session, form.place_id)
            made = once(
                session,
                "partner.apply",
                owner=mine,
                body=form,
                at=at,
                do=lambda: (
                    actions.apply(session, by=mine, at=at, **form.model_dump()).id
                ),
            )
    except Refusal as refusal:
        return refused_form(NEW, refusal, **_apply_context())
    return go_to(
        url_for(".office", organisation_id=made),
        notice=translate("Thank you. Somebody at the fair looks at it and answers."),
    )


@bp.get("/<uuid:organisation_id>/office")
@signed_in
def office(organisation_id: UUID) -> ResponseReturnValue:
    """Show one's own organisation: where it stands, its papers and people."""
    return render_template(OFFICE, form=blank_form(), **_office(organisation_id))


@bp.post("/<uuid:organisation_id>/licences")
@signed_in
def add_licence(organisation_id: UUID) -> ResponseReturnValue:
    """Enter a licence or its renewal; somebody has to see the paper."""
    mine, at = me().id, now()
    try:
        form = read_form(LicenceForm)
        with transaction() as session:
            once(
                session,
                "licence.create",
                owner=mine,
                body={"of": str(organisation_id)} | form.model_dump(mode="json"),
                at=at,
                do=lambda: (
                    actions.add_licence(
                        session,
                        organisation_id=organisation_id,
                        by=mine,
                        at=at,
                        **form.model_dump(),
                    ).id
                ),
            )
    except Refusal as refusal:
        return _office_refused(organisation_id, refusal)
    return go_to(
        url_for(".office", organisation_id=organisation_id),
        notice=translate("Noted. It counts once somebody at the desk has seen it."),
    )


@bp.post("/<uuid:organisation_id>/members")
@signed_in
def add_member(organisation_id: UUID) -> ResponseReturnValue:
    """Take somebody in, by the number on their card."""
    mine, at = me().id, now()
    try:
        form = read_form(MemberForm)
        with transaction() as session:
            once(
                session,
                "member.create",
                owner=mine,
                body={"of": str(organisation_id)} | form.model_dump(),
                at=at,
                do=lambda: _take_in(session, organisation_id, form, mine),
            )
    except Refusal as refusal:
        return _office_refused(organisation_id, refusal)
    return go_to(url_for(".office", organisation_id=organisation_id))


@bp.post("/<uuid:organisation_id>/members/<uuid:person_id>/exit")
@signed_in
def end_membership(organisation_id: UUID, person_id: UUID) -> ResponseReturnValue:
    """Let somebody go."""
    with transaction() as session:
        actions.end_membership(
            session, organisation_id, person_id, by=me().id, at=now()
        )
    return go_to(url_for(".office", organisation_id=organisation_id))


def _take_in(
    session: Session, organisation_id: UUID, form: MemberForm, mine: UUID
) -> UUID:
    number = form.member_no.upper()
    found = [
        one for one in people.search_people(session, number) if one.member_no == number
    ]
    if not found:
        raise OrganisationInvalid(rules.UNKNOWN_MEMBER, field="member_no")
    role = MemberRole.ADMIN if form.is_admin else MemberRole.STAFF
    return actions.add_member(
        session, organisation_id, found[0].id, by=mine, at=now(), role=role
    ).id


def _apply_context() -> dict[str, Any]:
    with reading() as session:
        offered = [
            (place.id, localized(place, "name")) for place in places.all_places(session)
        ]
    kinds = [(kind.value, label(kind)) for kind in OrganisationKind]
    return {"places": offered, "kinds": kinds}


def _office(organisation_id: UUID) -> dict[str, Any]:
    today = day_of(now())
    with reading() as session:
        organisation = queries.organisation_for_member(
            session, organisation_id, me().id, on=today
        )
        members = [
            one
            for one in queries.memberships_of(session, organisation_id)
            if one.ends_on is None or one.ends_on > today
        ]
        return {
            "organisation": organisation,
            "licences": queries.licences_of(session, organisation_id=organisation_id),
            "members": members,
            "people": people.people_by_ids(session, [one.person_id for one in members]),
            "is_in_charge": queries.is_member(
                session, organisation_id, me().id, on=today, role=MemberRole.ADMIN
            ),
            "licence_kinds": [(kind.value, label(kind)) for kind in LicenceKind],
            "is_active": organisation.state == OrganisationState.ACTIVE,
            "new_offering_url": find_url("fair.new"),
        }


def _office_refused(organisation_id: UUID, refusal: Refusal) -> ResponseReturnValue:
    if refusal.status != 422:
        raise refusal
    return refused_form(OFFICE, refusal, **_office(organisation_id))


def _own_organisations(session: Session) -> list[Organisation]:
    reader = find_me()
    if reader is None:
        return []
    ids = queries.organisation_ids_of(session, reader.id, on=day_of(now()))
    return list(queries.organisations_by_ids(session, ids).values())
