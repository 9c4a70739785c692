"""The shop's counter: shelves, basket, orders, and a workshop's back room."""

from app.workshops.views import manage, orders, shop
from app.workshops.views.shown import (
    ORDER,
    bp,
    order_answer,
    order_context,
    take_step,
)

__all__ = [
    "ORDER",
    "bp",
    "manage",
    "order_answer",
    "order_context",
    "orders",
    "shop",
    "take_step",
]
