"""Somebody with a browser without JavaScript, and the time that passes meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask import Flask
from sqlmodel import SQLModel
from werkzeug.test import TestResponse

from app import search, wallet
from app.kernel.clock import now
from app.kernel.db import Database
from app.kernel.relay import relay_pending
from app.wiring.hearing import make_hearing
from app.wiring.timetable import TIMETABLE
from tests.journeys.reader import Page, read
from tests.web import Client


@dataclass
class Visitor:
    """A person before a page: goes, follows links, fills in and presses buttons."""

    client: Client
    page: Page = field(default_factory=lambda: Page("/", 0, ""))

    def go(self, url: str, status: int = 200) -> Page:
        """Open an address, as typed or bookmarked."""
        return self._show(self.client.get(url), status)

    def click(self, words: str) -> Page:
        """Follow the first link with these words."""
        return self.go(self.page.link(words))

    def press(
        self,
        words: str,
        status: int = 200,
        *,
        op: str | None = None,
        to: str = "",
        **typed: Any,
    ) -> Page:
        """Fill in the form with the button *words*, press it, see what comes."""
        form = self.page.form_with(words, op, to)
        sent = form.filled(
            words, {name: _as_typed(value) for name, value in typed.items()}
        )
        if form.method == "get":
            return self._show(self.client.get(form.action, query_string=sent), status)
        answer = self.client.post(form.action, data=sent)
        return self._show(answer, status)

    def _show(self, answer: TestResponse, status: int) -> Page:
        for _ in range(3):
            if answer.status_code != 303:
                break
            answer = self.client.get(answer.headers["Location"])
        url = answer.request.path
        query = answer.request.query_string.decode()
        self.page = read(
            f"{url}?{query}" if query else url, answer.status_code, answer.text
        )
        assert answer.status_code == status, (
            f"{answer.status_code} at {url}: {self.page.alerts} {self.page.errors}"
            f" {self.page.text[:1500]}"
        )
        return self.page


def _as_typed(value: Any) -> str | list[str]:
    if isinstance(value, list):
        return [str(one) for one in value]
    return str(value)


@dataclass
class Town:
    """The town behind the pages: its books, and its clock."""

    app: Flask
    db: Database
    client_of: Callable[..., Client]
    ids: dict[str, UUID] = field(default_factory=dict)
    """What a furnished town has, by name."""

    def visitor(self, person_id: UUID | None = None, **headers: str) -> Visitor:
        """Return somebody with a browser, signed in when a person is named."""
        if person_id is None:
            return Visitor(Client(self.app, **headers))
        return Visitor(self.client_of(person_id, **headers))

    def settle(self, at: datetime | None = None) -> None:
        """Let the worker run once, as of *at*: events told, jobs done, index fed."""
        moment = at or now()
        with self.app.app_context():
            relay_pending(self.db, make_hearing(), at=moment)
            for job in TIMETABLE:
                job.do(self.db, moment)
            while relay_pending(self.db, make_hearing(), at=moment):
                pass
            search.catch_up(self.db, self.app.extensions["fair_catalogue"], at=moment)

    def let_pass(self, time: timedelta, *rows: tuple[type[SQLModel], UUID]) -> None:
        """Let *time* have passed for these rows: every moment on them lies earlier."""
        with self.db.transaction() as session:
            for model, row_id in rows:
                row = session.get_one(model, row_id)
                for name in type(row).model_fields:
                    value = getattr(row, name)
                    if isinstance(value, datetime):
                        setattr(row, name, value - time)
                session.add(row)

    def purse(self, person_id: UUID, unit: str = "POINT") -> tuple[Decimal, Decimal]:
        """Return (posted, held) of a person."""
        with self.db.reading() as session:
            balance = wallet.balances_of(session, person_id)[unit]
        return balance.posted, balance.held

    def ensure_books_are_right(self) -> int:
        """Recompute every entry; return how many there are."""
        self.settle()
        with self.db.reading() as session:
            report = wallet.verify_book(session)
        assert report.ok, report.first_bad
        return report.entries
