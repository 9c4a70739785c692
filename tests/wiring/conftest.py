"""One small demo town for the tests of commands; none of them changes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.wiring.commands import Done, fair


@pytest.fixture(scope="session")
def demo_made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Done]:
    folder = tmp_path_factory.mktemp("demo") / "data"
    return folder, fair(folder, "demo", "--size", "small")


@pytest.fixture
def demo_town(demo_made: tuple[Path, Done]) -> Path:
    return demo_made[0]
