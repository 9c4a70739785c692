"""The import name `whoosh`, and who may write where it unpickles."""

from pathlib import Path

import pytest

from search_index import Index, IndexUnavailable, Query, folders
from tests import whoosh_packages
from tests.search_index.asking import doc


def test_our_package_keeps_the_contract(tmp_path: Path) -> None:
    """The other two: `python -m tests.whoosh_packages`, which installs them."""
    import whoosh

    home = Path(whoosh.__file__).parents[1]
    kept, words = whoosh_packages.contract(home, tmp_path)
    assert kept, words


def test_another_package_of_the_name_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(folders, "PACKAGES", {"Another"})
    with pytest.raises(IndexUnavailable, match="Whoosh-Reloaded"):
        folders.ensure_package.__wrapped__()


def test_a_folder_others_may_write_in_is_not_opened(tmp_path: Path) -> None:
    Index(tmp_path / "index").apply([doc("a", "理发")])
    (tmp_path / "index").chmod(0o777)
    with pytest.raises(IndexUnavailable, match="0700"):
        Index(tmp_path / "index", create=False)
    assert Index(tmp_path / "index").search(Query("理发")).total == 1  # made private
