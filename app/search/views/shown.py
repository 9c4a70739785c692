"""What was found, in the reader's language: marked, and why when that surprises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from app import fair
from app.kernel.i18n import msg
from app.web import filters
from app.web.words import label, language, translate
from search_index import Hit, Pieces, Reason, fold, in_script, mark
from search_index.model import ReasonKind

KIND_WORDS = {
    "offering": msg("Services"),
    "goods": msg("Workshop goods"),
    "post": msg("Volunteer posts"),
    "reward": msg("Rewards"),
    "place": msg("Sites"),
    "organisation": msg("Partners"),
}
TONES = {
    "daily_repair": "life",
    "elder_care": "care",
    "children": "child",
    "youth": "youth",
    "seafarer": "sea",
    "culture_sport": "culture",
    "law_finance": "law",
    "space_equipment": "space",
    "posts_jobs": "post",
    "inclusive": "youth",
    "goods": "goods",
    "place": "space",
    "law": "law",
}
CATEGORIES = frozenset(str(member) for member in fair.Category)
SUFFIXES = {"en": "_en", "zh-Hant": "_zh_hant"}
WHY_WORDS: Mapping[ReasonKind, str] = {
    "synonym": msg("Found by “%(word)s”: another word for “%(typed)s”"),
    "translation": msg("Found by “%(word)s”: “%(typed)s” in another language"),
    "pinyin": msg("Found by the sound: %(word)s"),
    "initials": msg("Found by first letters: %(word)s"),
    "sound": msg("Found by “%(word)s”, which sounds like “%(typed)s”"),
    "slip": msg("Found by “%(word)s”, which looks like “%(typed)s”"),
}
"""The beginning of a word explains itself."""


@dataclass(frozen=True)
class Shown:
    """A hit as the page shows it, in the reader's language.

    `why` says by which words it was found, when nobody typed them.
    """

    title: Pieces
    url: str
    tone: str
    category: str
    place: str
    teaser: Pieces
    facts: list[tuple[str, str]]
    badges: list[tuple[str, str]]
    why: str = ""


def shown(hit: Hit) -> Shown:
    """Return *hit* in the reader's language; marks stand on the text as it is."""
    card = hit.card
    suffix = SUFFIXES.get(language(), "")

    def own(name: str) -> str:
        return card.get(name + suffix) or card.get(name, "")

    title, summary = own("title"), own("summary")
    title_marked = (
        hit.title_marked if title == hit.title else mark(title, hit.words)
    ) or ((title, False),)
    is_translated = bool(suffix and card.get("summary" + suffix))
    teaser = mark(summary, hit.words) if is_translated else hit.snippet
    is_category = card.get("tone") in CATEGORIES
    return Shown(
        title=title_marked,
        url=card["url"],
        tone=TONES.get(card.get("tone", ""), "life"),
        category=(
            label(fair.Category(card["tone"]))
            if hit.kind == "offering" and is_category
            else translate(KIND_WORDS[hit.kind])
        ),
        place=own("place"),
        teaser=teaser or ((summary, False),),
        facts=_facts(hit, own("who")),
        badges=[(label(fair.ServiceNature(card["nature"])), "plain")]
        if card.get("nature")
        else [],
        why=_why(hit.reasons, (*title_marked, *teaser)),
    )


def _facts(hit: Hit, who: str) -> list[tuple[str, str]]:
    card = hit.card
    facts = []
    if who:
        facts.append((translate(msg("Provider")), who))
    if card.get("price_mode"):
        facts.append((translate(msg("Price")), _price(card)))
    if card.get("next"):
        soonest = datetime.fromtimestamp(int(card["next"]), UTC)
        facts.append((translate(msg("Next free")), filters.moment(soonest)))
    if card.get("stars"):
        stars = translate(
            msg("%(stars)s of 5 (%(count)s)"),
            stars=filters.points(Decimal(card["stars"])),
            count=card.get("ratings", ""),
        )
        facts.append((translate(msg("Rating")), stars))
    if hit.km is not None:
        facts.append((translate(msg("Distance")), distance_words(hit.km)))
    return facts


def distance_words(km: float) -> str:
    """Return a distance as one says it: 350 m, 2.4 km."""
    if km < 1:
        return translate(msg("%(n)s m"), n=round(km * 100) * 10)
    return translate(msg("%(n)s km"), n=filters.points(Decimal(f"{km:.1f}")))


def _why(reasons: Sequence[Reason], read: Pieces) -> str:
    """Return why this is there though its words were not typed; empty when they were.

    They were, too, when the reader's own language shows one of them. What was made of
    the letters says more than what that has led to; of several reasons the first says
    it, with all words of its kind.
    """
    told = [one for one in reasons if one.kind in WHY_WORDS]
    led = ("synonym", "translation")
    typed_words = {one.typed for one in told} - {
        one.word for one in told if one.kind not in led
    }
    marked = [fold(text) for text, is_match in read if is_match]
    if not told or any(word in text for word in typed_words for text in marked):
        return ""
    kind, typed, _ = next((one for one in told if one.kind not in led), told[0])
    spelt = [one.word for one in told if (one.kind, one.typed) == (kind, typed)]
    words = [
        in_script(word, language())
        for word in spelt
        if not any(word in other for other in spelt if other != word)
    ]
    return translate(
        WHY_WORDS[kind], word=translate(msg(", ")).join(words), typed=typed
    )


def _price(card: Mapping[str, str]) -> str:
    mode = card["price_mode"]
    if mode == "points":
        amount = filters.points(Decimal(card.get("points", "0")))
        return translate(msg("%(amount)s points"), amount=amount)
    if mode == "cny":
        amount = filters.money(Decimal(card["cny"]))
        return f"{amount} / {card['unit']}" if card.get("unit") else amount
    return translate(msg("Free"))
