"""The demo town's books: the last months closed, a correction that waits."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal

from app import books
from app.wiring.demo.town import Town

CLOSED_AFTER = timedelta(days=10)
"""A month's books are closed on the tenth of the next, when its papers are in."""


def keep(town: Town, *, at: datetime) -> None:
    """Close the last two months, and leave a correction for a second person.

    The first close takes in everything before it; the second is a month like others.
    """
    first, second = town.cast["a-ledger"], town.cast["a-ledger-2"]
    newest = last_month_of_papers(town.today)
    for month in ((newest - timedelta(days=1)).replace(day=1), newest):
        papers_in = (month + timedelta(days=40)).replace(day=10)
        proposal = books.propose_month_close(
            town.session,
            f"{month:%Y-%m}",
            by=first,
            at=town.moment(papers_in, time(17)),
        )
        books.take_step(town.session, proposal.id, books.Step.APPROVE, by=second, at=at)
    books.propose_correction(
        town.session,
        person_id=town.volunteers[1],
        programme_id=town.programmes["love-bank"].id,
        unit="POINT",
        amount=Decimal(10),
        effective_on=town.today - timedelta(days=1),
        reason="值班签到表上有名字，登记时漏了一小时。",
        grounds="签到表第 12 行，有当班人签字",
        by=first,
        at=at - timedelta(hours=3),
    )


def last_month_of_papers(today: date) -> date:
    """Return the first day of the newest month whose papers are in."""
    return (((today - CLOSED_AFTER).replace(day=1)) - timedelta(days=1)).replace(day=1)
