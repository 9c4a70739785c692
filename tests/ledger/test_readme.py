"""The README's five minutes work as they are written."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)


def test_a_newcomer_can_follow_the_readme() -> None:
    """In a process of its own, with the ledger's tables and nothing else."""
    text = (ROOT / "ledger" / "README.md").read_text(encoding="utf-8")
    script = "\n".join(BLOCK.findall(text))
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    said = [line.removeprefix("# ") for line in text.splitlines() if line[:2] == "# "]
    for line in said[1:]:
        assert line in done.stdout
    assert "can give 5.00, not 9.00" in done.stdout
