"""The crowd: what other customers did, and how the counts of some compare with their own past and with it.

What everybody has is told by two things. The sums of the others must be worse than before; and many of the others,
counted as customers, must be. Sums alone are moved by a few busy customers in trouble of their own, and then everybody
would be told of an incident that there is not, while the trouble of those few would be taken for part of it. It is
asked of the whole window, and beside a conspicuous customer of the block of hours in which its own failures lie: it
points to the block without looking at others, so that there is nothing to correct for. And a customer is worse
than others only if it is so by more than they differ among each other, in the very hours in which it tried.

Who fails mostly with one program or endpoint is also held against those alone who use it: what they share is nobody's
own, though everybody else knows nothing of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

import numpy as np

from keepwell.expert.scope import RATES, Standing, Topic, of_failures, of_work
from keepwell.expert.telemetry.observe import Observed, compared, usual
from keepwell.expert.telemetry.tally import Tally
from keepwell.statistics import failures, hours, work
from keepwell.statistics.arrays import Floats, Ints, Mask, Numbers
from keepwell.statistics.failures import ALERT, ENOUGH, LEAST_OTHERS, WATCH, Counts
from keepwell.statistics.work import Amounts

LEAST_TRIALS: Final = 5
"""Trials of a customer in the window, below which it is not asked whether it is worse than before."""
LEAST_IN_BLOCK: Final = 2
"""The same of a block of hours."""
LEAST_SHARING: Final = 3
"""Other customers without whom nothing is said of a block of hours, or of those who use the same."""

Tallies = Mapping[Topic, Tally]


class Group:
    """Those who have a topic, whoever is left out later: places by number, and their counts.

    Attributes:
        places: of each customer in the arrays.
        rows: first and second number of a tally now, and of the past, [M, 4].
        hours: failed, trials, and failures to be expected by the own past, by hour of the day, [M, 3, 24].
    """

    def __init__(self, topic: Topic, use: str, tallies: Mapping[int, Tally]) -> None:
        self.topic, self.use, self.places = topic, use, {who: place for place, who in enumerate(tallies)}
        self.rows = _rows(list(tallies.values()))
        counts = _hours(list(tallies.values()), self.rows)
        self.hours = np.concatenate([counts, counts[:, 1:] * _usual(self.rows)[:, None, None]], axis=1)

    @cached_property
    def p(self) -> Floats:
        """The chance of each to be as bad as this, given its own past, [M]."""
        first, second, third, fourth = self.rows.T
        if self.topic in RATES:
            return failures.against_past(Counts(first, second), Counts(third, fourth))
        return work.fell(Amounts(first, second), Amounts(third, fourth))

    def asked(self) -> Mask:
        """Of whom there is enough to ask whether they are worse than before."""
        now, past = self.rows[:, 1], self.rows[:, 3]
        return (now >= LEAST_TRIALS) & (past > 0) if self.topic in RATES else self.rows[:, 2] > 0

    def block(self, place: int) -> Floats:
        """Failed and trials of each in a block of hours, [M, 2]."""
        return np.asarray(np.rint(self.hours[:, :2] @ hours.BLOCKS[place]))


@dataclass(frozen=True)
class Together:
    """Some of a group together, `mask` [M] says who; all of it is of them only."""

    group: Group
    mask: Mask
    _known: dict[int, float] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def number(self) -> int:
        """How many they are."""
        return int(self.mask.sum())

    @property
    def few(self) -> bool:
        """Whether they are some who use the same, so few that none may be in trouble of its own."""
        return bool(self.group.use) and self.number < ENOUGH

    @cached_property
    def sums(self) -> Floats:
        """Of their rows, [4]."""
        return np.asarray(self.group.rows[self.mask].sum(axis=0))

    @cached_property
    def hours(self) -> Floats:
        """Of their failures, trials and what was to be expected by hour, [3, 24]."""
        return np.asarray(self.group.hours[self.mask].sum(axis=0))

    @cached_property
    def breadth(self) -> float:
        """Chance that so many of them or more are worse than their own past, if nothing changed."""
        asked = self.mask & self.group.asked()
        if self.few:
            return failures.many(Counts(*self.group.rows[asked, :2].T), Counts(*self.group.rows[asked, 2:].T))
        return failures.breadth(self.group.p[asked])

    @cached_property
    def typical(self) -> Mask:
        """Without those in trouble of their own, unless most are worse than before: who shows how customers differ."""
        asked = self.mask & self.group.asked()
        return asked & (self.group.p >= ALERT) if self.breadth >= WATCH else asked

    @cached_property
    def typical_hours(self) -> Floats:
        """The same of the typical ones."""
        return np.asarray(self.group.hours[self.typical].sum(axis=0))

    @cached_property
    def weight(self) -> float:
        """How little the typical ones differ from what is to be expected in their hours; NaN when it is not known."""
        own = self.group.hours[self.typical]
        expected = failures.smoothed(hours.same_hours(own[:, 1], self.typical_hours))
        found = failures.between(Counts(*self.group.rows[self.typical, :2].T), expected)
        return np.nan if found is None else found

    def in_block(self, place: int) -> float:
        """Chance that they fail so much more than before in a block of hours, and so many of them; 1 of too few."""
        if place not in self._known:
            self._known[place] = self._in_block(place)
        return self._known[place]

    def _in_block(self, place: int) -> float:
        counts, past = self.group.block(place), self.group.rows[:, 2:]
        asked = self.mask & (counts[:, 1] >= LEAST_IN_BLOCK) & (past[:, 1] > 0)
        now = counts[self.mask].sum(axis=0)
        if asked.sum() < LEAST_SHARING or now[1] < LEAST_OTHERS:
            return 1.0
        pooled = failures.against_past(Counts(*now), Counts(*self.sums[2:]), failures.OVERDISPERSION)
        many = failures.many(Counts(*counts[asked].T), Counts(*past[asked].T))
        return _tempered(pooled.item(), many) if self.few else max(pooled.item(), many)


@dataclass(frozen=True)
class Crowd:
    """The tallies of other customers, by number, and the slippage that is usual among them, in basis points."""

    members: Mapping[int, Tallies] = field(default_factory=dict)
    slippage: float | None = None
    _groups: dict[tuple[Topic, str], Group] = field(default_factory=dict, compare=False, repr=False)
    _known: dict[tuple[int | None, Topic, str], Together] = field(default_factory=dict, compare=False, repr=False)

    def together(self, customer: int, topic: Topic, use: str = "") -> Together:
        """Those of a topic without one of them; where a use is named, of those who use it."""
        group = self._group(topic, use)
        key = (customer if customer in group.places else None, topic, use)
        if key not in self._known:
            mask = np.ones(len(group.places), np.bool_)
            mask[[place for place in (group.places.get(customer),) if place is not None]] = False
            self._known[key] = Together(group, mask)
        return self._known[key]

    def _group(self, topic: Topic, use: str) -> Group:
        if (topic, use) not in self._groups:
            having = {who: each[topic] for who, each in self.members.items() if topic in each}
            chosen = {who: tally for who, tally in having.items() if not use or _uses(tally, use)}
            self._groups[topic, use] = Group(topic, use, chosen)
        return self._groups[topic, use]

    def beside(self, customer: int) -> int:
        """How many there are besides one customer."""
        return len(self.members) - (customer in self.members)


def gather(seen: Mapping[int, Observed]) -> Crowd:
    """The crowd of some customers, by number."""
    slippage = usual(seen.values())
    return Crowd({who: compared(each, slippage) for who, each in seen.items()}, slippage)


def _uses(tally: Tally, use: str) -> bool:
    return tally.parts is not None and use in tally.parts.uses


def _rows(tallies: Sequence[Tally]) -> Floats:
    return np.array([[*_pair(each.now), *_pair(each.past)] for each in tallies], np.float64).reshape(-1, 4)


def _pair(counted: Counts | Amounts) -> tuple[Numbers, Numbers]:
    return (counted.failed, counted.trials) if isinstance(counted, Counts) else (counted.count, counted.exposure)


def _hours(tallies: Sequence[Tally], rows: Floats) -> Floats:
    """By hour of the day, [N, 2, 24]; what has no hours is as much in each."""
    found = np.repeat(rows[:, :2, None] / hours.HOURS, hours.HOURS, axis=2)
    for place, each in enumerate(tallies):
        if each.parts is not None:
            found[place] = each.parts.failed, each.parts.trials
    return found


def _usual(rows: Floats) -> Floats:
    """The share of failures of each one's past, drawn to that of all as much as a few trials weigh, [M]."""
    failed, trials = rows[:, 2:].T
    all_ = failures.smoothed(Counts(failed.sum(), trials.sum()))
    return np.asarray((failed + hours.DRAWN * all_) / (trials + hours.DRAWN))


