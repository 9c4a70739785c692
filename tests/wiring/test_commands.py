"""The `fair` command as an operator meets it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlmodel import func, select

from app.fair import Offering
from app.people import Person
from app.people.models import RoleAssignment
from app.places import Place
from search_index import Document, Index
from tests.wiring.commands import Done, fair, looking_at

COMMAND = [sys.executable, "-m", "app.wiring.cli"]


def counts(folder: Path) -> list[int]:
    """How many people, places and offerings there are."""
    with looking_at(folder) as session:
        return [
            session.exec(select(func.count()).select_from(table)).one()
            for table in (Person, Place, Offering)
        ]


def test_an_unknown_setting_is_named_and_refused(tmp_path: Path) -> None:
    environment = os.environ | {"FAIR_PROT": "1", "FAIR_DATA_DIR": str(tmp_path / "d")}
    done = subprocess.run(
        [*COMMAND, "verify"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.strip() == "fair: unknown setting FAIR_PROT"
    assert not (tmp_path / "d").exists()


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["demo", "--size", "huge"], "huge"),
        (["load", "nowhere.json"], "nowhere.json"),
        (["token", "create", "--person", "nobody"], "nobody is known as nobody"),
        (["jump"], "jump"),
    ],
)
def test_a_wrong_word_is_one_line_and_no_traceback(
    tmp_path: Path, args: list[str], said: str
) -> None:
    done = fair(tmp_path / "data", *args)
    assert done.code != 0
    assert said in done.err
    assert "Traceback" not in done.err


def test_the_small_demo_town_is_built_and_findable(
    demo_made: tuple[Path, Done],
) -> None:
    folder, done = demo_made
    assert done.code == 0, done.err
    people, places, offerings = counts(folder)
    assert people > 50
    assert places > 12
    assert offerings > 50
    assert "things can be found" in done.out


def test_the_demo_town_is_built_once(demo_town: Path) -> None:
    before = counts(demo_town)
    done = fair(demo_town, "demo", "--size", "small")
    assert done.code == 0
    assert "here already" in done.out
    assert counts(demo_town) == before


def test_the_books_of_the_demo_town_are_right(demo_town: Path) -> None:
    done = fair(demo_town, "verify")
    assert done.code == 0, done.err
    assert done.out.startswith("The books are right:")
    assert int(done.out.split()[4]) > 100


def test_a_changed_entry_is_named_by_verify(demo_town: Path, tmp_path: Path) -> None:
    fair(demo_town, "backup", str(tmp_path / "copy.tar.gz"))
    fair(tmp_path / "data", "restore", str(tmp_path / "copy.tar.gz"))
    import pysqlite3.dbapi2 as sqlite

    with sqlite.connect(tmp_path / "data" / "fair.sqlite3") as connection:
        for (name,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            connection.execute(f'DROP TRIGGER "{name}"')
        connection.execute("UPDATE ledger_posting SET amount = amount + 100")
    connection.close()
    done = fair(tmp_path / "data", "verify")
    assert done.code == 1
    assert done.err.startswith("Error: ")
    assert "Traceback" not in done.err


def test_a_stop_is_told_by_verify_and_lifted_by_a_name(
    demo_town: Path, tmp_path: Path
) -> None:
    fair(demo_town, "backup", str(tmp_path / "copy.tar.gz"))
    fair(tmp_path / "data", "restore", str(tmp_path / "copy.tar.gz"))
    import pysqlite3.dbapi2 as sqlite

    with sqlite.connect(tmp_path / "data" / "fair.sqlite3") as connection:
        connection.execute(
            "INSERT INTO ledger_stop (at, reason)"
            " VALUES ('2026-06-03T04:00:00.000000Z', 'entry 3 was changed')"
        )
    connection.close()
    told = fair(tmp_path / "data", "verify")
    assert (
        "Nothing is written since 2026-06-03 04:00 UTC: entry 3 was changed" in told.out
    )
    assert fair(tmp_path / "data", "ledger", "resume").code == 2
    lifted = fair(tmp_path / "data", "ledger", "resume", "--by", "Jin")
    assert (lifted.code, "entry 3 was changed" in lifted.out) == (0, True)
    assert "Nothing is written" not in fair(tmp_path / "data", "verify").out
    again = fair(tmp_path / "data", "ledger", "resume", "--by", "Jin")
    assert again.out.startswith("The book was not stopped.")


def test_the_index_is_built_anew(demo_town: Path) -> None:
    done = fair(demo_town, "search", "rebuild")
    assert done.code == 0
    assert done.out.startswith("The index is new:")
    assert int(done.out.split()[4]) > 100


def test_the_index_is_compared_with_the_database_and_repaired(
    demo_town: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "data"
    shutil.copytree(demo_town, folder)
    fair(folder, "search", "rebuild")
    assert fair(folder, "search", "check").out.startswith("Index and database agree:")
    index = Index(folder / "search_index", create=False)
    lost, _ = next(iter(index.versions()))
    index.apply([Document("offering:nobody", "offering", "没有的事")], [lost])

    found = fair(folder, "search", "check")
    repaired = fair(folder, "search", "check", "--repair")

    assert found.code == 1
    assert "1 missing, 0 out of date, 1 too many" in found.err
    assert lost in found.out
    assert repaired.code == 0
    assert repaired.out.splitlines()[-1].startswith("Repaired: 1 missing")
    assert fair(folder, "search", "check").code == 0


def test_every_route_says_who_may_come_in(tmp_path: Path) -> None:
    done = fair(tmp_path / "data", "routes", "--json")
    rows = json.loads(done.out)
    guards = {row["path"]: row["guard"] for row in rows}
    assert all(row["guard"] for row in rows)
    assert guards["/search"] == "public"
    assert guards["/desk/"] not in {"public", "signed_in", "signed in"}
    assert len(rows) > 80


def test_jobs_run_once_and_say_what_they_did(demo_town: Path) -> None:
    done = fair(demo_town, "jobs")
    assert done.code == 0, done.err
    assert "events told: " in done.out


def test_a_token_opens_the_api_and_is_kept_as_a_hash(demo_town: Path) -> None:
    with looking_at(demo_town) as session:
        member_no = session.exec(select(Person.member_no).where(Person.is_cast)).first()
    done = fair(demo_town, "token", "create", "--person", str(member_no))
    token = done.out.strip()
    assert done.code == 0, done.err
    assert len(token) > 20
    assert token.encode() not in (demo_town / "fair.sqlite3").read_bytes()


def test_a_first_role_is_given_from_the_command_line(tmp_path: Path) -> None:
    folder, phone = tmp_path / "data", "13800000000"
    give = ("role", "give", "--phone", phone, "--role", "ledger_admin")
    unnamed = fair(folder, *give)
    assert unnamed.code == 1
    assert f"nobody has the number {phone}; give --name" in unnamed.err
    nowhere = fair(folder, *give, "--name", "王主任", "--place", "C404")
    assert nowhere.code == 1
    assert "there is no place C404" in nowhere.err
    assert counts(folder)[0] == 0, "the person of the refused command is not kept"
    done = fair(folder, *give, "--name", "王主任")
    assert done.code == 0, done.err
    assert done.out == "王主任 is ledger_admin everywhere.\n"
    with looking_at(folder) as session:
        roles = session.exec(select(RoleAssignment.role)).all()
    assert roles == ["ledger_admin"]


# -- backup and restore ------------------------------------------------------------


def test_a_backup_comes_back_whole(demo_town: Path, tmp_path: Path) -> None:
    file, folder = tmp_path / "town.tar.gz", tmp_path / "restored"
    done = fair(demo_town, "backup", str(file))
    assert done.code == 0, done.err
    assert file.stat().st_mode & 0o077 == 0
    assert fair(folder, "restore", str(file)).code == 0
    assert counts(folder) == counts(demo_town)
    assert (folder / "secret_key").read_text() == (demo_town / "secret_key").read_text()
    assert fair(folder, "verify").code == 0


def test_a_cut_or_damaged_backup_is_refused_and_leaves_nothing(
    demo_town: Path, tmp_path: Path
) -> None:
    file, folder = tmp_path / "town.tar.gz", tmp_path / "restored"
    fair(demo_town, "backup", str(file))
    whole = file.read_bytes()
    middle = len(whole) // 2
    flipped = whole[:middle] + bytes([whole[middle] ^ 0x10]) + whole[middle + 1 :]
    cuts = (whole[:middle], whole[:-20], whole[:-1], whole[:100], b"", flipped)
    for content in cuts:
        file.write_bytes(content)
        done = fair(folder, "restore", str(file))
        assert done.code == 1, len(content)
        assert str(file) in done.err
        assert "Traceback" not in done.err
        assert not (folder / "fair.sqlite3").exists()


def test_a_restore_never_overwrites(demo_town: Path, tmp_path: Path) -> None:
    file = tmp_path / "town.tar.gz"
    fair(demo_town, "backup", str(file))
    before = (demo_town / "fair.sqlite3").stat().st_mtime_ns
    done = fair(demo_town, "restore", str(file))
    assert done.code == 1
    assert "nothing was touched" in done.err
    assert (demo_town / "fair.sqlite3").stat().st_mtime_ns == before


# -- serving -----------------------------------------------------------------------


def test_sigterm_ends_the_server_within_ten_seconds(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path / "log"
    with log.open("w") as output:
        server = subprocess.Popen(
            [*COMMAND, "run", "--bind", f"127.0.0.1:{port}"],
            env=os.environ | {"FAIR_DATA_DIR": str(tmp_path / "data")},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        assert answers(f"http://127.0.0.1:{port}/readyz", server), log.read_text()
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=10)
        with pytest.raises(ProcessLookupError):  # nobody of its group stays behind
            os.killpg(server.pid, 0)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
        server.wait()
    assert "Traceback" not in log.read_text()


def test_sigterm_ends_the_worker_within_ten_seconds(tmp_path: Path) -> None:
    with worker_on(tmp_path) as worker:
        # The index is made in its first round.
        assert comes_true(worker, (tmp_path / "data" / "search_index").exists)
        worker.send_signal(signal.SIGTERM)
        worker.wait(timeout=10)
    assert worker.returncode == 0, (tmp_path / "log").read_text()


def test_a_job_that_fails_is_logged_and_the_worker_goes_on(tmp_path: Path) -> None:
    import pysqlite3.dbapi2 as sqlite

    fair(tmp_path / "data", "jobs")
    with sqlite.connect(tmp_path / "data" / "fair.sqlite3") as connection:
        connection.execute("ALTER TABLE reward_item RENAME TO lost")
        connection.execute("ALTER TABLE redemption RENAME TO lost_too")
    connection.close()
    log = tmp_path / "log"
    with worker_on(tmp_path) as worker:
        for name in ("rewards ready", "rewards lapsed"):  # one does not stop the next
            said = f"{name} failed; it is tried again"
            assert comes_true(worker, lambda said=said: said in log.read_text())
        worker.send_signal(signal.SIGTERM)
        worker.wait(timeout=10)
    assert worker.returncode == 0


@contextlib.contextmanager
def worker_on(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run `fair jobs --loop` on `folder/data`, its words in `folder/log`."""
    with (folder / "log").open("w") as output:
        worker = subprocess.Popen(
            [*COMMAND, "jobs", "--loop"],
            env=os.environ
            | {"FAIR_DATA_DIR": str(folder / "data"), "PYTHONUNBUFFERED": "1"},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield worker
    finally:
        if worker.poll() is None:
            worker.kill()
            worker.wait()


def comes_true(worker: subprocess.Popen[bytes], is_so: Callable[[], bool]) -> bool:
    """Wait until it is so; False when the worker died or took a minute."""
    give_up = time.monotonic() + 60
    while not is_so():
        if time.monotonic() > give_up or worker.poll() is not None:
            return False
        time.sleep(0.1)
    return True


def answers(url: str, server: subprocess.Popen[bytes]) -> bool:
    """Wait until the server answers; False when it died or took a minute."""
    give_up = time.monotonic() + 60
    while time.monotonic() < give_up and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    return False
