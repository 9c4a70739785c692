"""Laws of the house that no import graph can see."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask

from app.kernel.config import Settings
from app.locale import tool
from app.web.guards import guard_of
from app.web.words import labelled_members

ROOT = Path(__file__).resolve().parents[2]
CODE = [
    path
    for folder in ("app", "ledger", "search_index")
    for path in sorted((ROOT / folder).rglob("*.py"))
]
FEATURES = sorted(path.parent for path in (ROOT / "app").glob("*/views.py"))


def lines_with(pattern: str, paths: list[Path]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{number}"
        for path in paths
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if re.search(pattern, line)
    ]


def test_every_route_says_who_may_come(app: Flask) -> None:
    unguarded = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint != "static"
        and guard_of(app.view_functions[rule.endpoint]) is None
    ]
    assert unguarded == []


def test_only_the_database_commits() -> None:
    found = lines_with(r"\.commit\(\)", [p for p in CODE if "app" in p.parts])
    assert [line for line in found if not line.startswith("app/kernel/db.py")] == []


def test_only_counters_read_the_clock() -> None:
    quiet = [
        p
        for p in CODE
        if p.name in {"actions.py", "rules.py", "queries.py", "models.py"}
    ]
    assert lines_with(r"\bnow\(\)|datetime\.now|utcnow|\btime\.time\(", quiet) == []


def test_no_floats_near_money() -> None:
    near = [
        p
        for p in CODE
        if p.parts[-2]
        in {"ledger", "wallet", "programmes", "rewards", "bookings", "workshops"}
        and p.name in {"actions.py", "rules.py", "amounts.py", "entries.py", "holds.py"}
    ]
    assert near
    assert lines_with(r"\bfloat\(|\bround\(", near) == []


def test_every_module_opens_with_one_sentence() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in CODE
        if not re.match(r'(#!.*\n)?(#.*\n)*r?"""', path.read_text("utf-8"))
    ]
    assert silent == []


def test_every_sentence_is_translated() -> None:
    assert list(tool.problems()) == []


def test_every_state_and_kind_has_words(app: Flask) -> None:
    """Enum values are never shown raw: whatever a page labels must be registered."""
    assert app
    kinds = {type(member) for member in labelled_members()}
    missing = [m for kind in kinds for m in kind if m not in labelled_members()]
    assert missing == []


def test_every_setting_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    missing = [
        name for name in Settings.model_fields if f"FAIR_{name.upper()}" not in readme
    ]
    assert missing == []


def test_pages_carry_no_inline_script_or_style() -> None:
    templates = sorted((ROOT / "templates").rglob("*.html"))
    assert lines_with(r"\sstyle=\"|<style|\son\w+=\"|<script>(?!\s*$)", templates) == []


def test_every_changing_form_says_its_operation() -> None:
    """A `<form method="post">` carries `data-op` (contract 5)."""
    missing = []
    for path in sorted((ROOT / "templates").rglob("*.html")):
        for form in re.findall(r"<form[^>]*>", path.read_text("utf-8")):
            is_post = re.search(r'method="post"', form)
            if is_post and "data-op=" not in form:
                missing.append(f"{path.relative_to(ROOT)}: {form[:80]}")
    assert missing == []


@pytest.mark.parametrize("feature", FEATURES, ids=lambda path: path.name)
def test_every_room_has_its_tests(feature: Path) -> None:
    """`app/<feature>/<room>.py` ↔ `tests/app/<feature>/test_<room>.py`."""
    tests = ROOT / "tests" / "app" / feature.name
    missing = [
        room
        for room in ("rules", "actions", "views", "desk")
        if (feature / f"{room}.py").exists()
        and not (tests / f"test_{room}.py").exists()
    ]
    assert missing == []


def test_lock_files_name_no_host() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text("utf-8")
        assert "://" not in text
        assert text.count("--hash=sha256:") > 100
