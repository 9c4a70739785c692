"""Pages and fragments: one answer for a browser, one for an htmx swap."""

from __future__ import annotations

from flask import Flask, Response, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from htmx_flask import Htmx


def init_htmx(app: Flask) -> None:
    """Give every request its `request.htmx`."""
    Htmx(app)


def wants_fragment() -> bool:
    """Say whether this request asks for a fragment only.

    A boosted link and a restored history entry want the whole page.
    """
    htmx = request.htmx  # type: ignore[attr-defined]
    return bool(htmx) and not (htmx.boosted or htmx.history_restore_request)


def page_or_fragment(page: str, fragment: str, **context: object) -> str:
    """Render *fragment* for an htmx swap and *page* for anything else."""
    return render_template(fragment if wants_fragment() else page, **context)


def swap_or_redirect(
    fragment: str, *, to: str, notice: str | None = None, **context: object
) -> ResponseReturnValue:
    """Answer a change: the new fragment for htmx, a redirect without it.

    *notice* is an already translated sentence, shown once on the next page.
    """
    if wants_fragment():
        return render_template(fragment, notice=notice, **context)
    return go_to(to, notice=notice)


def go_to(to: str, *, notice: str | None = None) -> Response:
    """Send the reader to *to*, with a sentence to greet them there.

    An htmx request is told to load the page; a plain form gets a 303.
    """
    if notice:
        flash(notice)
    if wants_fragment():
        return Response(status=204, headers={"HX-Redirect": to})
    answer = redirect(to, code=303)
    assert isinstance(answer, Response)
    return answer
