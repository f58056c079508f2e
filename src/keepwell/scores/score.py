"""The score: measures become points, points become contributions, contributions add up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from keepwell.metrics.catalog import CATALOG, INDICATORS
from keepwell.metrics.measures import MEASURES, Value
from keepwell.metrics.table import Floats, Ints, Mask
from keepwell.metrics.view import View
from keepwell.scores.bands import EDGES
from keepwell.scores.caps import CAPS, active_caps, lowest
from keepwell.scores.lifecycle import ONBOARDING_DAYS, stages
from keepwell.scores.scorecard import NO_MEASURE, Deck, Scorecard

NEUTRAL = 85.0  # the score of a customer about whom nothing is known yet; an ordinary one earns about this
FULL = 100.0
ENOUGH = 0.40  # of the connectable points, below which a score is provisional

_PLACE = {name: place for place, name in enumerate(INDICATORS)}


@dataclass(frozen=True)
class Scores:
    """Scores of N rows. Indicators are columns in the order of `INDICATORS`.

    Attributes:
        score: capped score, [N].
        uncapped: the sum of the contributions, [N]; `NEUTRAL` when nothing had data.
        values, points: [N, 36], NaN without data.
        contributions: [N, 36], 0 without data.
        coverage: share of the 100 points that had data, [N], 0-1.
        connectable: share of the points the connected sources could give, [N], 0-1.
        band, computed_band: place in `BANDS`, shown and by the score, [N].
        cap: place in `CAPS`, -1 without one, [N].
        provisional: too little data or too new to act upon, [N].
        lifecycle: place in `STAGES`, [N].
    """

    score: Floats
    uncapped: Floats
    values: Floats
    points: Floats
    contributions: Floats
    coverage: Floats
    connectable: Floats
    band: NDArray[np.int8]
    computed_band: NDArray[np.int8]
    cap: Ints
    provisional: Mask
    lifecycle: NDArray[np.int8]


@dataclass(frozen=True)
class Weighed:
    """Contributions and coverage of rows under one scorecard."""

    contributions: Floats
    uncapped: Floats
    coverage: Floats
    connectable: Floats


def evaluate(view: View, deck: Deck) -> Scores:
    """Score every row of the view with the scorecard of its segment."""
    size, width = len(view), len(INDICATORS)
    measured = {name: MEASURES[name].read(view) for name in deck.measures()}
    connected = {name: _connectable(view, name, value) for name, value in measured.items()}
    values, points = np.full((size, width), np.nan), np.full((size, width), np.nan)
    weighed = Weighed(np.zeros((size, width)), np.zeros(size), np.zeros(size), np.zeros(size))
    for card, rows in _by_card(view, deck):
        values[rows], points[rows] = _points(card, measured, rows)
        found = weigh(card, points[rows], _reachable(card, connected, rows))
        weighed.contributions[rows], weighed.uncapped[rows] = found.contributions, found.uncapped
        weighed.coverage[rows], weighed.connectable[rows] = found.coverage, found.connectable
    return _finish(view, values, points, weighed)


def _by_card(view: View, deck: Deck) -> list[tuple[Scorecard, Ints]]:
    segments = view.scope("segment_id")
    groups: dict[str, list[Ints]] = {}
    for segment in np.unique(segments).tolist():
        groups.setdefault(deck.card(segment).name, []).append(np.flatnonzero(segments == segment))
    return [(deck.cards[name], np.concatenate(rows)) for name, rows in groups.items()]


def _connectable(view: View, name: str, value: Value) -> Mask:
    """Whether a row could have this measure: it has it, or a source of it is connected."""
    return value.has | view.connected(*MEASURES[name].sources)


def _reachable(card: Scorecard, connected: Mapping[str, Mask], rows: Ints) -> Mask:
    found = np.zeros((len(rows), len(INDICATORS)), np.bool_)
    for name, rule in card.indicators.items():
        if rule.measure != NO_MEASURE:
            found[:, _PLACE[name]] = connected[rule.measure][rows]
    return found


def _points(card: Scorecard, measured: Mapping[str, Value], rows: Ints) -> tuple[Floats, Floats]:
    values = np.full((len(rows), len(INDICATORS)), np.nan)
    points = np.full((len(rows), len(INDICATORS)), np.nan)
    for name, rule in card.indicators.items():
        if rule.measure == NO_MEASURE:
            continue
        found = measured[rule.measure]
        has, place = found.has[rows], _PLACE[name]
        earned = rule.curve.points(found.value[rows])
        if found.fixed is not None:
            fixed = found.fixed[rows]
            earned = np.where(np.isnan(fixed), earned, fixed)
        values[:, place] = np.where(has, found.value[rows], np.nan)
        points[:, place] = np.where(has, earned, np.nan)
    return values, points


def weigh(card: Scorecard, points: Floats, reachable: Mask) -> Weighed:
    """Contributions of points [N, 36] (NaN: no data), weights rescaled inside a metric, then over metrics."""
    has = ~np.isnan(points)
    inner = _inner(card, has)
    outer = np.where(inner > 0, _weights(card), 0.0)
    total = _running(outer)
    contributions = np.zeros_like(points)
    place = 0
    for index, (_, names) in enumerate(CATALOG.values()):
        share = np.divide(outer[:, index], total, out=np.zeros(len(points)), where=total > 0)
        for name in names:
            weight = card.indicators[name].weight
            part = np.divide(weight, inner[:, index], out=np.zeros(len(points)), where=inner[:, index] > 0) * share
            contributions[:, place] = np.where(has[:, place], part * points[:, place], 0.0)
            place += 1
    uncapped = np.where(total > 0, _running(contributions), NEUTRAL)
    return Weighed(contributions, uncapped, _covered(card, inner), _covered(card, _inner(card, reachable)))


def _running(columns: Floats) -> Floats:
    """Sum from the first column to the last, in this order."""
    total = np.zeros(len(columns))
    for column in columns.T:
        total = total + column
    return total


def _inner(card: Scorecard, has: Mask) -> Floats:
    """Weight inside each metric that has data, [N, 9]."""
    found = np.zeros((len(has), len(CATALOG)))
    for index, (_, names) in enumerate(CATALOG.values()):
        for name in names:
            found[:, index] = found[:, index] + np.where(has[:, _PLACE[name]], card.indicators[name].weight, 0.0)
    return found


def _weights(card: Scorecard) -> Floats:
    return np.array([card.metrics[name] for name in CATALOG])


def _covered(card: Scorecard, inner: Floats) -> Floats:
    """Share of all points that indicators with these weights inside their metrics stand for."""
    whole, weights = _inner(card, np.ones((1, len(INDICATORS)), np.bool_)), _weights(card)
    shares = np.divide(inner, whole, out=np.zeros_like(inner), where=whole > 0)
    return _running(shares * weights) / float(weights.sum())


def _finish(view: View, values: Floats, points: Floats, weighed: Weighed) -> Scores:
    cap = lowest(active_caps(view), len(view))
    ceilings = np.array([*(each.ceiling for each in CAPS), FULL])
    score = np.minimum(weighed.uncapped, ceilings[cap])
    computed = sum((score >= edge).astype(np.int8) for edge in EDGES)
    override = view.scope("override_band")
    overridden = (override > 0) & (view.scope("override_until") >= view.scope("d"))
    return Scores(
        score=score,
        uncapped=weighed.uncapped,
        values=values,
        points=points,
        contributions=weighed.contributions,
        coverage=weighed.coverage,
        connectable=weighed.connectable,
        band=np.where(overridden, override - 1, computed).astype(np.int8),
        computed_band=np.asarray(computed, np.int8),
        cap=cap,
        provisional=(weighed.coverage < ENOUGH * weighed.connectable) | (view.tenure < ONBOARDING_DAYS),
        lifecycle=stages(view),
    )
