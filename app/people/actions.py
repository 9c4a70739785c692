"""What happens to people: registering, roles, codes, sessions, tokens."""

from __future__ import annotations

import hashlib
import secrets
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from sqlmodel import Session, col, select

from app.kernel import doings
from app.kernel.clock import day_of
from app.kernel.i18n import msg
from app.kernel.outbox import publish
from app.kernel.permissions import Permission, Role
from app.people import rules
from app.people.errors import PhoneTaken, TooManyTries, WrongCode
from app.people.events import PersonChanged
from app.people.models import (
    ApiToken,
    Person,
    Relative,
    RoleAssignment,
    SignInCode,
    SignInSession,
)
from app.people.queries import ensure_may, find_person_by_phone, held_by, person_for

_hasher = PasswordHasher()
_DUMMY_HASH = _hasher.hash("nobody has this password")
"""Checked when nobody has the number, so that both answers take as long."""


def register_person(
    session: Session,
    *,
    display_name: str,
    at: datetime,
    phone: str | None = None,
    external_id: str | None = None,
    display_name_en: str | None = None,
    birth_on: date | None = None,
    place_id: UUID | None = None,
    household_id: UUID | None = None,
    language: str | None = None,
    is_cast: bool = False,
    person_id: UUID | None = None,
    member_no: str | None = None,
) -> Person:
    """Take somebody into the register.

    Raises:
        PhoneTaken: the number belongs to somebody else.
    """
    number = rules.clean_phone(phone) if phone else None
    if number and find_person_by_phone(session, number) is not None:
        raise PhoneTaken(
            msg("Somebody is registered with this number already."), field="phone"
        )
    person = Person(
        id=person_id or uuid4(),
        external_id=external_id,
        member_no=member_no or _new_member_no(),
        display_name=display_name,
        display_name_en=display_name_en,
        phone=number,
        birth_on=birth_on,
        place_id=place_id,
        household_id=household_id,
        language=language,
        is_cast=is_cast,
        created_at=at,
    )
    session.add(person)
    return person


def rename_person(session: Session, person: Person, name: str, *, at: datetime) -> None:
    """Call somebody otherwise; the same name again is no change."""
    if person.display_name == name:
        return
    person.display_name = name
    session.add(person)
    publish(session, PersonChanged(at=at, person_id=person.id))


def assign_role(
    session: Session,
    *,
    person_id: UUID,
    role: Role,
    place_id: UUID | None,
    starts_on: date,
    at: datetime,
    by: UUID | None,
    ends_on: date | None = None,
    organisation_id: UUID | None = None,
) -> RoleAssignment:
    """Give a role; *by* None is the installation itself (demo, load, first admin).

    Raises:
        MayNot: *by* may not assign roles at this place.
    """
    if by is not None:
        ensure_may(
            session, by, Permission.ASSIGN_ROLE, place_id=place_id, on=day_of(at)
        )
        doings.note(
            session,
            who=by,
            verb="role.assign",
            about=f"person:{person_id}",
            at=at,
            detail=role,
        )
    assignment = RoleAssignment(
        person_id=person_id,
        role=role,
        place_id=place_id,
        organisation_id=organisation_id,
        starts_on=starts_on,
        ends_on=ends_on,
        assigned_by=by,
        assigned_at=at,
    )
    session.add(assignment)
    return assignment


def end_role(
    session: Session, assignment: RoleAssignment, *, on: date, by: UUID, at: datetime
) -> None:
    """End a role at the end of a day, and every session of its holder at once."""
    ensure_may(
        session, by, Permission.ASSIGN_ROLE, place_id=assignment.place_id, on=day_of(at)
    )
    assignment.ends_on = max(on, assignment.starts_on)
    session.add(assignment)
    end_sessions(session, assignment.person_id, at=at)


def end_roles_for(
    session: Session, person_id: UUID, organisation_id: UUID, *, on: date
) -> None:
    """End what somebody may do for an organisation, at the end of a day.

    The organisation's own door says who may; nobody else's role is touched.
    """
    held = session.exec(
        select(RoleAssignment).where(
            RoleAssignment.person_id == person_id,
            RoleAssignment.organisation_id == organisation_id,
            col(RoleAssignment.ends_on).is_(None),
        )
    )
    for assignment in held:
        assignment.ends_on = max(on, assignment.starts_on)
        session.add(assignment)


def add_relative(session: Session, one: UUID, other: UUID, kind: str) -> None:
    """Keep that two people are close; saying it twice keeps it once."""
    low, high = sorted((one, other))
    if session.get(Relative, (low, high)) is None:
        session.add(Relative(person_id=low, relative_id=high, kind=kind))


def set_household(session: Session, person_id: UUID, household_id: UUID) -> None:
    """Put a person into a household."""
    person = person_for(session, person_id)
    person.household_id = household_id
    session.add(person)


def set_password(session: Session, person: Person, password: str) -> None:
    """Keep the argon2 hash of a password.

    Raises:
        Invalid: the password is too short or too common.
    """
    rules.ensure_password(password)
    person.password_hash = _hasher.hash(password)
    session.add(person)


