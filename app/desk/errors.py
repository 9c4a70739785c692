"""What the desk refuses."""

from __future__ import annotations

from app.kernel.errors import Invalid


class AskForMore(Invalid):
    """One letter of a name would list the whole town."""
