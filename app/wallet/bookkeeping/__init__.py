"""Keeping the books: any account, months, corrections by two, stops, proofs."""

from app.wallet.bookkeeping.accounts import (
    Account,
    account_by_pseudonym,
    account_statement,
    accounts_by_pseudonym,
    trial_balance,
)
from app.wallet.bookkeeping.corrections import (
    adjustment_code,
    correct,
    undo_entry,
)
from app.wallet.bookkeeping.months import (
    close_month,
    closed_through,
    month_report,
    month_to_close,
    months,
    open_hold_count,
    unsealed_count,
)
from app.wallet.bookkeeping.movements import (
    Movement,
    Written,
    entry_places,
    find_written,
    moves_of_kind,
)
from app.wallet.bookkeeping.proofs import (
    checkpoint_of,
    checkpoints,
    closes_since,
    latest_checkpoint,
    publish_checkpoint,
    receipt_for,
    site_key,
)
from app.wallet.bookkeeping.stops import (
    posting_stop,
    resume_posting,
    stop_posting,
)
from app.wallet.bookkeeping.words import (
    ACCOUNT_WORDS,
    ENTRY_WORDS,
)

__all__ = [
    "ACCOUNT_WORDS",
    "ENTRY_WORDS",
    "Account",
    "Movement",
    "Written",
    "account_by_pseudonym",
    "account_statement",
    "accounts_by_pseudonym",
    "adjustment_code",
    "checkpoint_of",
    "checkpoints",
    "close_month",
    "closed_through",
    "closes_since",
    "correct",
    "entry_places",
    "find_written",
    "latest_checkpoint",
    "month_report",
    "month_to_close",
    "months",
    "moves_of_kind",
    "open_hold_count",
    "posting_stop",
    "publish_checkpoint",
    "receipt_for",
    "resume_posting",
    "site_key",
    "stop_posting",
    "trial_balance",
    "undo_entry",
    "unsealed_count",
]