def send_code(session: Session, typed_phone: str, *, at: datetime) -> tuple[str, str]:
    """Make a one-time code for a phone; return number and code for the messenger.

    The same for known and unknown numbers, so that nobody can ask who is here.

    Raises:
        Invalid: no phone number.
        TooManyTries: five codes were sent to it today.
    """
    phone = rules.clean_phone(typed_phone)
    since = at - timedelta(days=1)
    sent = session.exec(
        select(SignInCode).where(
            SignInCode.phone == phone, col(SignInCode.created_at) > since
        )
    ).all()
    if len(sent) >= rules.CODES_PER_DAY_MAX:
        raise TooManyTries(
            msg("Enough codes for today. Please ask at the desk."), field="phone"
        )
    code = f"{secrets.randbelow(10**6):06d}"
    session.add(
        SignInCode(
            phone=phone,
            code_hash=_code_hash(phone, code),
            created_at=at,
            expires_at=at + rules.CODE_LIFE,
        )
    )
    return phone, code


def use_code(
    session: Session, typed_phone: str, typed_code: str, *, at: datetime
) -> Person | None:
    """Return who signed in by code, None when the code is wrong.

    A wrong code counts as a try and must be committed, hence no refusal here. The
    first right code for an unknown number registers a new resident.
    """
    phone = rules.clean_phone(typed_phone)
    newest = session.exec(
        select(SignInCode)
        .where(SignInCode.phone == phone, col(SignInCode.used_at).is_(None))
        .order_by(col(SignInCode.created_at).desc())
        .with_for_update()
    ).first()
    if newest is None or at >= newest.expires_at:
        return None
    if newest.tries >= rules.CODE_TRIES_MAX:
        return None
    newest.tries += 1
    session.add(newest)
    if not secrets.compare_digest(
        newest.code_hash, _code_hash(phone, typed_code.strip())
    ):
        return None
    newest.used_at = at
    person = find_person_by_phone(session, phone)
    if person is None:
        person = register_person(
            session, display_name=f"{phone[:3]}…{phone[-2:]}", phone=phone, at=at
        )
        session.flush()
        assign_role(
            session,
            person_id=person.id,
            role=Role.RESIDENT,
            place_id=None,
            starts_on=day_of(at),
            at=at,
            by=None,
        )
    return None if person.suspended_at else person


def check_password(session: Session, typed_phone: str, password: str) -> Person:
    """Return whose password this is.

    Raises:
        WrongCode: the number or the password is wrong; which, is not said.
    """
    person = find_person_by_phone(session, rules.clean_phone(typed_phone))
    known = person.password_hash if person and person.password_hash else _DUMMY_HASH
    try:
        _hasher.verify(known, password)
    except (Argon2Error, InvalidHashError):
        person = None
    if person is None or person.password_hash is None or person.suspended_at:
        raise WrongCode(
            msg("The number or the password is not right."), field="password"
        )
    return person


def open_session(
    session: Session, person: Person, *, at: datetime, device: str | None
) -> str:
    """Sign a person in on this device; return the token for the cookie.

    Staff are signed out after a working day, others after a month.
    """
    token = secrets.token_urlsafe(32)
    is_staff = any(
        held.role not in {Role.RESIDENT, Role.VOLUNTEER, Role.SKILLED_RESIDENT}
        for held in held_by(session, person.id, on=day_of(at))
    )
    life = rules.STAFF_SESSION_LIFE if is_staff else rules.SESSION_LIFE
    session.add(
        SignInSession(
            person_id=person.id,
            token_hash=token_hash(token),
            created_at=at,
            seen_at=at,
            expires_at=at + life,
            device=(device or "")[:200] or None,
        )
    )
    return token


def end_session(session: Session, session_id: UUID, *, at: datetime) -> None:
    """Sign one device out."""
    found = session.get(SignInSession, session_id)
    if found is not None and found.ended_at is None:
        found.ended_at = at
        session.add(found)


def end_sessions(session: Session, person_id: UUID, *, at: datetime) -> None:
    """Sign a person out everywhere (suspension, role or password change)."""
    for found in session.exec(
        select(SignInSession).where(
            SignInSession.person_id == person_id,
            col(SignInSession.ended_at).is_(None),
        )
    ):
        found.ended_at = at
        session.add(found)


def create_token(
    session: Session, person_id: UUID, *, name: str, scopes: str, at: datetime
) -> str:
    """Make a bearer token; it is shown once, only its hash is kept."""
    token = f"fair_{secrets.token_urlsafe(32)}"
    session.add(
        ApiToken(
            person_id=person_id,
            name=name,
            token_hash=token_hash(token),
            scopes=scopes,
            created_at=at,
        )
    )
    return token


def token_hash(token: str) -> str:
    """Return the hash a random token is kept under."""
    return hashlib.sha256(token.encode()).hexdigest()


def _code_hash(phone: str, code: str) -> str:
    return hashlib.sha256(f"{phone}:{code}".encode()).hexdigest()


def _new_member_no() -> str:
    """Return a random number for the card: nobody counts members by walking it."""
    alphabet = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
    return "".join(secrets.choice(alphabet) for _ in range(8))
