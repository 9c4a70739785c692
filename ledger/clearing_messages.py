"""What two communities write to each other: offers, receipts, positions, all signed.

A letter is two lines of text: the message as a JSON array, and the Ed25519 signature
over the very bytes of that line, in hex. Nothing has to be encoded again to be checked.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from unicodedata import category
from uuid import UUID

from ledger.amounts import amount_of, steps_from_text, steps_of, text_of
from ledger.columns import moment_of, moment_text
from ledger.errors import InvalidEntry, MessageRefused

VERSION = "common-fair-clearing/1"
OFFERED = "CLEARING_OFFER"
CAME_IN = "CLEARING_IN"
WENT_OUT = "CLEARING_OUT"
RETURNED = "CLEARING_RETURN"
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
AMOUNT = re.compile(r"-?[0-9]{1,13}\.[0-9]{4}")
CODE_LENGTH_MAX = 200
WORDS_LENGTH_MAX = 1000
LETTER_LENGTH_MAX = 1_000_000
UNFIT = frozenset({"Cc", "Cs"})
"""Control characters and halves of characters: no database keeps them all."""

MAY_BE_PAID = frozenset({"member", "household", "organisation", "fund"})


class Reason(StrEnum):
    """Why an offer was refused, for good."""

    LATE = "late"
    PAYEE = "payee"
    UNIT = "unit"
    LIMIT = "limit"
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearingDesk:
    """Who we are among the communities, and whose word we take.

    Attributes:
        name: Our own name: small letters, digits and dashes, at most 60.
        sign: Returns the Ed25519 signature of these bytes by our key, in hex.
        sisters: The public key (hex) of every community we clear with, by name.
        pays: The kinds of account a sister's transfer may arrive at.
    """

    name: str
    sign: Callable[[bytes], str]
    sisters: Mapping[str, str] = field(repr=False)
    pays: frozenset[str] = MAY_BE_PAID

    def __post_init__(self) -> None:
        for name in (self.name, *self.sisters):
            if not NAME.fullmatch(name):
                raise InvalidEntry(f"{name!r} is no name for a community.")

    def account(self, sister: str, unit: str) -> str:
        """Return the code of the clearing account with *sister*.

        Raises:
            MessageRefused: we do not clear with this community.
        """
        if sister not in self.sisters:
            raise MessageRefused(f"There is no clearing with {sister!r}.")
        return f"clearing:{sister}:{unit}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """An amount set aside in the sender's book for an account in the receiver's.

    ``payee`` is the public code of that account: it names nobody on the way.
    """

    reference: UUID
    sender: str
    receiver: str
    payee: str
    unit: str
    amount: Decimal
    expires_at: datetime
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The one answer to an offer: paid when *reason* is None, else refused for good."""

    reference: UUID
    sender: str
    receiver: str
    payee: str
    unit: str
    amount: Decimal
    reason: Reason | None
    at: datetime

    @property
    def accepted(self) -> bool:
        """True when the payee has been paid."""
        return self.reason is None


