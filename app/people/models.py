"""Tables of people: who they are, what they may, how they signed in."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from app.kernel.columns import Moment, Words
from app.kernel.permissions import Role


class Person(SQLModel, table=True):
    """Somebody the fair knows: as little as the purpose needs (R-PI-02)."""

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    external_id: str | None = Field(default=None, max_length=80, unique=True)
    member_no: str = Field(max_length=12, unique=True)
    """Platform number on the card; never an ID-document number (R-REC-15)."""
    display_name: str = Field(max_length=60, index=True)
    display_name_en: str | None = Field(default=None, max_length=60)
    phone: str | None = Field(default=None, max_length=20, unique=True)
    birth_on: date | None = None
    household_id: UUID | None = Field(default=None, index=True)
    place_id: UUID | None = Field(default=None, foreign_key="place.id", index=True)
    language: str | None = Field(default=None, max_length=10)
    password_hash: str | None = Field(default=None, max_length=200)
    is_cast: bool = False
    """One of the demo town's cast, offered on its sign-in page."""
    created_at: datetime = Field(sa_type=Moment)
    suspended_at: datetime | None = Field(default=None, sa_type=Moment)


class Relative(SQLModel, table=True):
    """Two people who are close: spouse, parent, child, sibling (R-LED-06).

    Kept once per pair, the smaller id first.
    """

    __table_args__ = (CheckConstraint("person_id < relative_id", name="in_order"),)

    person_id: UUID = Field(foreign_key="person.id", primary_key=True)
    relative_id: UUID = Field(foreign_key="person.id", primary_key=True, index=True)
    kind: str = Field(default="relative", max_length=20)


class RoleAssignment(SQLModel, table=True):
    """One role of one person, for a place and below it, from a day to a day."""

    __tablename__ = "role_assignment"
    __table_args__ = (
        CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="dates"),
        Index("ix_role_assignment_place_role", "place_id", "role"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    role: Role = Field(sa_type=Words(Role))
    place_id: UUID | None = Field(default=None, foreign_key="place.id")
    organisation_id: UUID | None = None
    starts_on: date
    ends_on: date | None = None
    assigned_by: UUID | None = None
    assigned_at: datetime = Field(sa_type=Moment)


class SignInCode(SQLModel, table=True):
    """A one-time code sent to a phone: six digits, ten minutes, five tries."""

    __tablename__ = "sign_in_code"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    phone: str = Field(max_length=20, index=True)
    code_hash: str = Field(max_length=64)
    created_at: datetime = Field(sa_type=Moment)
    expires_at: datetime = Field(sa_type=Moment)
    tries: int = 0
    used_at: datetime | None = Field(default=None, sa_type=Moment)


class SignInSession(SQLModel, table=True):
    """A signed-in device; the cookie holds a random token, this its hash.

    Kept on the server so that it can be ended at once (ASVS 7.4).
    """

    __tablename__ = "sign_in_session"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    token_hash: str = Field(max_length=64, unique=True)
    created_at: datetime = Field(sa_type=Moment)
    seen_at: datetime = Field(sa_type=Moment)
    expires_at: datetime = Field(sa_type=Moment)
    ended_at: datetime | None = Field(default=None, sa_type=Moment)
    device: str | None = Field(default=None, max_length=200)


class ApiToken(SQLModel, table=True):
    """A bearer token for programs: a person's, with scopes, revocable."""

    __tablename__ = "api_token"
    __table_args__ = (
        UniqueConstraint("token_hash"),
        Index(
            "ix_api_token_live",
            "person_id",
            sqlite_where=text("revoked_at IS NULL"),
            postgresql_where=text("revoked_at IS NULL"),
        ),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    person_id: UUID = Field(foreign_key="person.id")
    name: str = Field(max_length=60)
    token_hash: str = Field(max_length=64)
    scopes: str = Field(default="read", max_length=200)
    created_at: datetime = Field(sa_type=Moment)
    last_used_at: datetime | None = Field(default=None, sa_type=Moment)
    revoked_at: datetime | None = Field(default=None, sa_type=Moment)
