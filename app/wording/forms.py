"""What an editor types to tell the search something."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from app.web.forms import Form
from app.wording.models import LineKind


class LineForm(Form):
    """One line; `found` is empty for a stop word."""

    kind: LineKind
    asked: Annotated[str, Field(max_length=200)]
    found: Annotated[str, Field(max_length=400)] = ""
    until: date | None = None
    note: Annotated[str | None, Field(max_length=200)] = None
