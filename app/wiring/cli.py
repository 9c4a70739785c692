"""The `fair` command: serve, set up, load, check, repair."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial, wraps
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

import click
from flask import Flask, current_app
from sqlmodel import select

from app import search
from app.kernel.clock import now
from app.kernel.config import Settings, SettingsProblem
from app.kernel.errors import Busy, Refusal
from app.kernel.failures import is_no_room, no_room
from app.kernel.relay import relay_pending
from app.people import find_person_by_phone, person_for
from app.people.actions import create_token
from app.people.models import Person
from app.search.views import catalogue
from app.wallet import posting_stop, resume_posting, verify_book
from app.web.guards import guard_of
from app.web.store import database, reading, transaction
from app.wiring import create_app
from app.wiring.hearing import make_hearing
from app.wiring.schema import upgrade
from app.wiring.timetable import TIMETABLE

P = ParamSpec("P")
R = TypeVar("R")

LOOP_PAUSE_S = 1.0

log = logging.getLogger(__name__)


def in_app(command: Callable[P, R]) -> Callable[P, R]:
    """Run a command inside the application, with the schema up to date."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        app = create_app()
        with app.app_context():
            upgrade(database())
            return command(*args, **kwargs)

    return run


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def fair() -> None:
    """Common Fair: a shared service fair for a neighbourhood."""


@fair.command()
@click.option("--bind", help="Address and port; FAIR_BIND otherwise.")
@click.option("--no-worker", is_flag=True, help="Jobs run elsewhere: fair jobs --loop.")
def run(bind: str | None, *, no_worker: bool) -> None:
    """Serve the fair and work its jobs; SIGTERM finishes what runs and exits."""
    chosen = Settings.from_environment()
    host, _, port = (bind or chosen.bind).rpartition(":")
    app = create_app(chosen)
    with app.app_context():
        upgrade(database())
        database().close()
    click.echo(f"Common Fair is open at http://{host}:{port}")
    # Every node keeps its own index, also where the jobs run elsewhere.
    beside = ("search", "follow") if no_worker else ("jobs", "--loop")
    with _worker(*beside):
        _serve(chosen, host, int(port))


@contextmanager
def _worker(*words: str) -> Iterator[None]:
    """Run a command of ours beside the server, in a process of its own."""
    process = subprocess.Popen(  # noqa: S603 - our own words
        [sys.executable, "-m", "app.wiring.cli", *words]
    )
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()


def _serve(chosen: Settings, host: str, port: int) -> None:
    from granian.constants import Interfaces
    from granian.server import Server

    Server(
        "app.wiring.wsgi:app",
        address=host.strip("[]") or "127.0.0.1",
        port=port,
        interface=Interfaces.WSGI,
        workers=chosen.workers,
        blocking_threads=chosen.threads,
        log_access=False,
        workers_kill_timeout=8,
    ).serve()


@fair.command()
@click.option("--loop", is_flag=True, help="Keep on until SIGTERM, as a worker.")
@in_app
def jobs(*, loop: bool) -> None:
    """Run what is due once: events, expiries, holds."""
    stopping: list[int] = []
    if loop:
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda number, _frame: stopping.append(number))
    if not loop:
        _once()
        return
    with _feeding(lambda: bool(stopping)):
        _on_and_on(lambda: bool(stopping))


def _once() -> None:
    told = relay_pending(database(), make_hearing(), at=now())
    told += search.catch_up(database(), catalogue(), at=now())
    for job in TIMETABLE:
        click.echo(f"{job.name}: {job.do(database(), now())}")
    click.echo(f"events told: {told}")


def _on_and_on(is_over: Callable[[], bool]) -> None:
    due: dict[str, float] = {}
    while not is_over():
        told = _try("telling", _tell)
        for job in TIMETABLE:
            if time.monotonic() < due.get(job.name, 0.0):
                continue
            done = _try(job.name, partial(job.do, database(), now()))
            due[job.name] = time.monotonic() + job.every.total_seconds()
            if done:
                click.echo(f"{job.name}: {done}")
        if not told and not is_over():
            time.sleep(LOOP_PAUSE_S)


def _tell() -> int:
    return relay_pending(database(), make_hearing(), at=now())


