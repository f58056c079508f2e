"""Putting an outlook together: who is likely to leave, who may take more, what is begun next, and the mood."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import inf, isfinite
from typing import Final

import numpy as np

from keepwell.alerts.budget import together
from keepwell.alerts.rota import Rota
from keepwell.base.time import DAY_US
from keepwell.predictions.ledger import SPOKEN_DAYS
from keepwell.runtime.columns import Columns
from keepwell.runtime.ports.foresight import Leaver, Leaving, Mood, Named, Upgrade, Wish
from keepwell.runtime.ports.next import Adopting, Answering, Expansions, Suggestion, Survey
from keepwell.runtime.standing import Standing
from keepwell.statistics.arrays import Floats, Ints
from keepwell.store.lines import Lately

LISTED: Final = 50
"""Customers in a list."""
_FIRST: Final = 5
_HALF: Final = 0.5
_WHOLE: Final = 10_000


Latest = Callable[[Sequence[int]], Mapping[int, Lately]]


@dataclass(frozen=True)
class Everybody:
    """Everybody's lines, the staff that looks after them, and when some customers were active last."""

    columns: Columns
    rota: Rota
    latest: Latest

    @property
    def capacity(self) -> int:
        """Customers that can be looked after in a day."""
        return together(each.capacity for each in self.rota.people.values())

    @cached_property
    def _names(self) -> Mapping[str, str]:
        return dict(zip(self.columns.texts.ids, self.columns.texts.names, strict=True))

    def named(self, customer_id: str) -> Named:
        return Named(customer_id, self._names.get(customer_id, customer_id))

    def places(self, customer: Ints) -> Ints:
        """Where customers are, -1 for those who are not here."""
        numbers = self.columns.rows["number"]
        place = np.searchsorted(numbers, customer)
        found = np.append(numbers, -1)[place] == customer
        return np.where(found, place, -1)


# ---------------------------------------------------------------------- who is likely to leave


def leaving(standing: Standing, everybody: Everybody, rates: Sequence[float]) -> list[Leaving]:
    """One for each horizon; `rates` are their base rates, none before they are known."""
    places = everybody.places(standing.customer)
    staying = places >= 0
    staying[staying] &= ~everybody.columns.churned[places[staying]]
    rows = np.flatnonzero(staying)
    known = list(rates) or [float("nan")] * len(standing.published.horizons)
    return [
        _leaving(standing, everybody, (rows, places[rows]), (column, known[column]))
        for column in range(len(standing.published.horizons))
    ]


def _leaving(standing: Standing, everybody: Everybody, whose: tuple[Ints, Ints], which: tuple[int, float]) -> Leaving:
    """Of some rows and their places, in one column of horizons with its base rate."""
    (rows, places), (column, rate) = whose, which
    chance = standing.chances[rows, column, 0]
    known = np.isfinite(chance)
    rows, places, chance = rows[known], places[known], chance[known]
    worth = chance * everybody.columns.rows["mrr"][places]
    published = standing.published
    days = published.horizons[column]
    first = np.argsort(-chance, kind="stable")[:LISTED]
    return Leaving(
        outcome=published.outcome.value,
        horizon=days,
        stage=int(published.stage),
        because=published.because,
        made_at=published.made_at,
        counts=published.basis.counts,
        base_rate=_number(rate),
        customers=len(rows),
        expected=float(chance.sum()),
        at_risk_cents=round(float(np.nansum(worth))),
        capacity=everybody.capacity,
        operating_point=published.point / _WHOLE if published.point is not None and days == SPOKEN_DAYS else None,
        compared_at=standing.before_at,
        lines=_leavers(everybody, places[first], (standing.chances[rows[first], column], worth[first]),
                       standing.before[rows[first], column]),
    )  # fmt: skip


def _leavers(everybody: Everybody, places: Ints, found: tuple[Floats, Floats], before: Floats) -> list[Leaver]:
    chances, worth = found
    numbers = everybody.columns.numbers(places)
    latest = everybody.latest(sorted(numbers))
    return [
        Leaver(
            customer_id=line.id, name=line.name, segment=line.segment or None, band=line.band, score=line.score,
            mrr_cents=line.mrr_cents, chance=float(chance), low=float(low), high=float(high),
            before=_number(earlier), at_risk_cents=round(value) if isfinite(value) else None,
            last_active=_midnight(seen.active_day), ends_at=_midnight(seen.ends_day),
        )
        for line, (chance, low, high), value, earlier, seen in zip(
            everybody.columns.lines(places, {}), chances, worth.tolist(), before.tolist(),
            [latest.get(each, Lately()) for each in numbers], strict=True,
        )
    ]  # fmt: skip


def _midnight(day: int) -> int | None:
    return day * DAY_US if day else None


def _number(value: float) -> float | None:
    return float(value) if isfinite(value) else None


# ---------------------------------------------------------------------- what is next


def upgrades(found: Expansions, everybody: Everybody) -> list[Upgrade]:
    """To whom something may be proposed now, the soonest limit first, then the likeliest to take more."""
    ready = [each for each in found.customers if not each.held and (each.expected_at or each.probability)]
    ready.sort(key=lambda each: (each.expected_at or inf, -(each.probability or 0.0), each.customer_id))
    return [Upgrade(everybody.named(each.customer_id), each) for each in ready[:LISTED]]


def wishes(found: Adopting, everybody: Everybody) -> list[Wish]:
    """Features, those that most are likely to begin first: by the sum of the chances, else by whose likeliest it is."""
    wanted: dict[str, list[tuple[str, Suggestion]]] = defaultdict(list)
    for customer, suggestions in found.customers.items():
        for each in suggestions:
            wanted[each.feature].append((customer, each))
    made = [_wish(feature, some, everybody) for feature, some in wanted.items()]
    made.sort(key=lambda each: (-(each.expected or 0.0), -each.likely, each.feature))
    return made[:LISTED]


def _wish(feature: str, some: Sequence[tuple[str, Suggestion]], everybody: Everybody) -> Wish:
    some = sorted(some, key=lambda each: (-(each[1].probability or 0.0), each[1].rank, each[0]))
    chances = [each.probability for _, each in some if each.probability is not None]
    first = [everybody.named(customer) for customer, _ in some[:_FIRST]]
    return Wish(feature, sum(each.rank == 1 for _, each in some), sum(chances) if chances else None, first)


def mood(survey: Survey, everybody: Everybody) -> Mood:
    """One kind of survey."""
    last = [each.last for each in survey.customers if each.last is not None]
    fallen = sorted((each for each in survey.customers if each.dropped > 0), key=lambda each: -each.dropped)
    return Mood(
        kind=survey.kind,
        scale=survey.scale,
        last=_mean(last),
        expected=_mean([each.expected for each in survey.customers]),
        customers=len(survey.customers),
        unhappy=sum((each.probability or 0.0) > _HALF for each in survey.customers),
        dropped=[everybody.named(each.customer_id) for each in fallen[:LISTED]],
        because=survey.because,
    )


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def answering(who: Answering) -> str:
    """Who answers, as a sentence."""
    told = f"{who.answered} of {who.active} active customers answered in 180 days"
    if who.days_of_answering is None or who.days_of_silent is None:
        return told
    return f"{told}; they are active on {who.days_of_answering:.0f} days, those who do not on {who.days_of_silent:.0f}"
