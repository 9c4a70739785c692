"""Cross-site requests are refused by what the browser itself says of them."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, request

from app.kernel.errors import NotAllowed
from app.kernel.i18n import msg

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
OWN_SITES = frozenset({"same-origin", "none"})


class CrossSite(NotAllowed):
    """The request came from another site, or hid where it came from."""


def init_csrf(app: Flask) -> None:
    """Check every unsafe request before its view runs."""
    app.before_request(_refuse_cross_site)


def _refuse_cross_site() -> None:
    """Let a change through only with proof that it comes from our own pages.

    Fetch Metadata decides where the browser sends it, else `Origin`. With neither
    the request is refused. Requests with a bearer token carry no cookie to abuse.
    """
    if request.method in SAFE_METHODS:
        return
    if request.path.startswith("/api/"):
        return  # bearer tokens only: `app.web.api` never reads the session cookie
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        if site in OWN_SITES:
            return
    else:
        origin = request.headers.get("Origin")
        if origin and urlsplit(origin).netloc == request.host:
            return
    raise CrossSite(msg("This form came from another site. Please open it here."))
