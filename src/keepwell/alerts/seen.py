"""What conditions look at: the aggregates of N customers at one moment, and their scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from keepwell.alerts.aggregates import statements
from keepwell.alerts.fleet import Fleet
from keepwell.base.time import DAY_US
from keepwell.expert.episode import Episodes
from keepwell.metrics.catalog import INDICATORS
from keepwell.metrics.rollups import DAY_WINDOW
from keepwell.metrics.statement import Statement
from keepwell.metrics.table import Floats, Ints, Mask, Result
from keepwell.metrics.view import View
from keepwell.scores.score import Scores
from keepwell.statistics import silence
from keepwell.statistics.failures import Counts

_PLACE = {name: place for place, name in enumerate(INDICATORS)}


@dataclass(frozen=True)
class Past:
    """What is remembered of the scores of N customers.

    Attributes:
        week_ago: score at the end of the day seven days before, NaN when there was none.
        standing: effective band, place in `BANDS`.
        fell_at: when the effective band last moved, if it moved down; 0 otherwise.
    """

    week_ago: Floats
    standing: Ints
    fell_at: Ints


@dataclass(frozen=True)
class Common:
    """What all customers together did: in the window that a condition looks at, and in the weeks before."""

    now: Counts
    past: Counts


NOTHING = Common(Counts(0, 0), Counts(0, 0))


@dataclass(frozen=True)
class Crowd:
    """What all customers together did: transactions of 24 hours, and API calls of a week."""

    transactions: Common = NOTHING
    calls: Common = NOTHING


@dataclass(frozen=True)
class Seen:
    """N customers at one moment.

    Attributes:
        view: the aggregates of the score.
        scores: the scores.
        past: what is remembered of earlier ones.
        fleet: what is usual among all customers.
        crowd: what all of them did lately.
        unheard: spans in which nobody was heard, from beginning to end: they are no silence of anybody.
        horizon: the moment up to which anything is known of anybody: who is silent since then may only not be heard.
        one: columns of the single-row statements of `aggregates`, [N] each.
        many: (row, columns) of the others.
        findings: what the Expert says of them, by number; nothing of a customer that is not in it.
    """

    view: View
    scores: Scores
    past: Past
    fleet: Fleet
    crowd: Crowd
    horizon: int
    unheard: Sequence[tuple[int, int]]
    one: Mapping[str, Ints]
    many: Mapping[str, tuple[Ints, Mapping[str, Ints]]]
    findings: Mapping[int, Episodes] = field(default_factory=dict)
    _tempo: dict[str, Ints] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.view)

    @property
    def t(self) -> Ints:
        """The moment asked about, [N]."""
        return self.view.scope("t")

    @property
    def d(self) -> Ints:
        """The last day before it, [N]."""
        return self.view.scope("d")

    @property
    def segment(self) -> Ints:
        return self.view.scope("segment_id")

    @property
    def gone(self) -> Mask:
        """Customers who left, paused or were announced to be away: nothing about being quiet is said of them."""
        paused: Mask = self.view.scope("paused_until") >= self.d
        return paused | (self.view.scope("cancelled") > 0)

    def days(self, name: str) -> Ints:
        """A column of the wide rollup by day, [N, 120]; the last column is the running day."""
        if name not in self._tempo:
            row, columns = self.many["tempo"]
            found = np.zeros((len(self), DAY_WINDOW), np.int64 if name.endswith("_at") else np.int32)
            found[row, DAY_WINDOW - 1 - columns["age"]] = columns[name]
            self._tempo[name] = found
        return self._tempo[name]

    @cached_property
    def sign_in_rhythm(self) -> silence.Rhythm:
        """How often each customer signs in."""
        return silence.rhythm(self.days("sign_ins"), DAY_WINDOW - self.exposure())

    def indicator(self, name: str) -> Floats:
        """The measured value of an indicator, NaN without one."""
        return self.scores.values[:, _PLACE[name]]

    def exposure(self) -> Ints:
        """Days of the 120 in which a customer was there, the running one included."""
        days: Ints = np.minimum(self.d - self.view.scope("first_day") + 1, DAY_WINDOW)
        return days


def line_up(
    view: View, results: Mapping[str, Result]
) -> tuple[dict[str, Ints], dict[str, tuple[Ints, dict[str, Ints]]]]:
    """Results of `aggregates.statements` in the order of the rows of a view of one moment; missing ones are zeros."""
    customers = view.scope("customer")
    one: dict[str, Ints] = {}
    many: dict[str, tuple[Ints, dict[str, Ints]]] = {}
    for statement in statements():
        result = results.get(statement.name) or _nothing(statement)
        place = np.searchsorted(customers, result["customer"])
        if statement.single:
            one |= _spread(statement, result, place, len(view))
        else:
            many[statement.name] = place.astype(np.int64), {name: result[name] for name in statement.columns}
    return one, many


def _nothing(statement: Statement) -> Result:
    return {name: np.zeros(0, np.int64) for name in ("a", "customer", *statement.columns)}


def _spread(statement: Statement, result: Result, place: NDArray[np.intp], size: int) -> dict[str, Ints]:
    found: dict[str, Ints] = {}
    for name in statement.columns:
        found[name] = np.zeros(size, np.int64)
        found[name][place] = result[name]
    return found


def hours(microseconds: Ints | Floats) -> Floats:
    """Microseconds in hours."""
    return np.asarray(microseconds, np.float64) * 24.0 / DAY_US
