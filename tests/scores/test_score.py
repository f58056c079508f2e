"""Weighing: points become contributions that add up; what is missing counts neither for nor against."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepwell.config.scorecards import load_shipped
from keepwell.metrics.catalog import CATALOG, INDICATORS
from keepwell.scores.score import NEUTRAL, weigh
from tests.scores.cards import cards, row, some_points

TRADER = load_shipped().default
NOWHERE, EVERYWHERE = np.zeros((1, 36), np.bool_), np.ones((1, 36), np.bool_)


def plain(card, points):
    """Contributions, score and coverage by the definition: rescale inside a metric, then over the metrics."""
    found = dict(zip(INDICATORS, points, strict=True))
    inner = {
        metric: sum(card.indicators[name].weight for name in names if found[name] is not None)
        for metric, (_, names) in CATALOG.items()
    }
    total = sum(card.metrics[metric] for metric in CATALOG if inner[metric] > 0)
    if total == 0:
        return dict.fromkeys(INDICATORS, 0.0), NEUTRAL, 0.0
    contributions = dict.fromkeys(INDICATORS, 0.0)
    covered = 0.0
    for metric, (_, names) in CATALOG.items():
        whole = sum(card.indicators[name].weight for name in names)
        for name in names:
            if found[name] is not None and inner[metric] > 0:
                share = card.indicators[name].weight / inner[metric] * card.metrics[metric] / total
                contributions[name] = share * found[name]
                covered += card.indicators[name].weight / whole * card.metrics[metric]
    return contributions, sum(contributions.values()), covered / sum(card.metrics.values())


@settings(max_examples=30)
@given(cards, some_points)
def test_weighing_follows_the_definition(card, points):
    found = weigh(card, row(points), NOWHERE)
    contributions, score, coverage = plain(card, points)

    assert found.contributions[0].tolist() == pytest.approx(list(contributions.values()), abs=1e-9)
    assert found.uncapped[0] == pytest.approx(score, abs=1e-9)
    assert found.coverage[0] == pytest.approx(coverage, abs=1e-9)


@given(some_points)
def test_contributions_add_up_to_the_score(points):
    found = weigh(TRADER, row(points), NOWHERE)

    if any(each is not None for each in points):
        assert sum(found.contributions[0].tolist()) == found.uncapped[0]
        assert 0 <= found.uncapped[0] <= 100 + 1e-9
    assert not found.contributions[0][np.isnan(row(points)[0])].any()


def test_nothing_known_is_neutral_and_covers_nothing():
    found = weigh(TRADER, row([None] * 36), EVERYWHERE)

    assert (found.uncapped[0], found.coverage[0], found.connectable[0]) == (85.0, 0.0, 1.0)
    assert not found.contributions.any()


@given(st.floats(0, 100), st.sets(st.sampled_from(range(36)), min_size=1))
def test_the_same_points_everywhere_are_the_score_whatever_is_missing(points, known):
    found = weigh(TRADER, row([points if place in known else None for place in range(36)]), NOWHERE)

    assert found.uncapped[0] == pytest.approx(points, abs=1e-9)


def test_everything_known_covers_everything():
    found = weigh(TRADER, row([100.0] * 36), EVERYWHERE)

    assert found.uncapped[0] == pytest.approx(100, abs=1e-12)
    assert found.coverage[0] == found.connectable[0] == 1.0


def test_missing_data_is_rescaled_inside_its_metric_first():
    """Of usage (15) one indicator of four is known, of growth (5) all: 15 to 5 they count, not 3.75 to 5."""
    points = {"active_days": 40.0} | dict.fromkeys(CATALOG["account_growth"][1], 80.0)
    found = weigh(TRADER, row([points.get(name) for name in INDICATORS]), NOWHERE)

    assert found.uncapped[0] == pytest.approx((15 * 40 + 5 * 80) / 20)
    assert found.coverage[0] == pytest.approx((15 / 4 + 5) / 100)


@given(st.lists(some_points, min_size=2, max_size=5))
def test_customers_are_weighed_apart(rows):
    together = weigh(TRADER, np.concatenate([row(points) for points in rows]), np.repeat(NOWHERE, len(rows), axis=0))
    apart = [weigh(TRADER, row(points), NOWHERE) for points in rows]

    assert together.uncapped.tolist() == [each.uncapped[0] for each in apart]
    assert together.contributions.tolist() == [each.contributions[0].tolist() for each in apart]


@given(some_points, st.integers(0, 35))
def test_more_points_are_never_a_lower_score(points, place):
    if points[place] is not None:
        better = [*points[:place], min(points[place] + 10, 100.0), *points[place + 1 :]]
        scores = [weigh(TRADER, row(each), NOWHERE).uncapped[0] for each in (points, better)]

        assert scores[1] >= scores[0] - 1e-9
