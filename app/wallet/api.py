"""The passbook for programs: balances, and the lines of one unit."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from flask.typing import ResponseReturnValue

import ledger
from app import wallet
from app.web.api import (
    READS,
    Out,
    Paging,
    answer,
    answers,
    api_blueprint,
    bad_cursor,
    for_programs,
    from_cursor,
    query,
    spec,
    to_cursor,
)
from app.web.guards import me
from app.web.store import reading

TAGS = ["Passbook"]
CURSOR = re.compile(r"[0-9]{1,18}\.-?[0-9]{1,18}", re.ASCII)
"""What a page of the book gives, in numbers every database can hold."""

bp = api_blueprint("wallet_api")


class Unit(StrEnum):
    """What is counted: love points, hours of service, time credits."""

    POINT = ledger.POINT
    HOUR = ledger.HOUR
    TIME = ledger.TIME


class BalanceOut(Out):
    """What one has of a unit: all of it, what is set aside, what is free."""

    unit: Unit
    posted: Decimal
    held: Decimal
    available: Decimal


class WalletOut(Out):
    """One's balances."""

    balances: list[BalanceOut]


class StatementLineOut(Out):
    """One amount that came (above zero) or went, and the balance after it.

    `entry` opens in the sunshine ledger; `cause` says what it was for.
    """

    entry: int
    at: datetime
    effective_on: date
    kind: str
    cause: str
    amount: Decimal
    balance_after: Decimal
    reverses_entry: int | None


class StatementOut(Out):
    """A page of the passbook, newest first; `opening` + amounts = `closing`."""

    unit: Unit
    opening: Decimal
    closing: Decimal
    items: list[StatementLineOut]
    next_cursor: str | None


class StatementAsked(Paging):
    """Which unit, and which page."""

    unit: Unit = Unit.POINT


@bp.get("/wallet")
@for_programs("read")
@spec.validate(resp=answers(WalletOut, 200, *READS), tags=TAGS)
def balances() -> ResponseReturnValue:
    """Show one's balances: points, hours, time credits."""
    with reading() as session:
        found = wallet.balances_of(session, me().id)
    return answer(
        WalletOut(
            balances=[
                BalanceOut(
                    unit=Unit(unit),
                    posted=one.posted,
                    held=one.held,
                    available=one.available,
                )
                for unit, one in found.items()
            ]
        )
    )


@bp.get("/wallet/statement")
@for_programs("read")
@spec.validate(query=StatementAsked, resp=answers(StatementOut, 200, *READS), tags=TAGS)
def statement() -> ResponseReturnValue:
    """List what came and went in one unit, the newest first."""
    asked = query(StatementAsked)
    after = from_cursor(asked.cursor)
    if after is not None and not CURSOR.fullmatch(after):
        raise bad_cursor()
    with reading() as session:
        found = wallet.passbook(
            session, me().id, asked.unit, after=after, limit=asked.limit
        )
    if found is None:
        nothing = Decimal("0.00")
        return answer(
            StatementOut(
                unit=asked.unit,
                opening=nothing,
                closing=nothing,
                items=[],
                next_cursor=None,
            )
        )
    page = found.statement
    return answer(
        StatementOut(
            unit=asked.unit,
            opening=page.opening,
            closing=page.closing,
            items=[_told(line) for line in page.lines],
            next_cursor=to_cursor(page.next_cursor) if page.next_cursor else None,
        )
    )


def _told(line: ledger.StatementLine) -> StatementLineOut:
    return StatementLineOut(
        entry=line.transaction_id,
        at=line.at,
        effective_on=line.effective_on,
        kind=line.kind,
        cause=line.cause,
        amount=line.amount,
        balance_after=line.balance_after,
        reverses_entry=line.reverses_id,
    )
