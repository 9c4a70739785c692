"""What the look promises: whole icons, vendored files as recorded, nothing inline."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "static"
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
TONES = [
    "life",
    "care",
    "child",
    "youth",
    "sea",
    "culture",
    "law",
    "space",
    "post",
    "goods",
]
STYLESHEET_MAX_BYTES = 38_000  # under 9 kB on the way, compressed
INLINE = re.compile(
    r"<script(?![^>]*\bsrc=)|<style\b|\sstyle=|\son[a-z]+=|javascript:|\bhx-on",
    re.IGNORECASE,
)


def _without_comments(text: str) -> str:
    return re.sub(r"\{#.*?#\}", "", text, flags=re.DOTALL)


def test_every_vendored_file_has_the_recorded_checksum_and_a_licence() -> None:
    """A changed copy of somebody else's file is found at once."""
    records = sorted((STATIC / "vendor").glob("*.sha256"))
    assert records
    for record in records:
        wanted, name = record.read_text("utf-8").split()
        content = (STATIC / "vendor" / name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == wanted
        assert list((STATIC / "vendor").glob(f"{name.split('.')[0]}*LICENSE"))


@pytest.mark.parametrize(
    "path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates"))
)
def test_a_template_has_nothing_inline_that_the_policy_would_refuse(path: Path) -> None:
    """`script-src 'self'; style-src 'self'`: no inline script, style or handler."""
    found = INLINE.findall(_without_comments(path.read_text("utf-8")))
    assert found == []


def test_every_icon_that_a_template_names_is_drawn() -> None:
    """`icon("serach")` would be an empty box."""
    drawn = set(
        re.findall(r'<symbol id="i-([a-z]+)"', (STATIC / "icons.svg").read_text())
    )
    named = {
        name
        for path in TEMPLATES
        for name in re.findall(r'\bicon\("([a-z]+)"', path.read_text("utf-8"))
    }
    assert named
    assert named <= drawn


def test_each_category_tone_has_its_colour_by_day_and_by_night() -> None:
    """A tone without a dark colour would be unreadable on dark paper."""
    css = (STATIC / "css" / "site.css").read_text("utf-8")
    night = css.split('data-theme="dark"]', 1)[1]
    for tone in TONES:
        assert f".tone-{tone} {{ --tone: var(--{tone}); }}" in css
        assert re.search(rf"--{tone}: #[0-9a-f]{{6}}", css.split("@layer base", 1)[0])
        assert re.search(rf"--{tone}: #[0-9a-f]{{6}}", night)


def test_both_ways_into_the_dark_say_the_same() -> None:
    """The device's wish and the reader's choice lead to one set of colours."""
    css = (STATIC / "css" / "site.css").read_text("utf-8")
    sets = re.findall(r"\{ (color-scheme: dark;[^}]*) \}", css)
    assert len(sets) == 2
    assert sets[0] == sets[1]


def test_the_stylesheet_stays_small() -> None:
    """One hand-written file that a slow phone loads in one breath."""
    assert (STATIC / "css" / "site.css").stat().st_size <= STYLESHEET_MAX_BYTES