def _tempered(pooled: float, breadth: float) -> float:
    """Worse than before together, and many of them: what contradicts this stands in the sum's place."""
    return pooled if breadth < WATCH else max(pooled, breadth)


def standings(owned: Sequence[tuple[int, Tallies]], crowd: Crowd) -> list[dict[Topic, Standing]]:
    """How the counts of some customers (number, tallies) compare; all that have a topic are asked at once."""
    found: list[dict[Topic, Standing]] = [{} for _ in owned]
    for topic in Topic:
        having = [place for place, (_, each) in enumerate(owned) if topic in each]
        if having:
            some = [(owned[place][0], owned[place][1][topic]) for place in having]
            compare = _failing if topic in RATES else _working
            for place, (_, tally), standing in zip(having, some, compare(topic, some, crowd), strict=True):
                found[place][topic] = replace(standing, cusum=tally.drift, plain=tally.plain)
    return found


def _failing(topic: Topic, owned: Sequence[tuple[int, Tally]], crowd: Crowd) -> list[Standing]:
    rows = _rows([tally for _, tally in owned])
    own = Own(rows, _hours([tally for _, tally in owned], rows))
    found = _beside(own, [crowd.together(who, topic) for who, _ in owned])
    for place, (who, tally) in enumerate(owned):
        through = tally.parts.through if tally.parts is not None else ()
        if through and _is_open(found[place]):
            found[place] = _shared(
                found[place], own.alone(place), [(use, crowd.together(who, topic, use)) for use in through]
            )
    return found


