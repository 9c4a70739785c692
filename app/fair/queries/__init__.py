"""Reading the fair: offerings, who answers for them, times, reviews."""

from app.fair.queries.offerings import (
    count_by_category,
    count_published,
    find_offering,
    live_ids,
    offering_for,
    offerings_by_ids,
    offerings_of,
    public_offering,
    published_inclusive,
    published_of,
    published_offering,
    published_offerings,
)
from app.fair.queries.reviews import (
    review_queue,
    reviews_of,
    waiting_revision,
    waiting_revisions_of,
)
from app.fair.queries.slots import (
    coming_slots,
    free_slots,
    next_free_starts,
    slot_for,
    slots_by_ids,
    slots_of,
)
from app.fair.queries.who import (
    ensure_own,
    is_provider,
    licence_holder,
    may_review,
    may_take_down,
    provider_ids,
)

__all__ = [
    "coming_slots",
    "count_by_category",
    "count_published",
    "ensure_own",
    "find_offering",
    "free_slots",
    "is_provider",
    "licence_holder",
    "live_ids",
    "may_review",
    "may_take_down",
    "next_free_starts",
    "offering_for",
    "offerings_by_ids",
    "offerings_of",
    "provider_ids",
    "public_offering",
    "published_inclusive",
    "published_of",
    "published_offering",
    "published_offerings",
    "review_queue",
    "reviews_of",
    "slot_for",
    "slots_by_ids",
    "slots_of",
    "waiting_revision",
    "waiting_revisions_of",
]
