"""Common Fair, the application: `flask --app app run` finds `create_app` here."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def create_app() -> Flask:
    """Build the application from the environment (settings named `FAIR_…`)."""
    # Imported here, not above: features import `app.kernel`, and a module-level
    # import of the wiring would load the whole world for each of them.
    from app.wiring import create_app as create

    return create()
