"""Every drill in its short version, and every canary: a drill must find what is planted."""

from __future__ import annotations

import pytest

from tests.drills.__main__ import SKIPPED, find_drills, main


@pytest.mark.parametrize("name", sorted(find_drills()))
def test_nothing_is_lost(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = main([name, "--quick"])
    said = capsys.readouterr().out
    if code == SKIPPED:
        pytest.skip(said.strip())
    assert code == 0, said


@pytest.mark.parametrize("name", sorted(find_drills()))
def test_the_planted_defect_is_found(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main([name, "--canary"])
    said = capsys.readouterr().out
    if code == SKIPPED:
        pytest.skip(said.strip())
    assert code == 0, said
