"""Answering a sister's offer: paid out or refused, once and for good."""

from datetime import date, datetime

from sqlalchemy.orm import Session
from sqlmodel import col, select

from ledger.accounts import find_account, set_floor
from ledger.clearing_messages import (
    CAME_IN,
    ClearingDesk,
    Offer,
    Reason,
    Receipt,
    letter,
    read_letter,
    step_key,
)
from ledger.driver import Driver, as_moment
from ledger.errors import (
    AccountClosed,
    AccountFrozen,
    AccountNotFound,
    IdempotencyConflict,
    InexactAmount,
    InsufficientFunds,
    LedgerError,
    MessageRefused,
    UnitMismatch,
)
from ledger.journal import Leg, legs_of, post
from ledger.tables import Account

FOR_GOOD = (
    AccountClosed,
    AccountFrozen,
    AccountNotFound,
    InexactAmount,
    InsufficientFunds,
    UnitMismatch,
)
"""Refusals that are an answer; any other error is none, and the sister asks again."""


def answer_offer(
    session: Session,
    desk: ClearingDesk,
    text: str,
    *,
    at: datetime,
    expires_on: date | None = None,
) -> str:
    """Pay an offer out or refuse it for good, and return the receipt to send back.

    Args:
        session: An open session. The caller commits before sending the receipt.
        desk: Who we are.
        text: The letter with the sister's offer, once or again.
        at: Aware UTC moment.
        expires_on: When the payee's account keeps lots, the day the new one expires.

    Returns:
        A letter; the same answer however often the offer comes.

    Raises:
        MessageRefused: not a letter of hers with an offer to us, or no clearing
            account with her. Nothing was decided.
        IdempotencyConflict: the reference was answered for another body, or a moment
            ago by another writer. Nothing was decided now.
    """
    offer = read_letter(desk, text)
    if not isinstance(offer, Offer):
        raise MessageRefused("This letter is no offer.")
    reason, moment = _answered(session, desk, offer) or _decide(
        session, desk, offer, at, expires_on
    )
    receipt = Receipt(
        reference=offer.reference,
        sender=offer.sender,
        receiver=offer.receiver,
        payee=offer.payee,
        unit=offer.unit,
        amount=offer.amount,
        reason=reason,
        at=moment,
    )
    return letter(desk, receipt)


Answer = tuple[Reason | None, datetime]


def _answered(session: Session, desk: ClearingDesk, offer: Offer) -> Answer | None:
    """Return the answer that stands, or None while there is none."""
    key = step_key(offer.sender, offer.reference, "answer")
    row = Driver(session).one(
        "SELECT id, kind, cause, at FROM ledger_transaction"
        " WHERE scope = '' AND key = ?",
        (key,),
    )
    if row is None:
        return None
    number, kind, cause, at = row
    if kind != CAME_IN:
        return Reason(cause.rpartition(":")[2]), as_moment(at)
    payee = _payee(session, offer)
    wanted = (desk.account(offer.sender, offer.unit), payee and payee.code)
    paid = [(leg.debit, leg.credit, leg.amount) for leg in legs_of(session, number)]
    if paid != [(*wanted, offer.amount)]:
        raise IdempotencyConflict(key)
    return None, as_moment(at)


def _payee(session: Session, offer: Offer) -> Account | None:
    asked = select(Account).where(col(Account.public_code) == offer.payee)
    return session.scalars(asked.execution_options(populate_existing=True)).first()


def _decide(
    session: Session,
    desk: ClearingDesk,
    offer: Offer,
    at: datetime,
    expires_on: date | None,
) -> Answer:
    payee = _payee(session, offer)
    if offer.expires_at <= at:
        return _refuse(session, desk, offer, Reason.LATE, at)
    if payee is None or payee.kind not in desk.pays:
        return _refuse(session, desk, offer, Reason.PAYEE, at)
    clearing = desk.account(offer.sender, offer.unit)
    try:
        done = post(
            session,
            [Leg(clearing, payee.code, offer.amount, expires_on=expires_on)],
            key=step_key(offer.sender, offer.reference, "answer"),
            kind=CAME_IN,
            cause=f"clearing:{offer.reference}",
            at=at,
            entered_by=f"clearing:{offer.sender}",
            memo=offer.words,
        )
    except FOR_GOOD as refusal:
        return _refuse(session, desk, offer, _reason(refusal, clearing), at)
    return None, done.at


def _reason(refusal: LedgerError, clearing: str) -> Reason:
    if isinstance(refusal, InsufficientFunds):
        return Reason.LIMIT
    if isinstance(refusal, AccountFrozen | AccountClosed):
        return Reason.SUSPENDED if refusal.code == clearing else Reason.PAYEE
    return Reason.UNIT


def _refuse(
    session: Session, desk: ClearingDesk, offer: Offer, reason: Reason, at: datetime
) -> Answer:
    """Seal the refusal under the key of the answer: nothing can be paid after it."""
    account = _locked(session, desk, offer)
    done = set_floor(
        session,
        account.code,
        account.floor,
        at=at,
        entered_by=f"clearing:{offer.sender}",
        cause=f"clearing:{offer.reference}:{reason}",
        key=step_key(offer.sender, offer.reference, "answer"),
    )
    return reason, done.at


def _locked(session: Session, desk: ClearingDesk, offer: Offer) -> Account:
    """Return a clearing account with the sister, its floor safe from change.

    That of the unit, or any other when the unit is not cleared: the refusal has to
    stand somewhere.
    """
    code = desk.account(offer.sender, offer.unit)
    if find_account(session, code) is None:
        asked = "SELECT MIN(code) FROM ledger_account WHERE kind = ? AND code LIKE ?"
        pattern = desk.account(offer.sender, "%")
        code = Driver(session).value(asked, ("clearing", pattern))
    if code is None:
        raise MessageRefused(f"No unit is cleared with {offer.sender!r}.")
    found = select(Account).where(col(Account.code) == code).with_for_update()
    return session.scalars(found.execution_options(populate_existing=True)).one()
