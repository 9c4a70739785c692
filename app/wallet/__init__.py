"""The wallet: the teller between the fair and the book; only it speaks to `ledger`.

Verbs say what happens in the fair (hours credited, points held); this room knows
which accounts that touches.
"""

from app.wallet.actions import (
    capture,
    credit_hours,
    hold_points,
    open_programme_accounts,
    open_wallet,
    open_workshop_accounts,
    pay_workshop,
    record_cash_sale,
    record_fund_purchase,
    release,
    reverse_credit,
    seal_book,
)
from app.wallet.errors import InsufficientPoints, WalletRefused
from app.wallet.queries import (
    Passbook,
    account_kinds,
    balances_of,
    book_head,
    conservation,
    export_lines,
    outstanding,
    owed_to_workshop,
    passbook,
    verify_book,
    workshop_statement,
)
from app.wallet.rules import member_code, split_sale

__all__ = [
    "InsufficientPoints",
    "Passbook",
    "WalletRefused",
    "account_kinds",
    "balances_of",
    "book_head",
    "capture",
    "conservation",
    "credit_hours",
    "export_lines",
    "hold_points",
    "member_code",
    "open_programme_accounts",
    "open_wallet",
    "open_workshop_accounts",
    "outstanding",
    "owed_to_workshop",
    "passbook",
    "pay_workshop",
    "record_cash_sale",
    "record_fund_purchase",
    "release",
    "reverse_credit",
    "seal_book",
    "split_sale",
    "verify_book",
    "workshop_statement",
]
