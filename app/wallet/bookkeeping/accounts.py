"""Any account: the trial balance, whose it is, its statement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

import ledger
from app.kernel.i18n import msg
from app.wallet.errors import AccountUnknown, PageNotFound

PERSON = "person:"


@dataclass(frozen=True)
class Account:
    """An account and whose it is, for those who keep the books."""

    code: str
    public_code: str
    unit: str
    kind: str
    owner: str | None

    @property
    def person_id(self) -> UUID | None:
        """The person it belongs to, or None."""
        owner = self.owner or ""
        return UUID(owner.removeprefix(PERSON)) if owner.startswith(PERSON) else None


def trial_balance(
    session: Session, unit: str, *, at: datetime | None = None
) -> ledger.TrialBalance:
    """Return every account of a unit with its balance, now or as of a moment."""
    return ledger.trial_balance(session, unit, at)


def account_by_pseudonym(session: Session, public_code: str) -> Account:
    """Return the account behind a public code; for staff only.

    Raises:
        AccountUnknown: the book has none.
    """
    found = None
    if public_code.isalnum():
        found = session.exec(
            select(ledger.Account).where(ledger.Account.public_code == public_code)
        ).first()
    if found is None:
        raise AccountUnknown(msg("The book has no such account."))
    return _account(found)


def account_statement(
    session: Session,
    code: str,
    *,
    start: datetime | None = None,
    end: datetime | None = None,
    after: str | None = None,
    limit: int = 50,
) -> ledger.Statement:
    """Return a page of any account's lines, newest first, of any stretch of time.

    Raises:
        PageNotFound: *after* is no cursor of the book.
    """
    try:
        return ledger.statement(
            session, code, after=after, limit=limit, start=start, end=end
        )
    except ledger.InvalidEntry:
        raise PageNotFound(msg("There is nothing at this address.")) from None


def accounts_by_pseudonym(
    session: Session, public_codes: Iterable[str]
) -> Mapping[str, Account]:
    """Return the accounts behind public codes, for staff only."""
    rows = session.exec(
        select(ledger.Account).where(
            col(ledger.Account.public_code).in_(set(public_codes))
        )
    )
    return {one.public_code: _account(one) for one in rows}


def _account(row: ledger.Account) -> Account:
    return Account(row.code, row.public_code, row.unit, row.kind, row.owner_ref)


def accounts_by_code(session: Session, codes: Iterable[str]) -> Mapping[str, Account]:
    """Return the accounts with these codes, by code."""
    rows = session.exec(
        select(ledger.Account).where(col(ledger.Account.code).in_(set(codes)))
    )
    return {one.code: _account(one) for one in rows}
