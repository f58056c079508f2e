"""Limits that are reached, propensities that held, and who is left in peace."""

import numpy as np
import pytest

from keepwell.predictions import expansion
from keepwell.predictions.expansion import ENOUGH, Landmark, Meters, held, project, propensity


def meters(*lines):
    row, top, limit = zip(*lines, strict=True)
    return Meters(np.array(row), np.array(top, float), np.array(limit, float))


RISING = [60, 65, 70, 75, 80, 85, 90, 95]
FLAT = [50, 52, 49, 51, 50, 48, 52, 50]


def test_a_sure_growth_has_a_date_between_two_others():
    found = project(meters((0, [60, 66, 70, 76, 79, 85, 91, 95], 130)), 1)

    assert found.not_before[0] <= found.expected[0] <= found.likely_by[0]
    assert found.expected[0] == pytest.approx(7 * 7, abs=1)
    assert found.share[0] == pytest.approx(95 / 130)


def test_no_growth_that_is_sure_has_no_date():
    found = project(meters((0, FLAT, 60)), 2)

    assert np.isnan(found.expected).all()
    assert found.line.tolist() == [0, -1]
    assert found.share[0] == pytest.approx(52 / 60)
    assert np.isnan(found.share[1])


def test_the_meter_that_gets_there_first_is_told():
    found = project(meters((1, RISING, 200), (0, FLAT, 60), (1, RISING, 110), (1, FLAT, 51)), 2)

    assert found.line.tolist() == [1, 2]
    assert found.expected[1] == pytest.approx(21)


def test_a_limit_that_is_passed_is_reached():
    assert project(meters((0, RISING, 90)), 1).expected[0] == 0


def test_nobody_has_no_lines():
    found = project(Meters(np.zeros(0, int), np.zeros((0, 8)), np.zeros(0)), 3)

    assert found.line.tolist() == [-1, -1, -1]
    assert found.growth.tolist() == [0, 0, 0]


def test_who_is_in_trouble_is_left_in_peace():
    band = np.array([0, 1, 2, 3, 3, 3, -1])
    severe = np.array([0, 0, 0, 0, 1, 0, 0], bool)
    gone = np.array([0, 0, 0, 0, 0, 1, 0], bool)

    assert [bool(each) for each in held(band, severe, gone, 2)] == [True, True, False, False, True, True, True]


def quarter(rng, number=600, signal=6.0):
    share = rng.random(number)
    came = rng.random(number) < 1 / (1 + np.exp(-(signal * (share - 0.5) - 2)))
    some = rng.random(number)
    rest = np.zeros(number), np.zeros(number), some, some * 28, some * 5, some * 100
    return Landmark(np.arange(number), share, *rest, came)


def test_a_propensity_that_held_on_a_later_quarter_is_told():
    rng = np.random.default_rng(4)
    now, *closed = (quarter(rng) for _ in range(4))
    chance, why = propensity(now, closed, 200)

    assert why == ""
    assert chance.mean() == pytest.approx(now.came.mean(), abs=0.05)
    assert chance[now.share > 0.8].mean() > 3 * chance[now.share < 0.2].mean()


@pytest.mark.parametrize(
    ("signal", "quarters", "upgrades", "says"),
    [
        (0.0, 4, 200, "later cases"),
        (6.0, 4, ENOUGH - 1, f"takes {ENOUGH}"),
        (6.0, 2, 200, "one quarter to learn from"),
    ],
)
def test_without_support_there_is_none_and_a_reason(signal, quarters, upgrades, says):
    rng = np.random.default_rng(8)
    now, *closed = (quarter(rng, 300, signal) for _ in range(quarters))
    chance, why = propensity(now, closed, upgrades)

    assert np.isnan(chance).all()
    assert says in why


def test_nobody_is_a_reason():
    rng = np.random.default_rng(1)

    assert propensity(quarter(rng, 0), [quarter(rng), quarter(rng)], 100)[1]
    assert expansion.columns(quarter(rng, 0)).shape == (0, 1 + len(expansion.FEATURES))


def test_constant_features_are_refused():
    same = np.full(300, 0.5)
    came = np.arange(300) % 5 == 0
    flat = Landmark(np.arange(300), same, same * 0, same * 0, same, same, same, same, came)

    assert "later cases" in propensity(flat, [flat, flat], 100)[1]
