"""The book's refusals in the fair's words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import ledger
from app.kernel.errors import Busy
from app.kernel.i18n import msg
from app.wallet.errors import (
    InsufficientPoints,
    MonthClosed,
    NotToReverse,
    PostingPaused,
    WalletRefused,
)

_SAID: tuple[tuple[type[ledger.LedgerError], type[WalletRefused], str], ...] = (
    (
        ledger.InsufficientFunds,
        InsufficientPoints,
        msg("There are not enough points for this."),
    ),
    (
        ledger.HoldResolved,
        WalletRefused,
        msg("These points were settled already."),
    ),
    (
        ledger.AlreadyReversed,
        WalletRefused,
        msg("This entry was reversed already."),
    ),
    (
        ledger.NotReversible,
        NotToReverse,
        msg("This entry cannot be reversed: it moved nothing, or corrects itself."),
    ),
    (
        ledger.RefundExceeds,
        WalletRefused,
        msg("More than was paid cannot be given back."),
    ),
    (
        ledger.IdempotencyConflict,
        WalletRefused,
        msg("This form was already sent with other contents. Please open it anew."),
    ),
    (
        ledger.AccountFrozen,
        WalletRefused,
        msg("This account is closed or frozen."),
    ),
    (
        ledger.AccountClosed,
        WalletRefused,
        msg("This account is closed or frozen."),
    ),
    (
        ledger.PeriodClosed,
        MonthClosed,
        msg("The books of that month are closed. Choose a day in the open month."),
    ),
)


@contextmanager
def in_our_words() -> Iterator[None]:
    """Say the book's refusals as the fair's; what is our own mistake stays one.

    Raises:
        WalletRefused: the book said no, in one sentence.
        PostingPaused: nothing is posted until somebody has looked at the book.
        Busy: too many wait to post; the same request may be sent again.
    """
    try:
        yield
    except ledger.PostingStopped:
        raise PostingPaused(
            msg(
                "The books are being checked, so nothing can be written into them"
                " right now. Everything can be read; please come back later."
            )
        ) from None
    except ledger.Overloaded:
        raise Busy(
            msg("The fair is very busy. Please try again in a moment.")
        ) from None
    except tuple(sort for sort, _, _ in _SAID) as refusal:
        raise next(
            ours(sentence)
            for sort, ours, sentence in _SAID
            if isinstance(refusal, sort)
        ) from None


def number_of(transaction: ledger.Transaction) -> int:
    """Return the number of a transaction that was written."""
    assert transaction.id is not None
    return transaction.id
