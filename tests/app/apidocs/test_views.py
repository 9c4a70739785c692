"""The API described: every operation is there, is whole, and answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from app.web.api import PREFIX
from tests.cast import Cast
from tests.programs import program_of, stranger

NOTHING = UUID(int=0)


@pytest.fixture
def told(app: Flask) -> dict[str, Any]:
    answer = stranger(app).look("/openapi.json")
    assert answer.status_code == 200
    described: dict[str, Any] = answer.json
    return described


def operations(told: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in told["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def references(thing: object) -> Iterator[str]:
    if isinstance(thing, dict):
        for name, value in thing.items():
            if name == "$ref":
                yield str(value)
            else:
                yield from references(value)
    elif isinstance(thing, list):
        for value in thing:
            yield from references(value)


def test_every_route_of_the_api_is_described(app: Flask, told: dict[str, Any]) -> None:
    routes = {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith(f"{PREFIX}/")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    described = {(path, method) for path, method, _ in operations(told)}
    assert len(described) > 40
    assert routes - {(f"{PREFIX}/openapi.json", "get")} == described


def test_the_description_is_whole(told: dict[str, Any]) -> None:
    assert told["openapi"].startswith("3.1")
    assert told["info"]["title"]
    assert told["info"]["version"]
    assert told["components"]["securitySchemes"]["token"] == {
        "type": "http",
        "scheme": "bearer",
    }
    assert told["security"] == [{"token": []}]
    schemas = told["components"]["schemas"]
    for reference in references(told):
        assert reference.removeprefix("#/components/schemas/") in schemas, reference
    names = [operation["operationId"] for _, _, operation in operations(told)]
    assert len(names) == len(set(names))


def test_each_operation_says_what_it_takes_and_what_it_answers(
    told: dict[str, Any],
) -> None:
    for path, method, operation in operations(told):
        where = f"{method} {path}"
        assert operation["summary"].endswith("."), where
        assert operation["tags"], where
        taken = {(one["in"], one["name"]): one for one in operation["parameters"]}
        for name in re.findall(r"{(\w+)}", path):
            assert taken["path", name]["required"] is True, where
        good = [status for status in operation["responses"] if status < "400"]
        assert good in (["200"], ["201"]), where
        for status, answer in operation["responses"].items():
            kind = "application/problem+json" if status >= "400" else "application/json"
            assert list(answer["content"]) == [kind], where
        is_public = operation.get("security") == []
        assert is_public or {"401", "403"} <= operation["responses"].keys(), where
        if method == "post":
            assert not is_public, where
            assert taken["header", "Idempotency-Key"]["required"] is True
            assert {"404", "409", "422"} <= operation["responses"].keys(), where


def test_names_that_several_features_have_keep_their_meaning(
    told: dict[str, Any],
) -> None:
    schemas = told["components"]["schemas"]
    assert "confirm" in schemas["BookingOut.Step"]["enum"]
    assert "pack" in schemas["OrderOut.Step"]["enum"]
    assert "counter" not in schemas["BookingOut.Side"]["enum"]


def test_every_operation_answers_as_described(
    app: Flask, cast: Cast, told: dict[str, Any]
) -> None:
    """Asked about nothing in particular, none crashes, none is forgotten."""
    program = program_of(app, cast.lin)
    for path, method, operation in operations(told):
        address = re.sub(r"{\w+}", str(NOTHING), path).removeprefix(PREFIX)
        if method == "post":
            answer = program.send(address)
        else:
            answer = program.look(address, **({"q": "a"} if "search" in path else {}))
        assert str(answer.status_code) in operation["responses"], (
            method, path, answer.status_code, answer.text,
        )  # fmt: skip


ODD: tuple[Any, ...] = (
    None, True, -1, 10**40, 0.1, float("nan"), "", "x" * 5000, "\ud800", "\x00", "🎈",
    [], [[]], {}, {"a": {"b": 1}}, "1970-01-01", str(NOTHING),
)  # fmt: skip


def test_whatever_is_sent_nothing_crashes(
    app: Flask, cast: Cast, told: dict[str, Any]
) -> None:
    program = program_of(app, cast.lin)
    schemas = told["components"]["schemas"]
    for path, method, operation in operations(told):
        address = re.sub(r"{\w+}", str(NOTHING), path).removeprefix(PREFIX)
        for odd in ODD:
            if method == "get":
                names = [one["name"] for one in operation["parameters"]]
                text = str(odd).encode("utf-8", "replace").decode()
                answer = program.look(address, **dict.fromkeys(names, text))
            elif "requestBody" in operation:
                content = operation["requestBody"]["content"]["application/json"]
                model = content["schema"]["$ref"].rsplit("/", 1)[1]
                fields = schemas[model]["properties"]
                answer = program.send(address, **dict.fromkeys(fields, odd))
            else:
                break
            assert answer.status_code < 500, (method, path, odd, answer.text)


def test_every_operation_but_the_public_ones_asks_for_a_token(
    app: Flask, told: dict[str, Any]
) -> None:
    anyone = stranger(app)
    for path, method, operation in operations(told):
        if operation.get("security") == []:
            continue
        address = re.sub(r"{\w+}", str(NOTHING), path).removeprefix(PREFIX)
        answer = anyone.send(address) if method == "post" else anyone.look(address)
        assert answer.status_code == 401, (method, path)
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert answer.content_type == "application/problem+json"


def test_the_page_for_programmers_lists_them(app: Flask) -> None:
    page = stranger(app).get("/for-programs")
    assert page.status_code == 200
    assert f"{PREFIX}/bookings" in page.text
    assert "Book a time" in page.text


def test_an_unknown_address_of_the_api_is_a_problem_too(app: Flask) -> None:
    answer = stranger(app).look("/nothing")
    assert answer.status_code == 404
    assert answer.content_type == "application/problem+json"
