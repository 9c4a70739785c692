"""Chromium before a real server: one browser a run, a town and a server a test."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server

from app.kernel.config import Settings
from app.kernel.db import Database
from app.people.views import SESSION_COOKIE
from app.wiring import create_app
from tests.browser.walker import Mode, Walker
from tests.cast import Cast
from tests.journeys.visitor import Town
from tests.web import Client, sign_in

CHROMIUM = os.environ.get("FAIR_TEST_CHROMIUM", "/usr/bin/chromium")
FLAGS = (
    "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu",
    "--disable-background-networking", "--no-first-run",
)  # fmt: skip
IS_REQUIRED = os.environ.get("FAIR_TEST_BROWSER") == "required"
MODES = (
    Mode("zh-Hans", 390, has_scripts=True),
    Mode("en", 1280, has_scripts=False),
)
MORE_MODES = (
    Mode("en", 390, has_scripts=True),
    Mode("zh-Hans", 1280, has_scripts=False),
)
"""Walked too where the browser is required, as before a release."""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The one browser of the run.

    Without Chromium these tests skip and say so; with FAIR_TEST_BROWSER=required
    they fail instead.
    """
    if not Path(CHROMIUM).exists():
        why = f"NO BROWSER TESTS RAN: there is no Chromium at {CHROMIUM}"
        if IS_REQUIRED:
            pytest.fail(why)
        pytest.skip(why)
    with sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield found
        found.close()


class Quiet(WSGIRequestHandler):
    """Serves without a line for each request."""

    def log_request(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """Serve *app* on a free port of this computer; yield its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Site:
    """A served town, and the people before their browsers."""

    url: str
    town: Town
    browser: Browser
    cast: Cast
    opened: list[Walker] = field(default_factory=list)

    def walker(self, mode: Mode, person: UUID | None = None, **more: Any) -> Walker:
        """Return somebody with a browser of their own, signed in when named."""
        walker = Walker(self._context(mode, **more), self.url, mode)
        self.opened.append(walker)
        if person is not None:
            cookie = sign_in(self.town.app, person).get_cookie(SESSION_COOKIE)
            assert cookie is not None
            walker.context.add_cookies(
                [{"name": SESSION_COOKIE, "value": cookie.value, "url": self.url}]
            )
        return walker

    def _context(self, mode: Mode, **more: Any) -> BrowserContext:
        return self.browser.new_context(
            viewport={"width": mode.width, "height": 844},
            java_script_enabled=mode.has_scripts,
            locale="zh-CN" if mode.language == "zh-Hans" else mode.language,
            **more,
        )

    def close(self) -> None:
        """Close every window; nothing may have gone wrong behind the pages."""
        for walker in self.opened:
            walker.context.close()
        for walker in self.opened:
            walker.ensure_quiet()


@pytest.fixture
def site(
    browser: Browser,
    app: Flask,
    db: Database,
    cast: Cast,
    client_of: Callable[..., Client],
) -> Iterator[Site]:
    """The little town, served for one test."""
    with serving(app) as url:
        made = Site(url, Town(app, db, client_of), browser, cast)
        yield made
        made.close()


@pytest.fixture(scope="module")
def standing_site(
    browser: Browser, town_template: tuple[str, Cast],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:  # fmt: skip
    """A town with one of everything, served for a whole module that only reads."""
    from app.kernel.clock import now
    from tests.journeys.furnished import furnish

    template, cast = town_template
    folder = tmp_path_factory.mktemp("standing")
    shutil.copy(template.removeprefix("sqlite:///"), folder / "fair.sqlite3")
    application = create_app(
        Settings.from_environment(
            data_dir=folder,
            database_url=f"sqlite:///{folder / 'fair.sqlite3'}",
            demo=True,
        )
    )
    application.config["RATELIMIT_ENABLED"] = False
    db: Database = application.extensions["fair_database"]
    with db.transaction() as session:
        ids = furnish(session, cast, now())
    town = Town(application, db, lambda *_: Client(application), ids)
    town.settle()
    with serving(application) as url:
        made = Site(url, town, browser, cast)
        yield made
        made.close()
    db.close()


@pytest.fixture(params=MODES + MORE_MODES * IS_REQUIRED, ids=str)
def mode(request: pytest.FixtureRequest) -> Mode:
    found = request.param
    assert isinstance(found, Mode)
    return found
