"""How a refusal is said: a page, a fragment for htmx, or problem+json."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType

from flask import Flask, Response, jsonify, make_response, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import DBAPIError, IntegrityError
from werkzeug.exceptions import HTTPException, SecurityError

from app.kernel.errors import Refusal
from app.kernel.failures import first_line, is_no_room, is_outage, no_room
from app.kernel.i18n import msg
from app.web.forms import FormRefused, errors_of
from app.web.htmx import wants_fragment
from app.web.words import translate

RETRY_AFTER_S: Mapping[int, str] = MappingProxyType({429: "60", 503: "2", 507: "60"})
"""After so many seconds it may be tried again, by status."""
SAID: dict[int, str] = {
    400: msg("The request could not be read."),
    401: msg("Please sign in first."),
    403: msg("You may not do this."),
    404: msg("There is nothing at this address."),
    405: msg("This address does not take that kind of request."),
    409: msg("Someone was faster, or this has changed. Please look again."),
    413: msg("What you sent is too large."),
    422: msg("Please look at what you entered."),
    429: msg("Too many tries. Please wait a little."),
    500: msg("Something went wrong on our side. It is written down."),
    503: msg("The fair is very busy. Please try again in a moment."),
}

log = logging.getLogger(__name__)


def init_refusals(app: Flask) -> None:
    """Answer refusals and errors the same way everywhere."""
    app.register_error_handler(Refusal, _say_refusal)
    app.register_error_handler(HTTPException, _say_http)
    app.register_error_handler(IntegrityError, _say_integrity)
    app.register_error_handler(DBAPIError, _say_database)
    app.register_error_handler(Exception, _say_crash)
    app.after_request(_say_when)


def _say_when(answer: Response) -> Response:
    """Say when to come back, also on a form that is shown again."""
    if answer.status_code in RETRY_AFTER_S:
        answer.headers["Retry-After"] = RETRY_AFTER_S[answer.status_code]
    return answer


def _say_refusal(refusal: Refusal) -> ResponseReturnValue:
    sentence = translate(refusal.message, None, **refusal.values)
    fields = errors_of(refusal)
    if isinstance(refusal, FormRefused):
        sentence = " ".join(dict.fromkeys([sentence, *fields.values()]))
    return say(refusal.status, sentence, fields=fields)


def _say_http(problem: HTTPException) -> ResponseReturnValue:
    status = problem.code or 500
    if isinstance(problem, SecurityError):
        # A host that is not ours: no page can be built, its links would point there.
        return Response(SAID[400], status, content_type="text/plain; charset=utf-8")
    if status < 400:
        return problem.get_response()
    answer = say(status, translate(SAID.get(status, SAID[400])))
    if status == 405 and problem.get_response().headers.get("Allow"):
        answer.headers["Allow"] = problem.get_response().headers["Allow"]
    return answer


def _say_integrity(problem: IntegrityError) -> ResponseReturnValue:
    """A constraint refused what a rule should have: nothing was done."""
    log.warning("constraint refused: %s", first_line(problem))
    return say(409, translate(SAID[409]))


def _say_database(problem: Exception) -> ResponseReturnValue:
    """The outcome is unknown; the same key may be sent again."""
    log.error("database: %s", first_line(problem))
    return say(503, translate(SAID[503]))


def _say_crash(problem: Exception) -> ResponseReturnValue:
    if is_no_room(problem):  # a message, a file or the index found none
        log.error("no room: %s", first_line(problem))
        return _say_refusal(no_room())
    if is_outage(problem):
        return _say_database(problem)
    log.error("unexpected", exc_info=problem)
    return say(500, translate(SAID[500]))


def say(
    status: int, sentence: str, *, fields: dict[str, str] | None = None
) -> Response:
    """Return the answer with *status* and *sentence* in the form the reader takes."""
    if request.path.startswith("/api/"):
        answer = _problem_json(status, sentence, fields or {})
    elif wants_fragment():
        answer = make_response(
            render_template("parts/_notice.html", text=sentence, tone="refused")
        )
        answer.headers["HX-Retarget"] = "#notice"
        answer.headers["HX-Reswap"] = "innerHTML"
        answer.status_code = status
    else:
        known = status in (404, 403, 429) or status >= 500
        page = "layout/error.html" if known else "layout/refusal.html"
        body = render_template(page, status=status, sentence=sentence)
        answer = make_response(body, status)
    return answer


def _problem_json(status: int, sentence: str, fields: dict[str, str]) -> Response:
    answer = jsonify(
        type="about:blank",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=sentence,
        **({"errors": {k or "form": v for k, v in fields.items()}} if fields else {}),
    )
    answer.status_code = status
    answer.content_type = "application/problem+json"
    return answer
