"""The town as a journey needs it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from app.kernel.db import Database
from tests.journeys.visitor import Town
from tests.web import Client


@pytest.fixture
def town(app: Flask, db: Database, client_of: Callable[..., Client]) -> Town:
    return Town(app, db, client_of)
