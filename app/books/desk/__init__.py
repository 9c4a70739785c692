"""The bookkeepers' desk: proposals, months, the trial balance and its accounts."""

from app.books.desk import balances, months
from app.books.desk.proposals import desk_items
from app.books.desk.shown import bp

assert balances
assert months

__all__ = ["bp", "desk_items"]
