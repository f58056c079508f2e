"""The crowd: what other customers did, and how the counts of some compare with their own past and with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from keepwell.expert.scope import Standing, Topic, of_failures, of_work
from keepwell.expert.telemetry.crowd import Together, tempered, together
from keepwell.expert.telemetry.domain import Tally
from keepwell.statistics.arrays import Floats, Numbers
from keepwell.statistics.failures import Counts
from keepwell.statistics.work import Amounts

Tallies = Mapping[Topic, Tally]


@dataclass(frozen=True)
class Crowd:
    """The tallies of other customers, by number, and the slippage that is usual among them, in basis points."""

    members: Mapping[int, Tallies] = field(default_factory=dict)
    slippage: float | None = None
    _known: dict[tuple[int | None, Topic], Together | None] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def totals(self) -> Mapping[Topic, Floats]:
        """What all of them counted together: [now, past] x [first, second number of a tally]."""
        return {
            topic: sum((_numbers(each[topic]) for each in self.members.values() if topic in each), np.zeros((2, 2)))
            for topic in Topic
        }

    def without(self, customer: int, topic: Topic) -> Floats:
        """The same without one of them."""
        own = self.members.get(customer, {}).get(topic)
        return self.totals[topic] if own is None else self.totals[topic] - _numbers(own)

    def together(self, customer: int, topic: Topic) -> Together | None:
        """The customers behind those sums, without one of them; None without any."""
        key = (customer if topic in self.members.get(customer, {}) else None, topic)
        if key not in self._known:
            others = [each[topic] for who, each in self.members.items() if topic in each and who != key[0]]
            self._known[key] = together(topic, others) if others else None
        return self._known[key]

    def beside(self, customer: int) -> int:
        """How many there are besides one customer."""
        return len(self.members) - (customer in self.members)


def _numbers(tally: Tally) -> Floats:
    return np.array([_pair(tally.now), _pair(tally.past)], np.float64)


def _pair(counted: Counts | Amounts) -> tuple[Numbers, Numbers]:
    return (counted.failed, counted.trials) if isinstance(counted, Counts) else (counted.count, counted.exposure)


def standings(owned: Sequence[tuple[int, Tallies]], crowd: Crowd) -> list[dict[Topic, Standing]]:
    """How the counts of some customers (number, tallies) compare; all that have a topic are asked at once."""
    found: list[dict[Topic, Standing]] = [{} for _ in owned]
    for topic in Topic:
        for sort in (Counts, Amounts):
            having = [place for place, (_, each) in enumerate(owned) if _is(each.get(topic), sort)]
            for place, standing in zip(having, _compared(topic, [owned[each] for each in having], crowd), strict=True):
                found[place][topic] = standing
    return found


def _is(tally: Tally | None, sort: type[Counts | Amounts]) -> bool:
    return tally is not None and isinstance(tally.now, sort)


def _compared(topic: Topic, owned: Sequence[tuple[int, Tallies]], crowd: Crowd) -> Iterable[Standing]:
    if not owned:
        return []
    tallies = [each[topic] for _, each in owned]
    own = np.stack([_numbers(each) for each in tallies])
    others = np.stack([crowd.without(customer, topic) for customer, _ in owned])
    four = [side[:, when, :].T for side in (own, others) for when in (0, 1)]
    if isinstance(tallies[0].now, Counts):
        rows = of_failures(*(Counts(*each) for each in four))
    else:
        rows = of_work(*(Amounts(*each) for each in four))
    return [
        replace(tempered(row, tally, crowd.together(customer, topic)), cusum=tally.drift)
        for row, tally, (customer, _) in zip(rows, tallies, owned, strict=True)
    ]
