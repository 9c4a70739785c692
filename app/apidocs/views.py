"""`/api/v1/openapi.json` and the page for programmers."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, render_template
from flask.typing import ResponseReturnValue

from app.web.api import PREFIX, spec
from app.web.guards import public

bp = Blueprint("apidocs", __name__)


@bp.get(f"{PREFIX}/openapi.json")
@public
def openapi() -> ResponseReturnValue:
    """Return the API's description (OpenAPI 3.1)."""
    return description()


@bp.get("/for-programs")
@public
def index() -> ResponseReturnValue:
    """Show how a program talks to the fair."""
    paths: dict[str, dict[str, Any]] = description()["paths"]
    rows = [
        (method.upper(), path, what.get("summary", ""))
        for path, methods in sorted(paths.items())
        for method, what in methods.items()
    ]
    return render_template("apidocs/index.html", rows=rows)


def description() -> dict[str, Any]:
    """Return the OpenAPI description of the running application."""
    spec.app = current_app
    described: dict[str, Any] = spec.spec
    return described
