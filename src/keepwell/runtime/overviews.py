"""The whole base at a glance: today out of the columns, past days out of kept figures."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

import numpy as np
import structlog
from numpy.typing import NDArray

from keepwell.base.time import HOUR_US, last_day_before
from keepwell.runtime.clock import elapsed_s
from keepwell.runtime.columns import TREND_DAYS, Columns
from keepwell.runtime.ports.book import Overview
from keepwell.scores.bands import BANDS, EDGES, Band
from keepwell.store import figures
from keepwell.store.database import Database
from keepwell.store.figures import Figure
from keepwell.store.lines import WEEK

IMPROVED_BY = 1.0
IMPROVABLE_BELOW = 80.0
SHOWN = 10
BINS = 20
SETTLED_US = HOUR_US  # so long after its end a day gets no more scores
AGAIN_S = 20 * 60.0  # a day that is not settled is looked at again
_RISKY = BANDS.index(Band.AT_RISK)
_, _RISKY_BELOW, _HEALTHY_FROM = EDGES

Places = NDArray[np.int64]
log = structlog.get_logger("keepwell.overviews")

Series = list[tuple[int, float | None, float | None, int]]


class PastDays:
    """Figures of finished days, kept in the store and remembered here. It may be asked from several threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._known: tuple[tuple[int, int], dict[int, Figure]] | None = None
        self._unsettled_until_s = 0.0

    def before(self, as_of: int) -> Mapping[int, Figure]:
        """The figures of the days before the day of a moment, as far as the series goes."""
        with self._lock:
            with self._database.read() as session:
                state = last_day_before(as_of), figures.changes(session)
            if self._known is None or self._known[0] != state or 0 < self._unsettled_until_s < elapsed_s():
                found, settled = self._read(as_of)
                self._known = (state, found)
                self._unsettled_until_s = 0.0 if settled else elapsed_s() + AGAIN_S
            return self._known[1]

    def _read(self, as_of: int) -> tuple[dict[int, Figure], bool]:
        """The figures, those that are missing made, and whether all of them are settled. Settled ones are kept."""
        today = last_day_before(as_of)
        first = today - TREND_DAYS + 1
        with self._database.read() as session:
            found = figures.kept(session, first, today - 1)
            missing = [day for day in figures.days_with_scores(session, first, today - 1) if day not in found]
            made = [figures.make(session, day) for day in missing]
        settled = [each for each in made if each.day < last_day_before(as_of - SETTLED_US)]
        if settled:
            try:
                with self._database.write() as session:
                    figures.keep(session, settled)
            except Exception as error:  # whoever reads must not suffer from a full disk
                log.warning("figures could not be kept", exc_info=error)
        return found | {each.day: each for each in made}, len(settled) == len(made)


def overview(columns: Columns, kept: Mapping[int, Figure], *, simulated: bool) -> Overview:
    """The figures. Lists of customers are empty: see `falling` and `attention`."""
    rows = columns.rows
    here = columns.scored & ~columns.churned
    scores, bands = columns.score[here], rows["band"][here]
    average = float(np.mean(scores)) if len(scores) else None
    before = kept.get(last_day_before(columns.as_of) - WEEK) if columns.as_of else None
    mrr = np.nan_to_num(rows["mrr"][here])
    revenue = int(mrr[bands <= _RISKY].sum())
    rate, base = _improvement(scores, columns.change[here])
    return Overview(
        as_of=columns.as_of,
        customers=int(np.count_nonzero(~columns.churned)),
        churned=int(np.count_nonzero(columns.churned)),
        bands={band.value: int(np.count_nonzero(bands == place)) for place, band in reversed([*enumerate(BANDS)])},
        overridden=int(np.count_nonzero(bands != rows["computed"][here])),
        histogram=_histogram(scores),
        average=average,
        average_change_7d=_moved(average, before.average if before else None),
        improvement_rate=rate,
        improvement_base=base,
        at_risk_mrr_cents=revenue,
        at_risk_mrr_change_7d=revenue - before.at_risk_mrr if before else None,
        average_coverage=float(np.mean(rows["coverage"][here])) if len(scores) else None,
        series=_series(columns.as_of, kept, _today(scores, mrr)) if columns.as_of else [],
        drops=(),
        attention=(),
        simulated=simulated,
    )


def falling(columns: Columns) -> Places:
    """Places of those that fell most in seven days."""
    change = np.where(columns.churned, np.nan, columns.change)
    return _lowest(change, np.flatnonzero(change < 0), columns)


def attention(columns: Columns) -> Places:
    """Places of those at risk or critical, the lowest scores first."""
    bands = columns.rows["band"]
    return _lowest(columns.score, np.flatnonzero(~columns.churned & (bands >= 0) & (bands <= _RISKY)), columns)


def _lowest(values: NDArray[np.float64], places: Places, columns: Columns) -> Places:
    """The first few in the order of a value; equal ones by their ids."""
    if len(places) > SHOWN:
        places = places[values[places] <= np.partition(values[places], SHOWN - 1)[SHOWN - 1]]
    ordered: Sequence[int] = sorted(places.tolist(), key=lambda place: (values[place], columns.texts.ids[place]))
    return np.array(ordered[:SHOWN], np.int64)


def _moved(now: float | None, before: float | None) -> float | None:
    return None if now is None or before is None else now - before


def _improvement(scores: NDArray[np.float64], change: NDArray[np.float64]) -> tuple[float | None, int]:
    """Of those below 80 seven days ago the share that is at least a point higher now, and how many those are."""
    known = ~np.isnan(change)
    improvable = change[known][scores[known] - change[known] < IMPROVABLE_BELOW]
    base = len(improvable)
    return (int(np.count_nonzero(improvable >= IMPROVED_BY)) / base if base else None), base


def _histogram(scores: NDArray[np.float64]) -> list[int]:
    points = np.bincount(np.minimum(scores.astype(np.int64), 99), minlength=100)
    found: list[int] = points.reshape(BINS, -1).sum(axis=1).tolist()
    return found


def _today(scores: NDArray[np.float64], mrr: NDArray[np.float64]) -> tuple[float | None, float | None, int]:
    if not len(scores):
        return None, None, 0
    healthy = int(np.count_nonzero(scores >= _HEALTHY_FROM)) / len(scores)
    return float(np.mean(scores)), healthy, int(mrr[scores < _RISKY_BELOW].sum())


def _series(as_of: int, kept: Mapping[int, Figure], now: tuple[float | None, float | None, int]) -> Series:
    """Day, average score, share of healthy customers, monthly revenue below 60; the last day is today."""
    today = last_day_before(as_of)
    none = Figure(0, 0, 0.0, 0, 0)
    days = range(today - TREND_DAYS + 1, today)
    found = [(day, kept.get(day, none)) for day in days]
    past = [(day, each.average, each.healthy_share, each.at_risk_mrr) for day, each in found]
    return [*past, (today, *now)]
