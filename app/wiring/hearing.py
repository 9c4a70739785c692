"""The hearing: who hears which event, on one page."""

from __future__ import annotations

from app.kernel.relay import Hearing


def make_hearing() -> Hearing:
    """Return who listens to what."""
    return Hearing()
