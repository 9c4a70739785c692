"""Loading a town or a part of it from JSON or CSV, all of it or nothing.

Every row has a stable `external_id` (places: `code`); loading twice changes nothing.
A bad row is named with file, row, field and reason.
"""

from app.wiring.loading.files import Problem, read
from app.wiring.loading.steps import Loaded, load

__all__ = ["Loaded", "Problem", "load", "read"]
