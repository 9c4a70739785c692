"""Wording: the words editors add to the search, and what people ask it for.

Nouns: `SearchLine` (synonyms, stop words, results that come first, checks) and
`AskedWords` (what is asked often, nobody's). Said: nothing; each question reads the
lines that are in force.
"""

from app.wording.actions import add_line, end_line, note_asked
from app.wording.models import AskedWords, LineKind, SearchLine
from app.wording.queries import wording_now

__all__ = [
    "AskedWords",
    "LineKind",
    "SearchLine",
    "add_line",
    "end_line",
    "note_asked",
    "wording_now",
]