@dataclass(frozen=True, slots=True)
class OpenOffer:
    """An offer that waits for its answer: what, and since when."""

    reference: UUID
    amount: Decimal
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where one book stands with a sister in one unit, for `reconcile`.

    Attributes:
        sender: Whose book this is.
        receiver: The sister.
        unit: The unit.
        posted: Balance of the clearing account: above zero, we owe the sister.
        offers: Our offers to her that wait.
        accepted: Which of the offers asked about we have paid out.
    """

    sender: str
    receiver: str
    unit: str
    posted: Decimal
    offers: tuple[OpenOffer, ...]
    accepted: frozenset[UUID]


Message = Offer | Receipt | Position


def step_key(sister: str, reference: UUID, step: str) -> str:
    """Return the key of one step of a transfer: ``offer``, ``answer`` or ``end``."""
    return f"clearing:{sister}:{reference}:{step}"


def text_of_message(message: Message) -> str:
    """Return the line that is signed: a compact JSON array."""
    fields: list[object]
    if isinstance(message, Offer):
        end = moment_text(message.expires_at)
        fields = ["offer", *_common(message), end, message.words]
    elif isinstance(message, Receipt):
        at = moment_text(message.at)
        fields = ["receipt", *_common(message), message.reason, at]
    else:
        fields = [
            "position",
            message.sender,
            message.receiver,
            message.unit,
            text_of(steps_of(message.posted)),
            [
                [str(offer.reference), _amount(offer.amount), moment_text(offer.since)]
                for offer in message.offers
            ],
            sorted(map(str, message.accepted)),
        ]
    return json.dumps([VERSION, *fields], ensure_ascii=False, separators=(",", ":"))


def message_of_text(text: str) -> Message:
    """Read the line `text_of_message` wrote, and nothing else.

    Raises:
        MessageRefused: it is not such a line.
    """
    try:
        message = _message(*_fields(text))
    except (ArithmeticError, AttributeError, TypeError, ValueError) as error:
        raise MessageRefused("This is no message between communities.") from error
    if text_of_message(message) != text:
        raise MessageRefused("This is not how a message is written.")
    return message


def letter(desk: ClearingDesk, message: Message) -> str:
    """Return *message* with our signature, ready for any transport."""
    text = text_of_message(message)
    return f"{text}\n{desk.sign(text.encode())}"


def read_letter(desk: ClearingDesk, text: str) -> Message:
    """Return the message of a letter that its author has signed.

    Offers and positions are signed by their sender, receipts by their receiver.

    Raises:
        MessageRefused: forged, altered, not for us, or from nobody we know.
    """
    if len(text) > LETTER_LENGTH_MAX:
        raise MessageRefused("The letter is too long.")
    line, _, signature = text.partition("\n")
    message = message_of_text(line)
    author, other = message.sender, message.receiver
    if isinstance(message, Receipt):
        author, other = other, author
    if other != desk.name:
        raise MessageRefused(f"The letter is for {other!r}, not for {desk.name!r}.")
    _ensure_signed(desk.sisters.get(author), line, signature)
    return message


def _ensure_signed(public_key: str | None, line: str, signature: str) -> None:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    if public_key is None:
        raise MessageRefused("The letter is from no community we clear with.")
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
    try:
        key.verify(bytes.fromhex(signature), line.encode())
    except (InvalidSignature, ValueError) as error:
        raise MessageRefused("The letter was forged or altered.") from error


def _common(message: Offer | Receipt) -> list[object]:
    return [
        str(message.reference),
        message.sender,
        message.receiver,
        message.payee,
        message.unit,
        _amount(message.amount),
    ]


def _amount(amount: Decimal) -> str:
    return text_of(steps_of(amount))


def _fields(text: str) -> tuple[str, list[Any]]:
    fields = json.loads(text)
    version, sort, *rest = fields
    if version != VERSION:
        raise ValueError(version)
    return sort, rest


def _message(sort: str, fields: list[Any]) -> Message:
    if sort == "position":
        return _position(*fields)
    *common, first, last = fields
    known = _read_common(*common)
    if sort == "offer":
        end = moment_of(_words(first))
        return Offer(**known, expires_at=end, words=_words(last, WORDS_LENGTH_MAX))
    if sort == "receipt":
        reason = None if first is None else Reason(_words(first))
        return Receipt(**known, reason=reason, at=moment_of(_words(last)))
    raise ValueError(sort)


def _read_common(
    reference: Any,
    sender: Any,
    receiver: Any,
    payee: Any,
    unit: Any,
    amount: Any,
) -> dict[str, Any]:
    found = _read_amount(amount)
    if found <= 0:
        raise ValueError(amount)
    return {
        "reference": UUID(_words(reference)),
        "sender": _words(sender),
        "receiver": _words(receiver),
        "payee": _words(payee),
        "unit": _words(unit),
        "amount": found,
    }


def _position(
    sender: Any,
    receiver: Any,
    unit: Any,
    posted: Any,
    offers: list[list[Any]],
    accepted: list[Any],
) -> Position:
    return Position(
        sender=_words(sender),
        receiver=_words(receiver),
        unit=_words(unit),
        posted=_read_amount(posted),
        offers=tuple(
            OpenOffer(
                UUID(_words(reference)), _read_amount(amount), moment_of(_words(since))
            )
            for reference, amount, since in offers
        ),
        accepted=frozenset(UUID(_words(reference)) for reference in accepted),
    )


def _words(value: Any, longest: int = CODE_LENGTH_MAX) -> str:
    """Return a text any database can keep."""
    if not isinstance(value, str) or len(value) > longest:
        raise TypeError(value)
    if any(category(sign) in UNFIT and sign != "\n" for sign in value):
        raise ValueError(value)
    return value


def _read_amount(value: Any) -> Decimal:
    text = _words(value)
    if not AMOUNT.fullmatch(text):
        raise ValueError(text)
    return amount_of(steps_from_text(text))
