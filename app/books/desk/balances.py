"""The trial balance, today or as of a day, and the statement of any account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask import Response, render_template, request, url_for
from sqlmodel import Session

from app import people, wallet
from app.books import rules
from app.books.desk.shown import bp, csv_answer, tabs
from app.books.forms import RangeForm
from app.kernel import doings
from app.kernel.clock import now
from app.kernel.errors import Refusal
from app.kernel.permissions import Permission
from app.web.causes import explain
from app.web.filters import from_local, full_moment, local_today
from app.web.forms import FormState, check_form, errors_of
from app.web.guards import me, needs
from app.web.store import reading, transaction
from app.web.words import translate

ACCOUNTS_PAGE = 60
LINES_PAGE = 50
LINES_FILE = 500
UNITS = ("POINT", "HOUR", "TIME", "CNY")
Line = Any
"""A line of the book's trial balance or statement."""


@bp.get("/balance")
@needs(Permission.READ_BOOKS)
def balance() -> str:
    """Show the sums of both sides by kind of account, and the accounts of one kind."""
    unit, on, problem = _unit(), *_day("on")
    with reading() as session:
        found = wallet.trial_balance(session, unit, at=_end_of(on))
    kinds = _kinds(found.lines)
    kind = request.args.get("kind")
    chosen = [one for one in found.lines if one.kind == kind]
    page = request.args.get("page", 1, type=int)
    pages = max(1, -(-len(chosen) // ACCOUNTS_PAGE))
    page = min(max(1, page), pages)
    kept = {"unit": unit, "on": on.isoformat() if on else None}
    return render_template(
        "books/balance.html",
        tabs=tabs("books_desk.balance"),
        units=[_tab(one, on, is_current=one == unit) for one in UNITS],
        unit=unit,
        account_words=wallet.ACCOUNT_WORDS,
        on=on,
        form=FormState({"on": on.isoformat() if on else ""}, problem),
        found=found,
        kinds=kinds,
        kind=kind if chosen else None,
        accounts=chosen[(page - 1) * ACCOUNTS_PAGE : page * ACCOUNTS_PAGE],
        kept=kept,
        page=page,
        pages=pages,
    )


@bp.get("/balance.csv")
@needs(Permission.READ_BOOKS)
def balance_file() -> Response:
    """Give every account of a unit with its balance as a table file."""
    unit, on, _ = _unit(), *_day("on")
    with reading() as session:
        found = wallet.trial_balance(session, unit, at=_end_of(on))
    rows = [
        (one.public_code, one.kind, one.unit, one.debits, one.credits)
        for one in found.lines
    ]
    rows.append(("total", "", unit, found.debits, found.credits))
    name = f"balance-{unit.lower()}-{on or local_today()}.csv"
    return csv_answer(name, ("account", "kind", "unit", "debit", "credit"), rows)


@bp.get("/accounts/<public_code>")
@needs(Permission.READ_BOOKS)
def account(public_code: str) -> str:
    """Show an account's lines of any stretch of days, with the balance after each.

    Who adjusts the books sees whose it is; that look is written down, and the person
    can see it (R-PII).
    """
    typed, problem = _range()
    names_it = Permission.ADJUST_LEDGER in me().permissions
    with transaction() as session:
        found = wallet.account_by_pseudonym(session, public_code)
        person = _owner(session, found.person_id) if names_it else None
        page = wallet.account_statement(
            session,
            found.code,
            start=_start_of(typed.since),
            end=_after(typed.until),
            after=request.args.get("after") or None,
            limit=LINES_PAGE,
        )
        entries = wallet.entry_places(
            session, [one.transaction_id for one in page.lines]
        )
        causes = explain(session, [one.cause for one in page.lines]) if names_it else {}
    kept: dict[str, Any] = {
        "public_code": public_code,
        "since": typed.since,
        "until": typed.until,
    }
    return render_template(
        "books/account.html",
        account=found,
        person=person,
        page=page,
        entries=entries,
        causes=causes,
        form=FormState(request.args.to_dict(), problem),
        unit_words=rules.UNIT_WORDS,
        account_words=wallet.ACCOUNT_WORDS,
        entry_words=wallet.ENTRY_WORDS,
        older=url_for(".account", after=page.next_cursor, **kept)
        if page.next_cursor
        else None,
        newest=url_for(".account", **kept) if request.args.get("after") else None,
        file_url=url_for(".account_file", **kept),
    )


@bp.get("/accounts/<public_code>/statement.csv")
@needs(Permission.READ_BOOKS)
def account_file(public_code: str) -> Response:
    """Give the newest lines of the stretch as a table file, without names."""
    typed, _ = _range()
    with reading() as session:
        found = wallet.account_by_pseudonym(session, public_code)
        page = wallet.account_statement(
            session,
            found.code,
            start=_start_of(typed.since),
            end=_after(typed.until),
            limit=LINES_FILE,
        )
    rows = [
        (
            one.transaction_id, full_moment(one.at), one.effective_on.isoformat(),
            one.kind, one.amount, one.balance_after,
        )
        for one in page.lines
    ]  # fmt: skip
    heads = ("transaction", "at", "for", "kind", "amount", "balance")
    return csv_answer(f"account-{public_code}.csv", heads, rows)


def _owner(session: Session, person_id: UUID | None) -> people.Person | None:
    """Return whose account it is, and write down that somebody looked."""
    found = people.people_by_ids(session, [person_id])
    if person_id is None or person_id not in found:
        return None
    doings.note(
        session,
        who=me().id,
        verb="statement.look",
        about=f"person:{person_id}",
        at=now(),
        for_whom=person_id,
    )
    return found[person_id]


def _kinds(lines: Sequence[Line]) -> list[tuple[str, int, Decimal, Decimal]]:
    """Return (kind, accounts, debits, credits) of each kind of account."""
    sums: dict[str, tuple[int, Decimal, Decimal]] = {}
    for one in lines:
        count, debits, credits_ = sums.get(one.kind, (0, Decimal(0), Decimal(0)))
        sums[one.kind] = (count + 1, debits + one.debits, credits_ + one.credits)
    return [(kind, *sums[kind]) for kind in sorted(sums)]


def _tab(unit: str, on: date | None, *, is_current: bool) -> tuple[str, str, bool]:
    return (
        translate(rules.UNIT_WORDS[unit]),
        url_for(".balance", unit=unit, on=on),
        is_current,
    )


def _unit() -> str:
    asked = request.args.get("unit", UNITS[0])
    return asked if asked in UNITS else UNITS[0]


def _day(name: str) -> tuple[date | None, dict[str, str]]:
    try:
        typed = check_form(RangeForm, _typed({"until": name}))
    except Refusal as refusal:
        return None, {name: " ".join(errors_of(refusal).values())}
    return typed.until, {}


def _range() -> tuple[RangeForm, dict[str, str]]:
    try:
        return check_form(RangeForm, _typed({"since": "since", "until": "until"})), {}
    except Refusal as refusal:
        return RangeForm(), errors_of(refusal)


def _typed(names: Mapping[str, str]) -> dict[str, object]:
    found = {field: request.args.get(name, "") for field, name in names.items()}
    return {field: text for field, text in found.items() if text}


def _start_of(day: date | None) -> datetime | None:
    return from_local(day, time()) if day else None


def _after(day: date | None) -> datetime | None:
    return from_local(day + timedelta(days=1), time()) if day else None


def _end_of(day: date | None) -> datetime | None:
    """Return the last moment of a day; None stays now."""
    after = _after(day)
    return after - timedelta(microseconds=1) if after else None
