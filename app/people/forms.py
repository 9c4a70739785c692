"""What people type at the door."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from app.web.forms import Form

Phone = Annotated[str, StringConstraints(min_length=1, max_length=24)]


class PhoneForm(Form):
    """Asks for a one-time code."""

    phone: Phone


class CodeForm(Form):
    """Brings the code back."""

    phone: Phone
    code: Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]


class PasswordForm(Form):
    """Signs in with number and password."""

    phone: Phone
    password: Annotated[str, StringConstraints(min_length=1, max_length=128)]


class ProfileForm(Form):
    """What a person may change of themselves."""

    display_name: Annotated[str, StringConstraints(min_length=1, max_length=60)]
    language: str | None = Field(default=None, max_length=10)


class NewPasswordForm(Form):
    """A new password for the account."""

    password: Annotated[str, StringConstraints(min_length=8, max_length=128)]


class TokenForm(Form):
    """A bearer token for a program."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=60)]
    can_write: bool = False