@contextmanager
def _feeding(is_over: Callable[[], bool]) -> Iterator[None]:
    """Feed the index in a thread of its own: a long job holds up no search."""
    ended = threading.Event()
    feeder = threading.Thread(
        target=search.follow,
        args=(database(), catalogue(), lambda: ended.is_set() or is_over()),
        name="feeder",
    )
    feeder.start()
    try:
        yield
    finally:
        ended.set()
        feeder.join()


def _try(name: str, do: Callable[[], int]) -> int:
    """Do it; a worker logs a failure, goes on and tries again when it is due.

    One job that fails, or one busy moment, must not end all the others.
    """
    try:
        return do()
    except Busy as problem:
        log.warning("%s waits: %s", name, problem)
        return 0
    except Exception:
        log.exception("%s failed; it is tried again", name)
        return 0


@fair.command()
@in_app
def verify() -> None:
    """Recompute the books; say the first bad entry and exit with 1."""
    with reading() as session:
        report = verify_book(session)
        stop = posting_stop(session)
    if stop is not None:
        click.echo(
            f"Nothing is written since {stop.at:%Y-%m-%d %H:%M} UTC: {stop.reason}"
        )
    if not report.ok:
        raise click.ClickException(report.first_bad or "the books do not add up")
    click.echo(f"The books are right: {report.entries} entries.")


@fair.group()
def ledger() -> None:
    """The book: let it be written into again after a stop."""


@ledger.command("resume")
@click.option("--by", required=True, help="Who has looked at the book and says so.")
@in_app
def ledger_resume(by: str) -> None:
    """Lift the stop that a failed check put on the book."""
    with transaction() as session:
        stop = posting_stop(session)
        resume_posting(session, at=now(), by=by)
    if stop is None:
        click.echo("The book was not stopped.")
        return
    click.echo(f"Lifted: {stop.reason}. The next nightly check looks again.")


@fair.group()
def token() -> None:
    """Bearer tokens for programs."""


@token.command("create")
@click.option("--person", required=True, help="Id, phone or member number.")
@click.option("--scope", default="read", type=click.Choice(["read", "write"]))
@click.option("--name", default="command line", show_default=True)
@in_app
def token_create(person: str, scope: str, name: str) -> None:
    """Make a token and print it; it is shown this once."""
    with transaction() as session:
        found = _find_person(session, person)
        scopes = "read write" if scope == "write" else "read"
        made = create_token(session, found.id, name=name, scopes=scopes, at=now())
    click.echo(made)


@fair.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@in_app
def routes(*, as_json: bool) -> None:
    """List every address with its methods and guard."""
    rows = list(_routes(current_app))
    if as_json:
        click.echo(json.dumps(rows, indent=1))
        return
    for row in rows:
        click.echo(f"{','.join(row['methods']):12} {row['path']:60} {row['guard']}")


def _routes(app: Flask) -> list[dict[str, Any]]:
    found = []
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        guard = "public" if rule.endpoint == "static" else guard_of(view)
        methods = sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
        found.append(
            {
                "path": rule.rule,
                "methods": methods,
                "endpoint": rule.endpoint,
                "guard": guard,
            }
        )
    return sorted(found, key=lambda row: (str(row["path"]), str(row["methods"])))


def _find_person(session: Any, text: str) -> Person:
    try:
        return person_for(session, UUID(text))
    except ValueError:
        found = (
            find_person_by_phone(session, text)
            or session.exec(select(Person).where(Person.member_no == text)).first()
        )
        if found is None:
            raise click.ClickException(f"nobody is known as {text}") from None
        return found


def main() -> None:
    """Run the command; a known problem is one line on stderr and exit 1."""
    from app.wiring import finding, keeping  # register their commands

    assert finding
    assert keeping
    try:
        fair(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as problem:
        problem.show()
        sys.exit(problem.exit_code)
    except (SettingsProblem, Refusal) as problem:
        click.echo(f"fair: {problem}", err=True)
        sys.exit(1)
    except BrokenPipeError:
        os._exit(1)
    except OSError as problem:
        if not is_no_room(problem):
            raise
        click.echo(f"fair: {no_room()}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
