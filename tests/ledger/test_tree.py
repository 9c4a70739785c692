"""The tree of hashes: RFC 6962 to the letter, grown leaf by leaf."""

import hashlib
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlmodel import Session

import ledger
from ledger import checkpoints, tree
from ledger.errors import InvalidEntry, TransactionNotFound
from tests.ledger.conftest import Opener
from tests.ledger.pages import NOON, Page

STORY = """
    gift     lin 9.00
    pay      lin wang 2.00
    hold     cut lin wang 3.00
    capture  cut 2.50
    reverse  pay-1
"""
RFC_LEAVES = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
]
RFC_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
sizes = st.integers(1, 70)


def leaf_hash(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


def leaves_of(size: int) -> list[bytes]:
    return [leaf_hash(b"%d" % number) for number in range(size)]


def merkle(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + merkle(leaves[:k]) + merkle(leaves[k:])).digest()


def grown(leaves: Sequence[bytes]) -> tuple[tree.Frontier, dict[tree.Place, bytes]]:
    frontier, nodes = tree.Frontier(), {(0, n): leaf for n, leaf in enumerate(leaves)}
    for leaf in leaves:
        for place, node in frontier.append(leaf):
            assert place not in nodes, "a full node is made once"
            nodes[place] = node
    return frontier, nodes


def test_the_roots_are_those_of_certificate_transparency() -> None:
    """The vectors of Google's reference implementation of RFC 6962."""
    leaves = [leaf_hash(bytes.fromhex(leaf)) for leaf in RFC_LEAVES]
    assert tree.Frontier().root().hex() == hashlib.sha256().hexdigest()
    for size, root in enumerate(RFC_ROOTS, start=1):
        assert grown(leaves[:size])[0].root().hex() == root


@given(sizes, sizes)
def test_a_frontier_goes_on_where_another_stopped(size: int, more: int) -> None:
    leaves = leaves_of(size + more)
    _, nodes = grown(leaves[:size])
    known = [nodes[place] for place in tree.full_nodes((0, size))]
    frontier = tree.Frontier(size, known)
    assert frontier.root() == merkle(leaves[:size])
    for leaf in leaves[size:]:
        list(frontier.append(leaf))
    assert (frontier.size, frontier.root()) == (size + more, merkle(leaves))


@given(sizes, st.data())
def test_inclusion_is_proved_and_nothing_else(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    leaves = leaves_of(size)
    _, nodes = grown(leaves)
    spans = tree.inclusion_spans(index, size)
    path = tree.hashes_of(spans, nodes.__getitem__)
    assert path == [merkle(leaves[start:end]) for start, end in spans]
    root, leaf = merkle(leaves), leaves[index]
    assert tree.is_included(leaf, index, size, path, root)
    assert not tree.is_included(leaf_hash(b"x"), index, size, path, root)
    assert not tree.is_included(leaf, index, size, path, leaf_hash(b"x"))
    assert not tree.is_included(leaf, index, size, [*path, leaf], root)
    assert not tree.is_included(leaf, index, size, path[:-1], root) or not path
    other = data.draw(st.integers(0, size + 1).filter(lambda n: n != index))
    assert not tree.is_included(leaf, other, size, path, root)


@given(sizes, sizes)
def test_consistency_is_proved_and_nothing_else(one: int, two: int) -> None:
    first, second = sorted((one, two))
    leaves = leaves_of(second)
    _, nodes = grown(leaves)
    spans = tree.consistency_spans(first, second)
    path = tree.hashes_of(spans, nodes.__getitem__)
    old, new = merkle(leaves[:first]), merkle(leaves)
    lie = leaf_hash(b"x")
    assert tree.is_consistent(first, second, path, old, new)
    assert not tree.is_consistent(first, second, path, lie, new)
    assert not tree.is_consistent(first, second, path, old, lie)
    assert not tree.is_consistent(first, second, [*path, lie], old, new)
    assert not path or not tree.is_consistent(first, second, path[:-1], old, new)
    assert not tree.is_consistent(0, second, path, old, new)


def test_a_proof_of_what_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="Leaf 5"):
        tree.inclusion_spans(5, 5)
    with pytest.raises(ValueError, match="begin"):
        tree.consistency_spans(6, 5)


def sealed_leaves(session: Session) -> list[bytes]:
    rows = session.execute(text("SELECT leaf FROM ledger_seal ORDER BY sequence"))
    return [bytes.fromhex(leaf) for leaf in rows.scalars()]


def sign(said: bytes) -> tuple[str, str]:
    return hashlib.sha256(b"key").hexdigest(), hashlib.sha512(said).hexdigest()


def test_a_checkpoint_says_how_long_the_book_is_and_its_root(page: Page) -> None:
    page.play(STORY)
    ledger.seal_pending(page.session)
    made = checkpoints.make_checkpoint(page.session, at=NOON)
    head = ledger.head(page.session)
    root = merkle(sealed_leaves(page.session)).hex()
    moment = "2026-06-01T12:00:00.000000Z"
    assert made.note == (
        f"common-fair-ledger\n{head.sequence}\n{root}\n{head.hash}\n{moment}\n"
    )
    assert (made.size, made.root, made.hash) == (head.sequence, root, head.hash)
    assert (made.at, checkpoints.latest_checkpoint(page.session)) == (NOON, made)


def test_a_signed_checkpoint_carries_key_and_signature(page: Page) -> None:
    page.play("gift lin 9.00")
    ledger.seal_pending(page.session)
    note = checkpoints.make_checkpoint(page.session, at=NOON, sign=sign).note
    said, _, signature = note.partition("\n\n")
    assert signature == "— {} {}\n".format(*sign(f"{said}\n".encode()))


def test_checkpoints_grow_with_the_book_and_only_then(page: Page) -> None:
    roots = []
    for _ in range(9):
        page.play("gift lin 1.00")
        ledger.seal_pending(page.session)
        made = checkpoints.make_checkpoint(page.session, at=NOON)
        assert checkpoints.make_checkpoint(page.session, at=page.at) == made
        roots.append(made.root)
        assert made.root == merkle(sealed_leaves(page.session)).hex()
    found = checkpoints.checkpoints(page.session, 4)
    assert [one.root for one in found] == roots[:-5:-1]
    nodes = page.session.execute(text("SELECT count(*) FROM ledger_tree_node")).scalar()
    size = found[0].size
    assert nodes == sum(size >> level for level in range(1, size.bit_length()))


def test_every_record_is_proved_to_be_in_every_later_checkpoint(page: Page) -> None:
    made = []
    for _ in range(3):
        page.play(STORY if not made else "gift lin 1.00")
        ledger.seal_pending(page.session)
        made.append(checkpoints.make_checkpoint(page.session, at=NOON, sign=sign))
    leaves = sealed_leaves(page.session)
    rows = page.session.execute(
        text("SELECT sequence, transaction_id FROM ledger_seal ORDER BY sequence")
    ).all()
    for checkpoint in made:
        for sequence, number in rows[: checkpoint.size]:
            proof = checkpoints.inclusion_proof(page.session, number, checkpoint.size)
            path = [bytes.fromhex(one) for one in proof.path]
            leaf = leaf_hash(proof.record.encode())
            root = bytes.fromhex(proof.root)
            assert (proof.sequence, proof.leaf) == (sequence, leaf.hex())
            assert leaf == leaves[sequence - 1]
            assert proof.note == checkpoint.note
            assert tree.is_included(leaf, sequence - 1, proof.size, path, root)
    newest = checkpoints.inclusion_proof(page.session, rows[0][1])
    assert newest.size == made[-1].size
    with pytest.raises(InvalidEntry, match="covers"):
        checkpoints.inclusion_proof(page.session, rows[-1][1], made[0].size)
    with pytest.raises(TransactionNotFound):
        checkpoints.inclusion_proof(page.session, 10**9)


def test_an_older_checkpoint_is_proved_to_begin_a_newer_one(page: Page) -> None:
    made = []
    for _ in range(4):
        page.play("gift lin 1.00")
        ledger.seal_pending(page.session)
        made.append(checkpoints.make_checkpoint(page.session, at=NOON))
    for new in made:
        for old in made[: made.index(new) + 1]:
            proof = checkpoints.consistency_proof(page.session, old.size, new.size)
            path = [bytes.fromhex(one) for one in proof]
            roots = bytes.fromhex(old.root), bytes.fromhex(new.root)
            assert tree.is_consistent(old.size, new.size, path, *roots)
    with pytest.raises(InvalidEntry, match="begin"):
        checkpoints.consistency_proof(page.session, made[1].size, made[0].size)
    with pytest.raises(InvalidEntry, match="no checkpoint"):
        checkpoints.consistency_proof(page.session, 1, made[0].size)


def test_an_empty_book_has_no_checkpoint(page: Page) -> None:
    page.session.rollback()
    with pytest.raises(InvalidEntry, match="empty"):
        checkpoints.make_checkpoint(page.session, at=NOON)
    assert checkpoints.latest_checkpoint(page.session) is None


def test_a_shorter_book_gets_no_checkpoint(page: Page, kind: str) -> None:
    """The insider who cuts the end off is told so by the next checkpoint."""
    page.play("gift lin 1.00")
    ledger.seal_pending(page.session)
    size = checkpoints.make_checkpoint(page.session, at=NOON).size
    if kind == "sqlite":
        for name in page.session.scalars(
            text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        ).all():
            page.session.execute(text(f"DROP TRIGGER {name}"))
    else:
        page.session.execute(text("SET LOCAL session_replication_role = replica"))
    cut = text("DELETE FROM ledger_seal WHERE sequence = :size")
    page.session.execute(cut, {"size": size})
    with pytest.raises(InvalidEntry, match="longer or another"):
        checkpoints.make_checkpoint(page.session, at=NOON)


def test_two_checkpoint_makers_at_once_make_one(opened: Opener) -> None:
    from threading import Barrier, Thread

    engine = opened()
    with Session(engine) as session:
        Page(session, at=NOON).play("gift lin 1.00")
        ledger.seal_pending(session)
        session.commit()
    made: list[str] = []
    together = Barrier(6)

    def make() -> None:
        together.wait()
        with Session(engine) as session:
            made.append(checkpoints.make_checkpoint(session, at=NOON).note)
            session.commit()

    threads = [Thread(target=make) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with Session(engine) as session:
        kept = [one.note for one in checkpoints.checkpoints(session)]
    assert (len(made), len(kept)) == (6, 1)
    assert set(made) == set(kept)
