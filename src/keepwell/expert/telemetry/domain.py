"""A domain: what is made of some kinds of events, and the features, counts and readings that come out of it.

A feature is one small function, registered under the name the knowledge base asks for. A domain without any event
says nothing at all, so that what nobody sends is unknown and never zero.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Generic, NamedTuple, TypeVar

from keepwell.base.time import HOUR_US
from keepwell.expert.case import Seen
from keepwell.expert.features import Value
from keepwell.expert.reading.tables import Tables
from keepwell.expert.scope import Topic
from keepwell.expert.telemetry.record import Record
from keepwell.expert.telemetry.values import Properties, text
from keepwell.statistics.failures import Counts
from keepwell.statistics.hours import HOURS
from keepwell.statistics.work import Amounts

USED: Final = ("program", "pool", "endpoint", "router")
"""Properties that say what a trial went through, and that others may go through as well."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What the counts of a window are made of.

    Attributes:
        failed, trials: of each hour of the day (UTC), 24 of both.
        uses: what trials went through, where they say so, as `endpoint /v1/quote`.
        through: of these what at least half of the failures went through.
    """

    failed: tuple[int, ...]
    trials: tuple[int, ...]
    uses: frozenset[str] = frozenset()
    through: tuple[str, ...] = ()


class Trial(NamedTuple):
    """Trials of one moment: how many failed of how many, and what they went through."""

    at: int
    failed: int
    n: int
    used: tuple[str, ...] = ()


def used(properties: Properties) -> tuple[str, ...]:
    """What a row says that it went through."""
    return tuple(f"{name} {said}" for name in USED if (said := text(properties, name)) is not None)


def parts(trials: Iterable[Trial]) -> Parts:
    """The counts of some trials by hour, and what they went through."""
    failed, tried, all_failed = [0] * HOURS, [0] * HOURS, 0
    uses: dict[str, int] = {}
    for each in trials:
        hour = each.at // HOUR_US % HOURS
        failed[hour] += each.failed
        tried[hour] += each.n
        all_failed += each.failed
        for use in each.used:
            uses[use] = uses.get(use, 0) + each.failed
    through = sorted(use for use, n in uses.items() if n and 2 * n >= all_failed)
    return Parts(tuple(failed), tuple(tried), frozenset(uses), tuple(through))


@dataclass(frozen=True, slots=True)
class Tally:
    """What is counted of one topic, in the window and in the past.

    Attributes:
        now, past: both of the same sort, with plain numbers.
        drift: the evidence, trial by trial over both, that failures became more frequent; None where it is not kept.
        parts: what `now` is made of; None where it has no hours.
    """

    now: Counts | Amounts
    past: Counts | Amounts
    drift: float | None = None
    parts: Parts | None = None


T = TypeVar("T")
V = TypeVar("V", bound=Value | None)
Read = Callable[[T, Tables], Iterable[Seen]]
ByValue = Callable[[T], Value | None]
ByTally = Callable[[T], Tally | None]


class Domain(Generic[T]):
    """One domain.

    Attributes:
        name: of the domain.
        kinds: events it is made of; each is enough.
        features: how each feature comes out of what was made of them.
        tallies: the same for what is counted of a topic.
    """

    def __init__(self, name: str, kinds: tuple[str, ...], made: Callable[[Record], T]) -> None:
        self.name, self.kinds, self._made = name, kinds, made
        self.features: dict[str, ByValue[T]] = {}
        self.tallies: dict[Topic, ByTally[T]] = {}
        self._readings: list[Read[T]] = []

    def feature(self, name: str) -> Callable[[Callable[[T], V]], Callable[[T], V]]:
        """Registers a feature under the name the knowledge base asks for."""

        def register(derive: Callable[[T], V]) -> Callable[[T], V]:
            self.features[name] = derive
            return derive

        return register

    def tally(self, topic: Topic) -> Callable[[ByTally[T]], ByTally[T]]:
        """Registers what is counted of a topic."""

        def register(derive: ByTally[T]) -> ByTally[T]:
            self.tallies[topic] = derive
            return derive

        return register

    def readings(self, read: Read[T]) -> Read[T]:
        """Registers what is read out of single events."""
        self._readings.append(read)
        return read

    def look(self, record: Record, tables: Tables) -> Look | None:
        """What the domain says of a record; None without any of its events."""
        if not any(record.every(kind) for kind in self.kinds):
            return None
        made = self._made(record)
        values = {name: value for name, derive in self.features.items() if (value := derive(made)) is not None}
        tallies = {topic: tally for topic, derive in self.tallies.items() if (tally := derive(made)) is not None}
        seen = [each for read in self._readings for each in read(made, tables)]
        return Look(values, tallies, seen)


@dataclass(frozen=True, slots=True)
class Look:
    """What one domain says."""

    features: Mapping[str, Value]
    tallies: Mapping[Topic, Tally]
    readings: list[Seen]
