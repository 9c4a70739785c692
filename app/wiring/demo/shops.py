"""The demo town's shops: workshops with goods and batches, rewards with stock."""

from __future__ import annotations

from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

from app import rewards, workshops
from app.kernel.permissions import Role
from app.people import assign_role
from app.wiring.demo.names import GRADES, workshop_place_names
from app.wiring.demo.town import Town, data

CENT = Decimal("0.10")
COMMISSION = Decimal(8)
CATEGORY_BY_KIND = {
    "brand": "seafood",
    "industry": "prepared_food",
    "farm_tourism": "farm_produce",
    "handicraft": "craft",
    "food": "prepared_food",
    "contract_processing": "daily",
}


def open_workshops(town: Town, count: int, goods: int) -> list[workshops.Good]:
    """Open the hand-written workshops, then generated ones up to *count*."""
    rows = data("workshops")
    kinds = data("workshop_kinds")
    villages = workshop_place_names()
    centres = town.centres()
    number = 0
    while len(rows) < count:
        made = kinds[number % len(kinds)]
        zh, en = villages[number // len(kinds) % len(villages)]
        code = f"W{len(rows) + 1:02d}"
        rows.append(
            {
                "code": code,
                "name": zh + made["stem"],
                "name_en": f"{en} {made['stem_en']}",
                "kind": made["kind"],
                "registration": made["registration"],
                "place": centres[(number * 3) % len(centres)].code,
                "goods": [
                    thing | {"code": f"{code}-G{k + 1:02d}", "perishable": False}
                    for k, thing in enumerate(made["goods"])
                ],
            }
        )
        number += 1
    listed: list[workshops.Good] = []
    for row in rows[:count]:
        workshop_id = _open_workshop(town, row)
        listed += [
            _put_on_shelf(town, workshop_id, row, good, GRADES[1])
            for good in row["goods"]
        ]
    grade = 0
    while len(listed) < goods:
        for row in rows[:count]:
            workshop = workshops.find_workshop(town.session, row["code"])
            assert workshop is not None
            for good in row["goods"]:
                if len(listed) < goods:
                    size = (GRADES[0], GRADES[2], GRADES[3])[grade % 3]
                    listed.append(_put_on_shelf(town, workshop.id, row, good, size))
        grade += 1
    return listed


def _open_workshop(town: Town, row: dict[str, Any]) -> UUID:
    workshop = workshops.add_workshop(
        town.session,
        name=row["name"],
        name_en=row["name_en"],
        kind=workshops.WorkshopKind(row["kind"]),
        registration=workshops.Registration(row["registration"]),
        licence_no=(
            f"JY1330903{int(row['code'][1:]):05d}"
            if row["registration"] == "licensed"
            else None
        ),
        operator=row["name"],
        place_id=town.places[row["place"]].id,
        commission_percent=COMMISSION,
        external_id=row["code"],
        at=town.beginning,
    )
    manager = town.cast["5-workshop"] if row["code"] in {"W01", "W03"} else None
    if manager is not None:
        assign_role(
            town.session,
            person_id=manager,
            role=Role.WORKSHOP_MANAGER,
            place_id=town.places[row["place"]].id,
            organisation_id=workshop.id,
            starts_on=town.beginning.date(),
            at=town.beginning,
            by=None,
        )
    return workshop.id


def _put_on_shelf(
    town: Town,
    workshop_id: UUID,
    row: dict[str, Any],
    good: dict[str, Any],
    grade: tuple[str, str, str],
) -> workshops.Good:
    words, english, factor = grade
    price = (Decimal(good["price_cny"]) * Decimal(factor)).quantize(
        CENT, rounding=ROUND_HALF_UP
    )
    if not words:
        price = Decimal(good["price_cny"])
    category = CATEGORY_BY_KIND[row["kind"]]
    if row["code"] in {"W03", "W14"} or "茶" in good["title"]:
        category = "tea" if row["registration"] == "licensed" else category
    made = workshops.add_good(
        town.session,
        workshop_id,
        title=f"{good['title']}（{words}）" if words else good["title"],
        title_en=f"{good['title_en']}, {english}" if words else good["title_en"],
        unit=good["unit"],
        price_cny=price,
        points_price=(price * 2).quantize(Decimal(1)) if not words else None,
        category=workshops.GoodCategory(category),
        is_perishable=good["perishable"],
        external_id=good["code"] + (f"-{english}" if words else ""),
        by=None,
        at=town.beginning,
    )
    workshops.list_good(town.session, made.id, by=None, at=town.beginning)
    at = town.moment(town.today, town.beginning.time().replace(hour=0))
    workshops.add_batch(
        town.session,
        made.id,
        made_on=town.today - timedelta(days=2),
        best_before=town.today + timedelta(days=7 if good["perishable"] else 180),
        quantity=60 if good["perishable"] else 40,
        conformity_cert_no=f"HG-{good['code']}",
        by=None,
        at=at,
    )
    return made


def fill_reward_shop(town: Town) -> list[rewards.RewardItem]:
    """Fill the reward shop and its stock at three centres."""
    programme = town.programmes["love-bank"]
    items = []
    for row in data("rewards"):
        item = rewards.add_reward(
            town.session,
            kind=rewards.RewardKind(row["kind"]),
            programme=programme,
            title=row["title"],
            title_en=row["title_en"],
            points=Decimal(row["points"]),
            external_id=row["code"],
            at=town.beginning,
        )
        items.append(item)
        for code in ("C01", "C04", "C09"):
            rewards.add_stock(
                town.session,
                item,
                place_id=town.places[code].id,
                quantity=30,
                funding_source=rewards.FundingSource(row["funding_source"]),
                at=town.beginning,
                by=None,
            )
    return items
