"""Commands that fill, keep and move a town's data: demo, load, backup."""

from __future__ import annotations

import gzip
import shutil
import sqlite3
import tarfile
import tempfile
import zlib
from pathlib import Path
from typing import Any

import click
from sqlalchemy import text

from app import people, places, search, sunshine
from app.kernel.clock import day_of, now
from app.kernel.config import Settings
from app.kernel.permissions import Role
from app.search.views import catalogue
from app.web.store import database, reading, settings, transaction
from app.wiring import demo as demo_town
from app.wiring import loading
from app.wiring.cli import fair, in_app
from app.wiring.hearing import make_hearing
from app.wiring.telling import tell_all

DATABASE_FILE = "fair.sqlite3"
KEPT_FILES = ("secret_key",)


@fair.command()
@click.option(
    "--size",
    type=click.Choice(sorted(demo_town.SIZES)),
    default="district",
    show_default=True,
)
@in_app
def demo(size: str) -> None:
    """Load the demo town, once; on a town that is there nothing happens."""
    with reading() as session:
        if demo_town.is_there(session):
            click.echo("The demo town is here already.")
            return
    wanted = demo_town.SIZES[size]
    steps = 8 + 34 * max(wanted.shifts_per_centre, 2)
    with click.progressbar(length=steps, label="Building the demo town") as bar:

        def tick(_what: str, done: int) -> None:
            bar.update(done)

        with transaction() as session:
            demo_town.build(
                session, wanted, at=now(), timezone=settings().timezone, tick=tick
            )
        sunshine.publish_checkpoint(database(), settings().secret_key(), now())
        tell_all(database(), make_hearing(), at=now())
        bar.update(1)
        found = search.rebuild(database(), catalogue(), at=now())
        bar.update(steps)
    click.echo(f"The demo town is ready; {found} things can be found.")


@fair.group()
def role() -> None:
    """Roles: what people may, and where."""


@role.command("give")
@click.option("--phone", required=True, help="The person's number; they sign in by it.")
@click.option("--name", help="Their name, when they are new here.")
@click.option(
    "--role", "wanted", required=True, type=click.Choice([str(one) for one in Role])
)
@click.option("--place", help="Code of a place; the whole district when left out.")
@in_app
def role_give(phone: str, name: str | None, wanted: str, place: str | None) -> None:
    """Give a role from today on; the way to a town's first staff."""
    at = now()
    with transaction() as session:
        person = people.find_person_by_phone(session, phone)
        if person is None and not name:
            raise click.ClickException(f"nobody has the number {phone}; give --name")
        if person is None:
            person = people.register_person(
                session, display_name=str(name), phone=phone, at=at
            )
            session.flush()
        found = places.find_place_by_code(session, place) if place else None
        if place and found is None:
            raise click.ClickException(f"there is no place {place}")
        people.assign_role(
            session,
            person_id=person.id,
            role=Role(wanted),
            place_id=found.id if found else None,
            starts_on=day_of(at),
            at=at,
            by=None,
        )
        click.echo(f"{person.display_name} is {wanted} {place or 'everywhere'}.")


@fair.command()
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--partial", is_flag=True, help="Take the good rows, leave out the bad.")
@in_app
def load(path: Path, *, partial: bool) -> None:
    """Load places, organisations, people, offerings and goods from PATH.

    PATH is a JSON document or a folder of CSV files. Nothing is loaded when a row
    is bad, unless --partial is given.
    """
    rows, problems = loading.read(path)
    if not problems or partial:
        with (
            click.progressbar(length=len(rows), label="Loading") as bar,
            transaction() as session,
        ):
            loaded = loading.load(session, rows, at=now(), tick=bar.update)
            problems += loaded.problems
            if problems and not partial:
                session.rollback()
    for problem in problems:
        click.echo(str(problem), err=True)
    if problems and not partial:
        raise click.ClickException(f"{len(problems)} problems; nothing was loaded")
    search.catch_up(database(), catalogue(), at=now())
    counts = ", ".join(f"{n} {section}" for section, n in loaded.counts.items())
    click.echo(f"Loaded: {counts or 'nothing'}.")
    if problems:
        raise click.ClickException(f"{len(problems)} rows were left out")


@fair.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@in_app
def backup(file: Path) -> None:
    """Write everything of a SQLite town into FILE while it is open."""
    chosen = settings()
    if not database().is_sqlite:
        raise click.ClickException("this town is on PostgreSQL: use pg_dump")
    with tempfile.TemporaryDirectory(dir=chosen.data_dir) as folder:
        copy = Path(folder) / DATABASE_FILE
        with database().engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")  # VACUUM runs outside transactions
            connection.execute(text("VACUUM INTO :copy"), {"copy": str(copy)})
            connection.exec_driver_sql("BEGIN")
        partial_file = file.with_suffix(file.suffix + ".part")
        with tarfile.open(partial_file, "w:gz") as archive:
            archive.add(copy, DATABASE_FILE)
            for name in KEPT_FILES:
                if (chosen.data_dir / name).exists():
                    archive.add(chosen.data_dir / name, name)
        partial_file.chmod(0o600)
        partial_file.replace(file)
    click.echo(f"Backed up to {file} ({file.stat().st_size // 1024} kB).")


@fair.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def restore(file: Path) -> None:
    """Put a backup into an empty data folder (FAIR_DATA_DIR)."""
    chosen = Settings.from_environment()
    if chosen.database_url:
        raise click.ClickException("a backup is restored to SQLite only")
    chosen.prepare_data_dir()
    target = chosen.data_dir / DATABASE_FILE
    if target.exists():
        raise click.ClickException(f"{target} is there already; nothing was touched")
    with tempfile.TemporaryDirectory(dir=chosen.data_dir) as folder:
        try:
            _ensure_whole(file)
            _unpack(file, Path(folder))
        except (tarfile.TarError, EOFError, OSError, zlib.error) as problem:
            raise click.ClickException(
                f"{file} is no whole backup: {problem}"
            ) from None
        copy = Path(folder) / DATABASE_FILE
        if not copy.exists() or not _is_sound(copy):
            raise click.ClickException(f"{file} holds no sound database")
        for name in KEPT_FILES:
            if (Path(folder) / name).exists():
                shutil.move(Path(folder) / name, chosen.data_dir / name)
        copy.replace(target)
    click.echo("Restored. Run `fair verify` and `fair search rebuild` now.")


def _ensure_whole(file: Path) -> None:
    """Read to the checksum at the very end, which unpacking alone does not reach."""
    with gzip.open(file) as stream:
        while stream.read(1 << 20):
            pass


def _unpack(file: Path, folder: Path) -> None:
    """Take the files we know out of a backup; whatever else is in it stays there."""
    with tarfile.open(file, "r:gz") as archive:
        for name in (DATABASE_FILE, *KEPT_FILES):
            if name not in archive.getnames():
                continue
            content = archive.extractfile(name)
            if content is None:  # a folder or a link by that name
                continue
            with content, (folder / name).open("wb") as copy:
                shutil.copyfileobj(content, copy)
            (folder / name).chmod(0o600)


def _is_sound(copy: Path) -> bool:
    try:
        with sqlite3.connect(copy) as connection:
            row: Any = connection.execute("PRAGMA integrity_check").fetchone()
    except sqlite3.DatabaseError:
        return False
    return bool(row == ("ok",))
