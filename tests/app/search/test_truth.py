"""The index equals the database: late commits, replays, another history, drift."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import cast as typed
from uuid import UUID

import pytest
from flask import Flask
from sqlmodel import Session, select

from app import fair, people, search
from app.fair import Category, OfferingKind, PriceMode, ServiceNature
from app.fair.events import OfferingChanged
from app.kernel.db import Database
from app.kernel.outbox import OutboxRow, publish
from app.search import Catalogue
from app.search.actions import news
from app.search.queries import all_documents
from app.search.rules import CONFIDENTIAL, fingerprint, is_public
from search_index import Document, Index, Query
from tests.cast import NOON, Cast
from tests.web import Client


@pytest.fixture
def catalogue(app: Flask, db: Database, cast: Cast) -> Catalogue:
    with db.transaction() as session:
        for number in range(6):
            offer(session, cast, f"理发第{number}摊")
    found = typed("Catalogue", app.extensions["fair_catalogue"])
    search.rebuild(db, found, at=NOON)
    return found


def offer(session: Session, cast: Cast, title: str) -> UUID:
    return fair.load_offering(
        session,
        external_id=title,
        author_id=cast.wang,
        provider_id=cast.wang,
        place_id=cast.station,
        title=title,
        kind=OfferingKind.SERVICE,
        category=Category.ELDER_CARE,
        service_nature=ServiceNature.VOLUNTEER,
        price_mode=PriceMode.FREE,
        at=NOON,
    ).id


def ids(session: Session) -> list[UUID]:
    rows = session.exec(select(fair.Offering).order_by(fair.Offering.external_id))  # type: ignore[arg-type]
    return [row.id for row in rows]


def call(session: Session, offering_id: UUID, title: str) -> None:
    """Call an offering otherwise, and say so."""
    session.get_one(fair.Offering, offering_id).title = title
    publish(session, OfferingChanged(at=NOON, offering_id=offering_id))
    session.flush()


def titles(catalogue: Catalogue, words: str) -> list[str]:
    """Return titles that hold the words; what is merely near them is no matter here."""
    return sorted(
        hit.title
        for hit in catalogue.index.search(Query(text=words)).hits
        if hit.kind == "offering" and words in hit.title
    )


def anew(catalogue: Catalogue) -> Catalogue:
    """Open the same index as a process that begins now."""
    return search.open_index(catalogue.folder, catalogue.timezone)


# -- order ------------------------------------------------------------------------


@pytest.mark.parametrize("restarted", [False, True])
def test_who_commits_late_is_not_lost(
    db: Database, catalogue: Catalogue, *, restarted: bool
) -> None:
    """Given a transaction that wrote its event first, when it commits after another
    whose event has been read, then its own is read, too.
    """
    if db.is_sqlite:
        pytest.skip("on SQLite one writes at a time")
    with db.reading() as session:
        early, late = ids(session)[:2]
    feeder = catalogue
    with db.transaction() as slow:
        call(slow, early, "磨刀")
        with db.transaction() as quick:
            call(quick, late, "修伞")
        search.catch_up(db, feeder, at=NOON)
        assert titles(feeder, "修伞") == ["修伞"], "what is committed must not wait"
        assert titles(feeder, "磨刀") == []
        assert search.catch_up(db, feeder, at=NOON) == 0, "nor is it written again"
        if restarted:
            feeder = anew(catalogue)

    search.catch_up(db, feeder, at=NOON)

    assert titles(feeder, "磨刀") == ["磨刀"]
    assert search.check(db, feeder, at=NOON).ids == ()


def test_who_commits_late_is_not_lost_by_a_rebuild(
    db: Database, catalogue: Catalogue
) -> None:
    if db.is_sqlite:
        pytest.skip("on SQLite one writes at a time")
    with db.reading() as session:
        early, late = ids(session)[:2]
    with db.transaction() as slow:
        call(slow, early, "磨刀")
        with db.transaction() as quick:
            call(quick, late, "修伞")
        search.rebuild(db, catalogue, at=NOON)

    search.catch_up(db, catalogue, at=NOON)

    assert titles(catalogue, "磨刀") == ["磨刀"]


def test_what_was_landed_before_is_older_than_everything(db: Database) -> None:
    with db.transaction() as session:
        call_row = OutboxRow(kind="OfferingChanged", data={}, at=NOON)
        session.add(call_row)
        session.flush()
        session.refresh(call_row)
        assert (call_row.xid == 0) is db.is_sqlite


def test_replays_do_no_harm(db: Database, catalogue: Catalogue) -> None:
    with db.reading() as session:
        one, other = ids(session)[:2]
    start = catalogue.index.cursor()
    with db.transaction() as session:
        call(session, one, "磨刀")
    search.catch_up(db, catalogue, at=NOON)
    with db.transaction() as session:
        call(session, one, "修伞")
        session.get_one(fair.Offering, other).state = fair.OfferingState.PAUSED
        publish(session, OfferingChanged(at=NOON, offering_id=other))
    search.catch_up(db, catalogue, at=NOON)
    before = sorted(catalogue.index.versions())

    catalogue.index.apply((), cursor=start)
    assert search.catch_up(db, anew(catalogue), at=NOON) > 0

    assert sorted(catalogue.index.versions()) == before
    assert search.check(db, catalogue, at=NOON).ids == ()


def test_an_index_of_another_history_is_built_anew(
    db: Database, catalogue: Catalogue
) -> None:
    """Given a database restored from a backup older than the index, when the index
    catches up, then it does not wait for positions that come again.
    """
    ahead = catalogue.index.cursor() * 1000
    catalogue.index.apply(
        [Document("offering:gone", "offering", "未来的磨刀")], cursor=ahead
    )

    search.catch_up(db, catalogue, at=NOON)

    assert abs(catalogue.index.cursor()) < abs(ahead)
    assert titles(catalogue, "磨刀") == []


def test_a_position_of_the_other_kind_of_database_is_recognised(
    db: Database, catalogue: Catalogue
) -> None:
    with db.reading() as session:
        assert (
            news.news_since(session, -catalogue.index.cursor(), None).position is None
        )
        assert news.news_since(session, 0, None).position is None


def test_an_empty_folder_is_no_index(db: Database, catalogue: Catalogue) -> None:
    """An index that was never filled would answer that there is nothing."""
    shutil.rmtree(catalogue.folder)
    Index(catalogue.folder)

    assert not anew(catalogue).can_be_read()
    search.catch_up(db, anew(catalogue), at=NOON)
    assert len(titles(anew(catalogue), "理发")) == 6


# -- drift ------------------------------------------------------------------------


def test_drift_is_named_and_mended(
    db: Database, catalogue: Catalogue, cast: Cast
) -> None:
    with db.reading() as session:
        missing, stale = (f"offering:{one}" for one in ids(session)[:2])
        documents = {
            one.id: one for one in all_documents(session, catalogue.context(NOON))
        }
    ghost, nonsense = f"offering:{cast.lin}", "nonsense"
    catalogue.index.apply(
        [
            replace(documents[stale], title="旧名字", version=7),
            replace(documents[stale], id=ghost),
            replace(documents[stale], id=nonsense),
        ],
        [missing],
    )

    drift = search.check(db, catalogue, at=NOON)

    assert drift.missing == (missing,)
    assert drift.stale == (stale,)
    assert sorted(drift.extra) == sorted((ghost, nonsense))
    assert search.mend(db, catalogue, drift, at=NOON) == 4
    assert search.check(db, catalogue, at=NOON).ids == ()
    assert len(titles(catalogue, "理发")) == 6


def test_what_changed_without_an_event_is_found_by_its_content(
    db: Database, catalogue: Catalogue
) -> None:
    with db.transaction() as session:
        one = ids(session)[0]
        session.get_one(fair.Offering, one).summary = "改了一句，谁也没说"

    assert search.check(db, catalogue, at=NOON).stale == (f"offering:{one}",)


def test_checking_changes_nothing(db: Database, catalogue: Catalogue) -> None:
    before = sorted(catalogue.index.versions()), catalogue.index.cursor()

    drift = search.check(db, catalogue, at=NOON)

    assert drift.compared == len(before[0])
    assert (sorted(catalogue.index.versions()), catalogue.index.cursor()) == before


def test_a_fingerprint_sees_every_field() -> None:
    plain = Document("offering:1", "offering", "理发", card={"place": "东港"})

    assert fingerprint(plain) == fingerprint(replace(plain, version=9))
    for change in (
        {"title": "剪发"}, {"body": "."}, {"days": ("2026-06-03",)}, {"lat": 1.0},
        {"words": ("王",)}, {"card": {"place": "西港"}}, {"starts_at": 1},
    ):  # fmt: skip
        assert fingerprint(replace(plain, **change)) != fingerprint(plain)  # type: ignore[arg-type]


# -- a lost index -----------------------------------------------------------------


def test_whoever_misses_the_index_has_it_mended(
    app: Flask, client: Client, db: Database, catalogue: Catalogue
) -> None:
    """Given a worker that has every file open, when a file is gone and a page cannot
    read the index, then the worker learns of it and builds the index anew.
    """
    worker = anew(catalogue)
    search.catch_up(db, worker, at=NOON)
    for path in (catalogue.folder / _live(catalogue.folder)).glob("*.trm"):
        path.unlink()
    app.extensions["fair_catalogue"] = anew(catalogue)
    assert search.catch_up(db, worker, at=NOON) == 0

    page = client.get("/search?q=理发")
    assert page.status_code == 200
    assert "being rebuilt" in page.text
    search.catch_up(db, worker, at=NOON)

    page = client.get("/search?q=理发")
    assert page.status_code == 200
    assert "being rebuilt" not in page.text
    assert not worker.was_missed()


def _live(folder: Path) -> str:
    return (folder / "CURRENT").read_text()


# -- what nobody finds ------------------------------------------------------------


@pytest.mark.parametrize("category", sorted(CONFIDENTIAL))
def test_confidential_matters_are_in_no_index(category: str) -> None:
    plain = Document("offering:1", "offering", "理发")

    assert is_public(plain)
    assert not is_public(replace(plain, category=category))


def test_what_is_confidential_leaves_by_no_door(
    client: Client,
    db: Database,
    catalogue: Catalogue,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Given a category that became confidential, when the index is built or searched
    plainly, then nothing of it is found, counted or suggested.
    """
    monkeypatch.setattr("app.search.rules.CONFIDENTIAL", frozenset({"elder_care"}))

    search.rebuild(db, catalogue, at=NOON)
    for _ in ("index", "tables"):
        told = client.get("/api/v1/search?q=理发").json
        assert told["total"] == 0
        assert "elder_care" not in told["facets"].get("category", {})
        assert client.get("/api/v1/suggest?q=理发").json["items"] == []
        shutil.rmtree(catalogue.folder, ignore_errors=True)
        catalogue.opened = None


def test_a_neighbours_full_name_is_not_what_they_are_found_by(
    db: Database, catalogue: Catalogue, cast: Cast
) -> None:
    """Strangers see 王*宽; asking for the whole name must not confirm it (R-PI-12)."""
    with db.reading() as session:
        name = people.person_for(session, cast.wang).display_name
        documents = list(all_documents(session, catalogue.context(NOON)))

    assert documents
    assert not [one for one in documents if name in repr(one)]
