"""The judged set as a town: a file for `fair load`, and its questions over HTTP.

    python -m tests.search_index.town town.json      # then: fair load town.json; fair run
    FAIR_URL=http://127.0.0.1:8000 python …/search-judged/score.py \\
        --queries …/public.json --module tests.search_index.town:search

`external_id` is the document's id. The set's filter `station` is our `place`. Its shifts,
fairs and partners become offerings, since the load format has no such rows yet.
"""

import json
import os
import sys
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from tests.search_index.judged import FOLDER

STALLS = {
    "life": "daily_repair",
    "repair": "daily_repair",
    "elder": "elder_care",
    "health": "elder_care",
    "child": "children",
    "learn": "youth",
    "leisure": "culture_sport",
    "gov": "law_finance",
    "space": "space_equipment",
    "volunteer": "posts_jobs",
}
WORKSHOP = "judged-workshop"


def town() -> dict[str, list[dict[str, Any]]]:
    """The set in the load format: its goods are goods, all else are offerings."""
    rows = json.loads((FOLDER / "docs.json").read_text(encoding="utf-8"))
    stations = sorted({row["station"] for row in rows})
    goods = [row for row in rows if row["kind"] == "goods"]
    others = [row for row in rows if row["kind"] != "goods"]
    return {
        "places": [{"external_id": "judged", "kind": "district", "name": "评测区"}]
        + [
            {"external_id": name, "kind": "centre", "name": name, "parent": "judged"}
            for name in stations
        ],
        "offerings": [_offering(row) for row in others],
        "goods": [_good(row) for row in goods],
    }


def _offering(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "external_id": row["id"],
        "title": row["title"],
        "body": row["body"],
        "category": STALLS.get(row["category"], "inclusive"),
        "place": row["station"],
        "language": row["lang"],
        **_price(row["points"]),
    }


def _price(points: int) -> dict[str, Any]:
    if not points:
        return {}
    return {"price": "points", "points": str(points), "nature": "volunteer"}


def _good(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "external_id": row["id"],
        "title": row["title"],
        "summary": row["body"],
        "unit": "件",
        "price_cny": str(row["points"] or 1),
        "points_price": str(row["points"]) if row["points"] else None,
        "category": "craft",
        "workshop": f"{WORKSHOP}-{row['station']}",
        "workshop_name": row["station"],
        "place": row["station"],
    }


def search(text: str, limit: int, filters: dict[str, Any]) -> list[str]:
    """What the scorer calls; FAIR_URL says where the server is."""
    asked = {"q": text, "limit": limit} | {
        {"station": "place"}.get(name, name): value for name, value in filters.items()
    }
    base = os.environ.get("FAIR_URL", "http://127.0.0.1:8000")
    url = f"{base}/api/v1/search?{urllib.parse.urlencode(asked)}"
    with urllib.request.urlopen(url, timeout=30) as answer:
        return [one["external_id"] or one["id"] for one in json.load(answer)["items"]]


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(
        json.dumps(town(), ensure_ascii=False, indent=1), encoding="utf-8"
    )
