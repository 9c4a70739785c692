"""The Merkle tree of RFC 6962 over leaf hashes: roots, proofs, and their checks.

Nothing here reads a database. A *place* is a full node: (level, position), level 0
being the leaves. Whoever needs the hash of some leaves asks for the places that make
it up, finds their hashes wherever they are kept, and folds them.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence

Place = tuple[int, int]
"""A full node: level and position, both from 0; it covers 2^level leaves."""

Span = tuple[int, int]
"""The leaves from the first number up to, not including, the second."""

EMPTY_ROOT = hashlib.sha256().digest()
NODE_PREFIX = b"\x01"


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of the node above two others."""
    return hashlib.sha256(NODE_PREFIX + left + right).digest()


def full_nodes(span: Span) -> list[Place]:
    """Return the full nodes that make up *span*, largest first.

    The span begins where a tree of its size may: at a multiple of the smallest
    power of two that is not below its length.
    """
    start, end = span
    places: list[Place] = []
    while start < end:
        level = (end - start).bit_length() - 1
        places.append((level, start >> level))
        start += 1 << level
    return places


def folded(hashes: Sequence[bytes]) -> bytes:
    """Return the hash of the tree whose full nodes are *hashes*, largest first."""
    if not hashes:
        return EMPTY_ROOT
    *others, node = hashes
    for left in reversed(others):
        node = node_hash(left, node)
    return node


class Frontier:
    """The full nodes at the right edge of a growing tree: all it takes to grow.

    Args:
        size: Number of leaves so far.
        nodes: Hashes of ``full_nodes((0, size))``.
    """

    __slots__ = ("_nodes", "size")

    def __init__(self, size: int = 0, nodes: Sequence[bytes] = ()) -> None:
        self.size = size
        self._nodes = list(nodes)

    def append(self, leaf: bytes) -> Iterator[tuple[Place, bytes]]:
        """Add a leaf; yield the nodes above it that are full now, lowest first."""
        node, level, position = leaf, 0, self.size
        self.size += 1
        while position & 1:
            node = node_hash(self._nodes.pop(), node)
            level, position = level + 1, position >> 1
            yield (level, position), node
        self._nodes.append(node)

    def root(self) -> bytes:
        """Return the root over all leaves so far."""
        return folded(self._nodes)


def _split(size: int) -> int:
    """Return the largest power of two below *size*: where its tree parts."""
    return 1 << (size - 1).bit_length() - 1


def inclusion_spans(index: int, size: int) -> list[Span]:
    """Return what a proof holds that leaf *index* is among the first *size*.

    One span for each hash of the path, from the leaf upwards.

    Raises:
        ValueError: there is no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError(f"Leaf {index} is not among the first {size}.")
    start, end = 0, size
    spans: list[Span] = []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            spans.append((middle, end))
            end = middle
        else:
            spans.append((start, middle))
            start = middle
    return spans[::-1]


def consistency_spans(first: int, second: int) -> list[Span]:
    """Return what a proof holds that *first* leaves begin the *second*.

    Raises:
        ValueError: not 0 < first <= second.
    """
    if not 0 < first <= second:
        raise ValueError(f"{first} leaves do not begin {second}.")
    start, end, known = 0, second, True
    spans: list[Span] = []
    while first != end:
        middle = start + _split(end - start)
        if first <= middle:
            spans.append((middle, end))
            end = middle
        else:
            spans.append((start, middle))
            start, known = middle, False
    return ([] if known else [(start, end)]) + spans[::-1]


def hashes_of(spans: Sequence[Span], node_at: Callable[[Place], bytes]) -> list[bytes]:
    """Return the hash of each span, from the full nodes *node_at* knows."""
    return [folded([node_at(place) for place in full_nodes(span)]) for span in spans]


def is_included(
    leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes
) -> bool:
    """Say whether *path* proves that *leaf* is number *index* of *size* leaves."""
    if not 0 <= index < size:
        return False
    node, place, last = leaf, index, size - 1
    for other in path:
        if last == 0:
            return False
        if place & 1 or place == last:
            node = node_hash(other, node)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            node = node_hash(node, other)
        place, last = place >> 1, last >> 1
    return last == 0 and node == root


def is_consistent(
    first: int,
    second: int,
    path: Sequence[bytes],
    first_root: bytes,
    second_root: bytes,
) -> bool:
    """Say whether *path* proves that the tree of *first* leaves begins the other."""
    if not 0 < first <= second:
        return False
    if first == second:
        return not path and first_root == second_root
    hashes = list(path)
    if first & (first - 1) == 0:
        hashes.insert(0, first_root)
    if not hashes:
        return False
    place, last = first - 1, second - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old = new = hashes[0]
    for other in hashes[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            old, new = node_hash(other, old), node_hash(other, new)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            new = node_hash(new, other)
        place, last = place >> 1, last >> 1
    return last == 0 and (old, new) == (first_root, second_root)
