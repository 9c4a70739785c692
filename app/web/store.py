"""The current application's database, for counters: `transaction()` and `reading()`."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import cast

from flask import current_app
from sqlmodel import Session

from app.kernel.config import Settings
from app.kernel.db import Database
from app.kernel.messages import Messenger


def database() -> Database:
    """Return the database of the application that answers this request."""
    return cast("Database", current_app.extensions["fair_database"])


def settings() -> Settings:
    """Return the settings of the application that answers this request."""
    return cast("Settings", current_app.extensions["fair_settings"])


def messenger() -> Messenger:
    """Return what carries messages to people, of the application that answers."""
    return cast("Messenger", current_app.extensions["fair_messenger"])


def transaction() -> AbstractContextManager[Session]:
    """Open the one transaction of a change (see `Database.transaction`)."""
    return database().transaction()


def reading() -> AbstractContextManager[Session]:
    """Open one consistent view for reading."""
    return database().reading()
