"""A domain: what is made of some kinds of events, and the features, counts and readings that come out of it.

A feature is one small function, registered under the name the knowledge base asks for. A domain without any event
says nothing at all, so that what nobody sends is unknown and never zero.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from keepwell.expert.case import Seen
from keepwell.expert.features import Value
from keepwell.expert.reading.tables import Tables
from keepwell.expert.scope import Topic
from keepwell.expert.telemetry.record import Record
from keepwell.expert.telemetry.tally import Tally

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
        objects: what a feature is of, in the sender's words.
    """

    def __init__(self, name: str, kinds: tuple[str, ...], made: Callable[[Record], T]) -> None:
        self.name, self.kinds, self._made = name, kinds, made
        self.features: dict[str, ByValue[T]] = {}
        self.tallies: dict[Topic, ByTally[T]] = {}
        self.objects: dict[str, Callable[[T], str | None]] = {}
        self._readings: list[Read[T]] = []

    def feature(self, name: str) -> Callable[[Callable[[T], V]], Callable[[T], V]]:
        """Registers a feature under the name the knowledge base asks for."""

        def register(derive: Callable[[T], V]) -> Callable[[T], V]:
            self.features[name] = derive
            return derive

        return register

    def of(self, *names: str) -> Callable[[Callable[[T], str | None]], Callable[[T], str | None]]:
        """Registers what some features are of."""

        def register(derive: Callable[[T], str | None]) -> Callable[[T], str | None]:
            self.objects |= dict.fromkeys(names, derive)
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
        objects = {name: said for name, of in self.objects.items() if name in values and (said := of(made))}
        return Look(values, tallies, seen, objects)


@dataclass(frozen=True, slots=True)
class Look:
    """What one domain says."""

    features: Mapping[str, Value]
    tallies: Mapping[Topic, Tally]
    readings: list[Seen]
    objects: Mapping[str, str]
