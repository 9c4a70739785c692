"""What clerks type at the desk."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import StringConstraints

from app.web.forms import Form


class FindForm(Form):
    """Looks for a person."""

    words: Annotated[str, StringConstraints(min_length=1, max_length=60)]


class ResidentForm(Form):
    """Takes somebody into the register who came without a phone."""

    display_name: Annotated[str, StringConstraints(min_length=2, max_length=60)]
    phone: Annotated[str, StringConstraints(max_length=24)] | None = None
    birth_on: date | None = None
    place_id: UUID
