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

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy.orm import Session
from sqlmodel import col, select

from ledger.accounts import account_for, find_account, open_account, set_floor
from ledger.amounts import amount_of, positive_steps_of
from ledger.balances import balance
from ledger.clearing_messages import (
    ClearingDesk,
    Offer,
    OpenOffer,
    Position,
    Reason,
    Receipt,
    letter,
    message_of_text,
    read_letter,
    text_of_message,
)
from ledger.driver import Driver, as_moment, as_uuid
from ledger.errors import (
    AccountClosed,
    AccountFrozen,
    AccountNotFound,
    IdempotencyConflict,
    InexactAmount,
    InsufficientFunds,
    InvalidEntry,
    LedgerError,
    MessageRefused,
    OfferNotFound,
    UnitMismatch,
)
from ledger.holds import capture_hold, place_hold, release_hold
from ledger.journal import Leg, legs_of, post
from ledger.tables import Account

OFFERED = "CLEARING_OFFER"
CAME_IN = "CLEARING_IN"
WENT_OUT = "CLEARING_OUT"
RETURNED = "CLEARING_RETURN"

Begin = Callable[[], AbstractContextManager[Session]]
"""Opens a database transaction that commits when it is left without an error."""

Ask = Callable[[str, str], str | None]
"""Carries a letter to the sister of this name; her answer, or None when none came."""

FOR_GOOD = (
    AccountClosed,
    AccountFrozen,
    AccountNotFound,
    InexactAmount,
    InsufficientFunds,
    UnitMismatch,
)
"""Refusals that are an answer; any other error is none, and the sister asks again."""


@dataclass(frozen=True, slots=True)
class Finished:
    """What became of an open offer: its receipt, or why it still waits."""

    offer: Offer
    receipt: Receipt | None
    problem: str | None


