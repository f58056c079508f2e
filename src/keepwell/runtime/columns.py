"""Everybody's current line in columns: numbers in one array, texts in lists, orders made when first asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keepwell.base.time import last_day_before
from keepwell.runtime.ports.book import CustomerLine
from keepwell.scores.bands import BANDS
from keepwell.scores.lifecycle import STAGES, Lifecycle
from keepwell.store.lines import Table

TREND_DAYS = 90
FEW = 1000  # places that are put in order by themselves
CHURNED = STAGES.index(Lifecycle.CHURNED)

Trend = Sequence[float | None]


@dataclass(frozen=True)
class Order:
    """Places in the order of a text. `rank` is where each place stands, `key` what a place is ordered by."""

    places: list[int]
    rank: NDArray[np.int64]
    key: Callable[[int], Any]


def _order(key: Callable[[int], Any], size: int, before: Order | None) -> Order:
    """Beginning with an order from before, which is nearly right: then sorting is little more than looking."""
    places = [*before.places, *range(len(before.places), size)] if before else list(range(size))
    places.sort(key=key)
    rank = np.empty(size, np.int64)
    rank[places] = np.arange(size)
    return Order(places, rank, key)


@dataclass(frozen=True)
class Texts:
    """The texts of everybody, by place. `before` are those this one was made from: their orders help with the next."""

    ids: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    segments: list[str] = field(default_factory=list)
    plans: list[str] = field(default_factory=list)
    owners: list[str] = field(default_factory=list)
    orders_before: tuple[Order | None, Order | None] = (None, None)

    @cached_property
    def folded_names(self) -> list[str]:
        return [_folded(each) for each in self.names]

    @cached_property
    def by_id(self) -> Order:
        return _order(self.ids.__getitem__, len(self.ids), self.orders_before[0])

    @cached_property
    def by_name(self) -> Order:
        """By name in any case, then by id."""
        names, ids = self.folded_names, self.ids
        return _order(lambda place: (names[place], ids[place]), len(ids), self.orders_before[1])

    def name_rank(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """Numbers in the order of names of some places: few are compared by themselves, so that not all need be."""
        if len(places) > FEW or "by_name" in self.__dict__:
            return self.by_name.rank[places]
        keys = [(self.names[place].casefold(), self.ids[place]) for place in places.tolist()]
        rank = np.empty(len(keys), np.int64)
        rank[sorted(range(len(keys)), key=keys.__getitem__)] = np.arange(len(keys))
        return rank

    @cached_property
    def haystack(self) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        """All names and ids, in lower case, one after the other with a 0 behind each, and where those of each end."""
        both = (f"{name}\0{each.casefold()}\0" for name, each in zip(self.folded_names, self.ids, strict=True))
        found = np.frombuffer("".join(both).encode("utf-8", "surrogatepass"), np.uint8)
        return found, np.flatnonzero(found == 0)[1::2]

    def holding(self, text: str) -> NDArray[np.int64]:
        """Places whose name or id holds a text, in any case; some more than once."""
        needle = text.casefold().encode("utf-8", "surrogatepass")
        found, ends = self.haystack
        if 0 in needle or len(needle) > len(found):
            return np.zeros(0, np.int64)
        at = np.flatnonzero(found[: len(found) - len(needle) + 1] == needle[0])
        for offset, byte in enumerate(needle[1:], 1):
            at = at[found[at + offset] == byte]
        return np.searchsorted(ends, at)

    @property
    def orders(self) -> tuple[Order | None, Order | None]:
        """The orders that were asked for."""
        return self.__dict__.get("by_id", self.orders_before[0]), self.__dict__.get("by_name", self.orders_before[1])

    @property
    def made(self) -> dict[str, object]:
        """What was made of ids and names when it was asked for: it holds as long as they do."""
        return {name: self.__dict__[name] for name in _MADE if name in self.__dict__}


_MADE = ("folded_names", "haystack", "by_id", "by_name")


def _folded(text: str) -> str:
    folded = text.casefold()
    return text if folded == text else folded


@dataclass(frozen=True)
class Columns:
    """Everybody at one moment; never changed. `rows` are ascending by customer number."""

    rows: Table
    texts: Texts
    as_of: int

    def __len__(self) -> int:
        return len(self.texts.ids)

    @cached_property
    def score(self) -> NDArray[np.float64]:
        return self.rows["score"]

    @cached_property
    def change(self) -> NDArray[np.float64]:
        """The change in seven days, NaN when there was no score then."""
        found: NDArray[np.float64] = self.score - self.rows["before"]
        return found

    @cached_property
    def scored(self) -> NDArray[np.bool_]:
        return np.asarray(self.rows["band"] >= 0)

    @cached_property
    def churned(self) -> NDArray[np.bool_]:
        return np.asarray(self.rows["stage"] == CHURNED)

    def numbers(self, places: NDArray[np.int64]) -> list[int]:
        """The customer numbers at some places."""
        found: list[int] = self.rows["number"][places].tolist()
        return found

    def lines(self, places: NDArray[np.int64], days: Mapping[int, Mapping[int, float]]) -> list[CustomerLine]:
        """Lines for people, with the trends of the given days by customer number; without any they have none."""
        return [self._line(place, days) for place in places.tolist()]

    def _line(self, place: int, days: Mapping[int, Mapping[int, float]]) -> CustomerLine:
        row = {name: column[place] for name, column in self.rows.items()}
        texts, change = self.texts, float(self.change[place])
        number, scored = int(row["number"]), bool(row["band"] >= 0)
        return CustomerLine(
            id=texts.ids[place],
            name=texts.names[place],
            segment=texts.segments[place],
            plan=texts.plans[place],
            owner=texts.owners[place],
            mrr_cents=None if np.isnan(row["mrr"]) else int(row["mrr"]),
            lifecycle=STAGES[row["stage"]].value if scored else "",
            score=float(row["score"]) if scored else None,
            coverage=float(row["coverage"]),
            connectable=float(row["connectable"]),
            band=BANDS[row["band"]].value if scored else None,
            computed_band=BANDS[row["computed"]].value if scored else None,
            provisional=bool(row["provisional"]),
            change_7d=None if np.isnan(change) else change,
            trend=trend(int(row["as_of"]), days.get(number, {})) if scored and days else (),
        )


def trend(as_of: int, days: Mapping[int, float]) -> Trend:
    """One score a day up to the day of a moment, the oldest first."""
    today = last_day_before(as_of)
    return [days.get(day) for day in range(today - TREND_DAYS + 1, today + 1)]
