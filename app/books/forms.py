"""What is typed to correct the books, to undo an entry, and to say no."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal
from uuid import UUID

from pydantic import Field

from app.web.forms import Form


class CorrectionForm(Form):
    """A correction of one person's account."""

    who: str = Field(min_length=1, max_length=60)
    pocket: str = Field(pattern=r"^[0-9a-f-]{36}:(HOUR|POINT|TIME)$")
    direction: Literal["plus", "minus"]
    amount: Decimal = Field(gt=0, le=100000, decimal_places=2)
    effective_on: date | None = None
    reason: str = Field(min_length=4, max_length=500)
    grounds: str = Field(min_length=2, max_length=200)

    @property
    def signed(self) -> Decimal:
        """The amount, below zero when it is taken away."""
        return self.amount if self.direction == "plus" else -self.amount


class ReversalForm(Form):
    """An entry that should not stand."""

    entry: int = Field(ge=1, le=2**53)
    reason: str = Field(min_length=4, max_length=500)


class AnswerForm(Form):
    """Why a proposal is refused."""

    answer: str = Field(min_length=4, max_length=500)


class RangeForm(Form):
    """A stretch of days for a statement; either end may be open."""

    since: date | None = None
    until: date | None = None


def pocket_of(text: str) -> tuple[UUID | None, str]:
    """Return (programme, unit) of a choice such as "<uuid>:POINT"."""
    programme, _, unit = text.partition(":")
    try:
        return UUID(programme), unit
    except ValueError:
        return None, unit
