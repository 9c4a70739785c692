"""What the teller posts: hours credited, points held, captured, released, sales."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

from sqlmodel import Session

import ledger
from app.kernel.i18n import msg
from app.programmes import Programme
from app.wallet import rules
from app.wallet.errors import InsufficientPoints, WalletRefused

T = TypeVar("T")

MEMBER_UNITS = (ledger.HOUR, ledger.POINT, ledger.TIME)


def open_wallet(
    session: Session,
    person_id: UUID,
    *,
    at: datetime,
    units: Iterable[str] = MEMBER_UNITS,
) -> None:
    """Open a person's accounts, each at its first use; once is enough."""
    for unit in units:
        ledger.ensure_account(
            session,
            code=rules.member_code(person_id, unit),
            unit=unit,
            kind="member",
            owner_ref=f"person:{person_id}",
            at=at,
        )


def open_programme_accounts(
    session: Session, programme: Programme, *, at: datetime
) -> None:
    """Open a programme's issuance, pool and hours accounts."""
    for code, unit, kind in (
        (rules.issuance_code(programme.id), programme.unit, "issuance"),
        (rules.redeemed_code(programme.id), programme.unit, "redeemed"),
        (rules.hours_contra_code(programme.id), ledger.HOUR, "hours_contra"),
    ):
        ledger.ensure_account(
            session,
            code=code,
            unit=unit,
            kind=kind,
            owner_ref=f"programme:{programme.id}",
            floor=None,
            at=at,
        )


def open_workshop_accounts(
    session: Session, workshop_id: UUID, *, at: datetime
) -> None:
    """Open the account of what is owed to a workshop, and the commission's."""
    ledger.ensure_account(
        session,
        code=rules.payable_code(workshop_id),
        unit=ledger.CNY,
        kind="payable",
        owner_ref=f"workshop:{workshop_id}",
        at=at,
    )
    ledger.ensure_account(
        session, code=rules.COMMISSION_INCOME, unit=ledger.CNY, kind="income", at=at
    )


def credit_hours(
    session: Session,
    *,
    person_id: UUID,
    programme: Programme,
    record_id: UUID,
    hours: Decimal,
    amount: Decimal,
    rule_version: int,
    at: datetime,
    effective_on: date,
    entered_by: UUID,
    approved_by: UUID,
) -> int:
    """Credit a verified record: hours (memo) and one spendable unit (R-LED-11).

    Returns the number of the ledger transaction. The record's id is the key:
    verified twice, it is credited once (R-LED-02).

    Raises:
        WalletRefused: an account is frozen or closed.
    """
    legs = [
        ledger.Leg(
            rules.hours_contra_code(programme.id),
            rules.member_code(person_id, ledger.HOUR),
            hours,
        ),
        ledger.Leg(
            rules.issuance_code(programme.id),
            rules.member_code(person_id, programme.unit),
            amount,
        ),
    ]

    def credit() -> int:
        return _number(
            ledger.post(
                session,
                [leg for leg in legs if leg.amount > 0],
                key=f"record:{record_id}",
                kind="EARN_HOURS",
                cause=f"record:{record_id}",
                at=at,
                effective_on=effective_on,
                entered_by=f"person:{entered_by}",
                approved_by=f"person:{approved_by}",
                rule_version=f"{programme.code}:{rule_version}",
            )
        )

    units = (ledger.HOUR, programme.unit)
    return _with_wallet(session, person_id, units, at, credit)


def reverse_credit(
    session: Session,
    transaction_id: int,
    *,
    key: str,
    cause: str,
    at: datetime,
    entered_by: UUID,
    approved_by: UUID | None = None,
) -> int:
    """Reverse a credited record; the entry stays, an opposite one names its cause.

    Raises:
        InsufficientPoints: the points were spent already.
        WalletRefused: it was reversed before.
    """
    with _in_our_words():
        return _number(
            ledger.reverse(
                session,
                transaction_id,
                key=key,
                cause=cause,
                at=at,
                entered_by=f"person:{entered_by}",
                approved_by=f"person:{approved_by}" if approved_by else None,
            )
        )


