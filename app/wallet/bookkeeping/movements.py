"""Entries as the public sees them, by kind of account and by their place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, or_, select, union_all
from sqlmodel.sql.expression import SelectOfScalar

import ledger
from app.wallet.bookkeeping.accounts import Account, accounts_by_code
from ledger.tables import Seal

MOVES_PAGE = 20
FEW_ACCOUNTS = 60
"""Up to so many accounts are looked at one by one; more share the newest postings."""


@dataclass(frozen=True)
class Movement:
    """One posting as the public sees it: two pseudonyms and an amount.

    `place` orders postings for paging; `sequence` is None until it is sealed.
    """

    place: int
    sequence: int | None
    at: datetime
    kind: str
    about: str
    debit: str
    debit_kind: str
    credit: str
    credit_kind: str
    unit: str
    amount: Decimal


@dataclass(frozen=True)
class Written:
    """A transaction as staff see it before they decide to undo it."""

    number: int
    sequence: int | None
    kind: str
    at: datetime
    effective_on: date
    cause: str
    legs: Sequence[ledger.Leg]
    accounts: Mapping[str, Account]
    undone_by: int | None

    @property
    def people(self) -> frozenset[UUID]:
        """Whose accounts it moved."""
        found = (one.person_id for one in self.accounts.values())
        return frozenset(one for one in found if one is not None)


def moves_of_kind(
    session: Session,
    unit: str,
    kind: str,
    *,
    before: int | None = None,
    limit: int = MOVES_PAGE,
) -> list[Movement]:
    """Return the newest postings that touch accounts of a kind, newest first.

    Costs a page and no more: of a kind with few accounts each is asked for its own
    newest lines; a kind with many, such as members', is in nearly every posting.
    """
    numbers = select(ledger.Account.id).where(
        ledger.Account.unit == unit, ledger.Account.kind == kind
    )
    few = session.exec(numbers.limit(FEW_ACCOUNTS + 1)).all()
    if not few:
        return []
    ids = (
        _places_of_few([one for one in few if one is not None], before, limit)
        if len(few) <= FEW_ACCOUNTS
        else _places_of_many(numbers, before).limit(limit)
    )
    places = sorted({int(one) for one in session.exec(ids)}, reverse=True)[:limit]
    return _movements(session, places)


def _places_of_few(
    accounts: Sequence[int], before: int | None, limit: int
) -> SelectOfScalar[Any]:
    posting = ledger.Posting
    sides = []
    for number in accounts:
        for side in (posting.debit_account_id, posting.credit_account_id):
            one = select(posting.id).where(col(side) == number)
            one = _before(one, before).order_by(col(posting.id).desc()).limit(limit)
            sides.append(select(one.subquery().c.id))
    return select(union_all(*sides).subquery().c.id)


def _places_of_many(
    numbers: SelectOfScalar[Any], before: int | None
) -> SelectOfScalar[Any]:
    posting = ledger.Posting
    touches = or_(
        col(posting.debit_account_id).in_(numbers),
        col(posting.credit_account_id).in_(numbers),
    )
    asked = select(posting.id).where(touches).order_by(col(posting.id).desc())
    return _before(asked, before)


def _before(asked: SelectOfScalar[Any], before: int | None) -> SelectOfScalar[Any]:
    if before is None:
        return asked
    return asked.where(col(ledger.Posting.id) < before)


def _movements(session: Session, places: Sequence[int]) -> list[Movement]:
    posting, transaction, seal = ledger.Posting, ledger.Transaction, Seal
    rows = session.exec(
        select(posting, transaction, seal.sequence)
        .join(transaction, col(transaction.id) == posting.transaction_id)
        .outerjoin(seal, col(seal.transaction_id) == posting.transaction_id)
        .where(col(posting.id).in_(places))
        .order_by(col(posting.id).desc())
    ).all()
    sides = {
        number
        for one, _, _ in rows
        for number in (one.debit_account_id, one.credit_account_id)
    }
    accounts = {
        one.id: one
        for one in session.exec(
            select(ledger.Account).where(col(ledger.Account.id).in_(sides))
        )
    }
    found = []
    for one, written, sequence in rows:
        debit, credit = accounts[one.debit_account_id], accounts[one.credit_account_id]
        assert one.id is not None
        found.append(
            Movement(
                place=one.id,
                sequence=sequence,
                at=written.at,
                kind=written.kind,
                about=written.cause.partition(":")[0],
                debit=debit.public_code,
                debit_kind=debit.kind,
                credit=credit.public_code,
                credit_kind=credit.kind,
                unit=debit.unit,
                amount=one.amount,
            )
        )
    return found


def entry_places(session: Session, numbers: Iterable[int]) -> Mapping[int, int]:
    """Return the place in the chain of each transaction that is sealed."""
    seal = Seal
    rows = session.exec(
        select(seal.transaction_id, seal.sequence).where(
            col(seal.transaction_id).in_(set(numbers))
        )
    )
    return dict(rows.all())


def find_written(session: Session, sequence: int) -> Written | None:
    """Return the transaction at a place of the chain, with whose accounts it moved."""
    seal = Seal
    number = session.exec(
        select(seal.transaction_id).where(seal.sequence == sequence)
    ).first()
    found = None if number is None else ledger.find_transaction(session, number)
    if found is None or number is None:
        return None
    legs = ledger.legs_of(session, number)
    undone_by = session.exec(
        select(ledger.Transaction.id).where(ledger.Transaction.reverses_id == number)
    ).first()
    return Written(
        number=number,
        sequence=sequence,
        kind=found.kind,
        at=found.at,
        effective_on=found.effective_on,
        cause=found.cause,
        legs=legs,
        accounts=accounts_by_code(
            session, {c for leg in legs for c in (leg.debit, leg.credit)}
        ),
        undone_by=undone_by,
    )
