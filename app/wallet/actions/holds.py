"""Points set aside: placed, captured, released, given back afterwards."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlmodel import Session, col, select

import ledger
from app.kernel.i18n import msg
from app.programmes import Programme
from app.wallet import rules
from app.wallet.actions.accounts import with_wallet
from app.wallet.actions.refusals import in_our_words, number_of
from app.wallet.errors import WalletRefused


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

    return with_wallet(session, person_id, (programme.unit,), at, place)


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
    with in_our_words():
        return number_of(
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
    with in_our_words():
        ledger.release_hold(
            session,
            hold_id,
            key=key,
            at=at,
            entered_by=f"person:{entered_by}" if entered_by else None,
        )


def refund(
    session: Session,
    hold_id: UUID,
    amount: Decimal,
    *,
    key: str,
    cause: str,
    at: datetime,
    entered_by: UUID,
) -> int:
    """Give captured points back, all or part, to the lots they came from (R-LED-04).

    What belongs to a lot that has expired meanwhile lives on for thirty days
    (story L6). Returns the transaction's number.

    Raises:
        WalletRefused: more than was captured, or nothing was.
    """
    captured = session.exec(
        select(ledger.HoldResolution.transaction_id).where(
            col(ledger.HoldResolution.hold_id) == hold_id,
            col(ledger.HoldResolution.captured) > Decimal(0),
        )
    ).first()
    if captured is None:
        raise WalletRefused(msg("These points were never spent."))
    with in_our_words():
        return number_of(
            ledger.refund(
                session,
                captured,
                amount,
                key=key,
                cause=cause,
                at=at,
                entered_by=f"person:{entered_by}",
            )
        )
