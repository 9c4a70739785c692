"""What is written is seen at once, by everybody, and never half."""

import multiprocessing
import os
import stat
import threading
import time
from pathlib import Path

import pytest

from search_index import Document, Index, IndexUnavailable, Query, folders
from tests.search_index.asking import doc, found


def test_a_new_index_is_empty_and_healthy(index: Index) -> None:
    assert (index.count(), index.cursor(), index.is_healthy) == (0, 0, True)
    assert index.search(Query("理发")).total == 0


def test_the_folder_is_for_its_owner_only(index: Index) -> None:
    """Whoosh unpickles its schema: who may write here may run code."""
    assert stat.S_IMODE(index.path.stat().st_mode) == 0o700


def test_documents_and_cursor_arrive_together(index: Index) -> None:
    index.apply([doc("a", "周末理发", version=3)], cursor=17)

    assert index.cursor() == 17
    assert list(index.versions()) == [("a", 3)]


def test_a_cursor_alone_is_kept(index: Index) -> None:
    index.apply([doc("a", "周末理发")], cursor=1)
    index.apply([], cursor=5)

    assert (index.cursor(), index.count()) == (5, 1)


def test_a_deletion_leaves_at_once(index: Index) -> None:
    index.apply([doc("a", "周末理发"), doc("b", "上门理发")])

    index.apply([], ["a"])

    assert found(index, "理发") == ["b"]
    assert index.count() == 1


def test_a_changed_document_replaces_its_old_version(index: Index) -> None:
    index.apply([doc("a", "周末理发", version=1)])
    index.apply([doc("a", "周末修伞", version=2)])

    assert found(index, "修伞") == ["a"]
    assert found(index, "理发", facets=("kind",)) == []
    assert list(index.versions()) == [("a", 2)]


def test_given_twice_the_last_counts_and_gone_wins(index: Index) -> None:
    index.apply([doc("a", "理发"), doc("a", "修伞"), doc("b", "理发")], ["b"])

    assert found(index, "") == ["a"]
    assert found(index, "修伞") == ["a"]


def test_many_small_commits_neither_lose_nor_repeat(index: Index) -> None:
    """Segments merge on the way; deleted versions must not come back."""
    for number in range(120):
        index.apply([doc(f"d{number % 40}", "理发", version=number)], cursor=number)

    assert sorted(index.versions()) == sorted((f"d{n % 40}", n) for n in range(80, 120))
    assert index.search(Query("理发", limit=100)).total == 40
    assert index.cursor() == 119


def test_a_bad_document_changes_nothing(index: Index) -> None:
    index.apply([doc("a", "理发")], cursor=1)

    for bad in ("", "_cursor"):
        with pytest.raises(ValueError, match="document id"):
            index.apply([doc("b", "修伞"), doc(bad, "x")], cursor=2)

    assert (index.cursor(), found(index, "")) == (1, ["a"])


def test_another_reader_sees_a_commit_within_its_look(index: Index) -> None:
    other = Index(index.path, create=False)
    assert other.count() == 0

    index.apply([doc("a", "理发")])
    deadline = time.monotonic() + 2
    while other.count() != 1 and time.monotonic() < deadline:
        pass

    assert found(other, "理发") == ["a"]


def test_a_busy_index_is_refused_after_the_time_limit(index: Index) -> None:
    waiting = Index(index.path, lock_seconds=0.05)

    with (
        folders.locked(index.path, "write", 1),
        pytest.raises(IndexUnavailable, match="busy"),
    ):
        waiting.apply([doc("a", "理发")])

    waiting.apply([doc("a", "理发")])
    assert waiting.count() == 1


