"""Decisions about people: names as others see them, ages, phones, passwords."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from app.kernel.errors import Invalid
from app.kernel.i18n import msg

CODE_LIFE = timedelta(minutes=10)
CODE_TRIES_MAX = 5
CODES_PER_DAY_MAX = 5
SESSION_LIFE = timedelta(days=30)
SESSION_IDLE_MAX = timedelta(days=7)
STAFF_SESSION_LIFE = timedelta(hours=12)
PASSWORD_LENGTH_MIN = 8

_PHONE = re.compile(r"\+?[0-9]{5,15}")
_COMMON = frozenset(
    {"password", "12345678", "123456789", "11111111", "88888888", "66668888",
     "qwertyui", "00000000", "abc12345", "iloveyou", "password1", "a1234567"}
)  # fmt: skip

# The first sign found decides: every browser also claims to be the ones below it.
_BROWSERS = (
    ("MicroMessenger", "微信"),
    ("Edg", "Edge"),
    ("HuaweiBrowser", "Huawei"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("OpenHarmony", "HarmonyOS"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
)


def masked_name(name: str) -> str:
    """Return *name* as strangers may see it (R-PI-12): 王*兰, 李*, J*** S****.

    Two characters keep the first, longer Chinese names the first and the last.
    """
    if re.fullmatch(r"[ -~]+", name):
        return " ".join(part[0] + "*" * (len(part) - 1) for part in name.split())
    if len(name) <= 1:
        return "*"
    if len(name) == 2:
        return name[0] + "*"
    return name[0] + "*" * (len(name) - 2) + name[-1]


def device_name(agent: str | None) -> str | None:
    """Return what its owner calls a device, "Chrome · Android", from what it sent.

    None when it sent nothing we know: better no name than forty signs of a program.
    """
    sent = agent or ""
    browser = next((name for sign, name in _BROWSERS if sign in sent), None)
    system = next((name for sign, name in _SYSTEMS if sign in sent), None)
    return " · ".join(filter(None, (browser, system))) or None


def age_on(birth_on: date | None, day: date) -> int | None:
    """Return the full years of somebody born *birth_on* on *day*."""
    if birth_on is None:
        return None
    had_birthday = (day.month, day.day) >= (birth_on.month, birth_on.day)
    return day.year - birth_on.year - (0 if had_birthday else 1)


def clean_phone(typed: str) -> str:
    """Return the digits of a phone number.

    Raises:
        Invalid: it is no phone number.
    """
    digits = re.sub(r"[\s()\-.]", "", typed)
    if not _PHONE.fullmatch(digits):
        raise Invalid(msg("Please enter a phone number, digits only."), field="phone")
    return digits


def ensure_password(password: str) -> None:
    """Refuse passwords that are short or on everybody's list (ASVS 6.2).

    Raises:
        Invalid: says what is wrong.
    """
    if len(password) < PASSWORD_LENGTH_MIN:
        raise Invalid(
            msg("Please choose at least %(count)s characters."),
            field="password",
            count=PASSWORD_LENGTH_MIN,
        )
    if password.lower() in _COMMON or len(set(password)) < 3:
        raise Invalid(
            msg("Too many people use this password. Please choose another."),
            field="password",
        )


def is_session_alive(
    *,
    seen_at: datetime,
    expires_at: datetime,
    ended_at: datetime | None,
    at: datetime,
) -> bool:
    """Say whether a sign-in session still counts at *at*."""
    return ended_at is None and at < expires_at and at < seen_at + SESSION_IDLE_MAX
