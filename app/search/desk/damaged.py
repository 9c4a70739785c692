"""Texts that came in damaged: what is wrong with each, until somebody says it is right.

Clean words find them, the broken ones do not, and nothing is mended silently
(domain handbook 1.16, L20).
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from app import fair, places
from app.kernel.clock import now
from app.kernel.i18n import msg
from app.kernel.permissions import Permission
from app.search.desk.staff import bp
from app.web.guards import me, needs
from app.web.htmx import go_to
from app.web.once import once
from app.web.store import reading, transaction
from app.web.words import translate
from search_index import Damage, Pieces, find_damage
from search_index.highlight import pieces

DAMAGE_WORDS = {
    "romanised": msg("a spelling was copied along"),
    "broken": msg("characters were lost"),
    "converted": msg("wrong Traditional characters"),
}


@dataclass(frozen=True)
class Damaged:
    """An offering with its texts, the damaged stretches marked, and what they are."""

    offering: fair.Offering
    texts: list[Pieces]
    kinds: list[str]


@bp.get("/damaged")
@needs(Permission.REVIEW_LISTING)
def damaged() -> ResponseReturnValue:
    """Show what came in damaged, the oldest first."""
    with reading() as session:
        found = [_shown(one) for one in fair.damaged_offerings(session)]
        where = places.places_by_ids(session, {one.offering.place_id for one in found})
    return render_template("search/damaged.html", found=found, where=where)


@bp.post("/damaged/<uuid:offering_id>/confirmation")
@needs(Permission.REVIEW_LISTING)
def confirm_text(offering_id: UUID) -> ResponseReturnValue:
    """Say that a text is right now, or was right all along."""
    with transaction() as session:
        once(
            session, "offering.confirm_text", owner=me().id, at=now(),
            body={"offering": str(offering_id)},
            do=lambda: fair.confirm_text(
                session, offering_id, by=me().id, at=now()
            ).id,
        )  # fmt: skip
    return go_to(
        url_for(".damaged"), notice=translate(msg("Thank you. It is off the list."))
    )


def _shown(offering: fair.Offering) -> Damaged:
    texts = [one for one in (offering.title, offering.summary, offering.body) if one]
    damage = [find_damage(one) for one in texts]
    kinds = dict.fromkeys(one.kind for some in damage for one in some)
    return Damaged(
        offering,
        [_marked(text, some) for text, some in zip(texts, damage, strict=True)],
        [translate(DAMAGE_WORDS[kind]) for kind in kinds],
    )


def _marked(text: str, damage: tuple[Damage, ...]) -> Pieces:
    return pieces(text, [(one.start, one.end) for one in damage], 0, len(text))
