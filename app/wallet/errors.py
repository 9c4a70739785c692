"""What the wallet refuses, in the fair's words."""

from __future__ import annotations

from app.kernel.errors import Busy, Conflict, NotFound


class WalletRefused(Conflict):
    """The book refused the entry; nothing was written."""


class InsufficientPoints(WalletRefused):
    """There are fewer free points than the change needs."""


class MonthClosed(WalletRefused):
    """The day lies in a month whose books are closed (R-LED-08)."""


class MonthNotDue(WalletRefused):
    """The month cannot be closed now: it runs, another comes first, or it is closed."""


class NotToReverse(WalletRefused):
    """The entry moved nothing, or is a correction itself."""


class PostingPaused(Busy):
    """A check found the book broken: it is read, and nothing is written."""


class AccountUnknown(NotFound):
    """The book has no such account."""


class PageNotFound(NotFound):
    """No page of the account begins there: the cursor is none the book gave."""
