"""The benchmarks run; what they measure at this size means nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.timeout(400)
def test_small_run_prints_every_claim(tmp_path):
    command = [sys.executable, "-m", "benchmarks", "--small", "--cache", str(tmp_path)]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    rows = [line for line in done.stdout.splitlines() if line.startswith("| ")]
    assert len(rows) == 1 + 23 + 13 + 15 + 14 + 14 + 1 + 3  # the head and the claims
    assert all(row.endswith(("| met |", "| MISSED |", "| verdict |")) for row in rows)
