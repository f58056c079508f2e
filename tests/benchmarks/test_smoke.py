"""The benchmarks run; what they measure at this size means nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.__main__ import PARTS
from benchmarks.upcoming import FOLDER

ROOT = Path(__file__).parents[2]


SLOW = "ingest"
"""The part that starts servers and waits for them."""


@pytest.mark.proof
@pytest.mark.timeout(400)
def test_small_run_prints_every_claim(tmp_path):
    printed = claims(tmp_path, [each for each in PARTS if each != SLOW])

    assert printed == 16 + 13 + 15 + 14 + 14 + 1 + 3 + 2 + 1 + 11 + 11


@pytest.mark.proof
@pytest.mark.timeout(400)
def test_small_run_of_the_slow_part(tmp_path):
    assert claims(tmp_path, [SLOW]) == 7


def claims(cache, parts):
    """How many claims a small run of some parts prints, each with its verdict."""
    chosen = [word for part in parts for word in ("--only", part)]
    command = [sys.executable, "-m", "benchmarks", "--small", "--cache", str(cache), *chosen]

    without = {name: value for name, value in os.environ.items() if name != FOLDER}
    done = subprocess.run(command, cwd=ROOT, env=without, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    rows = [line for line in done.stdout.splitlines() if line.startswith("| ")]
    assert all(row.endswith(("| met |", "| MISSED |", "| verdict |")) for row in rows)
    return len(rows) - 1  # without the head
