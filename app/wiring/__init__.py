"""The composition root: the only place that sees everything."""

from __future__ import annotations

from flask import Flask
from flask_login import LoginManager
from werkzeug.middleware.proxy_fix import ProxyFix

from app import search
from app.kernel.clock import set_wall_clock
from app.kernel.config import ROOT, Settings
from app.kernel.db import Database
from app.kernel.messages import FileMessenger
from app.people.views import load_me
from app.web.csrf import init_csrf
from app.web.headers import init_headers
from app.web.htmx import init_htmx
from app.web.limits import limiter
from app.web.pages import init_pages
from app.web.refusals import init_refusals
from app.wiring.site import MENUS, register_site

BODY_MAX = 4 * 1024 * 1024
FORM_MEMORY_MAX = 1024 * 1024
FORM_PARTS_MAX = 500


def create_app(settings: Settings | None = None) -> Flask:
    """Build the application; settings come from the environment unless given."""
    settings = settings or Settings.from_environment()
    settings.prepare_data_dir()
    set_wall_clock(settings.timezone)
    app = Flask(
        "app",
        root_path=str(ROOT / "app"),
        template_folder=str(ROOT / "templates"),
        static_folder=str(ROOT / "static"),
        static_url_path="/static",
    )
    app.config.update(
        SECRET_KEY=settings.secret_key(),
        TRUSTED_HOSTS=list(settings.trusted_hosts),
        MAX_CONTENT_LENGTH=BODY_MAX,
        MAX_FORM_MEMORY_SIZE=FORM_MEMORY_MAX,
        MAX_FORM_PARTS=FORM_PARTS_MAX,
        SESSION_COOKIE_NAME="fair_notice",
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SEND_FILE_MAX_AGE_DEFAULT=31536000,
    )
    app.url_map.strict_slashes = False
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    if settings.proxies:
        hops = settings.proxies
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops
        )
    app.extensions["fair_settings"] = settings
    app.extensions["fair_database"] = Database(settings.url)
    app.extensions["fair_catalogue"] = search.open_index(
        settings.index_dir, settings.timezone, settings.search_engine
    )
    app.extensions["fair_ready_checks"] = {
        "search": app.extensions["fair_catalogue"].can_be_read
    }
    app.extensions["fair_messenger"] = FileMessenger(settings.messages_dir)
    _init_sign_in(app)
    init_refusals(app)
    init_csrf(app)
    init_htmx(app)
    init_headers(app)
    limiter.init_app(app)
    init_pages(app, MENUS)
    register_site(app)
    return app


def _init_sign_in(app: Flask) -> None:
    manager = LoginManager(app)
    manager.session_protection = None  # our sessions are rows, not signed cookies
    manager.request_loader(lambda _request: load_me())
    manager.user_loader(lambda _id: None)
