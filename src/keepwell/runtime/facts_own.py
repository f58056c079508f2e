"""What one customer did, out of the log: columns of its events, as known before a moment.

What is counted over weeks is counted over days that are over, as known when the running day began: so a figure in a
draft is the same until the next midnight (UTC), whatever the customer does meanwhile. What is so now, as an open
request, is read as of the moment itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from keepwell.base.time import DAY_US, last_day_before
from keepwell.customers.profile import Profile
from keepwell.engines import duckdb as engine
from keepwell.events.catalog import Stream, number
from keepwell.metrics.rollups import DAY_WINDOW, FACT_WINDOW
from keepwell.metrics.table import Ints, Mask
from keepwell.runtime.workspace import Workspace
from keepwell.store import log, profiles
from keepwell.store.segments import manifest

TELEMETRY: Final = 100
"""Kinds of events from this number on are read by the Expert only."""
AT_MOST: Final = 1_000_000
"""Events that are looked at; of more, the newest."""
_WINDOWS: Final[Mapping[str, int]] = {Stream.ACTIVITY: DAY_WINDOW, Stream.FACT: FACT_WINDOW}
_NUMBERS: Final = ("kind", "own", "occurred_at", "known_at", "key", "n", "v1", "v2", "code", "code2", "day2", "day")
_WORDS: Final = ("part", "part2", "ref", "properties")
_NOTHING: Final = pa.table({})


@dataclass(frozen=True)
class Own:
    """One customer as known before a moment.

    Attributes:
        customer: its number.
        now: the moment, microseconds.
        profile: its profile then.
        columns: of its events, the oldest first; numbers that were not sent are 0, texts None.
    """

    customer: int
    now: int
    profile: Profile
    columns: Mapping[str, NDArray[Any]]

    @property
    def day(self) -> int:
        """The running day; days before it are over."""
        return last_day_before(self.now)

    @property
    def begun(self) -> int:
        """The moment the running day began, microseconds."""
        return self.day * DAY_US

    @cached_property
    def _known(self) -> Mask:
        """Events that were known when the running day began."""
        found: Mask = self.columns["known_at"] <= self.begun
        return found

    def over(self, key: str, days: int, gap: int = 0) -> Mask:
        """Events of a kind on so many whole days, the last of them `gap` days before yesterday."""
        found: Mask = self.whole(days, gap) & (self.columns["kind"] == number(key))
        return found

    def whole(self, days: int, gap: int = 0) -> Mask:
        """Events of all kinds on so many whole days, known when the running day began."""
        end = self.day - gap
        day = self.columns["day"]
        found: Mask = self._known & (day >= end - days) & (day < end)
        return found

    def of(self, *keys: str) -> Mask:
        """Events of some kinds, known by now."""
        found: Mask = np.isin(self.columns["kind"], [number(key) for key in keys])
        return found

    def daily(self, mask: Mask, weights: Ints | None = None) -> Ints:
        """Sums by day over the last 120 days, [120]; the last column is the running day."""
        place = self.columns["day"][mask] - (self.day - DAY_WINDOW + 1)
        inside = (place >= 0) & (place < DAY_WINDOW)
        many = self.columns["n"][mask] if weights is None else weights[mask]
        return np.bincount(place[inside], many[inside], DAY_WINDOW).astype(np.int64)

    def properties(self, place: int) -> dict[str, object]:
        """What the sender said of an event."""
        return msgspec.json.decode(self.columns["properties"][place], type=dict[str, object])


def readable(name: str) -> str:
    """A name as people read it: senders write `price_alerts`."""
    return " ".join(name.replace("_", " ").split())


def own(workspace: Workspace, customer: int, now: int) -> Own:
    """Read one customer."""
    day = last_day_before(now)
    with workspace.database.read() as session:
        files = {
            str(stream): workspace.segments.paths(manifest(session, [stream], max(day - window, 0) * DAY_US))
            for stream, window in _WINDOWS.items()
        }
        hot = log.hot(session, "customer = ?", (customer,))
        profile = profiles.at(session, customer, now)
    snapshot = engine.LogSnapshot(files, hot, _NOTHING, _NOTHING)
    where = (
        f"customer = {customer} AND kind > 0 AND kind < {TELEMETRY} AND known_at < {now} AND occurred_at < {now}"
        f" AND known_day > {day - FACT_WINDOW}"
    )
    return Own(customer, now, profile, _columns(engine.events_of(snapshot, where, AT_MOST)))


def _columns(found: pa.Table) -> dict[str, NDArray[Any]]:
    """The columns as arrays, the oldest first."""
    numbers = {name: found.column(name).fill_null(0).to_numpy()[::-1] for name in _NUMBERS}
    texts = {name: np.array(found.column(name).to_pylist()[::-1], dtype=object) for name in _WORDS}
    return {**numbers, **texts}
