"""What customers sent: rows of telemetry out of the log, made into occurrences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
import numpy as np
import pyarrow as pa

from keepwell.engines import duckdb as engine
from keepwell.engines.duckdb import LogSnapshot
from keepwell.events.catalog import key_of
from keepwell.expert.telemetry.record import Occurrence

_decode = msgspec.json.Decoder(dict[str, object]).decode


class Sent:
    """Telemetry, customer by customer, oldest first; made into occurrences when asked for, to save memory."""

    def __init__(self, log: LogSnapshot, wheres: Sequence[str], most: int) -> None:
        """Reads what matches one of some conditions that exclude each other; of each customer the newest `most`."""
        self._rows = engine.latest_of_each(log, wheres, most)
        self._whose = self._rows.column("customer").to_numpy()

    def of(self, customer: int) -> list[Occurrence]:
        """What one customer sent."""
        start, end = np.searchsorted(self._whose, (customer, customer + 1))
        return list(_occurrences(self._rows.slice(start, end - start)))


def _occurrences(rows: pa.Table) -> Iterator[Occurrence]:
    columns = (rows.column(name).to_pylist() for name in ("kind", "name", "occurred_at", "properties"))
    for kind, name, at, properties in zip(*columns, strict=True):
        yield Occurrence(key_of(kind, name), at, _decode(properties))
