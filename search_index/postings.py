"""Decoded posting lists, how they are read from a block file, and their cache."""

# ruff: noqa: S301 - the folder is ours alone (0700); see folders.py
from __future__ import annotations

import io
import pickle
import threading
import zlib
from collections import OrderedDict
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from search_index.model import IndexUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

Ids = NDArray[np.int32]
Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]
CACHE_BYTES = 64 * 1024 * 1024  # decoded posting lists of one index
CACHED_PER_DOCUMENT = 384  # bytes; a million documents may keep 384 MB at hand
MAGIC = b"W3Bl"


class Postings(NamedTuple):
    """Documents that hold a term, ascending, and how often."""

    ids: Ids
    counts: Floats


NOTHING = Postings(np.zeros(0, np.int32), np.zeros(0, np.float32))


@contextmanager
def reading() -> Iterator[None]:
    """Damaged files fail in every imaginable way; outside they have one name."""
    try:
        yield
    except IndexUnavailable:
        raise
    except Exception as error:
        raise IndexUnavailable(f"The index cannot be used: {error!r}") from error


class Cache:
    """Decoded posting lists, least recently used out first, bounded by bytes."""

    def __init__(self, limit: int = CACHE_BYTES) -> None:
        """Hold at most `limit` bytes."""
        self._limit = limit
        self._bytes = 0
        self._lists: OrderedDict[tuple[str, str, str], Postings] = OrderedDict()
        self._lock = threading.Lock()

    def fit(self, documents: int) -> None:
        """Make room for an index of this size: the common words of a large town."""
        self._limit = max(CACHE_BYTES, documents * CACHED_PER_DOCUMENT)

    def get(self, key: tuple[str, str, str]) -> Postings | None:
        """The list, now the most recently used."""
        with self._lock:
            found = self._lists.get(key)
            if found is not None:
                self._lists.move_to_end(key)
            return found

    def put(self, key: tuple[str, str, str], postings: Postings) -> None:
        """Keep a list, and let go of old ones."""
        with self._lock:
            if key not in self._lists:
                self._bytes += _weight(postings)
            self._lists[key] = postings
            while self._bytes > self._limit and len(self._lists) > 1:
                _, old = self._lists.popitem(last=False)
                self._bytes -= _weight(old)


def _weight(postings: Postings) -> int:
    return postings.ids.nbytes + postings.counts.nbytes + 200


def decode(data: bytes) -> Postings:
    """A posting list of the W3 format. Raises IndexUnavailable when it is none."""
    stream = io.BytesIO(data)
    if stream.read(4) != MAGIC:
        raise IndexUnavailable("A posting list does not begin where it should.")
    ids, counts = [], []
    last = False
    while not last:
        size = int.from_bytes(stream.read(4), "big", signed=True)
        last = size < 0
        end = stream.tell() + abs(size)
        _, _, _, packed, _, _ = pickle.load(stream)
        rest = stream.read(end - stream.tell())
        raw = zlib.decompress(rest) if packed else rest
        deltas, weights, _ = pickle.loads(raw)
        ids.append(np.cumsum(np.array(deltas, np.int32), dtype=np.int32))
        filled = np.empty(len(deltas), np.float32)
        filled[:] = 1.0 if weights is None else weights
        counts.append(filled)
    return Postings(np.concatenate(ids), np.concatenate(counts))
