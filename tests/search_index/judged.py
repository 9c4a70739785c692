"""The judged set as documents and questions; it lies beside the repository."""

import importlib.util
import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

from search_index import Document, Filters, Index, Query

SET = Path("shared") / "search-judged"
_ABOVE = [above / SET for above in Path(__file__).resolve().parents[3:]]
FOLDER = next((folder for folder in _ABOVE if folder.is_dir()), _ABOVE[0])
HERE = "%Y-%m-%dT%H:%M"


def scorer() -> ModuleType:
    """The standard-library scorer that came with the set."""
    spec = importlib.util.spec_from_file_location("score", FOLDER / "score.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def documents() -> list[Document]:
    """All documents of the set."""
    rows = json.loads((FOLDER / "docs.json").read_text(encoding="utf-8"))
    return [_document(row) for row in rows]


def _document(row: dict[str, Any]) -> Document:
    starts = row.get("starts")
    when = datetime.strptime(starts, HERE).replace(tzinfo=UTC) if starts else None
    created = datetime.strptime(row["created"], "%Y-%m-%d").replace(tzinfo=UTC)
    return Document(
        id=row["id"],
        kind=row["kind"],
        title=row["title"],
        body=row["body"],
        lang=row["lang"],
        category=row["category"],
        points=Decimal(str(row["points"] or 0)),
        place=row["station"],
        lat=row["lat"] or None,
        lon=row["lon"] or None,
        starts_at=int(when.timestamp()) if when else None,
        created_at=int(created.timestamp()),
        rating=row["rating"] or None,
        ratings=row["reviews"] or 0,
    )


def searcher(index: Index) -> Any:
    """What the scorer calls: (query, limit, filters) to ids."""

    def search(text: str, limit: int, filters: dict[str, Any]) -> list[str]:
        wanted = Filters(
            kind=(filters["kind"],) if "kind" in filters else (),
            category=(filters["category"],) if "category" in filters else (),
            place=(filters["station"],) if "station" in filters else (),
            max_points=filters.get("max_points"),
        )
        page = index.search(Query(text, wanted, limit=limit))
        return [hit.id for hit in page.hits]

    return search
