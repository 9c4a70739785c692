"""The desk: what waits for staff, and acting for people who came without a phone.

It decides nothing itself: each pile belongs to its feature, and each step is taken
through that feature's own counter. Words of law: R-PI-09 (every look is written down).
"""

from app.desk.actions import note_look, register_resident
from app.desk.rules import Pile, piles

__all__ = ["Pile", "note_look", "piles", "register_resident"]
