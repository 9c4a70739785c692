"""The folder of an index: versions side by side, and CURRENT naming the live one.

`CURRENT` → `v…/` with Whoosh files and `meta.json`. A rebuild writes a new version
beside the old and swaps `CURRENT` in one rename. Whoosh unpickles what lies here, so
whoever may write here may run code: the folder is 0700 and never on shared space.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import time
from contextlib import contextmanager
from functools import cache
from importlib.metadata import packages_distributions, version
from typing import TYPE_CHECKING

from search_index import analysis, thesaurus, whoosh_files
from search_index.model import IndexUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOCK_PAUSE = 0.02  # seconds between tries
PACKAGES = {"Whoosh-Reloaded"}  # three packages share the name; pip does not notice
KEPT_VERSIONS = 2  # the live one and the one before, to roll back to


def prepare(root: Path) -> None:
    """Make the folder, for its owner only."""
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    root.chmod(0o700)


def ensure_private(root: Path) -> None:
    """Refuse a folder in which another person may write: what lies there is code."""
    try:
        found = root.stat()
    except OSError as error:
        raise IndexUnavailable(f"The folder cannot be read: {error!r}") from error
    if found.st_uid != os.getuid() or found.st_mode & 0o022:
        raise IndexUnavailable(f"Others may write in {root}: make it 0700.")


@cache
def ensure_package() -> None:
    """Refuse to start on another package of the same import name, or on two."""
    found = set(packages_distributions().get("whoosh", ()))
    if not found <= PACKAGES:
        raise IndexUnavailable(f"`whoosh` comes from {sorted(found)}: see the lock.")


def current(root: Path) -> Path | None:
    """The live version, or None before the first."""
    try:
        name = (root / "CURRENT").read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise IndexUnavailable(f"CURRENT cannot be read: {error!r}") from error
    if not name or "/" in name or name.startswith("."):
        raise IndexUnavailable("CURRENT does not name a version.")
    return root / name


def exists(root: Path) -> bool:
    """Whether there ever was an index here, readable or not."""
    return (root / "CURRENT").exists()


def new_version(root: Path) -> Path:
    """An empty version beside the live one."""
    folder = root / f"v{time.time_ns()}"
    folder.mkdir(mode=0o700)
    whoosh_files.create(folder)
    (folder / "meta.json").write_text(json.dumps(meta(), indent=1), encoding="utf-8")
    whoosh_files.sync_file(folder / "meta.json")
    whoosh_files.sync_folder(folder)
    return folder


@cache
def meta() -> dict[str, object]:
    """What terms depend on; when it differs, the index wants a rebuild."""
    return {
        "schema": whoosh_files.SCHEMA_VERSION,
        "analysis": analysis.ANALYSIS_VERSION,
        "thesaurus": thesaurus.load().hash,
        "rjieba": version("rjieba"),
        "opencc": version("opencc"),
    }


def meta_of(folder: Path) -> dict[str, object]:
    """The meta data of a version; raises IndexUnavailable when there is none."""
    try:
        found = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise IndexUnavailable(f"meta.json cannot be read: {error!r}") from error
    if not isinstance(found, dict) or found.get("schema") != meta()["schema"]:
        raise IndexUnavailable("The index has another schema: rebuild it.")
    return found


def activate(root: Path, folder: Path) -> None:
    """Make a version the live one, in one rename that survives a power cut."""
    whoosh_files.sync_folder(folder)
    waiting = root / f"CURRENT.{os.getpid()}"
    waiting.write_text(folder.name, encoding="ascii")
    whoosh_files.sync_file(waiting)
    waiting.replace(root / "CURRENT")
    whoosh_files.sync_folder(root)


def sweep(root: Path, *, keep: Path) -> None:
    """Delete versions that are neither live nor the one before."""
    versions = sorted(p for p in root.glob("v*") if p.is_dir())
    older = [p for p in versions if p.name < keep.name]
    for folder in older[: 1 - KEPT_VERSIONS or None]:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def locked(root: Path, name: str, seconds: float) -> Iterator[None]:
    """Hold a lock of the folder; the kernel releases it even after a kill.

    Raises IndexUnavailable when someone else holds it for longer than `seconds`.
    """
    handle = os.open(root / f"{name}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        deadline = time.monotonic() + seconds
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise IndexUnavailable(f"The index is busy ({name}).") from None
                time.sleep(LOCK_PAUSE)
        yield
    finally:
        os.close(handle)
