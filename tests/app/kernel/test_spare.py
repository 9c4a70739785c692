"""Starting and reading on a full disk: some room is kept for just that."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import func, select

from app.kernel.db import Database
from app.kernel.errors import NoRoom
from app.kernel.outbox import OutboxRow
from app.kernel.spare import SLICE, SLICES, Spare
from app.people import Person
from app.wiring.schema import upgrade
from tests.cast import NOON
from tests.wiring.commands import fair

MIB = 1 << 20


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 24 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=24m,mode=700", "test", str(folder)]
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root may mount a small disk")
    if subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        pytest.skip("nothing may be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture
def town(small_disk: Path, database_url: str, database_kind: str) -> Path:
    """The little town on the small disk."""
    if database_kind != "sqlite":
        pytest.skip("PostgreSQL keeps its own files")
    shutil.copy(database_url.removeprefix("sqlite:///"), small_disk / "fair.sqlite3")
    return small_disk


def fill(disk: Path) -> None:
    """Fill the disk to the last byte."""
    with (disk / "junk").open("ab", buffering=0) as junk:
        for size in (MIB, 4096, 1):
            try:
                while True:
                    junk.write(b"x" * size)
            except OSError:
                continue


def people(db: Database) -> int:
    with db.reading() as session:
        return session.exec(select(func.count()).select_from(Person)).one()


def write(db: Database) -> None:
    """Write more than a slice of spare room has place for."""
    with db.transaction() as session:
        session.add(OutboxRow(kind="x", data={"x": "x" * 100_000}, at=NOON))


def test_a_town_begins_anew_on_a_full_disk_and_is_read_until_there_is_room(
    town: Path,
) -> None:
    url = f"sqlite:///{town / 'fair.sqlite3'}"
    db = Database(url)
    upgrade(db)
    there = people(db)
    db.close()
    for _ in range(2):  # each start takes its slice
        fill(town)
        db = Database(url)
        upgrade(db)
        assert people(db) == there
        fill(town)
        with pytest.raises(NoRoom):
            write(db)
        assert people(db) == there
        db.close()
    assert (town / "fair.sqlite3.spare").stat().st_size < SLICE * SLICES
    (town / "junk").unlink()
    db = Database(url)
    upgrade(db)
    write(db)
    db.close()
    assert (town / "fair.sqlite3.spare").stat().st_size == SLICE * SLICES


def test_without_spare_room_a_command_ends_with_one_sentence(town: Path) -> None:
    (town / "secret_key").write_text("key")
    fill(town)

    done = fair(town, "verify")

    assert done.code == 1
    assert done.err.splitlines()[-1].startswith("fair: The fair's disk is full, so")
    assert "Traceback" not in done.err


def test_a_data_folder_on_a_full_disk_is_said_in_one_sentence(small_disk: Path) -> None:
    fill(small_disk)

    done = fair(small_disk, "verify")

    assert done.code == 1
    assert done.err.splitlines()[-1].startswith("fair: The fair's disk is full, so")


def test_spare_room_is_given_slice_by_slice_and_made_whole_again(
    tmp_path: Path,
) -> None:
    spare = Spare(tmp_path / "spare")
    assert not spare.give()
    spare.keep()
    for left in reversed(range(SLICES)):
        assert spare.give()
        assert (tmp_path / "spare").stat().st_size == left * SLICE
    assert not spare.give()
    spare.keep()
    disk = (tmp_path / "spare").stat()
    assert disk.st_size == SLICE * SLICES
    assert disk.st_blocks * 512 >= SLICE * SLICES, "room is kept, not promised"
