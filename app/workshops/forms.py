"""What people type in the shop, at the counter and in a workshop's back room."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from app.web.forms import Form
from app.workshops.models import GoodCategory, PayWith

Price = Annotated[Decimal, Field(gt=0, le=100000, decimal_places=2)]
Pieces = Annotated[int, Field(ge=1, le=100000)]


class BasketForm(Form):
    """Puts pieces of a good into the basket."""

    good_id: UUID
    quantity: Annotated[int, Field(ge=1, le=99)] = 1


class QuantityForm(Form):
    """Sets how many lie in the basket; 0 takes the good out."""

    quantity: Annotated[int, Field(ge=0, le=99)]


class OrderForm(Form):
    """Orders what the basket holds of one workshop."""

    workshop_id: UUID
    place_id: UUID
    pay_with: PayWith


class ReasonForm(Form):
    """Says why an order is rejected."""

    reason: Annotated[str, StringConstraints(min_length=1, max_length=200)]


class CodeForm(Form):
    """Brings the pickup code."""

    code: Annotated[str, StringConstraints(min_length=4, max_length=12)]


class GoodForm(Form):
    """What stands on a good's label."""

    title: Annotated[str, StringConstraints(min_length=1, max_length=80)]
    title_en: Annotated[str, StringConstraints(max_length=120)] | None = None
    summary: Annotated[str, StringConstraints(max_length=500)] | None = None
    summary_en: Annotated[str, StringConstraints(max_length=500)] | None = None
    unit: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    unit_en: Annotated[str, StringConstraints(max_length=40)] | None = None
    category: GoodCategory
    price_cny: Price
    points_price: Price | None = None
    is_perishable: bool = False
    is_made_to_order: bool = False


class BatchForm(Form):
    """A batch that comes on stock."""

    made_on: date
    best_before: date | None = None
    conformity_cert_no: Annotated[str, StringConstraints(max_length=60)] | None = None
    quantity: Pieces


class WriteOffForm(Form):
    """Pieces that are spoilt or broken."""

    quantity: Pieces


class PayoutForm(Form):
    """What a workshop is to be paid, and out of which counter's cash."""

    amount: Price
    place_id: UUID
