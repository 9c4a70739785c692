"""The site map: every blueprint and its prefix, and the main navigation."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Flask

from app.apidocs.views import bp as apidocs
from app.bookings.api import bp as bookings_api
from app.bookings.views import bp as bookings
from app.books.desk import bp as books_desk
from app.books.views import bp as books
from app.desk.views import bp as desk
from app.desk.views import init_desk
from app.fair.api import bp as fair_api
from app.fair.desk import bp as fair_desk
from app.fair.views import bp as fair
from app.fair.views.slots import bp as fair_slots
from app.home.views import bp as home
from app.kernel.i18n import msg
from app.partners.desk import bp as partners_desk
from app.partners.views import bp as partners
from app.people.views import bp as people
from app.places.api import bp as places_api
from app.places.desk import bp as places_desk
from app.places.views import bp as places
from app.rewards.api import bp as rewards_api
from app.rewards.desk import bp as rewards_desk
from app.rewards.views import bp as rewards
from app.search.api import bp as search_api
from app.search.desk import bp as search_desk
from app.search.desk import init_staff_search
from app.search.views import bp as search
from app.search.views import init_wording
from app.sunshine.views import bp as sunshine
from app.sunshine.views import ledger_bp
from app.volunteering.api import bp as volunteering_api
from app.volunteering.desk import bp as volunteering_desk
from app.volunteering.views import bp as volunteering
from app.wallet.api import bp as wallet_api
from app.wallet.views import bp as wallet
from app.wiring.desk import FOUND, SOURCES
from app.wishes.desk import bp as wishes_desk
from app.wishes.views import bp as wishes
from app.wording import wording_now
from app.wording.desk import bp as wording_desk
from app.wording.reactions import Listener
from app.workshops.api import bp as workshops_api
from app.workshops.desk import bp as workshops_desk
from app.workshops.views import bp as workshops

MENUS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "main": (
        ("search.index", msg("Find services")),
        ("volunteering.index", msg("Volunteering")),
        ("workshops.index", msg("Workshop goods")),
        ("rewards.index", msg("Rewards")),
        ("places.index", msg("Places")),
        ("sunshine.index", msg("Sunshine ledger")),
    ),
    "person": (
        ("bookings.index", msg("My bookings")),
        ("volunteering.mine", msg("My shifts")),
        ("wallet.index", msg("My passbook")),
        ("rewards.mine", msg("My rewards")),
        ("workshops.orders", msg("My orders")),
        ("wishes.index", msg("My searches")),
        ("fair.mine", msg("My offerings")),
        ("workshops.manage", msg("My workshop")),
        ("people.profile", msg("My details")),
    ),
    "footer": (
        ("home.help_page", msg("Help")),
        ("home.about", msg("About the fair")),
        ("home.privacy", msg("Privacy")),
        ("sunshine.index", msg("Sunshine ledger")),
        ("apidocs.index", msg("For programs")),
    ),
}
"""Menu → (endpoint, words), in the order people see."""


def register_site(app: Flask) -> None:
    """Put every feature's counter at its address."""
    app.register_blueprint(home)
    app.register_blueprint(desk, url_prefix="/desk")
    init_desk(app, SOURCES)
    init_staff_search(app, FOUND)
    app.register_blueprint(search_desk, url_prefix="/desk/search")
    app.register_blueprint(people)
    app.register_blueprint(search)
    app.register_blueprint(apidocs)
    app.register_blueprint(places, url_prefix="/places")
    app.register_blueprint(places_desk, url_prefix="/places")
    app.register_blueprint(partners, url_prefix="/partners")
    app.register_blueprint(partners_desk, url_prefix="/partners")
    app.register_blueprint(fair, url_prefix="/fair")
    app.register_blueprint(fair_slots, url_prefix="/fair")
    app.register_blueprint(fair_desk, url_prefix="/fair")
    app.register_blueprint(bookings, url_prefix="/bookings")
    app.register_blueprint(rewards, url_prefix="/rewards")
    app.register_blueprint(rewards_desk, url_prefix="/rewards/desk")
    app.register_blueprint(wallet, url_prefix="/wallet")
    app.register_blueprint(sunshine, url_prefix="/sunshine")
    app.register_blueprint(ledger_bp, url_prefix="/ledger")
    app.register_blueprint(books, url_prefix="/books")
    app.register_blueprint(books_desk, url_prefix="/books")
    app.register_blueprint(volunteering, url_prefix="/volunteering")
    app.register_blueprint(volunteering_desk, url_prefix="/volunteering")
    app.register_blueprint(wishes)
    app.register_blueprint(wishes_desk, url_prefix="/wishes/desk")
    app.register_blueprint(wording_desk, url_prefix="/desk/words")
    init_wording(app, wording_now, Listener())
    app.register_blueprint(workshops)
    app.register_blueprint(workshops_desk)
    for program in (
        search_api,
        places_api,
        fair_api,
        bookings_api,
        wallet_api,
        volunteering_api,
        workshops_api,
        rewards_api,
    ):
        app.register_blueprint(program)
