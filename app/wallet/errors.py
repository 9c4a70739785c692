"""What the wallet refuses, in the fair's words."""

from __future__ import annotations

from app.kernel.errors import Conflict


class WalletRefused(Conflict):
    """The book refused the entry; nothing was written."""


class InsufficientPoints(WalletRefused):
    """There are fewer free points than the change needs."""
