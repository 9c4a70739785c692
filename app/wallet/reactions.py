"""What the wallet does when it is told: it sends people word of their points."""

from __future__ import annotations

from sqlmodel import Session

from app import people, wallet
from app.kernel.clock import day_of
from app.kernel.i18n import msg
from app.kernel.messages import Message
from app.wallet.events import PointsExpireSoon
from app.wallet.rules import month_of
from app.wallet.views import UNIT_WORDS
from app.web.filters import day, points
from app.web.store import messenger, settings
from app.web.words import speaking, translate

NOTICE = "expiry-notice"
LINES_MAX = 3
"""A text message is short; the passbook has the rest."""


def tell_of_expiry(session: Session, event: PointsExpireSoon) -> None:
    """Tell a person what they lose soon, in their language; sent twice it is one.

    Who has no phone is named by the number on the card: the office tells them.
    """
    person = people.people_by_ids(session, [event.person_id]).get(event.person_id)
    today = day_of(event.at)
    expiring = wallet.expiring_of(session, event.person_id, today=today)
    if person is None or person.suspended_at is not None or not expiring:
        return
    offered = settings().languages
    with speaking(person.language if person.language in offered else offered[0]):
        text = _words(expiring)
    messenger().send(
        Message(
            to=person.phone or person.member_no,
            kind=NOTICE,
            text=text,
            at=event.at,
            key=f"{person.id}:{month_of(today)}",
        )
    )


def _words(expiring: list[wallet.ExpiringDay]) -> str:
    lines = [
        translate(
            msg("%(amount)s · %(unit)s · before %(day)s"),
            amount=points(one.amount),
            unit=translate(UNIT_WORDS[one.unit]),
            day=day(one.on),
        )
        for one in expiring[:LINES_MAX]
    ]
    return translate(
        msg(
            "Common Fair: some of what you saved can soon not be spent any more:"
            " %(what)s. Treat yourself to something in time; your passbook says more,"
            " and the station desk helps."
        ),
        what="; ".join(lines),
    )
