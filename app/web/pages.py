"""What every template knows, the reading modes, and the health pages."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, cast
from uuid import UUID, uuid4

from flask import (
    Blueprint,
    Flask,
    Response,
    current_app,
    make_response,
    redirect,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue

from app.kernel.clock import now
from app.kernel.config import ROOT, Settings
from app.kernel.permissions import ROLE_LABELS, Permission
from app.web.filters import FILTERS, local_today
from app.web.guards import find_me, public
from app.web.store import database, settings
from app.web.words import (
    LANGUAGE_COOKIE,
    label,
    language,
    localized,
    ntranslate,
    register_labels,
    translate,
)

COOKIE_AGE_S = 365 * 24 * 3600
TEXT_SIZES = ("standard", "large", "xlarge")
THEMES = ("auto", "light", "dark")
LANGUAGE_NAMES = {"zh-Hans": "简体", "zh-Hant": "繁體", "en": "English"}

bp = Blueprint("web", __name__)

Menus = Mapping[str, Sequence[tuple[str, str]]]
"""Menu → (endpoint, words): "main", "person", "footer"."""


def init_pages(app: Flask, menus: Menus) -> None:
    """Give templates their words, filters and helpers."""
    app.extensions["fair_menus"] = menus
    app.extensions["fair_links"] = {}
    app.extensions["fair_assets"] = {}
    register_labels(ROLE_LABELS)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(FILTERS)
    app.jinja_env.globals.update(
        _=translate,
        ngettext=ntranslate,
        label=label,
        localized=localized,
        asset=asset,
        new_key=lambda: str(uuid4()),
        language_names=LANGUAGE_NAMES,
        text_sizes=TEXT_SIZES,
        themes=THEMES,
    )
    app.context_processor(_context)
    app.register_blueprint(bp)


def _context() -> dict[str, Any]:
    person = find_me()
    return {
        "lang": language(),
        "languages": [(code, LANGUAGE_NAMES[code]) for code in settings().languages],
        "me": person,
        "may": _may,
        "now": now(),
        "today": local_today(),
        "is_demo": settings().demo,
        "text_size": _chosen("text", TEXT_SIZES),
        "theme": _chosen("theme", THEMES),
        "nav_items": [
            (words, url, _is_current(endpoint))
            for endpoint, words, url in _links("main")
        ],
        "person_items": [(words, url) for _e, words, url in _links("person")],
        "footer_items": [(words, url) for _e, words, url in _links("footer")],
        "sign_in_url": url_for("people.sign_in", back=request.path),
        "sign_out_url": url_for("people.sign_out"),
        "desk_url": _desk_url(),
    }


def _links(menu: str) -> list[tuple[str, str, str]]:
    """Return (endpoint, words, url) of a menu, for what is there."""
    kept = current_app.extensions["fair_links"]
    key = (menu, language(), request.script_root)
    if key not in kept:
        kept[key] = [
            (endpoint, translate(words), url_for(endpoint))
            for endpoint, words in current_app.extensions["fair_menus"][menu]
            if endpoint in current_app.view_functions
        ]
    return cast("list[tuple[str, str, str]]", kept[key])


def _desk_url() -> str | None:
    if _may(Permission.OPEN_DESK) and "desk.index" in current_app.view_functions:
        return url_for("desk.index")
    return None


def _is_current(endpoint: str) -> bool:
    return request.endpoint is not None and (
        request.endpoint == endpoint
        or request.endpoint.split(".")[0] == endpoint.split(".", maxsplit=1)[0] != "web"
    )


def _may(permission: str, place_id: UUID | None = None) -> bool:
    """Say whether the reader carries *permission* (anywhere; rules ask where)."""
    del place_id
    person = find_me()
    return person is not None and Permission(permission) in person.permissions


def _chosen(name: str, offered: tuple[str, ...]) -> str:
    found = request.cookies.get(name)
    return found if found in offered else offered[0]


@cache
def _fingerprint(path: str) -> str:
    file = ROOT / "static" / path
    return hashlib.sha256(file.read_bytes()).hexdigest()[:12] if file.exists() else ""


def asset(path: str) -> str:
    """Return the address of a static file with its fingerprint."""
    kept = current_app.extensions["fair_assets"]
    key = (path, request.script_root)
    if key not in kept:
        kept[key] = url_for("static", filename=path, v=_fingerprint(path) or None)
    return cast("str", kept[key])


@bp.post("/modes")
@public
def modes() -> ResponseReturnValue:
    """Remember language, text size and theme on this device; then go back."""
    answer = make_response(redirect(safe_back(request.form.get("back")), code=303))
    offered = {
        LANGUAGE_COOKIE: settings().languages,
        "text": TEXT_SIZES,
        "theme": THEMES,
    }
    for name, values in offered.items():
        chosen = request.form.get(name)
        if chosen in values:
            set_cookie(answer, name, chosen, age_s=COOKIE_AGE_S)
    return answer


def set_cookie(answer: Response, name: str, value: str, *, age_s: int) -> None:
    """Set a cookie that scripts cannot read and other sites do not send."""
    answer.set_cookie(
        name,
        value,
        max_age=age_s,
        httponly=True,
        samesite="Lax",
        secure=settings().secure_cookies,
    )


def safe_back(target: str | None) -> str:
    """Return *target* when it is a path of ours, else the front page."""
    if (
        target
        and target.startswith("/")
        and not target.startswith(("//", "/\\"))
        and "\\" not in target
        and not any(ord(c) < 0x20 for c in target)
    ):
        return target
    return "/"


@bp.get("/livez")
@public
def livez() -> ResponseReturnValue:
    """Say that the process answers."""
    return {"status": "ok"}


@bp.get("/readyz")
@public
def readyz() -> ResponseReturnValue:
    """Say whether the database and the search index can be used."""
    checks = {"database": _database_is_ready(), **_extra_checks()}
    status = 200 if all(checks.values()) else 503
    return {"status": "ok" if status == 200 else "not ready", **checks}, status


def _database_is_ready() -> bool:
    try:
        return database().is_ready()
    except Exception:  # noqa: BLE001 - whatever it is, we are not ready
        return False


def _extra_checks() -> dict[str, bool]:
    checks = cast("dict[str, Any]", current_app.extensions.get("fair_ready_checks", {}))
    return {name: bool(check()) for name, check in checks.items()}


def current_settings(app: Flask) -> Settings:
    """Return an application's settings."""
    return cast("Settings", app.extensions["fair_settings"])
