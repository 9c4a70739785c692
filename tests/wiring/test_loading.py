"""`fair load`: a good file, the same again, and every way of being bad."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import SQLModel, func, select

from app.fair import Offering, OfferingState
from app.partners import Organisation
from app.people import Person
from app.places import Place
from app.programmes import Programme
from app.wiring.loading import read
from app.wiring.loading.rows import clean, is_damaged
from app.workshops.models import Batch, Good
from tests.wiring.commands import fair, looking_at

TOWN: dict[str, list[dict[str, Any]]] = {
    "places": [
        {"external_id": "D9", "kind": "district", "name": "海屿区"},
        {"external_id": "T9", "kind": "town", "parent": "D9", "name": "望潮街道"},
        {"code": "C90", "kind": "centre", "parent": "T9", "name": "望潮中心"},
    ],
    "organisations": [
        {"external_id": "O9", "name": "海风志愿队", "kind": "team", "place": "C90"}
    ],
    "people": [{"external_id": "P9", "display_name": "林小满", "is_volunteer": True}],
    "offerings": [
        {
            "external_id": "F1",
            "title": "周三义剪",
            "summary": "免费(miǎn)理发",
            "category": "daily_repair",
            "place": "C90",
            "provider": "O9",
            "audiences": "elderly、children",
        },
        {
            "external_id": "F2",
            "title": "磨刀",
            "category": "daily_repair",
            "nature": "low_fee",
            "price": "cny",
            "price_cny": "8.00",
            "place": "C90",
            "provider": "O9",
        },
    ],
    "goods": [
        {
            "external_id": "G1",
            "title": "竹编篮",
            "unit": "个",
            "price_cny": "35.50",
            "category": "craft",
            "stock": 12,
            "workshop": "W9",
            "workshop_name": "竹里工坊",
            "place": "C90",
        }
    ],
}
TABLES: tuple[type[SQLModel], ...] = (
    Place,
    Organisation,
    Person,
    Offering,
    Good,
    Batch,
)


def written(folder: Path, town: dict[str, Any]) -> Path:
    """Write a document and return where."""
    path = folder / "town.json"
    path.write_text(json.dumps(town, ensure_ascii=False), "utf-8")
    return path


def changed(section: str, number: int, **values: Any) -> dict[str, Any]:
    """Return the good town with one row changed."""
    town = json.loads(json.dumps(TOWN))
    town[section][number] |= values
    return town  # type: ignore[no-any-return]


def counts(folder: Path) -> list[int]:
    with looking_at(folder) as session:
        return [
            session.exec(select(func.count()).select_from(table)).one()
            for table in TABLES
        ]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("loaded")
    done = fair(folder / "data", "load", str(written(folder, TOWN)))
    assert done.code == 0, done.err
    assert "3 places" in done.out
    return folder


def test_a_good_file_is_loaded_as_it_says(loaded: Path) -> None:
    with looking_at(loaded / "data") as session:
        cut = session.exec(select(Offering).where(Offering.external_id == "F1")).one()
        grind = session.exec(select(Offering).where(Offering.external_id == "F2")).one()
        good = session.exec(select(Good).where(Good.external_id == "G1")).one()
        batch = session.exec(select(Batch).where(Batch.good_id == good.id)).one()
    assert cut.summary == "免费理发"
    assert cut.audiences == ["elderly", "children"]
    assert cut.state == OfferingState.PUBLISHED
    assert not cut.needs_check
    assert str(grind.price_cny) == "8.00"
    assert str(good.price_cny) == "35.50"
    assert batch.quantity == 12


def test_loading_twice_changes_nothing(loaded: Path) -> None:
    before = counts(loaded / "data")
    done = fair(loaded / "data", "load", str(loaded / "town.json"))
    assert done.code == 0, done.err
    assert counts(loaded / "data") == before


def test_a_folder_of_csv_files_says_the_same(tmp_path: Path, loaded: Path) -> None:
    folder = tmp_path / "csv"
    folder.mkdir()
    for section, rows in TOWN.items():
        names = list(dict.fromkeys(name for row in rows for name in row))
        with (folder / f"{section}.csv").open(
            "w", encoding="utf-8-sig", newline=""
        ) as f:
            writer = csv.DictWriter(f, names)
            writer.writeheader()
            writer.writerows(rows)
    done = fair(tmp_path / "data", "load", str(folder))
    assert done.code == 0, done.err
    assert counts(tmp_path / "data") == counts(loaded / "data")


BAD = [
    ("places", 2, {"parent": "T8"}, "parent", "there is no place “T8”"),
    ("places", 1, {"kind": "village"}, "kind", "Input should be"),
    ("people", 0, {"display_name": ""}, "display_name", "at least 1 character"),
    ("people", 0, {"shoe_size": 40}, "shoe_size", "there is no such column"),
    ("offerings", 0, {"place": "C77"}, "place", "there is no place “C77”"),
    ("offerings", 0, {"audiences": "cats"}, "audiences", "there is no audience “cats”"),
    ("offerings", 0, {"provider": "X"}, "provider", "no organisation or person “X”"),
    ("offerings", 1, {"price_cny": "8.001"}, "price_cny", "2 decimal places"),
    ("goods", 0, {"price_cny": "-1"}, "price_cny", "greater than 0"),
    ("goods", 0, {"workshop_name": None}, "workshop", "there is no workshop “W9”"),
]


@pytest.mark.parametrize(("section", "number", "values", "field", "reason"), BAD)
def test_a_bad_row_is_named_and_nothing_is_loaded(
    tmp_path: Path,
    section: str,
    number: int,
    values: dict[str, Any],
    field: str,
    reason: str,
) -> None:
    path = written(tmp_path, changed(section, number, **values))
    done = fair(tmp_path / "data", "load", str(path))
    assert done.code == 1
    first = done.err.splitlines()[0]
    assert first.startswith(f"town.json, row {number + 1}, field {field}: ")
    assert reason in first
    assert "nothing was loaded" in done.err
    assert counts(tmp_path / "data") == [0] * len(TABLES)


def test_partial_takes_the_good_rows_and_names_the_others(tmp_path: Path) -> None:
    path = written(tmp_path, changed("offerings", 1, price_cny="free of charge"))
    done = fair(tmp_path / "data", "load", "--partial", str(path))
    assert done.code == 1
    assert "town.json, row 2, field price_cny: " in done.err
    assert "1 rows were left out" in done.err
    assert "1 offerings" in done.out
    assert counts(tmp_path / "data")[3] == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "town.json: Expecting property name"),
        (b"[]", "the document is not an object of lists"),
        (b"\xff\xfe", "town.json: "),
        (b'{"castles": []}', "there is no section “castles”"),
        (b'{"shifts": []}', "“shifts” cannot be loaded yet"),
        (b'{"people": [7]}', "town.json, row 1: is not an object"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(
    tmp_path: Path, content: bytes, said: str
) -> None:
    path = tmp_path / "town.json"
    path.write_bytes(content)
    _rows, problems = read(path)
    assert any(said in str(problem) for problem in problems), problems


@pytest.mark.parametrize(
    ("written_as", "meant"),
    [
        ("海屿區(qū)", "海屿區"),
        ("理(lǐ)发(fà)", "理发"),
        ("咖啡（kafei）", "咖啡"),
        ("茶席(周三)", "茶席(周三)"),
        ("Bar (open)", "Bar (open)"),
        ("血压(BP)测量", "血压(BP)测量"),
    ],
)
def test_injected_pinyin_is_taken_out_and_nothing_else(
    written_as: str, meant: str
) -> None:
    assert clean(written_as) == meant


@pytest.mark.parametrize(
    ("text", "is_broken"),
    [
        ("理?发", True),
        ("理�发", True),
        ("血压测量�", True),
        ("理发?", False),
        ("几点开门?请来电", True),
        ("理发", False),
        (None, False),
    ],
)
def test_broken_runs_are_seen(text: str | None, *, is_broken: bool) -> None:
    assert is_damaged(text) is is_broken


def test_a_damaged_offering_comes_in_flagged_for_a_person(tmp_path: Path) -> None:
    path = written(tmp_path, changed("offerings", 0, body="免费理?发，自带毛巾"))
    assert fair(tmp_path / "data", "load", str(path)).code == 0
    with looking_at(tmp_path / "data") as session:
        flagged = session.exec(
            select(Offering.external_id).where(Offering.needs_check)
        ).all()
    assert flagged == ["F1"]


def test_what_is_priced_in_points_opens_the_love_bank(tmp_path: Path) -> None:
    row = {"price": "points", "points": "15", "nature": "volunteer"}
    path = written(tmp_path, changed("offerings", 0, **row))
    for _ in range(2):
        done = fair(tmp_path / "data", "load", str(path))
        assert done.code == 0, done.err
    with looking_at(tmp_path / "data") as session:
        bank = session.exec(select(Programme)).one()
        priced = session.exec(
            select(Offering).where(Offering.external_id == "F1")
        ).one()
    assert bank.code == "love-bank"
    assert (priced.points, priced.programme_id) == (15, bank.id)
    assert fair(tmp_path / "data", "verify").code == 0
