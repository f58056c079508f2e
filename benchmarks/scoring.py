"""Full scoring from segments, against DuckDB only grouping the same columns by customer and day.

Mechanism: one pass folds events into customer-days and customer-parts, the rest reads these small tables.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import duckdb

from benchmarks import events, folder, watch
from keepwell.base.time import last_day_before
from keepwell.engines import duckdb as engine
from keepwell.events.catalog import Stream
from keepwell.metrics.rollups import FOLDS
from keepwell.runtime import scoring
from keepwell.runtime.workspace import Workspace
from keepwell.store.segments import manifest


def group_only(workspace: Workspace) -> None:
    """The control: the production text of the `day` fold over the same files, into a table."""
    with workspace.database.read() as session:
        paths = workspace.segments.paths(manifest(session, [Stream.ACTIVITY]))
    files = f"(SELECT * REPLACE (0 AS known_day) FROM read_parquet({paths})) AS event"  # noqa: S608 - our own paths
    fold = next(fold for fold in FOLDS if fold.table == "day")
    with duckdb.connect(":memory:") as connection:  # set up as in production
        connection.execute(f"SET memory_limit = '{engine.MEMORY_LIMIT}'")
        connection.execute("SET preserve_insertion_order = false")
        connection.execute(f"CREATE TEMP TABLE day AS {fold.sql.replace('FROM event', f'FROM {files}')}")


def score(workspace: Workspace) -> int:
    return len(scoring.score_at(workspace, events.NOW).scores.score)


def forget(workspace: Workspace) -> None:
    with workspace.database.write() as session:
        session.run("DELETE FROM reference")


def remember(workspace: Workspace) -> None:
    reference = scoring.reference_for(workspace, last_day_before(events.NOW))
    with workspace.database.write() as session:
        scoring.remember_references(session, [reference])


def here(path: Path, repeats: int) -> dict[str, object]:
    """Measure in this process: seconds of the best of several alternating runs."""
    control, warm, cpu, peak = [], [], [], 0
    with folder.opened(path) as workspace:
        forget(workspace)
        first = watch.seconds(lambda: score(workspace))  # also makes the day's reference
        remember(workspace)
        for _ in range(repeats):
            before = watch.cpu()
            warm.append(watch.seconds(lambda: score(workspace)))
            cpu.append(watch.cpu() - before)
            peak = peak or watch.peak_bytes()  # before the control takes its share
            control.append(watch.seconds(lambda: group_only(workspace)))
        with watch.duckdb_statements() as clock:
            customers = score(workspace)
    best = {"warm": min(warm), "control": min(control), "cpu": min(cpu)}
    return {"customers": customers, "first": first, "peak": peak, "statements": clock.seconds, **best}


def measure(path: Path, repeats: int = 3) -> dict[str, object]:
    """Measure in a fresh process, so that its memory is its own."""
    command = [sys.executable, "-m", "benchmarks.scoring", str(path), str(repeats)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - ourselves
    found: dict[str, object] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    print(json.dumps(here(Path(sys.argv[1]), int(sys.argv[2]))))
