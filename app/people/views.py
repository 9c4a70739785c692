"""The door: signing in and out, one's own page, one's devices and tokens."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from uuid import UUID

from flask import (
    Blueprint,
    Response,
    abort,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from sqlmodel import Session, col, select

from app import places
from app.kernel.clock import day_of, now
from app.kernel.errors import Busy, Refusal
from app.kernel.i18n import msg
from app.kernel.messages import Message
from app.kernel.permissions import Role
from app.people import actions, rules
from app.people.errors import WrongCode
from app.people.forms import (
    CodeForm,
    NewPasswordForm,
    PasswordForm,
    PhoneForm,
    ProfileForm,
    TokenForm,
)
from app.people.models import ApiToken, Person, SignInSession
from app.people.queries import held_by, person_for
from app.web.forms import blank_form, read_form, refused_form
from app.web.guards import Me, find_me, me, public, signed_in
from app.web.htmx import go_to
from app.web.limits import limiter
from app.web.pages import safe_back, set_cookie
from app.web.store import messenger, reading, settings, transaction
from app.web.words import label, localized, translate

SESSION_COOKIE = "fair_session"
SEEN_EVERY_S = 300

bp = Blueprint("people", __name__)


def load_me() -> Me | None:
    """Return who the session cookie belongs to, or None."""
    if request.path.startswith("/api/"):
        return _load_program()
    token = request.cookies.get(SESSION_COOKIE)
    if not token:
        return None
    at = now()
    with reading() as session:
        found = session.exec(
            select(SignInSession).where(
                SignInSession.token_hash == actions.token_hash(token)
            )
        ).first()
        if found is None or not rules.is_session_alive(
            seen_at=found.seen_at,
            expires_at=found.expires_at,
            ended_at=found.ended_at,
            at=at,
        ):
            return None
        person = session.get(Person, found.person_id)
        if person is None or person.suspended_at:
            return None
        known = me_of(session, person, session_id=found.id)
    if (at - found.seen_at).total_seconds() > SEEN_EVERY_S:
        with suppress(Busy), transaction() as session:  # the next page will do
            row = session.get(SignInSession, found.id)
            if row is not None:
                row.seen_at = at
                session.add(row)
    return known


def _load_program() -> Me | None:
    """Return whose bearer token came with an API request; cookies do not count."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token:
        return None
    with reading() as session:
        found = session.exec(
            select(ApiToken).where(
                ApiToken.token_hash == actions.token_hash(token.strip()),
                col(ApiToken.revoked_at).is_(None),
            )
        ).first()
        person = session.get(Person, found.person_id) if found else None
        if found is None or person is None or person.suspended_at:
            return None
        known = me_of(session, person)
    known.scopes = frozenset(found.scopes.split())
    return known


def me_of(session: Session, person: Person, *, session_id: UUID | None = None) -> Me:
    """Return *person* as pages need them."""
    return Me(
        id=person.id,
        display_name=person.display_name,
        held=held_by(session, person.id, on=day_of(now())),
        language=person.language,
        place_id=person.place_id,
        session_id=session_id,
    )


@bp.get("/sign-in")
@public
def sign_in() -> ResponseReturnValue:
    """Show the ways to sign in."""
    back = safe_back(request.args.get("back"))
    if find_me() is not None:
        return redirect(back, code=303)
    return render_template(
        "people/sign_in.html", form=blank_form(), back=back, cast=_cast()
    )


@bp.post("/sign-in/code")
@public
@limiter.limit("20 per hour")
def request_code() -> ResponseReturnValue:
    """Send a one-time code; the answer is the same for every number."""
    back = safe_back(request.form.get("back"))
    try:
        form = read_form(PhoneForm)
        with transaction() as session:
            phone, code = actions.send_code(session, form.phone, at=now())
    except Refusal as refusal:
        return refused_form("people/sign_in.html", refusal, back=back, cast=_cast())
    text = translate(
        msg("%(code)s is your code for Common Fair. It is good for 10 minutes."),
        code=code,
    )
    messenger().send(Message(to=phone, kind="sign-in-code", text=text, at=now()))
    return render_template(
        "people/enter_code.html", form=blank_form(phone=phone), back=back
    )


@bp.post("/sign-in")
@public
@limiter.limit("60 per hour")
def sign_in_with_code() -> ResponseReturnValue:
    """Take the code; a right one signs in."""
    back = safe_back(request.form.get("back"))
    try:
        form = read_form(CodeForm)
        with transaction() as session:
            person = actions.use_code(session, form.phone, form.code, at=now())
            token = _open(session, person) if person else None
        if token is None:
            raise WrongCode(
                msg("This code is wrong or too old. Please ask for a new one."),
                field="code",
            )
    except Refusal as refusal:
        return refused_form("people/enter_code.html", refusal, back=back)
    return _signed_in(token, back)


@bp.post("/sign-in/password")
@public
@limiter.limit("30 per hour")
def sign_in_with_password() -> ResponseReturnValue:
    """Sign in with number and password."""
    back = safe_back(request.form.get("back"))
    try:
        form = read_form(PasswordForm)
        with reading() as session:  # hashing takes long: nobody waits to write
            person = actions.check_password(session, form.phone, form.password)
        with transaction() as session:
            token = _open(session, person)
    except Refusal as refusal:
        return refused_form("people/sign_in.html", refusal, back=back, cast=_cast())
    return _signed_in(token, back)


