"""Commands of the search index: rebuild, check, follow, and how well it finds."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import cast

import click

from app import search
from app.kernel.clock import now
from app.search.views import catalogue
from app.web.store import database
from app.wiring.cli import fair, in_app
from search_index import judging

TICK_EVERY = 100
SHOWN = 20


@fair.group("search")
def search_group() -> None:
    """The search index."""


@search_group.command("rebuild")
@in_app
def search_rebuild() -> None:
    """Build the index anew beside the old one, and swap; the search goes on."""
    with click.progressbar(
        length=1, label="Building the index", file=sys.stderr
    ) as bar:

        def tick(done: int, total: int) -> None:
            bar.length = max(done, total)
            if done % TICK_EVERY == 0:
                bar.update(TICK_EVERY)

        found = search.rebuild(database(), catalogue(), at=now(), tick=tick)
        bar.length = bar.pos = max(1, found)
        bar.update(0)
    click.echo(f"The index is new: {found} things.")


@search_group.command("check")
@click.option("--repair", is_flag=True, help="Write what is wrong anew.")
@in_app
def search_check(*, repair: bool) -> None:
    """Compare every document with the database; exit with 1 when they differ."""
    drift = search.check(database(), catalogue(), at=now())
    if not drift.ids:
        click.echo(f"Index and database agree: {drift.compared} things.")
        return
    said = (
        f"{len(drift.missing)} missing, {len(drift.stale)} out of date,"
        f" {len(drift.extra)} too many, of {drift.compared} things"
    )
    for key in drift.ids[:SHOWN]:
        click.echo(key)
    if not repair:
        raise click.ClickException(f"{said}; --repair writes them anew")
    search.mend(database(), catalogue(), drift, at=now())
    left = search.check(database(), catalogue(), at=now())
    if left.ids:
        raise click.ClickException(f"{said}; {len(left.ids)} are wrong still")
    click.echo(f"Repaired: {said}.")


@search_group.command("follow")
@in_app
def search_follow() -> None:
    """Feed the index of this node until SIGTERM, and nothing else.

    For web nodes beside the one that works the jobs; `fair run --no-worker` starts it.
    """
    stopping: list[int] = []
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda number, _frame: stopping.append(number))
    search.follow(database(), catalogue(), lambda: bool(stopping))


@search_group.command("eval")
@click.argument(
    "file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option(
    "--judged",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The folder with docs.json; the folder of FILE when left out.",
)
def search_eval(file: Path | None, judged: Path | None) -> None:
    """Measure relevance on a judged set, beside Whoosh with jieba.

    FILE has the questions with their grades: public.json of the folder when left out.
    The town's own index is not touched.
    """
    if file is None and judged is None:
        raise click.UsageError("give FILE, or --judged DIR")
    folder = judged or cast("Path", file).parent
    try:
        mine, theirs = judging.judge(folder, file or folder / judging.QUESTIONS)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as problem:
        raise click.ClickException(f"{folder} is no judged set: {problem!r}") from None
    click.echo("class        n  nDCG@10     MRR  recall@10  nothing found  reference")
    for name, one in mine.items():
        other = f"{theirs[name].ndcg:9.3f}" if theirs else "        -"
        click.echo(
            f"{name:10} {one.asked:3d} {one.ndcg:8.3f} {one.mrr:7.3f}"
            f" {one.recall:10.3f} {one.empty:14d} {other}"
        )
    if theirs is None:
        click.echo("No reference: jieba is not installed.")
        return
    mean, other_mean = mine[judging.ALL], theirs[judging.ALL]
    ratio = mean.ndcg / other_mean.ndcg if other_mean.ndcg else float("inf")
    click.echo(
        f"Whoosh with jieba, any word: nDCG@10 {other_mean.ndcg:.3f}, MRR"
        f" {other_mean.mrr:.3f}, recall@10 {other_mean.recall:.3f},"
        f" {other_mean.empty} find nothing; ours is {ratio:.2f} times as good."
    )
