"""What the sunshine ledger's pages share: blueprints, words, the order of units."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint
from sqlmodel import Session

from app import wallet
from app.kernel.clock import now
from app.sunshine import rules

bp = Blueprint("sunshine", __name__)
ledger_bp = Blueprint("ledger", __name__)

UNIT_ORDER = ("HOUR", "POINT", "TIME", "CNY")
SEQUENCE_MAX = 2**53


def place_of_unit(unit: str) -> int:
    """Return where a unit stands on the pages."""
    return UNIT_ORDER.index(unit) if unit in UNIT_ORDER else len(UNIT_ORDER)


def next_checkpoint(last: Any) -> datetime:
    """Return when the next checkpoint is to be expected."""
    due = last.at + rules.CHECKPOINT_EVERY if last else now()
    return max(due, now() + timedelta(minutes=1))


def kinds_of(session: Session, entries: list[rules.Entry]) -> Mapping[str, str]:
    """Return the kind of each account these entries name."""
    codes = set().union(*(one.codes() for one in entries))
    return wallet.account_kinds(session, codes) if codes else {}


def words() -> dict[str, Mapping[str, str]]:
    """Return the words for units, kinds of accounts, acts and causes."""
    return {
        "units": rules.UNITS,
        "steps_of": rules.STEPS_OF,
        "account_words": wallet.ACCOUNT_WORDS,
        "entry_words": wallet.ENTRY_WORDS,
        "nouns": rules.NOUNS,
    }