@bp.post("/sign-in/cast")
@public
def sign_in_as_cast() -> ResponseReturnValue:
    """Become one of the demo town's cast: with `FAIR_DEMO` and nowhere else."""
    if not settings().demo:
        abort(404)
    back = safe_back(request.form.get("back"))
    with transaction() as session:
        person = session.exec(
            select(Person).where(
                Person.member_no == _typed_line("member_no"), Person.is_cast
            )
        ).first()
        if person is None:
            abort(404)
        token = _open(session, person)
    return _signed_in(token, back)


@bp.post("/sign-out")
@signed_in
def sign_out() -> ResponseReturnValue:
    """End this session; the browser is told to forget the pages."""
    session_id = me().session_id
    if session_id is not None:
        with transaction() as session:
            actions.end_session(session, session_id, at=now())
    answer = make_response(redirect("/", code=303))
    answer.delete_cookie(SESSION_COOKIE)
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer


@bp.get("/me")
@signed_in
def profile() -> ResponseReturnValue:
    """Show one's own page: name, roles, devices, tokens."""
    with reading() as session:
        person = person_for(session, me().id)
    return _profile_page(blank_form(**person.model_dump()))


@bp.post("/me")
@signed_in
def change_profile() -> ResponseReturnValue:
    """Change name and language."""
    try:
        form = read_form(ProfileForm)
        with transaction() as session:
            person = person_for(session, me().id)
            actions.rename_person(session, person, form.display_name, at=now())
            if form.language in settings().languages:
                person.language = form.language
            session.add(person)
    except Refusal as refusal:
        return refused_form("people/profile.html", refusal, **_profile_context())
    return go_to(url_for(".profile"), notice=translate(msg("Saved.")))


@bp.post("/me/password")
@signed_in
def change_password() -> ResponseReturnValue:
    """Set a new password; every other device is signed out."""
    try:
        form = read_form(NewPasswordForm)
        with transaction() as session:
            person = person_for(session, me().id)
            actions.set_password(session, person, form.password)
            actions.end_sessions(session, person.id, at=now())
            token = _open(session, person)
    except Refusal as refusal:
        return refused_form("people/profile.html", refusal, **_profile_context())
    return _signed_in(token, url_for(".profile"))


@bp.post("/me/devices/<uuid:session_id>/end")
@signed_in
def end_device(session_id: UUID) -> ResponseReturnValue:
    """Sign one of one's own devices out."""
    with transaction() as session:
        found = session.get(SignInSession, session_id)
        if found is None or found.person_id != me().id:
            abort(404)
        actions.end_session(session, session_id, at=now())
    return go_to(url_for(".profile"), notice=translate(msg("Signed out there.")))


@bp.post("/me/tokens")
@signed_in
def create_token() -> ResponseReturnValue:
    """Make a bearer token and show it, this once."""
    try:
        form = read_form(TokenForm)
        scopes = "read write" if form.can_write else "read"
        with transaction() as session:
            token = actions.create_token(
                session, me().id, name=form.name, scopes=scopes, at=now()
            )
    except Refusal as refusal:
        return refused_form("people/profile.html", refusal, **_profile_context())
    return render_template("people/token.html", token=token, name=form.name)


@bp.post("/me/tokens/<uuid:token_id>/revocation")
@signed_in
def revoke_token(token_id: UUID) -> ResponseReturnValue:
    """Revoke one of one's own tokens, at once."""
    with transaction() as session:
        token = session.get(ApiToken, token_id)
        if token is None or token.person_id != me().id:
            abort(404)
        token.revoked_at = now()
        session.add(token)
    return go_to(url_for(".profile"), notice=translate(msg("Revoked.")))


def _typed_line(name: str) -> str:
    return request.form.get(name, "").replace("\x00", "")


def _open(session: Session, person: Person) -> str:
    device = request.user_agent.string
    return actions.open_session(session, person, at=now(), device=device)


def _signed_in(token: str, back: str) -> Response:
    answer = make_response(redirect(back, code=303))
    age = int(rules.SESSION_LIFE.total_seconds())
    set_cookie(answer, SESSION_COOKIE, token, age_s=age)
    return answer


def _cast() -> list[tuple[Person, list[str]]]:
    """Return the demo town's cast with the words of their roles."""
    if not settings().demo:
        return []
    today = day_of(now())
    with reading() as session:
        found = session.exec(
            select(Person).where(Person.is_cast).order_by(col(Person.external_id))
        ).all()
        return [
            (
                person,
                list(
                    dict.fromkeys(
                        label(held.role)
                        for held in held_by(session, person.id, on=today)
                    )
                )
                or [label(Role.RESIDENT)],
            )
            for person in found
        ]


def _profile_page(form: object) -> str:
    return render_template("people/profile.html", form=form, **_profile_context())


def _profile_context() -> dict[str, Any]:
    mine = me()
    with reading() as session:
        person = person_for(session, mine.id)
        where = places.places_by_ids(session, [held.place_id for held in mine.held])
        devices = session.exec(
            select(SignInSession)
            .where(SignInSession.person_id == mine.id)
            .where(col(SignInSession.ended_at).is_(None))
            .where(col(SignInSession.expires_at) > now())
            .order_by(col(SignInSession.seen_at).desc())
        ).all()
        tokens = session.exec(
            select(ApiToken)
            .where(ApiToken.person_id == mine.id)
            .where(col(ApiToken.revoked_at).is_(None))
            .order_by(col(ApiToken.created_at).desc())
        ).all()
    return {
        "person": person,
        "roles": [
            (
                label(held.role),
                localized(where[held.place_id], "name") if held.place_id else None,
            )
            for held in mine.held
        ],
        "devices": [(one, rules.device_name(one.device)) for one in devices],
        "tokens": tokens,
        "this_device": mine.session_id,
    }
