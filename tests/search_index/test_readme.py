"""The newcomer's page is true: its code runs and prints what it says."""

import contextlib
import io
import re
from pathlib import Path

import pytest

README = Path(__file__).parents[2] / "search_index" / "README.md"


def test_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(
        r"```python\n(.*?)```(?:\s*prints\s*```text\n(.*?)```)?",
        README.read_text(encoding="utf-8"),
        re.DOTALL,
    )
    names: dict[str, object] = {}
    for code, wanted in blocks:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(code, str(README), "exec"), names)
        if wanted:
            assert printed.getvalue() == wanted
    assert len(blocks) >= 4
