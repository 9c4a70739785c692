"""Posts and shifts of one's places: published, repeated, called off."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.dates import get_day_names
from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app import people, places, programmes
from app.kernel.clock import day_of, now
from app.kernel.errors import Refusal
from app.kernel.i18n import msg
from app.kernel.permissions import Permission
from app.volunteering import actions, queries
from app.volunteering.desk.shown import bp, reach_of
from app.volunteering.forms import CancelForm, NoFields, PostForm, ShiftsForm
from app.volunteering.models import RiskLevel
from app.volunteering.views.shown import shift_rows
from app.web.filters import local_today
from app.web.forms import blank_form, read_form, refused_form
from app.web.guards import me, needs
from app.web.htmx import go_to
from app.web.once import once
from app.web.store import reading, settings, transaction
from app.web.words import BABEL_NAMES, label, language, localized, ntranslate, translate

DAYS_AHEAD = 60


@bp.get("/desk/posts")
@needs(Permission.PUBLISH_SHIFT)
def posts() -> ResponseReturnValue:
    """List the running posts of one's places."""
    with reading() as session:
        reach = reach_of(session, me().id, Permission.PUBLISH_SHIFT, day_of(now()))
        found = queries.posts_at(session, reach)
        where = places.places_by_ids(session, {post.place_id for post in found})
    return render_template("volunteering/desk/posts.html", found=found, where=where)


@bp.get("/desk/posts/new")
@needs(Permission.PUBLISH_SHIFT)
def new_post() -> ResponseReturnValue:
    """Show the form of a new post."""
    return render_template(
        "volunteering/desk/new_post.html",
        form=blank_form(risk_level=RiskLevel.LOW),
        **_choices(),
    )


@bp.post("/desk/posts")
@needs(Permission.PUBLISH_SHIFT)
def add_post() -> ResponseReturnValue:
    """Publish a post."""
    at = now()
    try:
        form = read_form(PostForm)
        with transaction() as session:
            places.place_for(session, form.place_id)
            made = once(
                session,
                "post.create",
                owner=me().id,
                body=form,
                at=at,
                do=lambda: (
                    actions.add_post(session, by=me().id, at=at, **form.model_dump()).id
                ),
            )
    except Refusal as refusal:
        return refused_form("volunteering/desk/new_post.html", refusal, **_choices())
    return go_to(
        url_for(".post", post_id=made),
        notice=translate(msg("Published. Now say when people are wanted.")),
    )


@bp.get("/desk/posts/<uuid:post_id>")
@needs(Permission.PUBLISH_SHIFT)
def post(post_id: UUID) -> ResponseReturnValue:
    """Show a post with its coming shifts, and the form for more."""
    tomorrow = local_today() + timedelta(days=1)
    return render_template(
        "volunteering/desk/post.html",
        form=blank_form(first_day=tomorrow.isoformat(), people_wanted=2, weeks=1),
        **_post(post_id),
    )


@bp.post("/desk/posts/<uuid:post_id>/shifts")
@needs(Permission.PUBLISH_SHIFT)
def add_shifts(post_id: UUID) -> ResponseReturnValue:
    """Publish shifts: one day, or the same hours every week."""
    at = now()
    context = _post(post_id)
    try:
        form = read_form(ShiftsForm)
        with transaction() as session:
            count = once(
                session,
                "shift.create",
                owner=me().id,
                body=form.model_dump(mode="json") | {"post": str(post_id)},
                at=at,
                do=lambda: _add_shifts(session, post_id, form),
            )
    except Refusal as refusal:
        if refusal.status == 403:
            raise
        return refused_form("volunteering/desk/post.html", refusal, **context)
    said = ntranslate("%(n)s shift published.", "%(n)s shifts published.", int(count))
    return go_to(url_for(".post", post_id=post_id), notice=said)


@bp.post("/desk/posts/<uuid:post_id>/end")
@needs(Permission.PUBLISH_SHIFT)
def end_post(post_id: UUID) -> ResponseReturnValue:
    """End a post."""
    read_form(NoFields)
    with transaction() as session:
        actions.end_post(session, post_id, by=me().id, at=now())
    return go_to(url_for(".posts"), notice=translate(msg("The post has ended.")))


@bp.post("/desk/shifts/<uuid:shift_id>/cancellation")
@needs(Permission.PUBLISH_SHIFT)
def cancel(shift_id: UUID) -> ResponseReturnValue:
    """Call a shift off, with the reason people read."""
    form = read_form(CancelForm)
    at = now()
    with transaction() as session:
        once(
            session,
            "shift.cancel",
            owner=me().id,
            body=form.model_dump() | {"shift": str(shift_id)},
            at=at,
            do=lambda: (
                actions.cancel_shift(
                    session, shift_id, reason=form.reason, by=me().id, at=at
                ).id
            ),
        )
    return go_to(
        url_for(".shift", shift_id=shift_id),
        notice=translate(msg("Called off. Everybody who had claimed it is free.")),
    )


def _add_shifts(session: Session, post_id: UUID, form: ShiftsForm) -> int:
    made = actions.add_weekly_shifts(
        session,
        post_id,
        weekdays=form.weekdays or [form.first_day.weekday()],
        starts=form.starts,
        ends=form.ends,
        first_day=form.first_day,
        weeks=form.weeks if form.weekdays else 1,
        people_wanted=form.people_wanted,
        zone=ZoneInfo(settings().timezone),
        by=me().id,
        at=now(),
    )
    return len(made)


def _choices() -> dict[str, Any]:
    with reading() as session:
        reach = reach_of(session, me().id, Permission.PUBLISH_SHIFT, day_of(now()))
        tree = places.all_places(session)
        schemes = programmes.all_programmes(session)
    return {
        "place_options": [
            (place.id, localized(place, "name"))
            for place in tree
            if reach is None or place.id in reach
        ],
        "programme_options": [(one.id, localized(one, "name")) for one in schemes],
        "risk_options": [(one.value, label(one)) for one in RiskLevel],
    }


def _post(post_id: UUID) -> dict[str, Any]:
    at, today = now(), local_today()
    with reading() as session:
        found = queries.post_for(session, post_id)
        people.ensure_may(
            session,
            me().id,
            Permission.PUBLISH_SHIFT,
            place_id=found.place_id,
            on=day_of(at),
        )
        place = places.place_for(session, found.place_id)
        ahead = [
            pair
            for pair in queries.shifts_at(
                session,
                frozenset({found.place_id}),
                first=today,
                last=today + timedelta(days=DAYS_AHEAD),
            )
            if pair[1].id == found.id
        ]
        rows = shift_rows(session, ahead, None, at)
    names = get_day_names("wide", locale=BABEL_NAMES[language()])
    return {
        "post": found,
        "place": place,
        "rows": rows,
        "weekday_options": [(number, names[number]) for number in range(7)],
    }
