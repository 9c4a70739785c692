"""The words of the fair: what each state, kind and field is called, and its colour."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from app.fair.models import (
    Audience,
    Category,
    Decision,
    OfferingKind,
    OfferingState,
    PriceMode,
    RevisionState,
    ServiceNature,
)
from app.fair.rules import Step
from app.kernel.i18n import msg

S = OfferingState

LABELS: tuple[Mapping[StrEnum, str], ...] = (
    {
        OfferingKind.SERVICE: msg("Service"),
        OfferingKind.SPACE: msg("Space"),
        OfferingKind.SKILLED_PERSON: msg("Skilled resident"),
        OfferingKind.COURSE: msg("Course"),
        OfferingKind.EQUIPMENT: msg("Equipment"),
        OfferingKind.EVENT: msg("Event"),
        OfferingKind.INFO: msg("Information"),
    },
    {
        ServiceNature.VOLUNTEER: msg("Volunteer service"),
        ServiceNature.PUBLIC_BENEFIT_FREE: msg("Free public benefit"),
        ServiceNature.LOW_FEE: msg("Low fee"),
        ServiceNature.MARKET: msg("Market price"),
        ServiceNature.GOVERNMENT: msg("Public desk"),
    },
    {
        PriceMode.FREE: msg("Free"),
        PriceMode.POINTS: msg("Points"),
        PriceMode.CNY: msg("Yuan, paid at the place"),
    },
    {
        Category.DAILY_REPAIR: msg("Daily life and repair"),
        Category.ELDER_CARE: msg("Elderly care and company"),
        Category.CHILDREN: msg("Children and families"),
        Category.YOUTH: msg("Youth and night school"),
        Category.SEAFARER: msg("Seafarers and islands"),
        Category.CULTURE_SPORT: msg("Culture and sport"),
        Category.LAW_FINANCE: msg("Law and money matters"),
        Category.SPACE_EQUIPMENT: msg("Rooms and equipment"),
        Category.POSTS_JOBS: msg("Posts and jobs"),
        Category.INCLUSIVE: msg("For everybody"),
    },
    {
        Audience.ALL: msg("Everybody"),
        Audience.ELDERLY: msg("Elderly people"),
        Audience.CHILDREN: msg("Children"),
        Audience.YOUTH: msg("Young people"),
        Audience.NEW_EMPLOYMENT: msg("Riders, couriers, drivers"),
        Audience.WOMEN: msg("Women"),
        Audience.SEAFARER: msg("Seafarers"),
        Audience.ISLANDERS: msg("Islanders"),
    },
    {
        S.DRAFT: msg("Draft"),
        S.SUBMITTED: msg("Waits for review"),
        S.IN_REVIEW: msg("Under review"),
        S.CHANGES_REQUESTED: msg("Changes requested"),
        S.REJECTED: msg("Turned down"),
        S.APPROVED: msg("Approved, not open yet"),
        S.PUBLISHED: msg("Published"),
        S.PAUSED: msg("Paused"),
        S.ASLEEP: msg("Asleep until its papers are in order"),
        S.EXPIRED: msg("Expired"),
        S.TAKEN_DOWN: msg("Taken down"),
        S.ARCHIVED: msg("Put away"),
    },
    {
        Decision.APPROVED: msg("Approved"),
        Decision.CHANGES_REQUESTED: msg("Changes requested"),
        Decision.REJECTED: msg("Turned down"),
    },
    {
        RevisionState.SUBMITTED: msg("Waits for review"),
        RevisionState.APPROVED: msg("Approved"),
        RevisionState.REJECTED: msg("Turned down"),
        RevisionState.WITHDRAWN: msg("Taken back"),
    },
    {
        Step.SUBMIT: msg("Hand in for review"),
        Step.WITHDRAW: msg("Take back"),
        Step.TAKE: msg("Take for review"),
        Step.APPROVE: msg("Approve"),
        Step.REQUEST_CHANGES: msg("Ask for changes"),
        Step.REJECT: msg("Turn down"),
        Step.PAUSE: msg("Pause"),
        Step.RESUME: msg("Open again"),
        Step.TAKE_DOWN: msg("Take down"),
        Step.ARCHIVE: msg("Put away"),
        Step.RENEW: msg("Start anew"),
    },
)
"""The words for every member, enum by enum: members of two enums with one text
are equal and would hide each other in one mapping."""

NEXT_STEPS: Mapping[OfferingState, str] = MappingProxyType(
    {
        S.DRAFT: msg("Only you see this. Hand it in when it is ready."),
        S.SUBMITTED: msg("Somebody else will look at it. You may take it back."),
        S.IN_REVIEW: msg("Somebody is looking at it now."),
        S.CHANGES_REQUESTED: msg("Please change what is asked, then hand it in again."),
        S.REJECTED: msg("It will not appear. Put it away, or write another."),
        S.APPROVED: msg("Appears by itself on its first day."),
        S.PUBLISHED: msg("Everybody can find it."),
        S.PAUSED: msg("Nobody can book it until you open it again."),
        S.ASLEEP: msg("It wakes by itself when the papers are in order again."),
        S.EXPIRED: msg("Its last day is over. Start anew, or put it away."),
        S.TAKEN_DOWN: msg("It was taken out of the fair."),
        S.ARCHIVED: msg("Put away; kept for the record."),
    }
)
"""What comes next, for its provider."""

FIELD_LABELS: Mapping[str, str] = MappingProxyType(
    {
        "service_nature": msg("Nature"),
        "price_mode": msg("Price"),
        "points": msg("Points"),
        "programme_id": msg("Programme"),
        "price_cny": msg("Price in yuan"),
        "price_unit": msg("Per what"),
        "needs_licence": msg("Licence"),
        "exemption_id": msg("Exemption"),
        "is_home_visit": msg("Home visit"),
        "risk_note": msg("What could go wrong"),
        "protection_note": msg("What is done against it"),
        "audiences": msg("For whom"),
        "organisation_id": msg("Organisation"),
        "place_id": msg("Place"),
    }
)
"""The words for what a revision may change."""

TONES: Mapping[Category, str] = MappingProxyType(
    {
        Category.DAILY_REPAIR: "life",
        Category.ELDER_CARE: "care",
        Category.CHILDREN: "child",
        Category.YOUTH: "youth",
        Category.SEAFARER: "sea",
        Category.CULTURE_SPORT: "culture",
        Category.LAW_FINANCE: "law",
        Category.SPACE_EQUIPMENT: "space",
        Category.POSTS_JOBS: "post",
        Category.INCLUSIVE: "life",
    }
)
"""The colour of each stall (DESIGN: category tones)."""

OPERATIONS: Mapping[Step, str] = MappingProxyType(
    {
        Step.SUBMIT: "offering.submit",
        Step.WITHDRAW: "offering.withdraw",
        Step.TAKE: "offering.take",
        Step.APPROVE: "offering.approve",
        Step.REQUEST_CHANGES: "offering.request_changes",
        Step.REJECT: "offering.reject",
        Step.PAUSE: "offering.pause",
        Step.RESUME: "offering.resume",
        Step.TAKE_DOWN: "offering.take_down",
        Step.ARCHIVE: "offering.archive",
        Step.RENEW: "offering.renew",
    }
)
"""Each step as a form's `data-op` and as the verb in the doings."""
