"""What we rely on in Whoosh 2.7.5, and what we avoid."""

from importlib.metadata import packages_distributions, version

import pytest
from whoosh import fields, index, query
from whoosh.filedb.filestore import RamStorage

from search_index import Index, folders
from tests.search_index.asking import doc


def test_one_whoosh_is_installed_and_it_is_the_pinned_one() -> None:
    """Three packages install the same import name, and pip does not notice."""
    assert packages_distributions()["whoosh"] == ["Whoosh-Reloaded"]
    assert version("Whoosh-Reloaded") == "2.7.5"


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_our_files_are_ordinary_whoosh_files(index: Index) -> None:
    """Stock matchers read the same documents and weights that we decode."""
    for at in range(3):
        index.apply(
            [
                doc(f"d{n}", "周末理发", "理发" * (n % 5))
                for n in range(at * 30, at * 30 + 60)
            ]
        )
    folder = folders.current(index.path)
    snapshot = index._snapshot()
    assert folder is not None
    from whoosh.index import open_dir

    with open_dir(str(folder)).searcher() as searcher:
        reader = searcher.reader()
        for field, term in [
            ("w", "理发"),
            ("w", "周末"),
            ("g", "理发"),
            ("f", "kind=offering"),
        ]:
            matcher = reader.postings(field, term)
            theirs = {}
            while matcher.is_active():
                key = searcher.stored_fields(matcher.id())["id"]
                theirs[key] = matcher.weight()
                matcher.next()
            ours = {
                leaf.segment.stored(int(i))["id"]: float(count)
                for leaf in snapshot.leaves
                for i, count in zip(*leaf.segment.postings(field, term), strict=True)
                if leaf.live[i]
            }
            assert ours == theirs
            assert len(ours) == 120
            assert reader.doc_frequency(field, term) == snapshot.frequency(field, term)
        found = searcher.search(query.Term("w", "理发"), limit=None)
        assert {hit["id"] for hit in found} == {f"d{n}" for n in range(120)}


def test_refresh_still_brings_the_dead_back() -> None:
    """Why a reader always reopens: if this fails, Whoosh changed and we may simplify."""
    schema = fields.Schema(id=fields.ID(stored=True, unique=True), body=fields.TEXT)
    storage = RamStorage()
    made = index.FileIndex.create(storage, schema, "MAIN")
    writer = made.writer()
    for number in range(50):
        writer.add_document(id=str(number), body=f"w{number}")
    writer.commit()
    searcher = made.searcher()
    writer = made.writer()
    writer.update_document(id="7", body="w7")
    writer.commit(merge=False)

    ghosts = searcher.refresh().doc_count()

    assert made.searcher().doc_count() == 50
    assert ghosts > 50
