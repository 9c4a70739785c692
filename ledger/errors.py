"""Every refusal of the ledger, in the order in which a posting meets them."""

from decimal import Decimal


class LedgerError(Exception):
    """What the ledger refused, in one sentence; nothing of the entry was written."""


class InvalidEntry(LedgerError):
    """The entry is malformed: no legs, an empty key, a moment without a zone."""


class InexactAmount(LedgerError):
    """The amount is no exact decimal number of the unit's smallest steps."""


class AmountTooLarge(InexactAmount):
    """The amount is beyond what one entry may carry (10^12 of a unit)."""


class NonPositiveAmount(LedgerError):
    """Amounts are above zero; the direction is said by debit and credit."""


class UnknownUnit(LedgerError):
    """No such unit is kept in this book."""


class AccountNotFound(LedgerError):
    """No account has this code."""

    def __init__(self, code: str) -> None:
        super().__init__(f"There is no account {code!r}.")
        self.code = code


class AccountExists(LedgerError):
    """The code is taken by an account with other attributes."""


class UnitMismatch(LedgerError):
    """Both accounts of a leg keep the same unit; hours are not points."""


class IdempotencyConflict(LedgerError):
    """The key already stands for an entry with another body."""

    def __init__(self, key: str) -> None:
        super().__init__(f"The key {key!r} was used for a different entry.")
        self.key = key


class KeyTaken(IdempotencyConflict):
    """Another writer used the key a moment ago; asked again, it says for what."""


class AccountFrozen(LedgerError):
    """Nothing goes in or out while an account is frozen; holds may be released."""

    def __init__(self, code: str) -> None:
        super().__init__(f"The account {code!r} is frozen.")
        self.code = code


class AccountClosed(LedgerError):
    """A closed account is read, never written."""

    def __init__(self, code: str) -> None:
        super().__init__(f"The account {code!r} is closed.")
        self.code = code


class AccountNotEmpty(LedgerError):
    """Only an account at zero, with nothing held, can be closed."""

    def __init__(self, code: str) -> None:
        super().__init__(f"The account {code!r} is not empty.")
        self.code = code


class InsufficientFunds(LedgerError):
    """The account would fall below its floor.

    Attributes:
        code: The account that cannot pay.
        available: What it may still give, in its unit.
        needed: What was asked of it.
    """

    def __init__(self, code: str, *, available: Decimal, needed: Decimal) -> None:
        super().__init__(f"{code!r} can give {available}, not {needed}.")
        self.code = code
        self.available = available
        self.needed = needed


class HoldNotFound(LedgerError):
    """No hold has this id."""


class HoldResolved(LedgerError):
    """The hold was captured or released before; it resolves once."""


class CaptureExceedsHold(LedgerError):
    """A capture takes the held amount or less."""


class TransactionNotFound(LedgerError):
    """No transaction has this id."""


class NotReversible(LedgerError):
    """The transaction moved nothing, so there is nothing to reverse."""


class AlreadyReversed(LedgerError):
    """A transaction is reversed once; reverse the reversal instead."""


class RefundExceeds(LedgerError):
    """All refunds together give back at most what was paid."""


class PeriodClosed(LedgerError):
    """The day it would count for lies in a closed month; correct in the open one."""


class PeriodNotFound(LedgerError):
    """This month is not closed, so there is no report of it."""


class PeriodNotDue(LedgerError):
    """A month is closed once it has ended, and after the one before it."""


class PostingStopped(LedgerError):
    """A check found the book broken: nothing is posted until someone has looked."""


class Overloaded(LedgerError):
    """Too many wait to post; nothing was written, come back in a moment."""


class MessageRefused(LedgerError):
    """A letter between communities is forged, altered, or answers nothing of ours."""


class OfferNotFound(LedgerError):
    """We made no offer with this reference."""


class TextRefused(LedgerError):
    """The plain text is no book; the sentence names the line."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(f"Line {line}: {problem}")
        self.line = line


class GuardRefused(LedgerError):
    """A guard in the database stopped a write the library had let pass."""
