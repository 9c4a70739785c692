"""Typing `fair …` in a test: in this process, on a data folder of its own."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlmodel import Session

from app.kernel.db import Database
from app.wiring.cli import main


@dataclass(frozen=True)
class Done:
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str


def fair(data_dir: Path, *args: str) -> Done:
    """Run `fair *args` with FAIR_DATA_DIR set."""
    out, err = io.StringIO(), io.StringIO()
    kept, argv = dict(os.environ), sys.argv
    for name in [name for name in os.environ if name.startswith("FAIR_")]:
        del os.environ[name]
    os.environ |= {"FAIR_DATA_DIR": str(data_dir), "FAIR_DEMO": "1"}
    sys.argv = ["fair", *args]
    code = 0
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main()
    except SystemExit as stopped:
        code = int(stopped.code or 0)
    finally:
        sys.argv = argv
        os.environ.clear()
        os.environ.update(kept)
    return Done(code, out.getvalue(), err.getvalue())


@contextlib.contextmanager
def looking_at(data_dir: Path) -> Iterator[Session]:
    """Read the database of a data folder."""
    db = Database(f"sqlite:///{data_dir / 'fair.sqlite3'}")
    try:
        with db.reading() as session:
            yield session
    finally:
        db.close()