def test_two_writers_take_turns(index: Index) -> None:
    def write(name: str) -> None:
        mine = Index(index.path)
        for number in range(10):
            mine.apply([doc(f"{name}{number}", "理发")])

    threads = [threading.Thread(target=write, args=(n,)) for n in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Index(index.path).search(Query("理发", limit=50)).total == 20


def test_a_rebuild_swaps_everything(index: Index) -> None:
    index.apply([doc("old", "理发")], cursor=3)

    index.rebuild((doc(f"n{n}", "修伞") for n in range(30)), 9)

    assert (index.count(), index.cursor()) == (30, 9)
    assert found(index, "理发") == []
    assert index.is_healthy


def test_a_failed_rebuild_leaves_the_old_index(index: Index) -> None:
    def breaking() -> object:
        yield doc("n", "修伞")
        raise RuntimeError("the database went away")

    index.apply([doc("old", "理发")], cursor=3)

    with pytest.raises(RuntimeError, match="went away"):
        index.rebuild(breaking(), 9)  # type: ignore[arg-type]

    assert (found(index, ""), index.cursor()) == (["old"], 3)
    assert len(list(index.path.glob("v*"))) == 1


def test_old_versions_are_swept_but_one(index: Index) -> None:
    for number in range(4):
        index.rebuild([doc("a", "理发")], number)

    assert len(list(index.path.glob("v*"))) == 2


def test_changes_during_a_rebuild_may_be_applied_again(index: Index) -> None:
    """`apply` is not held up by a rebuild; the feeder repeats from its cursor."""

    def slowly() -> object:
        yield doc("a", "理发", version=1)
        index.apply([doc("a", "修伞", version=2)], cursor=2)
        assert found(index, "修伞") == ["a"]

    index.apply([doc("a", "理发", version=1)], cursor=1)
    index.rebuild(slowly(), 1)  # type: ignore[arg-type]
    assert index.cursor() == 1

    index.apply([doc("a", "修伞", version=2)], cursor=2)
    assert list(index.versions()) == [("a", 2)]


@pytest.mark.slow
def test_readers_never_notice_a_rebuild(index: Index) -> None:
    """While five rebuilds and commits go on, no question fails or comes back empty."""
    documents = [doc(f"d{n}", "周末理发") for n in range(50)]
    index.apply(documents, cursor=1)
    stop = threading.Event()
    totals: set[int] = set()
    errors: list[BaseException] = []

    def read() -> None:
        mine = Index(index.path, create=False)
        while not stop.is_set():
            try:
                mine._looked = 0  # look every time: the race is what we want
                totals.add(mine.search(Query("理发", limit=5)).total)
            except BaseException as error:  # noqa: BLE001
                errors.append(error)
                return

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for round_ in range(5):
        index.rebuild(documents, round_)
        for number in range(10):
            index.apply([documents[number]], cursor=round_ * 10 + number)
    stop.set()
    for thread in threads:
        thread.join()

    assert errors == []
    assert totals == {50}


def _ask_in_a_child(path: Path, pipe: object) -> None:
    index = Index(path, create=False)
    pipe.send([hit.id for hit in index.search(Query("理发")).hits])  # type: ignore[attr-defined]


def test_another_process_reads_the_same(index: Index) -> None:
    index.apply([doc("a", "理发")])
    here, there = multiprocessing.Pipe()
    child = multiprocessing.get_context("spawn").Process(
        target=_ask_in_a_child, args=(index.path, there)
    )
    child.start()
    assert here.poll(30)
    assert here.recv() == ["a"]
    child.join()
    here.close()
    there.close()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_child_opens_its_own_files(index: Index) -> None:
    index.apply([doc("a", "理发")])
    assert found(index, "理发") == ["a"]
    pid = os.fork()
    if pid == 0:
        os._exit(0 if found(index, "理发") == ["a"] else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_everything_a_card_holds_comes_back(index: Index) -> None:
    card = {"url": "/offerings/7", "price": "免费"}
    index.apply([Document("a", "offering", "理发", card=card)])

    hit = index.search(Query("理发")).hits[0]

    assert (hit.card, hit.kind, hit.title) == (card, "offering", "理发")
