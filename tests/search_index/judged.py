"""The judged set as documents and questions; it lies beside the repository."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

from search_index import Document, Index
from search_index.judging import Question, ours
from search_index.judging import documents as _documents

SET = Path("shared") / "search-judged"
_ABOVE = [above / SET for above in Path(__file__).resolve().parents[3:]]
FOLDER = next((folder for folder in _ABOVE if folder.is_dir()), _ABOVE[0])


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
    return _documents(FOLDER)


def floors() -> dict[str, dict[str, float]]:
    """The least that each class of the public questions must reach."""
    found: dict[str, dict[str, float]] = json.loads(
        (FOLDER / "floors-public.json").read_text(encoding="utf-8")
    )
    return found


def searcher(index: Index) -> Any:
    """What the scorer calls: (query, limit, filters) to ids."""
    search = ours(index)

    def run(text: str, limit: int, filters: dict[str, Any]) -> list[str]:
        return search(Question("", "", text, {}, filters))[:limit]

    return run