def hold_points(
    session: Session,
    *,
    person_id: UUID,
    programme: Programme,
    amount: Decimal,
    cause: str,
    key: str,
    at: datetime,
    entered_by: UUID,
    expires_at: datetime | None = None,
) -> UUID:
    """Set points aside for a booking or redemption; return the hold's id.

    They leave what the person can spend at once, and go to the programme's pool
    when captured (R-LED-05): never to another member.

    Raises:
        InsufficientPoints: fewer are free.
    """

    def place() -> UUID:
        return ledger.place_hold(
            session,
            payer=rules.member_code(person_id, programme.unit),
            payee=rules.redeemed_code(programme.id),
            amount=amount,
            key=key,
            kind="HOLD",
            cause=cause,
            at=at,
            expires_at=expires_at,
            entered_by=f"person:{entered_by}",
        ).id

    return _with_wallet(session, person_id, (programme.unit,), at, place)


def capture(
    session: Session,
    hold_id: UUID,
    *,
    key: str,
    at: datetime,
    entered_by: UUID,
    approved_by: UUID | None = None,
) -> int:
    """Let held points go to the programme's pool; return the transaction's number.

    Raises:
        WalletRefused: the hold was captured or released before.
    """
    with _in_our_words():
        return _number(
            ledger.capture_hold(
                session,
                hold_id,
                key=key,
                at=at,
                entered_by=f"person:{entered_by}",
                approved_by=f"person:{approved_by}" if approved_by else None,
            )
        )


def release(
    session: Session,
    hold_id: UUID,
    *,
    key: str,
    at: datetime,
    entered_by: UUID | None = None,
) -> None:
    """Give held points back, all of them.

    Raises:
        WalletRefused: the hold was captured or released before.
    """
    with _in_our_words():
        ledger.release_hold(
            session,
            hold_id,
            key=key,
            at=at,
            entered_by=f"person:{entered_by}" if entered_by else None,
        )


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
    with _in_our_words():
        return _number(
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


def seal_book(session: Session, at: datetime) -> int:
    """Chain what was posted since the last seal; return how many entries.

    On SQLite each posting is sealed in its own transaction and nothing waits; on
    PostgreSQL the job does it, so that posting never queues behind the chain.
    """
    del at  # a seal is ordered by sequence, never by time
    return ledger.seal_pending(session)


def _open_source(
    session: Session, code: str, kind: str, owner_ref: str | None, *, at: datetime
) -> None:
    """Open the CNY account a sale is paid from; it has no floor."""
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
    with _in_our_words():
        return _number(
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


def _with_wallet(
    session: Session,
    person_id: UUID,
    units: Iterable[str],
    at: datetime,
    do: Callable[[], T],
) -> T:
    """Do it; open the accounts it needs first when they are not there yet."""
    with _in_our_words():
        try:
            return do()
        except ledger.AccountNotFound:
            open_wallet(session, person_id, at=at, units=units)
            return do()


def _number(transaction: ledger.Transaction) -> int:
    assert transaction.id is not None
    return transaction.id


@contextmanager
def _in_our_words() -> Iterator[None]:
    """Say the book's refusals as the fair's."""
    try:
        yield
    except ledger.InsufficientFunds:
        raise InsufficientPoints(msg("There are not enough points for this.")) from None
    except ledger.HoldResolved:
        raise WalletRefused(msg("These points were settled already.")) from None
    except ledger.AlreadyReversed:
        raise WalletRefused(msg("This entry was reversed already.")) from None
    except ledger.IdempotencyConflict:
        raise WalletRefused(
            msg("This form was already sent with other contents. Please open it anew.")
        ) from None
    except (ledger.AccountFrozen, ledger.AccountClosed):
        raise WalletRefused(msg("This account is closed or frozen.")) from None
