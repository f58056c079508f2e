"""What a measure may look at: the table, the references of each row, and exposure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from keepwell.base.time import DAY_US
from keepwell.metrics.references import Reference
from keepwell.metrics.table import Floats, Ints, Mask, Rows, Table

HALF_LIVES = {60: 181, 30: 91, 180: 401}
"""Half-lives in days, and the number of days a window with them can reach."""

DAILY = {60: 0.9885140203528962, 30: 0.9771599684342459, 180: 0.9961565872205752}
"""What remains of a weight after one day: 2 ** (-1 / half-life)."""


def decay(half_life_days: int) -> Floats:
    """Weight of an answer by age in days: halves every half-life.

    Multiplied up from one written-out constant, so that no machine's own power function is asked.
    """
    weights = [1.0]
    for _ in range(HALF_LIVES[half_life_days] - 1):
        weights.append(weights[-1] * DAILY[half_life_days])
    return np.array(weights)


_DECAY = {days: decay(days) for days in HALF_LIVES}


@dataclass
class View:
    """A table with its references. Every array has one entry per row of the table."""

    table: Table
    references: Mapping[int, Reference]  # by moment
    _cache: dict[str, Floats] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.table)

    def scope(self, name: str) -> Ints:
        return self.table.scope[name]

    def one(self, name: str) -> Ints:
        return self.table.one[name]

    def now(self, name: str) -> Ints:
        """Sum over the last 28 days."""
        return self.table.days[name][:, 0]

    def before(self, name: str) -> Ints:
        """Sum over the 28 days before those."""
        return self.table.days[name][:, 1]

    def prior(self, name: str) -> Ints:
        """Sum over days 29-90."""
        return self.table.days[name][:, 1] + self.table.days[name][:, 2]

    def quarter(self, name: str) -> Ints:
        """Sum over the last 90 days."""
        sums = self.table.days[name]
        return sums[:, 0] + sums[:, 1] + sums[:, 2]

    def ever(self, name: str) -> Ints:
        """Sum over the 120 days for which the wide rollup is kept."""
        total: Ints = self.table.days[name].sum(axis=1)
        return total

    def rows(self, name: str) -> Rows:
        return self.table.rows[name]

    @property
    def tenure(self) -> Ints:
        """Whole days since the first event."""
        return self.scope("d") - self.scope("first_day")

    @property
    def elapsed(self) -> Floats:
        """The part of the last day that has passed, above 0 and at most 1."""
        return (self.scope("t") - self.scope("d") * DAY_US) / float(DAY_US)

    def exposure(self, days: int) -> Floats:
        """Days of a window a customer could have been active in: at least 1."""
        return np.maximum(np.minimum(days - 1, self.tenure) + self.elapsed, 1.0)

    def filled(self, days: int) -> Floats:
        """Factor that brings a count over the exposure to a count over the whole window."""
        return days / self.exposure(days)

    @property
    def prior_exposure(self) -> Floats:
        """Days of the window of days 29-90 the customer was there for: at least 1."""
        return np.maximum(np.minimum(62, self.tenure - 27), 1).astype(np.float64)

    @property
    def seats(self) -> Ints:
        return np.maximum(self.scope("seats"), 1)

    def sets(self) -> tuple[Ints, Ints]:
        """Entitled features and advanced ones."""
        sets, which = np.unique(self.scope("entitled_set"), return_inverse=True)
        moments, moment = self._moments
        sizes = [[self.table.sets.get((a, each), (0, 0)) for each in sets.tolist()] for a in moments]
        counts = np.array(sizes, np.int64).reshape(len(moments), len(sets), 2)[moment, which]
        return counts[:, 0], counts[:, 1]

    def peer(self, name: str) -> Floats:
        """The reference of each row's segment."""
        if name not in self._cache:
            segments, segment = np.unique(self.scope("segment_id"), return_inverse=True)
            moments, moment = self._moments
            usual = [[self.references[a].peer(name, each) for each in segments.tolist()] for a in moments]
            self._cache[name] = np.array(usual, np.float64).reshape(len(moments), len(segments))[moment, segment]
        return self._cache[name]

    def per_moment(self, values: Mapping[int, float]) -> Floats:
        """A value of each row's moment."""
        moments, place = self._moments
        return np.array([values[a] for a in moments], np.float64)[place]

    @cached_property
    def _moments(self) -> tuple[list[int], NDArray[np.intp]]:
        moments, place = np.unique(self.scope("a"), return_inverse=True)
        return moments.tolist(), place

    def rating_mean(self) -> Floats:
        return self.per_moment({a: reference.rating for a, reference in self.references.items()})

    def connected(self, *labels: str) -> Mask:
        """Whether the platform has ever sent one of these kinds of events."""
        known = {a: float(any(label in seen for label in labels)) for a, seen in self.table.connected.items()}
        return self.per_moment({a: known.get(a, 0.0) for a in self.references}) > 0

    def aged(self, what: int, half_life_days: int) -> tuple[Floats, Floats]:
        """Weighted number and weighted sum (in thousandths) of what is weighted by age."""
        rows = self.rows("aged")
        chosen = rows["what"] == what
        place, weight = rows.row[chosen], _DECAY[half_life_days][rows["age"][chosen]]
        number = np.bincount(place, weight * rows["n"][chosen], minlength=len(self))
        total = np.bincount(place, weight * rows["total"][chosen], minlength=len(self))
        return number.astype(np.float64), total.astype(np.float64)

    def latest(self, what: int) -> tuple[Ints, Mask]:
        """The newest answer of a kind, and who has one."""
        rows = self.rows("latest")
        chosen = rows["what"] == what
        answer, has = np.zeros(len(self), np.int64), np.zeros(len(self), np.bool_)
        answer[rows.row[chosen]] = rows["answer"][chosen]
        has[rows.row[chosen]] = True
        return answer, has
