"""What kinds of accounts and entries are called, for pages that show the book."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from app.kernel.i18n import msg

ACCOUNT_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "member": msg("In people's passbooks"),
        "issuance": msg("Credited by the programmes"),
        "redeemed": msg("Spent and retired"),
        "hours_contra": msg("Hours given, other side"),
        "expired": msg("Expired"),
        "overflow": msg("Above what one may keep"),
        "clawback": msg("Taken back"),
        "offset": msg("To be paid off by later earning"),
        "adjustment": msg("Corrections, other side"),
        "organisation": msg("Of groups, to be given away"),
        "household": msg("Of households"),
        "cash": msg("Cash seen at counters"),
        "payable": msg("Owed to workshops"),
        "income": msg("Commission for the community"),
        "fund": msg("Community fund"),
        "clearing": msg("With other communities"),
    }
)
ENTRY_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "EARN_HOURS": msg("Hours credited"),
        "HOLD": msg("Points set aside"),
        "EXTEND_HOLD": msg("Points set aside for longer"),
        "CAPTURE": msg("Points spent"),
        "RELEASE": msg("Points given back"),
        "EXPIRE_HOLD": msg("Points given back, time was over"),
        "REFUND": msg("Points refunded"),
        "GIFT": msg("Points given to somebody close"),
        "DONATE": msg("Points donated"),
        "GRANT": msg("Granted by a fund"),
        "EXPIRE": msg("Points expired"),
        "EXPIRE_SORTED": msg("Expired points given back to their programmes"),
        "LOTS": msg("Points sorted by the day they expire"),
        "CLAWBACK": msg("Points taken back"),
        "ADJUST": msg("Corrected by two people"),
        "REVERSAL": msg("Entry reversed"),
        "CLOSE_PERIOD": msg("Month closed"),
        "SALE": msg("Sale at a counter"),
        "FUND_PURCHASE": msg("Bought by the community fund"),
        "PAYOUT": msg("Workshop paid"),
        "OPEN": msg("Account opened"),
        "CLOSE": msg("Account closed"),
        "FREEZE": msg("Account frozen"),
        "UNFREEZE": msg("Account unfrozen"),
        "FLOOR": msg("Limit of an account set"),
    }
)
