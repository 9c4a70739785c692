"""What the wallet refuses, in the fair's words."""

from __future__ import annotations

from app.kernel.errors import Conflict, NotFound


class WalletRefused(Conflict):
    """The book refused the entry; nothing was written."""


class InsufficientPoints(WalletRefused):
    """There are fewer free points than the change needs."""


class PageNotFound(NotFound):
    """No page of the account begins there: the cursor is none the book gave."""
