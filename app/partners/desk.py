"""The vetting desk: applications, papers to see, partners to suspend or let go."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app import people, places
from app.kernel.clock import day_of, now
from app.kernel.errors import Refusal
from app.kernel.permissions import Permission
from app.partners import actions, queries, rules
from app.partners.forms import ReasonForm
from app.partners.models import Licence, Organisation, OrganisationState
from app.partners.rules import Step
from app.web.desk_items import DeskAction, DeskItem, DeskKind
from app.web.forms import FormState, blank_form, errors_of, read_form
from app.web.guards import me, needs
from app.web.htmx import page_or_fragment, swap_or_redirect
from app.web.once import once
from app.web.store import reading, transaction
from app.web.words import label, localized, translate

bp = Blueprint("partners_desk", __name__)

PAGE = "partners/vetting.html"
FRAGMENT = "partners/_vetting.html"
WAITING = (OrganisationState.APPLIED, OrganisationState.VERIFIED)


@bp.get("/desk")
@needs(Permission.VET_PARTNER)
def queue() -> ResponseReturnValue:
    """Show what waits: applications and papers, and the partners that are in."""
    on = day_of(now())
    with reading() as session:
        reach = people.permitted_place_ids(
            session, me().id, Permission.VET_PARTNER, on=on
        )
        waiting = _within(queries.organisations_in(session, WAITING), reach)
        inside = _within(
            queries.organisations_in(
                session, (OrganisationState.ACTIVE, OrganisationState.SUSPENDED)
            ),
            reach,
        )
        papers = _papers(session, reach)
        where = places.places_by_ids(
            session, [one.place_id for one in [*waiting, *inside]]
        )
    return render_template(
        "partners/queue.html",
        waiting=waiting,
        inside=inside,
        papers=papers,
        places=where,
    )


@bp.get("/desk/<uuid:organisation_id>")
@needs(Permission.VET_PARTNER)
def vet(organisation_id: UUID) -> ResponseReturnValue:
    """Show one organisation with its papers and the steps open to the vetter."""
    return page_or_fragment(PAGE, FRAGMENT, **_vetting(organisation_id, blank_form()))


@bp.post(
    "/desk/<uuid:organisation_id>/"
    "<any(verification, admission, refusal, suspension, reinstatement, exit):step>"
)
@needs(Permission.VET_PARTNER)
def take_step(organisation_id: UUID, step: str) -> ResponseReturnValue:
    """Verify, admit, decline, suspend, reinstate, or end."""
    chosen, mine, at = Step(step), me().id, now()
    try:
        form = read_form(ReasonForm)
        with transaction() as session:
            once(
                session,
                rules.OPERATIONS[chosen],
                owner=mine,
                body={"organisation_id": str(organisation_id)} | form.model_dump(),
                at=at,
                do=lambda: (
                    actions.take_step(
                        session,
                        organisation_id,
                        chosen,
                        by=mine,
                        at=at,
                        reason=form.reason,
                    ).id
                ),
            )
    except Refusal as refusal:
        if refusal.field != "reason":
            raise
        state = FormState(errors=errors_of(refusal))
        context = _vetting(organisation_id, state)
        return page_or_fragment(PAGE, FRAGMENT, **context), refusal.status
    return swap_or_redirect(
        FRAGMENT,
        to=url_for(".vet", organisation_id=organisation_id),
        notice=translate("Done: %(step)s.", step=label(chosen)),
        **_vetting(organisation_id, blank_form()),
    )


@bp.post("/desk/licences/<uuid:licence_id>/seen")
@needs(Permission.VET_PARTNER)
def see_licence(licence_id: UUID) -> ResponseReturnValue:
    """Say that the paper was seen; from now on it counts."""
    mine, at = me().id, now()
    with transaction() as session:
        once(
            session,
            "licence.see",
            owner=mine,
            body={"licence_id": str(licence_id)},
            at=at,
            do=lambda: actions.see_licence(session, licence_id, by=mine, at=at).id,
        )
        licence = queries.licence_for(session, licence_id)
    to = (
        url_for(".vet", organisation_id=licence.organisation_id)
        if licence.organisation_id
        else url_for(".queue")
    )
    return swap_or_redirect("partners/_licence.html", to=to, licence=licence)


def desk_items(session: Session, *, actor_id: UUID, on: date) -> list[DeskItem]:
    """Return the applications and papers that wait for this vetter."""
    reach = people.permitted_place_ids(session, actor_id, Permission.VET_PARTNER, on=on)
    if reach is not None and not reach:
        return []
    own = queries.organisation_ids_of(session, actor_id, on=on)
    waiting = [
        one
        for one in _within(queries.organisations_in(session, WAITING), reach)
        if one.id not in own and one.applied_by != actor_id
    ]
    papers = [
        (paper, holder)
        for paper, holder in _papers(session, reach)
        if paper.organisation_id not in own
        and actor_id not in (paper.person_id, paper.added_by)
    ]
    return [_organisation_item(one) for one in waiting] + [
        _licence_item(paper, holder) for paper, holder in papers
    ]


def _organisation_item(one: Organisation) -> DeskItem:
    step = rules.steps_open_from(one.state)[0]
    url = url_for("partners_desk.vet", organisation_id=one.id)
    return DeskItem(
        kind=DeskKind.PARTNER,
        id=one.id,
        title=localized(one, "name"),
        detail=f"{label(one.kind)} · {label(one.state)}",
        since=one.vetted_at or one.created_at,
        url=url,
        fragment_url=url,
        place_id=one.place_id,
        actions=(
            DeskAction(
                label=label(step),
                op=rules.OPERATIONS[step],
                url=url_for(
                    "partners_desk.take_step", organisation_id=one.id, step=step.value
                ),
            ),
        ),
    )


def _licence_item(paper: Licence, holder: str) -> DeskItem:
    return DeskItem(
        kind=DeskKind.PARTNER,
        id=paper.id,
        title=f"{holder} · {label(paper.kind)}",
        detail=translate("Paper to see: %(number)s", number=paper.number),
        since=paper.added_at,
        url=url_for("partners_desk.vet", organisation_id=paper.organisation_id)
        if paper.organisation_id
        else url_for("partners_desk.queue"),
        actions=(
            DeskAction(
                label=translate("I have seen it"),
                op="licence.see",
                url=url_for("partners_desk.see_licence", licence_id=paper.id),
                kind="good",
            ),
        ),
    )


def _within(
    found: list[Organisation], reach: frozenset[UUID] | None
) -> list[Organisation]:
    return [one for one in found if reach is None or one.place_id in reach]


def _papers(
    session: Session, reach: frozenset[UUID] | None
) -> list[tuple[Licence, str]]:
    """Return unseen papers with their holder's name, where the vetter reaches."""
    papers = queries.unseen_licences(session)
    teams = queries.organisations_by_ids(
        session, [one.organisation_id for one in papers]
    )
    holders = people.people_by_ids(session, [one.person_id for one in papers])
    found = []
    for paper in papers:
        team = teams.get(paper.organisation_id or paper.id)
        if reach is not None and (team is None or team.place_id not in reach):
            continue
        person = holders.get(paper.person_id or paper.id)
        name = person.display_name if person else ""
        found.append((paper, localized(team, "name") if team else name))
    return found


def _vetting(organisation_id: UUID, form: FormState) -> dict[str, Any]:
    on = day_of(now())
    with reading() as session:
        organisation = queries.organisation_for(session, organisation_id)
        people.ensure_may(
            session,
            me().id,
            Permission.VET_PARTNER,
            place_id=organisation.place_id,
            on=on,
        )
        members = queries.member_ids(session, organisation_id, on=on)
        known = people.people_by_ids(
            session, [*members, organisation.applied_by, organisation.vetted_by]
        )
        is_outside = queries.is_stranger(
            session, me().id, [*members, organisation.applied_by]
        )
        place = (
            places.place_for(session, organisation.place_id)
            if organisation.place_id
            else None
        )
        return {
            "organisation": organisation,
            "place": place,
            "members": members,
            "people": known,
            "licences": queries.licences_of(session, organisation_id=organisation_id),
            "steps": rules.steps_open_from(organisation.state) if is_outside else (),
            "needs_reason": rules.NEEDS_REASON,
            "operations": rules.OPERATIONS,
            "is_outside": is_outside,
            "form": form,
        }
