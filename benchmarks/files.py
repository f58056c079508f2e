# ruff: noqa: E501, S608 - put together from our own names
"""Importing files into a fresh data folder, durable, against pyarrow reading the same file and writing it as Parquet, synced.

Mechanism: two readers accept chunks of rows as columns, which are counted once and sealed straight into segments.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from benchmarks import events, folder, watch
from benchmarks.events import Size
from keepwell.events.catalog import BY_NUMBER
from keepwell.runtime.importing import import_events

DAYS = 10
CUSTOMERS = 20_000
ISO = "strftime(timestamp AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ') AS timestamp"


def made(cache: Path, rows: int, kind: str, *, ids: bool) -> Path:
    """A file of events as a customer would export it, kept between runs."""
    path = cache / f"events-{rows}-{'ids' if ids else 'plain'}-v{folder.VERSION}.{kind}"
    if path.exists():
        return path
    connection = events.connection()
    connection.execute("SET TimeZone = 'UTC'")
    names = {0: "custom_event", **{number: spec.key for number, spec in BY_NUMBER.items()}}
    connection.register("names", pa.table({"kind": list(names), "event": list(names.values())}))
    size = Size(CUSTOMERS, DAYS, rows // DAYS)
    days = range(size.first_day, events.END_DAY + 1)
    connection.register("log", pa.concat_tables(events.table(connection, events.activity(size, day)) for day in days))
    columns = (
        f"'c' || lpad(customer::VARCHAR, 7, '0') AS customer_id, event, timestamp, properties{', message_id' * ids}"
    )
    query = f"SELECT {columns} FROM (SELECT *, make_timestamptz(occurred_at) AS timestamp FROM log) JOIN names USING (kind) ORDER BY timestamp"
    if kind == "csv":
        query = f"SELECT * REPLACE ({ISO.removesuffix(' AS timestamp')} AS timestamp) FROM ({query})"
    temporary = path.with_suffix(".tmp")
    connection.execute(f"COPY ({query}) TO '{temporary}' (FORMAT {kind})")
    temporary.rename(path)
    return path


def copied(path: Path, target: Path) -> None:
    """The control: read the file and write it as Parquet, synced."""
    table = pq.read_table(path) if path.suffix == ".parquet" else pyarrow.csv.read_csv(path)
    pq.write_table(table, target, compression="zstd", compression_level=1)
    with target.open("rb") as file:
        os.fsync(file.fileno())


def measure(cache: Path, path: Path, repeats: int = 2) -> dict[str, float]:
    """Rows a second: of the import, the best of some, and of the control."""
    best, rows, cpu = float("inf"), 0, float("inf")
    for _ in range(repeats):
        fresh = cache / "import"
        shutil.rmtree(fresh, ignore_errors=True)
        with folder.opened(fresh) as workspace:
            start, before = watch.Clock(), watch.cpu()
            with start.of("import"):
                summary = import_events(workspace, [path], events.NOW)
        rows = summary.accepted
        assert summary.rejected == 0
        best, cpu = min(best, start.seconds["import"]), min(cpu, watch.cpu() - before)
    control = min(watch.seconds(lambda: copied(path, cache / "control.parquet")) for _ in range(repeats))
    return {"rows": rows, "import": rows / best, "control": rows / control, "cpu": cpu / rows}
