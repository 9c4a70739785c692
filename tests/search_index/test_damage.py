"""Kills and broken files: unavailable at worst, never wrong, always repairable."""

import json
import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from search_index import Index, IndexUnavailable, Query, folders
from tests.search_index.asking import doc, found

COMMITTER = """
    import sys
    from search_index import Document, Index
    index = Index(sys.argv[1])
    at = index.cursor()
    print("ready", flush=True)
    while True:
        at += 1
        index.apply(
            [Document(f"d{at % 20}", "offering", "周末理发", version=at)],
            [f"d{(at + 10) % 20}"],
            cursor=at,
        )
        print(at, flush=True)
"""


def live(index: Index) -> Path:
    folder = folders.current(index.path)
    assert folder is not None
    return folder


def expected(cursor: int) -> dict[str, int]:
    """What the committer's documents must be after so many commits."""
    state: dict[str, int] = {}
    for at in range(1, cursor + 1):
        state[f"d{at % 20}"] = at
        state.pop(f"d{(at + 10) % 20}", None)
    return state


@pytest.mark.slow
def test_twenty_kills_in_the_middle_of_commits(tmp_path: Path) -> None:
    """After each kill -9 the index is what its cursor says, and no commit that was
    acknowledged is lost.
    """
    path = tmp_path / "index"
    Index(path)
    chance = random.Random(3)
    last = 0
    for _ in range(20):
        child = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(COMMITTER), str(path)],
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
        )
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        acknowledged = [
            int(child.stdout.readline()) for _ in range(chance.randrange(1, 4))
        ]
        time.sleep(chance.uniform(0.0, 0.04))
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        index = Index(path, create=False)
        cursor = index.cursor()
        assert cursor >= acknowledged[-1] > last
        last = cursor
        assert dict(index.versions()) == expected(cursor)
        assert len(list(index.versions())) == index.count()
        assert set(found(index, "理发", limit=50)) == set(expected(cursor))
    index.apply([doc("after", "修伞")], cursor=last + 1)
    assert found(index, "修伞") == ["after"]


def test_no_index_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(IndexUnavailable, match="no index"):
        Index(tmp_path / "nowhere", create=False)


@pytest.mark.slow
def test_every_file_may_be_lost_or_broken(tmp_path: Path) -> None:
    """Each file in turn is deleted, emptied, cut and scrambled; every reader gets
    either the right answer or IndexUnavailable, and a rebuild repairs it.
    """
    path = tmp_path / "index"
    index = Index(path)
    documents = [doc(f"d{n}", "周末理发", "请自带毛巾") for n in range(30)]
    index.apply(documents[:20], cursor=1)
    index.apply(documents[20:], cursor=2)
    chance = random.Random(5)
    names = sorted(p.name for p in live(index).iterdir() if p.is_file())
    refused = 0
    for name in names:
        for harm in ("delete", "empty", "cut", "scramble"):
            _harm(live(index) / name, harm, chance)
            reader = Index(path)
            try:
                page = reader.search(Query("理发", limit=50, facets=("kind",)))
            except IndexUnavailable:
                refused += 1
                assert not reader.is_healthy
                with pytest.raises(IndexUnavailable):
                    reader.count()
            else:
                assert page.total == 30, (name, harm)
            reader.rebuild(documents, 2)
            assert reader.is_healthy
            assert reader.search(Query("理发")).total == 30
            break_point = sorted(p.name for p in live(index).iterdir() if p.is_file())
            name = _counterpart(name, break_point)  # noqa: PLW2901
    assert refused > len(names)


def _harm(path: Path, harm: str, chance: random.Random) -> None:
    data = path.read_bytes() if path.exists() else b""
    if not data:
        return
    if harm == "delete":
        path.unlink()
    elif harm == "empty":
        path.write_bytes(b"")
    elif harm == "cut":
        path.write_bytes(data[: len(data) // 2])
    else:
        middle = bytearray(data)
        for _ in range(8):
            middle[chance.randrange(len(middle))] ^= 0xFF
        path.write_bytes(bytes(middle))


def _counterpart(name: str, names: list[str]) -> str:
    """The file of the new version with the same ending."""
    ending = name.partition(".")[2]
    return next((n for n in names if n.partition(".")[2] == ending), names[0])


def test_a_missing_current_is_unavailable_until_rebuilt(index: Index) -> None:
    index.apply([doc("a", "理发")])
    (index.path / "CURRENT").write_text("../elsewhere")
    reader = Index(index.path)

    with pytest.raises(IndexUnavailable):
        reader.search(Query("理发"))
    with pytest.raises(IndexUnavailable):
        reader.apply([doc("b", "理发")])

    reader.rebuild([doc("a", "理发")], 1)
    assert found(reader, "理发") == ["a"]


@pytest.mark.parametrize("key", ["analysis", "thesaurus", "rjieba"])
def test_another_analysis_still_answers_but_wants_a_rebuild(
    index: Index, key: str
) -> None:
    index.apply([doc("a", "理发")])
    meta = live(index) / "meta.json"
    meta.write_text(json.dumps(json.loads(meta.read_text()) | {key: "other"}))

    assert index.needs_rebuild
    assert not index.is_healthy
    assert found(index, "理发") == ["a"]

    index.rebuild([doc("a", "理发")], 1)
    assert index.is_healthy


def test_another_schema_is_unavailable(index: Index) -> None:
    meta = live(index) / "meta.json"
    meta.write_text(json.dumps(json.loads(meta.read_text()) | {"schema": 0}))

    with pytest.raises(IndexUnavailable, match="schema"):
        Index(index.path, create=False)


def test_leftovers_of_a_killed_swap_do_no_harm(index: Index) -> None:
    index.apply([doc("a", "理发")])
    (index.path / "CURRENT.99999").write_text("v0")
    (index.path / "v0").mkdir()
    os.utime(index.path / "CURRENT.99999", (0, 0))

    assert found(Index(index.path), "理发") == ["a"]
