"""What single customers are held against: everybody, as known when a day began. Made once a day.

The judgements are those of the alert rules, looked at as their survey looks at them.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from keepwell.alerts.conditions import CONDITIONS
from keepwell.alerts.rule import Rule
from keepwell.alerts.seen import Common, Seen
from keepwell.base.time import DAY_US, last_day_before
from keepwell.engines import duckdb as engine
from keepwell.metrics.rollups import DAY_WINDOW
from keepwell.metrics.table import Floats, Ints, Mask
from keepwell.runtime import seeing
from keepwell.runtime.workspace import Workspace
from keepwell.statistics import shift
from keepwell.statistics.arrays import blocks
from keepwell.statistics.failures import Counts
from keepwell.store import log, profiles
from keepwell.store.segments import FIRST, manifest

WEEK, MONTH = 7, 28
"""Days over which failures and use are told; failures are held against the month before their week."""
_FEATURE = "f:"


class Judged(NamedTuple):
    """What a rule finds of N customers; of `Found` what need not keep all that was seen in memory."""

    holds: Mask
    measure: Floats
    threshold: Floats


@dataclass(frozen=True)
class Everybody:
    """All N customers as known when a day began; its columns are in the order of their numbers.

    Attributes:
        day: the day.
        number: of each customer, ascending.
        segment, seats: as their profiles say; 0 where they do not.
        gone: who left or is away.
        first: the first day of each.
        own: own actions by day, [N, 120]; the last column is the day that began and holds nothing.
        gap: days between two sign-ins, usual in the segment of each.
        use, trade: how far the use, and the number of transactions, of the last 28 days lies from what was usual; NaN
            where that is no more than the own ups and downs.
        rules: what daily and weekly rules find, by id.
        crowd: transactions of all of them: of a week, and of the 28 days before.
        connected: kinds of events that were ever sent.
        prices: of a unit of each asset.
        firsts: the day of the first use of each feature, by customer.
        entitled: features that are theirs.
        heard: the moment up to which anything was known of anybody.
    """

    day: int
    number: Ints
    segment: Ints
    seats: Ints
    gone: Mask
    first: Ints
    own: Ints
    gap: Floats
    use: Floats
    trade: Floats
    rules: Mapping[str, Judged]
    crowd: Common
    connected: frozenset[str]
    prices: Mapping[str, float]
    firsts: Mapping[int, Mapping[str, int]]
    entitled: Mapping[int, frozenset[str]]
    heard: int

    def row(self, customer: int) -> int | None:
        """The place of a customer; None for one who was not there yet."""
        place = int(np.searchsorted(self.number, customer))
        return place if place < len(self.number) and self.number[place] == customer else None


_RULES = ("api_error_rate_increase", "satisfaction_drop", "competitive_activity", "expansion_indicators")


class EverybodyOfTheDay:
    """Everybody of the running day, kept until the next, or until files were taken in."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._guard = threading.Lock()
        self._known: dict[tuple[int, int], Everybody] = {}

    def at(self, now: int) -> Everybody:
        """Everybody as known when the day of a moment began."""
        with self._workspace.database.read() as session:
            taken_in = int(session.one("SELECT COUNT(*) FROM import_run") or 0)
        name = last_day_before(now), taken_in
        with self._guard:
            if name not in self._known:
                self._known = {name: everybody(self._workspace, name[0])}
            return self._known[name]


def everybody(workspace: Workspace, day: int) -> Everybody:
    """Read everybody as known when a day began."""
    moment = day * DAY_US + 1  # the first at which the day runs
    seen = seeing.everybody(workspace, moment)
    reference = seen.view.references[0]
    rules = workspace.alarms.rules
    with workspace.database.read() as session:
        known = profiles.all_at(session, moment)
    transactions = seen.days("tx_tried") - seen.days("tx_bad")
    return Everybody(
        day=day,
        number=seeing.customers_of(seen),
        segment=seen.segment,
        seats=seen.view.scope("seats"),
        gone=seen.gone,
        first=seen.view.scope("first_day"),
        own=seen.days("own"),
        gap=seen.fleet.gap(seen.segment),
        use=moved(seen, seen.days("own")),
        trade=moved(seen, transactions),
        rules={name: _judged(seen, rules[name]) for name in _RULES},
        crowd=_crowd(seen),
        connected=seen.view.table.connected.get(0, frozenset()),
        prices=reference.prices,
        firsts=_firsts(workspace, moment),
        entitled={customer: profile.entitled for customer, profile in known.items()},
        heard=seen.horizon,
    )


def _judged(seen: Seen, rule: Rule) -> Judged:
    found = CONDITIONS[rule.id].read(seen, rule.params)
    return Judged(found.holds, found.measure, found.threshold)


def _crowd(seen: Seen) -> Common:
    def counts(days: slice) -> Counts:
        return Counts(int(seen.days("tx_bad")[:, days].sum()), int(seen.days("tx_tried")[:, days].sum()))

    return Common(counts(slice(-WEEK - 1, -1)), counts(slice(-WEEK - MONTH - 1, -WEEK - 1)))


def moved(seen: Seen, counts: Ints) -> Floats:
    """How far the mean of the last 28 whole days lies from what was usual, where the chart says that it moved, [N].

    The chart is that of the rule `usage_decline_30`, and its mirror for a rise.
    """
    first = DAY_WINDOW - seen.exposure()
    segments, place = np.unique(seen.segment, return_inverse=True)
    days = counts[:, :-1]
    spread = shift.dispersion(days[:, :-MONTH], place, len(segments), first)
    found = np.full(len(seen), np.nan)
    for rows in blocks(len(seen)):
        factors = seen.fleet.factors(seen.segment[rows])[:, :-1]
        found[rows] = _moved(days[rows], factors, first[rows], spread[rows])
    return np.where(seen.gone, np.nan, found)


def _moved(days: Ints, factors: Floats, first: Ints, spread: Floats) -> Floats:
    level = shift.baseline(days, factors, first)
    before, now = level[:, -1], days[:, -MONTH:].mean(axis=1)
    loud = before >= shift.QUIET
    change = np.divide(now, before, out=np.ones(len(days)), where=loud) - 1
    expected = shift.expectation(level[:, :-1], factors)
    found = np.full(len(days), np.nan)
    for rho, goes in ((shift.DOWN, change < 0), (shift.UP, change > 0)):
        state = shift.last(days, expected, spread, rho)
        found = np.where(loud & goes & shift.alarming(state, before, rho), change, found)
    return found


def _firsts(workspace: Workspace, moment: int) -> dict[int, dict[str, int]]:
    """The first day of each feature of each customer, of what was known before a moment."""
    with workspace.database.read() as session:
        paths = workspace.segments.paths(manifest(session, [FIRST]))
        hot = log.hot(session, "kind > 0")
    columns = ["customer", "part", "known_at", "day"]
    tables = [pq.read_table(path, columns=columns) for path in paths]
    rows = pa.concat_tables([*tables, engine.first_uses(hot).select(columns)], promote_options="permissive")
    wanted = pc.and_(pc.less(rows["known_at"], moment), pc.starts_with(rows["part"], _FEATURE))
    least = rows.filter(wanted).group_by(["customer", "part"]).aggregate([("day", "min")])
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for customer, part, day in zip(*(least[name].to_pylist() for name in ("customer", "part", "day_min")), strict=True):
        found[customer][part.removeprefix(_FEATURE)] = day
    return dict(found)