@dataclass(frozen=True, slots=True)
class InFlight:
    """An offer between the two books, and whether the receiver has paid it."""

    reference: UUID
    sender: str
    receiver: str
    amount: Decimal
    age: timedelta
    accepted: bool


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Two clearing accounts side by side.

    Attributes:
        difference: Both balances added: zero, but for what is in flight.
        in_flight: The offers that wait, oldest first.
        unexplained: What of the difference no offer explains: zero, or something is
            wrong in one of the books.
    """

    difference: Decimal
    in_flight: tuple[InFlight, ...]
    unexplained: Decimal

    @property
    def ok(self) -> bool:
        """True when the two books mirror each other."""
        return self.unexplained == 0


@dataclass(frozen=True, slots=True)
class _Made:
    """An offer of ours as the book has it."""

    hold_id: UUID
    payer: str
    amount: Decimal
    since: datetime
    key: str
    offer: Offer | None


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
    key = _key(receiver, reference, "offer")
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
    made = _made(session, _key(receipt.receiver, receipt.reference, "offer"))
    if made is None:
        raise OfferNotFound(f"There is no offer {receipt.reference}.")
    _ensure_answers(receipt, made)
    key = _key(receipt.receiver, receipt.reference, "end")
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
    """Return our offers that wait for their end, oldest first."""
    return [
        made.offer
        for made in _waiting(session)
        if made.offer is not None
        and made.offer.sender == desk.name
        and receiver in (None, made.offer.receiver)
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


def position(
    session: Session,
    desk: ClearingDesk,
    sister: str,
    unit: str,
    *,
    asked: Iterable[UUID] = (),
) -> Position:
    """Return where we stand with a sister; it travels as a `letter`, too.

    Args:
        session: An open session.
        desk: Who we are.
        sister: The sister's name.
        unit: The unit.
        asked: References of her open offers (`Position.offers` of hers): those that
            we have paid out are in ``accepted``.

    Raises:
        AccountNotFound: there is no clearing with her in this unit.
    """
    offers = tuple(
        OpenOffer(made.offer.reference, made.amount, made.since)
        for made in _waiting(session)
        if made.offer is not None
        and (made.offer.receiver, made.offer.unit) == (sister, str(unit))
    )
    keys = {_key(sister, reference, "answer"): reference for reference in asked}
    accepted = frozenset(
        reference for key, reference in keys.items() if _kind(session, key) == CAME_IN
    )
    return Position(
        sender=desk.name,
        receiver=sister,
        unit=str(unit),
        posted=balance(session, desk.account(sister, str(unit))).posted,
        offers=offers,
        accepted=accepted,
    )


def reconcile(ours: Position, theirs: Position, *, at: datetime) -> Reconciliation:
    """Hold two clearing accounts against each other.

    Each position must have been asked about the open offers of the other. When
    transfers run meanwhile, a difference may come from looking at two moments: one
    that is still there at the second look is real.

    Args:
        ours: Our `position`.
        theirs: The sister's, of the same unit.
        at: Aware UTC moment, for the ages.

    Raises:
        InvalidEntry: they are not the two sides of one pair.
    """
    there = (theirs.receiver, theirs.sender, theirs.unit)
    if (ours.sender, ours.receiver, ours.unit) != there:
        raise InvalidEntry("These are not the two sides of one clearing.")
    in_flight = [
        InFlight(
            reference=offer.reference,
            sender=here.sender,
            receiver=here.receiver,
            amount=offer.amount,
            age=at - offer.since,
            accepted=offer.reference in far.accepted,
        )
        for here, far in ((ours, theirs), (theirs, ours))
        for offer in here.offers
    ]
    in_flight.sort(key=lambda offer: offer.age, reverse=True)
    difference = ours.posted + theirs.posted
    paid_ahead = sum((o.amount for o in in_flight if o.accepted), Decimal(0))
    return Reconciliation(
        difference=difference,
        in_flight=tuple(in_flight),
        unexplained=difference + paid_ahead,
    )


def _key(sister: str, reference: UUID, step: str) -> str:
    return f"clearing:{sister}:{reference}:{step}"


# What we offered.

SELECT_MADE = (
    "SELECT h.id, d.code, h.amount, t.at, t.key, m.text"
    " FROM ledger_hold h JOIN ledger_transaction t ON t.id = h.transaction_id"
    " JOIN ledger_account d ON d.id = h.debit_account_id"
    " LEFT JOIN ledger_private_text m ON m.transaction_id = t.id"
)


def _made(session: Session, key: str) -> _Made | None:
    row = Driver(session).one(
        f"{SELECT_MADE} WHERE t.scope = '' AND t.key = ? AND t.kind = ?",
        (key, OFFERED),
    )
    return None if row is None else _read_made(*row)


def _waiting(session: Session) -> list[_Made]:
    """Return the open offers; only open holds are looked at."""
    rows = Driver(session).all(
        f"{SELECT_MADE} JOIN ledger_open_hold o ON o.hold_id = h.id"
        " WHERE t.kind = ? ORDER BY t.id",
        (OFFERED,),
    )
    return [_read_made(*row) for row in rows]


def _read_made(
    hold_id: object, payer: str, steps: int, at: object, key: str, text: str | None
) -> _Made:
    offer = None if text is None else message_of_text(text)
    assert offer is None or isinstance(offer, Offer)
    amount = amount_of(steps)
    return _Made(as_uuid(hold_id), payer, amount, as_moment(at), key, offer)


def _same_offer(made: _Made, payer: str, offer: Offer) -> Offer:
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


def _ensure_answers(receipt: Receipt, made: _Made) -> None:
    if made.offer is None or _facts(receipt) != _facts(made.offer):
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


# What we answered.

Answer = tuple[Reason | None, datetime]


def _answered(session: Session, desk: ClearingDesk, offer: Offer) -> Answer | None:
    """Return the answer that stands, or None while there is none."""
    key = _key(offer.sender, offer.reference, "answer")
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


def _kind(session: Session, key: str) -> str | None:
    asked = "SELECT kind FROM ledger_transaction WHERE scope = '' AND key = ?"
    kind: str | None = Driver(session).value(asked, (key,))
    return kind


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
            key=_key(offer.sender, offer.reference, "answer"),
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
        key=_key(offer.sender, offer.reference, "answer"),
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
