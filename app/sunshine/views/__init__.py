"""The counters of the sunshine ledger: sums, entries, months, what programs read."""

from app.sunshine.views import entries, months, programs, sums
from app.sunshine.views.shown import bp, ledger_bp

assert entries
assert months
assert programs
assert sums

__all__ = ["bp", "ledger_bp"]