@dataclass(frozen=True)
class Own:
    """Counts of N customers: rows [N, 4] and hours [N, 2, 24], as those of a group."""

    rows: Floats
    hours: Floats

    def alone(self, place: int) -> Own:
        """One of them."""
        return Own(self.rows[place : place + 1], self.hours[place : place + 1])

    @cached_property
    def blocks(self) -> Ints:
        """The block of hours that holds each one's own excess, [N]."""
        return hours.worst_block(Counts(*self.hours.swapaxes(0, 1)), failures.smoothed(Counts(*self.rows[:, 2:].T)))


def _beside(own: Own, beside: Sequence[Together]) -> list[Standing]:
    """The standing of N customers beside those who were put together for each."""
    others, by_hour = (np.stack([getattr(each, name) for each in beside]) for name in ("sums", "hours"))
    now, past, all_now, all_past = (Counts(*rows.T) for rows in (*_halves(own.rows), *_halves(others)))
    alike = hours.same_hours(own.hours[:, 1], by_hour)
    typical = hours.same_hours(own.hours[:, 1], np.stack([each.typical_hours for each in beside]))
    weight = np.array([each.weight for each in beside])
    differ = np.where(np.isnan(weight), 0.0, _against_each(now, failures.smoothed(typical), weight))
    found = of_failures(now, past, all_now, all_past, alike)
    added = failures.smoothed(alike) - hours.usual(by_hour)
    rows = zip(found, beside, own.blocks.tolist(), differ.tolist(), strict=True)
    found = [_completed(standing, each, block, p) for standing, each, block, p in rows]
    return _excused(found, own, added)


def _excused(found: list[Standing], own: Own, added: Floats) -> list[Standing]:
    """While others are worse than before: no worse than others is who is worse by as much as they are."""
    places = [place for place, each in enumerate(found) if each.p_net is not None and each.p_net < ALERT]
    if not places:
        return found
    now, past = (Counts(*rows.T) for rows in _halves(own.rows[places]))
    still = failures.worse_still(now, past, added[places]).tolist()
    for place, p in zip(places, still, strict=True):
        found[place] = replace(found[place], p_peer=max(found[place].p_peer or 0.0, p))
    return found


def _against_each(now: Counts, mean: Floats, weight: Floats) -> Floats:
    return failures.against_each(now, mean, np.where(np.isnan(weight), 1.0, weight))


def _halves(rows: Floats) -> tuple[Floats, Floats]:
    return rows[:, :2], rows[:, 2:]


def _completed(standing: Standing, others: Together, block: int, differ: float) -> Standing:
    """With how customers differ, how many are worse, and the block of hours in which this one's failures lie."""
    if standing.p_peer is None or standing.p_net is None:
        return standing
    net = _tempered(standing.p_net, others.breadth)
    if block >= 0 and net >= ALERT and standing.p_own is not None and standing.p_own < WATCH:
        net = min(net, others.in_block(block))
    return replace(standing, p_peer=max(standing.p_peer, differ), p_net=net)


def _is_open(standing: Standing) -> bool:
    """Whether it is conspicuous, and nothing that everybody has."""
    known = standing.p_own is not None and standing.p_net is not None
    return known and standing.p_own < WATCH and standing.p_net >= ALERT  # type: ignore[operator]


def _shared(standing: Standing, own: Own, using: Sequence[tuple[str, Together]]) -> Standing:
    """Beside those who use the same, where they all have the same trouble; else as it is."""
    for use, others in using:
        if others.number < LEAST_SHARING:
            continue
        (found,) = _beside(own, [others])
        if found.p_net is not None and found.p_net * len(using) < ALERT:
            return replace(found, p_net=found.p_net * len(using), among=use, others=others.number)
    return standing


def _working(topic: Topic, owned: Sequence[tuple[int, Tally]], crowd: Crowd) -> list[Standing]:
    """Less than the own past promises, by more than others have less than theirs, and differ: sizes are their own."""
    beside = [crowd.together(who, topic) for who, _ in owned]
    rows, others = _rows([tally for _, tally in owned]), np.stack([each.sums for each in beside])
    mine, theirs = _promised(rows), _promised(others)
    peer = work.fell(Amounts(*mine.T), Amounts(*theirs.T), failures.OVERDISPERSION)
    told = ((mine[:, 1] > 0) & (theirs[:, 1] > 0)).tolist()
    found = of_work(*(Amounts(*each.T) for each in (*_halves(rows), *_halves(others))))
    return [
        each if each.p_net is None
        else replace(each, p_peer=p if known else None, p_net=_tempered(each.p_net, all_.breadth))
        for each, all_, p, known in zip(found, beside, peer.tolist(), told, strict=True)
    ]  # fmt: skip


def _promised(rows: Floats) -> Floats:
    """What came now, and what the past's rate makes of the same exposure, [N, 2]; 0 without a past."""
    now, exposure, past, before = rows.T
    rate = np.divide(past, before, out=np.zeros_like(past), where=before > 0)
    return np.stack([now, rate * exposure], axis=1)
