"""The fair's counter: an offering's page, one's own offerings, their form and times."""

from app.fair.views import slots
from app.fair.views.offerings import bp

__all__ = ["bp", "slots"]
