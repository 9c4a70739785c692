"""Addresses of other features' pages, which may not be there."""

from __future__ import annotations

from typing import Any

from flask import current_app, url_for


def find_url(endpoint: str, **values: Any) -> str | None:
    """Return the address of *endpoint*, None when no such page is wired.

    Lets a feature point at a page further up the street without knowing it.
    """
    if endpoint not in current_app.view_functions:
        return None
    return url_for(endpoint, **values)
