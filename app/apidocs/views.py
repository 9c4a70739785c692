"""`/api/v1/openapi.json` and the page for programmers."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from flask import Blueprint, current_app, render_template
from flask.typing import ResponseReturnValue

from app.kernel.keys import KEY_LENGTH_MAX
from app.web.api import PREFIX, spec
from app.web.guards import public
from app.web.once import HEADER

bp = Blueprint("apidocs", __name__)

ABOUT = (
    "What people do on the pages, for programs. Amounts are texts, moments are"
    " ISO 8601 in UTC. Lists go on with `cursor`, the `next_cursor` of the page"
    " before. A change carries an Idempotency-Key: sent twice it is done once, and"
    " the same key with another body is refused with 409. Refusals are"
    " application/problem+json with `errors` by field."
)
KEY: dict[str, Any] = {
    "name": HEADER,
    "in": "header",
    "required": True,
    "schema": {"type": "string", "minLength": 1, "maxLength": KEY_LENGTH_MAX},
    "description": "A name of one's own for this change, new with every change.",
}


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
    described: dict[str, Any] = deepcopy(spec.spec)
    described["info"]["description"] = ABOUT
    for path in described["paths"].values():
        for method, operation in path.items():
            _complete(method, operation)
    return described


def _complete(method: str, operation: dict[str, Any]) -> None:
    """Add what every change takes, and in which form every refusal comes."""
    if method == "post":
        operation["parameters"].append(KEY)
    for status, told in operation["responses"].items():
        if status >= "400" and "content" in told:
            schema = told["content"].pop("application/json")
            told["content"]["application/problem+json"] = schema
