"""Nature and price: what may cost what, and what a reader must be told."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Protocol
from uuid import UUID

from app.fair.errors import (
    OfferingInvalid,
)
from app.fair.models import (
    Offering,
    PriceMode,
    ServiceNature,
)
from app.kernel.i18n import msg

PRICES_OF: Mapping[ServiceNature, frozenset[PriceMode]] = MappingProxyType(
    {
        ServiceNature.VOLUNTEER: frozenset({PriceMode.FREE, PriceMode.POINTS}),
        ServiceNature.PUBLIC_BENEFIT_FREE: frozenset({PriceMode.FREE}),
        ServiceNature.GOVERNMENT: frozenset({PriceMode.FREE}),
        ServiceNature.LOW_FEE: frozenset({PriceMode.CNY}),
        ServiceNature.MARKET: frozenset({PriceMode.CNY}),
    }
)
"""Volunteers take no money (R-VOL-02); low fee is never volunteer work (R-VOL-03)."""


PAID_NATURES = frozenset({ServiceNature.LOW_FEE, ServiceNature.MARKET})


class Priced(Protocol):
    """Anything that carries nature and price: an offering, a form, a revision."""

    service_nature: ServiceNature
    price_mode: PriceMode
    points: Decimal | None
    programme_id: UUID | None
    price_cny: Decimal | None
    organisation_id: UUID | None
    exemption_id: UUID | None


def ensure_price(thing: Priced) -> None:
    """Refuse a price that does not go with the nature (R-VOL-02, R-VOL-03, F06).

    Raises:
        OfferingInvalid: names the field that does not fit.
    """
    if thing.price_mode not in PRICES_OF[thing.service_nature]:
        raise OfferingInvalid(_WRONG_PRICE[thing.service_nature], field="price_mode")
    if thing.price_mode == PriceMode.POINTS:
        if thing.points is None or thing.points <= 0:
            raise OfferingInvalid(msg("How many points is it?"), field="points")
        if thing.programme_id is None:
            raise OfferingInvalid(
                msg("Which programme's points?"), field="programme_id"
            )
    elif thing.points is not None:
        raise OfferingInvalid(msg("Only a price in points has points."), field="points")
    if thing.price_mode == PriceMode.CNY:
        if thing.price_cny is None or thing.price_cny <= 0:
            raise OfferingInvalid(msg("How much is it, in yuan?"), field="price_cny")
    elif thing.price_cny is not None:
        raise OfferingInvalid(
            msg("Only a price in yuan has an amount in yuan."), field="price_cny"
        )
    if (
        thing.service_nature in PAID_NATURES
        and thing.organisation_id is None
        and thing.exemption_id is None
    ):
        raise OfferingInvalid(
            msg("Taking money needs an organisation or an exemption on file."),
            field="organisation_id",
        )


_WRONG_PRICE: Mapping[ServiceNature, str] = MappingProxyType(
    {
        ServiceNature.VOLUNTEER: msg(
            "Volunteer service is free or for points, never for money."
        ),
        ServiceNature.PUBLIC_BENEFIT_FREE: msg("Public-benefit service is free."),
        ServiceNature.GOVERNMENT: msg("A public desk is free."),
        ServiceNature.LOW_FEE: msg("Low-fee service has a price in yuan."),
        ServiceNature.MARKET: msg("Market-price service has a price in yuan."),
    }
)


def ensure_complete(offering: Offering) -> None:
    """Refuse to submit what a reader could not judge (R-VOL-05).

    Raises:
        OfferingInvalid: names what is missing.
    """
    ensure_price(offering)
    if not offering.summary:
        raise OfferingInvalid(
            msg("Please say in a sentence what people get."), field="summary"
        )
    if offering.is_home_visit and not offering.risk_note:
        raise OfferingInvalid(
            msg("A home visit has to say what could go wrong."), field="risk_note"
        )
    if offering.is_home_visit and not offering.protection_note:
        raise OfferingInvalid(
            msg("A home visit has to say what is done against it."),
            field="protection_note",
        )
