"""Every page for everybody, every form with nonsense: a sentence, never a 500."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest
from werkzeug.routing import Rule

from app.kernel.clock import now
from app.web.forms import Form as AnyForm
from tests.cast import Cast
from tests.journeys.furnished import furnish
from tests.journeys.reader import Form, read
from tests.journeys.visitor import Town
from tests.web import Client

ROLES = ("lin", "chen", "wang", "pan", "tao", "sun", "ma", "qian", "shen", "jin")
LEAVES = {"/sign-out", "/me/devices/<uuid:session_id>/end"}
NONSENSE: dict[str, str] = {
    "nothing": "",
    "too long": "长" * 9000,
    "a NUL": "a\x00b",
    "an emoji": "👵🏽🧓",
    "negative": "-1",
    "far too large": "9" * 40,
    "past": "1999-12-31",
    "a quote": "'; DROP TABLE person; --",
    "not a number": "NaN",
    "half a pair": "\ud83d",
}


@pytest.fixture
def ids(town: Town, cast: Cast) -> dict[str, UUID]:
    with town.db.transaction() as session:
        found = furnish(session, cast, now())
    town.settle()
    return found


def addresses(town: Town, method: str, ids: dict[str, UUID]) -> Iterator[str]:
    """Fill every address of the site in: with what there is, and with strangers."""
    for rule in town.app.url_map.iter_rules():
        if (
            method not in (rule.methods or ())
            or rule.rule in LEAVES
            or rule.endpoint == "static"
        ):
            continue
        yield filled(rule, ids)
        if rule.arguments:
            yield filled(rule, {})


def filled(rule: Rule, ids: dict[str, UUID]) -> str:
    def fill(match: re.Match[str]) -> str:
        converter, _, name = match[1].rpartition(":")
        if converter == "uuid":
            return str(ids.get(name) or uuid4())
        if converter.startswith("any("):
            return re.split(r"[,)]", converter[4:])[0].strip('" ')
        return "1" if converter == "int" else "craft"

    return re.sub(r"<([^>]+)>", fill, rule.rule)


@pytest.mark.parametrize(
    ("name", "language"),
    [("lin", "en"), ("guest", "en"), *((name, "zh-Hans") for name in ROLES)],
)
def test_every_page_opens_or_says_why_not(
    town: Town, cast: Cast, ids: dict[str, UUID], name: str, language: str
) -> None:
    client = (
        Client(town.app) if name == "guest" else town.client_of(getattr(cast, name))
    )
    client.headers["Accept-Language"] = language
    for url in addresses(town, "GET", ids):
        for headers in ({}, {"HX-Request": "true"}):
            answer = client.get(url, headers=headers)
            assert answer.get_data() is not None  # streams are read to their end
            assert answer.status_code < 500, (url, headers, answer.status_code)
            assert answer.status_code != 405, url
        if answer.mimetype == "text/html" and answer.status_code != 303:
            page = read(url, answer.status_code, client.get(url).text)
            assert "%(" not in page.text, url
            if language == "zh-Hans":  # in English "None" is a word
                assert not re.search(r"\b(None|True|False)\b", page.text), url
            assert page.status == 200 or page.text, url


def test_every_link_on_every_page_leads_somewhere(
    town: Town, cast: Cast, ids: dict[str, UUID]
) -> None:
    for name in ("guest", *ROLES):
        client = (
            Client(town.app) if name == "guest" else town.client_of(getattr(cast, name))
        )
        seen: set[str] = set()
        waiting = ["/", *addresses(town, "GET", ids)]
        while waiting and len(seen) < 150:
            url = waiting.pop()
            if url in seen:
                continue
            seen.add(url)
            answer = client.get(url)
            assert answer.get_data() is not None
            if answer.mimetype != "text/html" or answer.status_code != 200:
                continue
            for words, href in read(url, 200, answer.text).links:
                target = urlsplit(href)
                assert not target.netloc, (url, href)
                if not target.path or target.path in seen or target.scheme:
                    continue
                seen.add(target.path)
                found = client.get(href.split("#")[0])
                met = found.status_code if found.get_data() is not None else 0
                assert met in (200, 303), (name, url, words, href, met)


@pytest.mark.parametrize("name", ["guest", "lin", "ma", "shen", "jin"])
def test_every_form_sent_empty_or_full_of_nonsense_is_refused_in_words(
    town: Town, cast: Cast, ids: dict[str, UUID], name: str
) -> None:
    client = (
        Client(town.app) if name == "guest" else town.client_of(getattr(cast, name))
    )
    fields = {field for form in _forms(AnyForm) for field in form.model_fields}
    bodies: list[dict[str, Any]] = [{}]
    if name != "guest":
        bodies += [dict.fromkeys(fields, one) for one in ("长" * 700, "a\x00b", "-1")]
    for url in addresses(town, "POST", ids):
        for body in bodies:
            answer = client.send(url, **body)
            assert (
                answer.status_code == 303
                or 400 <= answer.status_code < 500
                or (answer.status_code in (200, 204))
            ), (url, list(body.values())[:1], answer.status_code)
    town.ensure_books_are_right()


@pytest.mark.parametrize("name", ["lin", "wang", "tao", "ma", "shen", "jin"])
def test_each_field_of_each_form_takes_nonsense_without_falling(
    town: Town, cast: Cast, ids: dict[str, UUID], name: str
) -> None:
    """One field at a time is wrong, all others as the page fills them in."""
    client = town.client_of(getattr(cast, name))
    met: set[tuple[str, str]] = set()
    for url in list(addresses(town, "GET", ids)):
        answer = client.get(url)
        assert answer.get_data() is not None
        if answer.status_code != 200 or answer.mimetype != "text/html":
            continue
        for form in read(url, 200, answer.text).forms:
            if form.method != "post" or form.action in LEAVES:
                continue
            for field, control in form.controls.items():
                if (form.op, field) in met or (
                    control.kind == "hidden" and field != "idempotency_key"
                ):
                    continue
                met.add((form.op, field))
                _try_nonsense(client, form, field)
    assert met
    town.ensure_books_are_right()


def _try_nonsense(client: Client, form: Form, field: str) -> None:
    usual = {
        one.name: _usual(one.kind, one.values, one.choices)
        for one in form.controls.values()
    }
    for kind, value in NONSENSE.items():
        sent = usual | {"idempotency_key": str(uuid4())}
        sent[field] = value.encode("utf-8", "replace").decode()
        answer = client.post(form.action, data=sent)
        assert answer.status_code < 500, (form.op, field, kind, answer.status_code)


def _usual(kind: str, values: list[str], choices: list[str] | None) -> Any:
    """Return what somebody would plausibly put into a field."""
    if values and any(values):
        return values
    if choices:
        return [one for one in choices if one][:1]
    return "1"


def _forms(parent: type[AnyForm]) -> Iterator[type[AnyForm]]:
    for child in parent.__subclasses__():
        yield child
        yield from _forms(child)
