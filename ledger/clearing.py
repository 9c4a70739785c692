"""Clearing between communities: two linked halves, settled or returned, never lost.

Each community keeps a book of its own, with a clearing account per sister and unit.
A transfer from north to south has one reference and three steps, each in one database
transaction and each once per key:

1. *Offer.* North holds the amount: payer → ``clearing:south:POINT``. The hold has no
   end of its own, so no job releases it.
2. *Answer.* South posts ``clearing:north:POINT`` → payee, or refuses for good. Both go
   under the **same key**, so the database itself lets only one of them ever happen. A
   refusal moves nothing: it is sealed as the clearing account's floor, said once more,
   with the reference and the reason as its cause.
3. *End.* North captures the hold on a receipt that says paid, releases it on one that
   says refused, and does nothing without a receipt: silence is not a refusal.

Whoever stops between two steps asks again: the same letter gets the same answer. An
offer that comes after its time is refused, so `settle_open` ends the old ones, too.
What north owes south stands as a credit in north's book and as an equal debit in
south's; the floor of a clearing account is how much the sister may owe us.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy.orm import Session

from ledger.accounts import account_for, open_account
from ledger.amounts import amount_of, positive_steps_of
from ledger.clearing_messages import (
    OFFERED,
    RETURNED,
    WENT_OUT,
    ClearingDesk,
    Offer,
    Receipt,
    letter,
    message_of_text,
    read_letter,
    step_key,
    text_of_message,
)
from ledger.driver import Driver, Row, as_moment, as_uuid
from ledger.errors import (
    IdempotencyConflict,
    InvalidEntry,
    LedgerError,
    MessageRefused,
    OfferNotFound,
)
from ledger.holds import capture_hold, place_hold, release_hold
from ledger.tables import Account

Begin = Callable[[], AbstractContextManager[Session]]
"""Opens a database transaction that commits when it is left without an error."""

Ask = Callable[[str, str], str | None]
"""Carries a letter to the sister of this name; her answer, or None when none came."""


@dataclass(frozen=True, slots=True)
class Finished:
    """What became of an open offer: its receipt, or why it still waits."""

    offer: Offer
    receipt: Receipt | None
    problem: str | None


@dataclass(frozen=True, slots=True)
class Made:
    """An offer of ours as the book has it; *offer* is None once its words are gone."""

    hold_id: UUID
    payer: str
    unit: str
    amount: Decimal
    since: datetime
    key: str
    offer: Offer | None

    @property
    def receiver(self) -> str:
        """The sister it was made to."""
        return self.key.split(":")[1]

    @property
    def reference(self) -> UUID:
        """The name of the transfer."""
        return UUID(self.key.split(":")[2])


def open_clearing(
    session: Session,
    desk: ClearingDesk,
    sister: str,
    unit: str,
    *,
    limit: Decimal,
    at: datetime,
) -> Account:
    """Open the clearing account with a sister; change its limit with `set_floor`.

    Args:
        session: An open session. The caller commits.
        desk: Who we are.
        sister: The sister's name, one the desk knows.
        unit: The unit to be cleared.
        limit: How much the sister may come to owe us, zero or more, in the unit.
        at: Aware UTC moment.

    Raises:
        MessageRefused: the desk does not know the sister.
        InvalidEntry: a limit below zero.
        UnknownUnit, InexactAmount: see `open_account`.
    """
    if limit < 0:
        raise InvalidEntry("A limit is zero or more.")
    code = desk.account(sister, str(unit))
    return open_account(
        session, code=code, unit=unit, kind="clearing", floor=-limit, at=at
    )


def make_offer(
    session: Session,
    desk: ClearingDesk,
    *,
    reference: UUID,
    payer: str,
    receiver: str,
    payee: str,
    amount: Decimal,
    at: datetime,
    expires_at: datetime,
    entered_by: str | None = None,
    words: str = "",
) -> Offer:
    """Set *amount* aside and return the offer to be sent with `letter`.

    The offer is kept in the words of the hold until its end, so that it can be sent
    again; do not erase them before.

    Args:
        session: An open session. The caller commits before sending anything.
        desk: Who we are.
        reference: Names the transfer in both books; the same one is the same offer.
        payer: Code of the paying account here.
        receiver: Name of the sister.
        payee: Public code of the account to be paid there.
        amount: Above zero, in the payer's unit.
        at: Aware UTC moment.
        expires_at: From this aware moment on the sister refuses it.
        entered_by: An opaque reference to who entered it.
        words: What the payee may read about it, at most 1000 characters.

    Raises:
        IdempotencyConflict: the reference stands for another offer.
        MessageRefused: no clearing with this sister, or words that cannot be sent.
        InvalidEntry: *expires_at* has passed.
        InsufficientFunds, AccountNotFound (the payer's or the clearing account),
        AccountFrozen, AccountClosed, NonPositiveAmount, InexactAmount: see
        `place_hold`.
    """
    unit = account_for(session, payer).unit
    code = desk.account(receiver, unit)
    offer = Offer(
        reference=reference,
        sender=desk.name,
        receiver=receiver,
        payee=payee,
        unit=unit,
        amount=amount,
        expires_at=expires_at,
        words=words,
    )
    key = step_key(receiver, reference, "offer")
    made = _made(session, key)
    if made is not None:
        return _same_offer(made, payer, offer)
    if expires_at <= at:
        raise InvalidEntry("An offer ends after it has begun.")
    positive_steps_of(amount)
    message_of_text(text_of_message(offer))  # the sister must be able to read it
    place_hold(
        session,
        payer=payer,
        payee=code,
        amount=amount,
        key=key,
        kind=OFFERED,
        cause=f"clearing:{reference}",
        at=at,
        entered_by=entered_by,
        memo=text_of_message(offer),
    )
    return offer


def settle_offer(
    session: Session, desk: ClearingDesk, text: str, *, at: datetime
) -> Receipt:
    """Capture or release what was set aside, as the sister's receipt says; once.

    Args:
        session: An open session. The caller commits.
        desk: Who we are.
        text: The letter with the receipt.
        at: Aware UTC moment.

    Raises:
        MessageRefused: not a letter of hers with a receipt for this very offer.
        OfferNotFound: we made no such offer.
        AccountFrozen, AccountClosed: she has paid, but the payer's or the clearing
            account stands still here. The offer waits; settle it when it is open.
        HoldResolved, IdempotencyConflict: it was ended in another way before.
    """
    receipt = read_letter(desk, text)
    if not isinstance(receipt, Receipt):
        raise MessageRefused("This letter is no receipt.")
    made = _made(session, step_key(receipt.receiver, receipt.reference, "offer"))
    if made is None:
        raise OfferNotFound(f"There is no offer {receipt.reference}.")
    _ensure_answers(receipt, made)
    key = step_key(receipt.receiver, receipt.reference, "end")
    by = f"clearing:{receipt.receiver}"
    if receipt.accepted:
        capture_hold(
            session, made.hold_id, key=key, at=at, kind=WENT_OUT, entered_by=by
        )
    else:
        release_hold(
            session, made.hold_id, key=key, at=at, kind=RETURNED, entered_by=by
        )
    return receipt


def open_offers(
    session: Session, desk: ClearingDesk, *, receiver: str | None = None
) -> list[Offer]:
    """Return our offers that wait for their end, oldest first.

    One whose words were erased cannot be sent again and is not among them; it shows
    in `position` and ends with the receipt, if that comes.
    """
    return [
        made.offer
        for made in waiting(session)
        if made.offer is not None
        and made.offer.sender == desk.name
        and receiver in (None, made.receiver)
    ]


def settle_open(
    begin: Begin, desk: ClearingDesk, ask: Ask, *, at: datetime
) -> list[Finished]:
    """Send every open offer again and end those that are answered; for a job.

    No database transaction is open while the sister is asked, and each offer is
    ended in one of its own, so that one that cannot be ended holds up no other.

    Args:
        begin: Opens a transaction, such as ``sessionmaker(engine).begin``.
        desk: Who we are.
        ask: Carries a letter there and the answer back; None when there is none.
        at: Aware UTC moment.

    Returns:
        What became of each, in the order in which they were made.
    """
    with begin() as session:
        offers = open_offers(session, desk)
    return [_finish(begin, desk, ask, offer, at) for offer in offers]


# What we offered.

SELECT_MADE = (
    "SELECT h.id, d.code, d.unit, h.amount, t.at, t.key, m.text"
    " FROM ledger_hold h JOIN ledger_transaction t ON t.id = h.transaction_id"
    " JOIN ledger_account d ON d.id = h.debit_account_id"
    " LEFT JOIN ledger_private_text m ON m.transaction_id = t.id"
)


def _made(session: Session, key: str) -> Made | None:
    row = Driver(session).one(
        f"{SELECT_MADE} WHERE t.scope = '' AND t.key = ? AND t.kind = ?",
        (key, OFFERED),
    )
    return None if row is None else _read_made(row)


def waiting(session: Session) -> list[Made]:
    """Return the open offers; only open holds are looked at."""
    rows = Driver(session).all(
        f"{SELECT_MADE} JOIN ledger_open_hold o ON o.hold_id = h.id"
        " WHERE t.kind = ? ORDER BY t.id",
        (OFFERED,),
    )
    return [_read_made(row) for row in rows]


def _read_made(row: Row) -> Made:
    hold_id, payer, unit, steps, at, key, text = row
    offer = None if text is None else message_of_text(text)
    assert offer is None or isinstance(offer, Offer)
    return Made(
        hold_id=as_uuid(hold_id),
        payer=payer,
        unit=unit,
        amount=amount_of(steps),
        since=as_moment(at),
        key=key,
        offer=offer,
    )


def _same_offer(made: Made, payer: str, offer: Offer) -> Offer:
    """Return the offer as it was made first; its end does not count as its body."""
    first = made.offer
    if first is None or (made.payer, _body(first)) != (payer, _body(offer)):
        raise IdempotencyConflict(made.key)
    return first


def _body(offer: Offer) -> tuple[object, ...]:
    return (*_facts(offer), offer.words)


def _facts(message: Offer | Receipt) -> tuple[object, ...]:
    return (
        message.reference,
        message.sender,
        message.receiver,
        message.payee,
        message.unit,
        message.amount,
    )


def _ensure_answers(receipt: Receipt, made: Made) -> None:
    """Refuse another body; of erased words the amount and the unit are left."""
    same = (receipt.unit, receipt.amount) == (made.unit, made.amount)
    if not same or (made.offer and _facts(receipt) != _facts(made.offer)):
        raise MessageRefused("The receipt is not for the offer that was made.")


def _finish(
    begin: Begin, desk: ClearingDesk, ask: Ask, offer: Offer, at: datetime
) -> Finished:
    answer = ask(offer.receiver, letter(desk, offer))
    if answer is None:
        return Finished(offer, None, "No answer came.")
    try:
        with begin() as session:
            receipt = settle_offer(session, desk, answer, at=at)
    except LedgerError as refusal:
        return Finished(offer, None, str(refusal))
    return Finished(offer, receipt, None)
