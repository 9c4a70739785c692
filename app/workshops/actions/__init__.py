"""What happens in workshops: goods and batches, orders step by step, payouts."""

from app.workshops.actions.goods import (
    add_batch,
    add_good,
    add_workshop,
    change_good,
    list_good,
    pause_good,
    write_off,
)
from app.workshops.actions.ordering import (
    order_basket,
    place_order,
    put_in_basket,
    set_in_basket,
)
from app.workshops.actions.orders import (
    cancel_order,
    confirm_order,
    hand_over,
    lapse_order,
    lapse_overdue,
    pack_order,
    receive_order,
    reject_order,
    send_order,
    undo_order,
)
from app.workshops.actions.payouts import (
    approve_payout,
    drop_payout,
    propose_payout,
)

__all__ = [
    "add_batch",
    "add_good",
    "add_workshop",
    "approve_payout",
    "cancel_order",
    "change_good",
    "confirm_order",
    "drop_payout",
    "hand_over",
    "lapse_order",
    "lapse_overdue",
    "list_good",
    "order_basket",
    "pack_order",
    "pause_good",
    "place_order",
    "propose_payout",
    "put_in_basket",
    "receive_order",
    "reject_order",
    "send_order",
    "set_in_basket",
    "undo_order",
    "write_off",
]
