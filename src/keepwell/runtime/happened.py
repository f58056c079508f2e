"""What happened after forecasts were made, out of the log: who was active last when, who left, who was away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from keepwell.base.time import DAY_US, day_of
from keepwell.engines import duckdb as engine
from keepwell.engines.duckdb import LogSnapshot
from keepwell.events.catalog import Stream, find, number
from keepwell.predictions.forecast import Outcome
from keepwell.predictions.ledger import Published, Window, bounds
from keepwell.predictions.outcomes import RECENT_DAYS, Seen
from keepwell.runtime.scoring import look
from keepwell.runtime.workspace import Workspace
from keepwell.statistics.arrays import Ints, Mask
from keepwell.store import forecasts

_BACK: Final = dict.fromkeys((str(each) for each in Stream), RECENT_DAYS + 1)
_CANCELLED: Final = number("subscription_cancelled")


class Aftermath:
    """What is known now of the time since a publication."""

    def __init__(self, workspace: Workspace, published: Published, window: Window, now: int) -> None:
        self._workspace = workspace
        self._published = published
        self._start, self._end = bounds(published, window.horizon)
        self._now = now
        self._log: LogSnapshot = look(workspace, (published.made_at, now), [], _BACK)
        self._counting = f"{_counting(published.basis.counts)} AND known_at < {now}"

    def heard_until(self) -> int:
        """When the newest activity of anybody was that is known, if it is after the end of the horizon; else 0."""
        found = engine.newest_of_each(self._log, f"{self._counting} AND occurred_at >= {self._end}")
        return int(found["occurred_at"].max()) if len(found["customer"]) else 0

    def seen(self, customers: Ints) -> Seen:
        """What the log shows of some customers."""
        since = self._published.made_at - RECENT_DAYS * DAY_US
        where = f"{self._counting} AND occurred_at >= {since} AND occurred_at < {self._end}"
        active_at = _of_each(customers, engine.newest_of_each(self._log, where))
        with self._workspace.database.read() as session:
            away = forecasts.paused(session, (self._start, self._end), day_of(self._start))
        return Seen(self._happened(customers, active_at), active_at, np.isin(customers, away))

    def _happened(self, customers: Ints, active_at: Ints) -> Mask:
        if self._published.outcome is not Outcome.CANCELLATION:
            return active_at < self._start
        span = f"occurred_at >= {self._start} AND occurred_at < {self._end}"
        left = engine.newest_of_each(self._log, f"kind = {_CANCELLED} AND known_at < {self._now} AND {span}")
        return np.isin(customers, left["customer"])


def _of_each(customers: Ints, found: dict[str, Ints]) -> Ints:
    """A moment of each customer, 0 where there is none."""
    at = np.zeros(len(customers), np.int64)
    _, here, there = np.intersect1d(customers, found["customer"], assume_unique=True, return_indices=True)
    at[here] = found["occurred_at"][there]
    return at


def _counting(counts: Sequence[str]) -> str:
    """The condition over the log's columns of what counts as activity."""
    if not counts:
        return "own = 1"
    planned = [spec.number for spec in map(find, counts) if spec]
    kinds = ", ".join(map(str, planned))
    names = ", ".join("'" + each.replace("'", "''") + "'" for each in counts if not find(each))
    return f"(kind IN ({kinds or 'NULL'}) OR (kind = 0 AND name IN ({names or 'NULL'})))"
