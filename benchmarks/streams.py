"""Streams of use with a known truth, for the statistics behind alerts: made up, simulated, and public.

A stream is what a day matrix keeps of events, and of each day the first and the last instant, so that a gap is as long
as it really was.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from keepwell.base.time import DAY_US
from keepwell.simulation.spec import WorldSpec
from keepwell.simulation.world import simulate

SHARED = Path(__file__).parents[2] / "shared" / "datasets"
OWN = frozenset(
    {
        *("signed_in", "session_ended", "feature_used", "api_called", "transaction", "work"),
        *("message_replied", "message_received", "community_posted", "community_answered", "community_attended"),
    }
)
BUSY = np.array([1.1, 1.15, 1.1, 1.1, 1.0, 0.8, 0.75])
DISPERSION = 0.4
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Stream:
    """Customers by days.

    Attributes:
        counts: events, [N, D].
        early, late: when on its day the first and the last of them happened, 0 to 1, [N, D].
        weekday: Monday is 0, [D].
        segment: of each customer, [N].
        steady: who does not change in all these days, as far as is known, [N].
        first: the column of each customer's first day, [N].
    """

    name: str
    counts: NDArray[np.int64]
    early: Floats
    late: Floats
    weekday: NDArray[np.int64]
    segment: NDArray[np.int64]
    steady: NDArray[np.bool_]
    first: NDArray[np.int64]
    made: bool = True  # and not met in the world

    @property
    def segments(self) -> int:
        return int(self.segment.max()) + 1

    def well(self, day: int, within: int) -> NDArray[np.bool_]:
        """Who was there lately, five days at least, and does not change; of real people, who comes again later."""
        active = self.counts > 0
        lately = active[:, max(day - (7 if self.made else 30), 0) : day].any(axis=1)
        again = np.ones(len(active), bool) if self.made else active[:, day + within : day + within + 60].any(axis=1)
        return np.asarray(self.steady & lately & again & (active[:, :day].sum(axis=1) >= 5))

    def thinned(self, day: int, share: float) -> Stream:
        """The same, but from a day on each event happens with this chance only."""
        rng = np.random.default_rng(day)
        counts = self.counts.copy()
        counts[:, day:] = rng.binomial(counts[:, day:], share)
        return replace(self, counts=counts)

    def cut(self, start: int, end: int) -> Stream:
        """Some of the days."""
        parts = {name: getattr(self, name)[:, start:end] for name in ("counts", "early", "late")}
        first = np.maximum(self.first - start, 0)
        return replace(self, weekday=self.weekday[start:end], first=first, **parts)

    def doubled(self, day: int) -> Stream:
        """The same, but from a day on there are the events of the same weekday of four weeks before as well."""
        counts = self.counts.copy()
        counts[:, day:] += self.counts[:, day - 28 : self.counts.shape[1] - 28]
        return replace(self, counts=counts)


def plain(customers: int, days: int, seed: int = 1) -> Stream:
    """Overdispersed counts with a weekday pattern and heavy-tailed rates; nobody changes."""
    rng = np.random.default_rng(seed)
    base = np.exp(rng.normal(0.0, 1.3, customers))
    weekday = np.arange(days) % 7
    noise = rng.gamma(1 / DISPERSION, DISPERSION, (customers, days))
    counts = rng.poisson(base[:, None] * BUSY[weekday] * noise)
    early, late = (rng.random(counts.shape) ** (1 / np.maximum(counts, 1)) for _ in range(2))
    nought = np.zeros(customers, np.int64)
    return Stream("plain", counts, 1 - early, np.maximum(late, 1 - early), weekday, nought, nought == 0, nought)


def world(spec: WorldSpec, what: str = "all activity", kinds: frozenset[str] = OWN) -> Stream:
    """A simulated platform: own activity of everybody, and who fares well throughout."""
    made = simulate(spec)
    place = {record["customer_id"]: index for index, record in enumerate(made.customers)}
    who, when = [], []
    for chunk in made.rows():
        for row in chunk:
            if row.event in kinds:
                who.append(place[row.customer_id])
                when.append(row.timestamp)
    names = sorted({record["segment"] for record in made.customers})
    segment = np.array([names.index(record["segment"]) for record in made.customers])
    told = [made.truth["customers"][record["customer_id"]] for record in made.customers]
    steady = np.array([each["kind"] == "steady" for each in told])
    times = np.array(when, np.float64) / DAY_US - spec.span.first
    found = _matrix(np.array(who), times, (len(place), spec.days))
    first = np.argmax(found[0] > 0, axis=1)
    return Stream(f"{spec.difficulty} world, {what}", *found, spec.span.weekdays, segment, steady, first)


def public(name: str, event: str, folder: Path = SHARED) -> Stream | None:
    """One of the public logs, None where it is not there. Who is steady is not known: everybody."""
    path = folder / f"{name}.events.parquet"
    if not path.exists():
        return None
    table = pq.read_table(path, columns=["customer_id", "event", "timestamp"]).to_pandas()
    table = table[table["event"] == event]
    instants = table["timestamp"].str.removesuffix("Z").to_numpy().astype("datetime64[us]").astype(np.int64)
    first_day = int(instants.min() // DAY_US)
    times = instants / DAY_US - first_day
    _, who = np.unique(table["customer_id"].to_numpy(), return_inverse=True)
    shape = (int(who.max()) + 1, int(times.max()) + 1)
    found = _matrix(who, times, shape)
    nought = np.zeros(shape[0], np.int64)
    weekday = (np.arange(first_day, first_day + shape[1]) + 3) % 7
    return Stream(name, *found, weekday, nought, nought == 0, np.argmax(found[0] > 0, axis=1), made=False)


def _matrix(who: NDArray[np.int64], times: Floats, shape: tuple[int, int]) -> tuple[NDArray[np.int64], Floats, Floats]:
    days = np.minimum(times.astype(np.int64), shape[1] - 1)
    counts = np.zeros(shape, np.int64)
    early, late = np.ones(shape), np.zeros(shape)
    np.add.at(counts, (who, days), 1)
    np.minimum.at(early, (who, days), times - days)
    np.maximum.at(late, (who, days), times - days)
    return counts, early, late
