"""Sales at a counter: cash seen, bought by the fund, workshops paid."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlmodel import Session

import ledger
from app.wallet import rules
from app.wallet.actions.accounts import open_workshop_accounts
from app.wallet.actions.refusals import in_our_words, number_of


def record_cash_sale(
    session: Session,
    *,
    workshop_id: UUID,
    place_id: UUID,
    gross: Decimal,
    commission: Decimal,
    key: str,
    cause: str,
    at: datetime,
    entered_by: UUID,
) -> int:
    """Record cash seen at a counter: owed to the workshop, less the commission.

    Nothing is charged here; the book says what changed hands outside.

    Raises:
        WalletRefused: the same key came with another sale.
    """
    cash = rules.cash_code(place_id)
    owner = f"place:{place_id}"
    _open_source(session, cash, "cash", owner, at=at)
    sale = (gross - commission, commission)
    return _owe_workshop(
        session, workshop_id, cash, sale, "SALE", key, cause, entered_by, at=at
    )


def record_fund_purchase(
    session: Session,
    *,
    workshop_id: UUID,
    gross: Decimal,
    commission: Decimal,
    key: str,
    cause: str,
    at: datetime,
    entered_by: UUID,
) -> int:
    """Record that the community fund bought what a resident got for points.

    Points are no payment for goods (R-GDS-13): they retire, and the fund owes the
    workshop the price in CNY, less the commission.
    """
    fund = rules.COMMUNITY_FUND
    _open_source(session, fund, "fund", None, at=at)
    bought = (gross - commission, commission)
    return _owe_workshop(
        session,
        workshop_id,
        fund,
        bought,
        "FUND_PURCHASE",
        key,
        cause,
        entered_by,
        at=at,
    )


def pay_workshop(
    session: Session,
    *,
    workshop_id: UUID,
    place_id: UUID,
    amount: Decimal,
    key: str,
    cause: str,
    at: datetime,
    entered_by: UUID,
    approved_by: UUID,
) -> int:
    """Record that a workshop was paid out of a counter's cash.

    Raises:
        InsufficientPoints: more than is owed.
    """
    with in_our_words():
        return number_of(
            ledger.post(
                session,
                [
                    ledger.Leg(
                        rules.payable_code(workshop_id),
                        rules.cash_code(place_id),
                        amount,
                    )
                ],
                key=key,
                kind="PAYOUT",
                cause=cause,
                at=at,
                entered_by=f"person:{entered_by}",
                approved_by=f"person:{approved_by}",
            )
        )


def _open_source(
    session: Session, code: str, kind: str, owner_ref: str | None, *, at: datetime
) -> None:
    """Open the CNY account a sale is paid from; it has no floor."""
    with in_our_words():
        ledger.ensure_account(
            session,
            code=code,
            unit=ledger.CNY,
            kind=kind,
            owner_ref=owner_ref,
            floor=None,
            at=at,
        )


def _owe_workshop(
    session: Session,
    workshop_id: UUID,
    source: str,
    shares: tuple[Decimal, Decimal],
    kind: str,
    key: str,
    cause: str,
    entered_by: UUID,
    *,
    at: datetime,
) -> int:
    """Post (the workshop's share, the commission) out of *source*."""
    open_workshop_accounts(session, workshop_id, at=at)
    accounts = (rules.payable_code(workshop_id), rules.COMMISSION_INCOME)
    legs = [
        ledger.Leg(source, account, share)
        for account, share in zip(accounts, shares, strict=True)
        if share > 0
    ]
    with in_our_words():
        return number_of(
            ledger.post(
                session,
                legs,
                key=key,
                kind=kind,
                cause=cause,
                at=at,
                entered_by=f"person:{entered_by}",
            )
        )
