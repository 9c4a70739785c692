"""What the teller does: accounts, hours credited, holds, sales, lots, the seal."""

from app.wallet.actions.accounts import (
    open_programme_accounts,
    open_wallet,
    open_workshop_accounts,
)
from app.wallet.actions.credits import (
    TakenBack,
    credit_hours,
    reverse_credit,
    take_back,
)
from app.wallet.actions.expiring import expire_points, sort_expired
from app.wallet.actions.holds import capture, hold_points, refund, release
from app.wallet.actions.lots import start_lots_for_all
from app.wallet.actions.notices import announce_expiry
from app.wallet.actions.sales import (
    pay_workshop,
    record_cash_sale,
    record_fund_purchase,
)
from app.wallet.actions.sealing import seal_book

__all__ = [
    "TakenBack",
    "announce_expiry",
    "capture",
    "credit_hours",
    "expire_points",
    "hold_points",
    "open_programme_accounts",
    "open_wallet",
    "open_workshop_accounts",
    "pay_workshop",
    "record_cash_sale",
    "record_fund_purchase",
    "refund",
    "release",
    "reverse_credit",
    "seal_book",
    "sort_expired",
    "start_lots_for_all",
    "take_back",
]
