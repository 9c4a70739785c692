"""Names as strangers see them, ages, phones, passwords, sessions."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from app.kernel.errors import Invalid
from app.people import rules

NOW = datetime(2026, 6, 3, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("王兰", "王*"),
        ("王小兰", "王*兰"),
        ("欧阳修远", "欧**远"),
        ("李", "*"),
        ("Jane Smith", "J*** S****"),
    ],
)
def test_strangers_see_a_masked_name(name: str, masked: str) -> None:
    assert rules.masked_name(name) == masked


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/131 Safari/537.36", "Chrome · Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/1 Safari/5 Edg/1", "Edge · Windows"),
        ("Mozilla/5.0 (iPhone) AppleWebKit MicroMessenger/8", "微信 · iPhone"),
        ("Mozilla/5.0 (Linux; Android 14) Chrome/131", "Chrome · Android"),
        ("curl/8.0", None),
        (None, None),
    ],
)
def test_a_device_is_called_what_its_owner_calls_it(
    sent: str | None, name: str | None
) -> None:
    assert rules.device_name(sent) == name


@pytest.mark.parametrize(
    ("birth_on", "day", "age"),
    [
        (date(1958, 6, 3), date(2026, 6, 2), 67),
        (date(1958, 6, 3), date(2026, 6, 3), 68),
        (None, date(2026, 6, 3), None),
    ],
)
def test_a_year_counts_from_the_birthday(
    birth_on: date | None, day: date, age: int | None
) -> None:
    assert rules.age_on(birth_on, day) == age


@pytest.mark.parametrize("typed", ["138 0000-0001", "+86(138)00000001"])
def test_a_phone_may_be_typed_with_gaps(typed: str) -> None:
    assert rules.clean_phone(typed).lstrip("+").isdigit()


@pytest.mark.parametrize("typed", ["", "abc", "12", "1" * 16, "138;drop"])
def test_what_is_no_phone_is_refused(typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        rules.clean_phone(typed)
    assert refused.value.field == "phone"


@pytest.mark.parametrize("password", ["short", "12345678", "aaaaaaaaaa", "Password"])
def test_a_weak_password_is_refused(password: str) -> None:
    with pytest.raises(Invalid):
        rules.ensure_password(password)


@pytest.mark.parametrize(
    ("seen_days_ago", "expires_in_days", "is_ended", "alive"),
    [
        (0, 1, False, True),
        (8, 1, False, False),
        (0, -1, False, False),
        (0, 1, True, False),
    ],
)
def test_a_session_ends_by_age_by_idleness_and_by_hand(
    seen_days_ago: int, expires_in_days: int, is_ended: bool, alive: bool
) -> None:
    assert (
        rules.is_session_alive(
            seen_at=NOW - timedelta(days=seen_days_ago),
            expires_at=NOW + timedelta(days=expires_in_days),
            ended_at=NOW if is_ended else None,
            at=NOW,
        )
        is alive
    )
