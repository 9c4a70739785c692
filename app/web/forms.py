"""Forms: what was typed becomes a checked object, or sentences beside the fields.

    form = read_form(BookingForm)          # raises FormRefused (a Refusal, 422)

and at the counter:

    try:
        form = read_form(BookingForm)
        with transaction() as session:
            booking = actions.request_booking(session, ..., by=me().id, at=now())
    except Refusal as refusal:
        return refused_form("bookings/new.html", refusal, **context)

The page gets `form`, a `FormState` with what was typed and each error beside its
field; a refusal without a field stands above the form.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any, TypeVar, Union, get_args, get_origin

from flask import Response, make_response, render_template, request
from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from app.kernel.errors import Invalid, Refusal
from app.kernel.i18n import msg
from app.web.htmx import wants_fragment
from app.web.words import translate

SENTENCES: Mapping[str, str] = {
    "missing": msg("Please fill this in."),
    "string_too_short": msg("Please write at least %(min_length)s characters."),
    "string_too_long": msg("Please write at most %(max_length)s characters."),
    "too_short": msg("Please choose at least one."),
    "too_long": msg("Please choose at most %(max_length)s."),
    "string_pattern_mismatch": msg("This does not look right."),
    "int_parsing": msg("Please enter a whole number."),
    "int_from_float": msg("Please enter a whole number."),
    "int_parsing_size": msg("This number is too large."),
    "decimal_parsing": msg("Please enter a number."),
    "decimal_type": msg("Please enter a number."),
    "decimal_max_places": msg("At most %(decimal_places)s decimals, please."),
    "decimal_max_digits": msg("This number is too large."),
    "decimal_whole_digits": msg("This number is too large."),
    "finite_number": msg("Please enter a number."),
    "greater_than": msg("This must be more than %(gt)s."),
    "greater_than_equal": msg("This must be at least %(ge)s."),
    "less_than": msg("This must be less than %(lt)s."),
    "less_than_equal": msg("This must be at most %(le)s."),
    "date_from_datetime_parsing": msg("Please enter a date."),
    "date_parsing": msg("Please enter a date."),
    "time_parsing": msg("Please enter a time, such as 09:30."),
    "datetime_parsing": msg("Please enter a date and time."),
    "uuid_parsing": msg("Please choose one from the list."),
    "enum": msg("Please choose one from the list."),
    "literal_error": msg("Please choose one from the list."),
    "bool_parsing": msg("Please choose yes or no."),
}
FALLBACK = msg("This does not look right.")
FIRST_YEAR, LAST_YEAR = 1900, 2199
"""Days outside are slips of the hand; the desk asks for the same birthdays."""


FormT = TypeVar("FormT", bound="Form")


class Form(BaseModel):
    """A form's fields; empty texts count as missing."""

    model_config = ConfigDict(str_strip_whitespace=True, extra="ignore", frozen=True)

    @field_validator("*")
    @classmethod
    def _on_our_calendar(cls, value: object) -> object:
        """Refuse days nobody means, and clocks of another zone than the wall's.

        Weeks are added to days and days become moments in UTC: both end with the
        calendar. A time with a zone cannot be compared with one without.
        """
        if isinstance(value, date) and not FIRST_YEAR <= value.year <= LAST_YEAR:
            raise ValueError(SENTENCES["date_parsing"])
        if isinstance(value, time) and value.tzinfo is not None:
            raise ValueError(SENTENCES["time_parsing"])
        return value


@dataclass
class FormState:
    """What a page shows in its fields: the values and the errors beside them.

    `values` are texts, or lists of texts for fields that may repeat. `errors` are
    translated sentences by field; `""` holds the ones of the whole form.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    def value(self, name: str, default: Any = "") -> Any:
        """Return what stands in the field."""
        found = self.values.get(name)
        return default if found is None else found

    def error(self, name: str) -> str | None:
        """Return the sentence beside the field."""
        return self.errors.get(name)


class FormRefused(Invalid):
    """Some fields cannot be taken; `errors` has a translated sentence for each."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__(msg("Please look at the marked fields."))
        self.errors = errors


def blank_form(**values: object) -> FormState:
    """Return the state of a fresh form, with *values* filled in."""
    return FormState(values)


def read_form(model: type[FormT]) -> FormT:
    """Return the request's form as a checked *model*.

    Raises:
        FormRefused: fields are missing or wrong; each has its sentence.
    """
    return check_form(model, _typed(model))


def check_form(model: type[FormT], values: Mapping[str, object]) -> FormT:
    """Return *values* as a checked *model*; refuse as `read_form` does."""
    try:
        return model.model_validate(values)
    except ValidationError as refused:
        raise FormRefused(sentences_of(refused)) from None


def refused_form(
    page: str, refusal: Refusal, *, fragment: str | None = None, **context: Any
) -> Response:
    """Answer a refused form: the page again, what was typed, the sentences."""
    values = {
        name: found[0] if len(found) == 1 else found
        for name, found in request.form.lists()
    }
    template = fragment if fragment and wants_fragment() else page
    state = FormState(values, errors_of(refusal))
    body = render_template(template, form=state, **context)
    return make_response(body, refusal.status)


def errors_of(refusal: Refusal) -> dict[str, str]:
    """Return a refusal's sentences by field (`""`: the whole form)."""
    if isinstance(refusal, FormRefused):
        return refusal.errors
    return {refusal.field or "": translate(refusal.message, None, **refusal.values)}


def _typed(model: type[Form]) -> dict[str, object]:
    """Collect texts for the model's fields; lists where the model wants many."""
    typed: dict[str, object] = {}
    for name, spec in model.model_fields.items():
        found = [text.strip() for text in request.form.getlist(spec.alias or name)]
        found = [text.replace("\x00", "") for text in found if text]
        if _is_many(spec.annotation):
            typed[name] = found
        elif found:
            typed[name] = found[0]
    return typed


def _is_many(annotation: Any) -> bool:
    origin = get_origin(annotation)
    if origin in (Union, types.UnionType):
        return any(_is_many(part) for part in get_args(annotation))
    return origin in (list, tuple, set, frozenset)


def sentences_of(refused: ValidationError) -> dict[str, str]:
    """Return a sentence for each field that cannot be taken."""
    errors: dict[str, str] = {}
    for problem in refused.errors():
        name = str(problem["loc"][0]) if problem["loc"] else ""
        context: dict[str, Any] = problem.get("ctx") or {}
        if problem["type"] == "value_error":
            cause = context.get("error")
            sentence = translate(str(cause))
        else:
            sentence = translate(
                SENTENCES.get(problem["type"], FALLBACK), None, **context
            )
        errors.setdefault(name, sentence)
    return errors
