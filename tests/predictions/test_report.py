"""The report: each figure where it can be reckoned by hand, and silence where there is too little."""

from __future__ import annotations

from math import isnan

import numpy as np
import pytest

from keepwell.base.time import DAY_US
from keepwell.predictions.accuracy import FIGURES, Judged, at_capacity, figure
from keepwell.predictions.forecast import Outcome, Stage
from keepwell.predictions.report import Origin, report

DAY = 20_000


def origin(day: int, happened, chance, customer=None, last=None, known=None, **more) -> Origin:
    happened, chance = np.array(happened, bool), np.array(chance, float)
    customer = np.arange(1, len(happened) + 1) if customer is None else np.array(customer)
    last = np.zeros(len(happened), np.int64) if last is None else np.array(last)
    said = {"outcome": Outcome.INACTIVITY, "stage": Stage.SMALL, "lead_days": 0, "horizon": 30, "not_told": 0}
    rows = Judged(happened, chance, customer)
    known = np.ones(len(happened), bool) if known is None else np.array(known)
    return Origin((DAY + day) * DAY_US, rows=rows, last_day=last, last_known=known, **(said | more))


def world(seed: int, day: int, customers: int = 120, **more) -> Origin:
    rng = np.random.default_rng(seed)
    chance = rng.uniform(0.05, 0.95, customers)
    return origin(day, rng.random(customers) < chance, chance, **more)


def test_too_few_give_no_figures_and_say_why():
    (group,) = report([origin(0, [True] * 19 + [False] * 50, [0.5] * 69)], 5)
    assert group.figures == {}
    assert group.because == "19 of 69 forecasts came true: it needs 20 forecasts that came true and 20 that did not"
    assert (group.forecasts, group.happened) == (69, 19)
    (group,) = report([origin(0, [True] * 20 + [False] * 50, [0.5] * 70)], 5)
    assert group.figures
    assert group.because == ""


def test_a_level_that_is_off_in_the_two_newest_weeks_is_told():
    fair, high = world(1, 0), origin(7, [True] * 10 + [False] * 40, [0.5] * 50)
    assert not report([fair, high], 5)[0].level_off
    assert report([fair, high, origin(14, [True] * 10 + [False] * 40, [0.5] * 50)], 5)[0].level_off


def test_nothing_closed_is_no_group():
    assert report([], 5) == []


def test_the_figures_are_those_of_accuracy_over_all_origins():
    origins = [world(1, 0), world(2, 7)]
    (group,) = report(origins, 2)
    rows = Judged(*(np.concatenate([getattr(each.rows, name) for each in origins])
                    for name in ("happened", "chance", "customer")))  # fmt: skip
    for name, of in FIGURES.items():
        found = group.figures[name]
        assert found.value == pytest.approx(figure(of, rows))
        assert found.low <= found.value <= found.high or name == "calibration_error"
    assert (group.origins, group.customers, group.forecasts) == (2, 120, 240)


def test_stages_and_horizons_are_told_apart():
    origins = [world(1, 0), world(2, 0, stage=Stage.LEARNED), world(3, 0, horizon=60), world(4, 7)]
    found = [(int(each.stage), each.horizon, each.origins) for each in report(origins, 2)]
    assert found == [(2, 30, 2), (2, 60, 1), (3, 30, 1)]


def test_the_alert_budget_is_what_can_be_looked_after_until_the_next_publication():
    one = world(5, 0)
    (group,) = report([one], 21)
    found = at_capacity(one.rows, 21)
    assert group.figures["precision_at_budget"].value == pytest.approx(found.precision)
    assert group.figures["recall_at_budget"].value == pytest.approx(found.recall)
    assert group.figures["lift_at_budget"].value == pytest.approx(found.lift)


def test_false_alerts_are_counted_when_they_open():
    """100 healthy customers, two weeks, 7 looked at each week, the same 7: 7 alerts in 1,400 days of customers."""
    chance = np.r_[np.full(7, 0.9), np.full(93, 0.2), np.full(20, 0.1)]
    weeks = [origin(day, [False] * 100 + [True] * 20, chance) for day in (0, 7)]
    (group,) = report(weeks, 7)
    assert group.figures["false_alerts_per_healthy_customer_30d"].value == pytest.approx(7 / 1400 * 30)
    other = np.r_[np.full(7, 0.2), np.full(7, 0.9), np.full(86, 0.2), np.full(20, 0.1)]
    (group,) = report([weeks[0], origin(7, [False] * 100 + [True] * 20, other)], 7)
    assert group.figures["false_alerts_per_healthy_customer_30d"].value == pytest.approx(14 / 1400 * 30)


def test_the_lead_is_from_the_first_alert_to_the_last_activity():
    """One is warned of at day 0, active last on day 40, and gone in the window that begins on day 42."""
    others, known = [True] * 20 + [False] * 30, [True] + [False] * 50
    weeks = [
        origin(0, [False, *others], [0.9] + [0.1] * 50, last=[29] + [0] * 50, known=known),
        origin(7, [False, *others], [0.05] + [0.1] * 50, last=[29] + [0] * 50, known=known),
        origin(42, [True, *others], [0.9] + [0.1] * 50, last=[-2] + [0] * 50, known=known),
    ]
    (group,) = report(weeks, 0)
    assert isnan(group.figures["median_lead_days"].value)
    (group,) = report(weeks, 1)
    assert group.figures["median_lead_days"].value == 40
    assert group.figures["share_with_30_days"].value == 1
    (group,) = report(weeks[1:], 1)
    assert group.figures["median_lead_days"].value == -2
    assert group.figures["share_with_30_days"].value == 0


def test_the_threshold_of_an_answer_is_that_of_a_window_that_was_closed_by_then():
    """The first week is right from .9 on. At day 20 it is not closed, at day 30 it is."""
    happened = [True] * 30 + [False] * 30
    sure = [0.95] * 30 + [0.4] * 15 + [0.6] * 15
    first = origin(0, happened, sure)
    (group,) = report([first, origin(20, happened, sure)], 1)
    assert isnan(group.figures["coverage_at_95"].value)
    (group,) = report([first, origin(30, happened, [0.95] * 15 + [0.5] * 15 + [0.97] * 6 + [0.5] * 24)], 1)
    assert group.figures["coverage_at_95"].value == pytest.approx(21 / 60)
    assert group.figures["accuracy_when_covered"].value == pytest.approx(15 / 21)


def test_an_interval_is_wider_when_rows_are_of_fewer_customers():
    happened, chance = np.tile([True, False], 200), np.tile([0.7, 0.3], 200)
    many = origin(0, happened, chance)
    few = origin(0, happened, chance, customer=np.tile([1, 2, 3, 4], 100))
    wide, narrow = (report([each], 2)[0].figures["base_rate"] for each in (few, many))
    assert wide.high - wide.low > 3 * (narrow.high - narrow.low)


def test_the_same_rows_give_the_same_report():
    assert str(report([world(1, 0), world(2, 7)], 2)) == str(report([world(2, 7), world(1, 0)], 2))


def test_a_week_of_nobody_changes_nothing():
    nobody = origin(-40, [], [])
    (group,) = report([nobody, world(1, 0)], 2)
    assert (group.origins, group.forecasts) == (2, 120)
    assert group.figures["coverage_at_95"].value == 0


def test_what_was_so_in_single_publications_stands_beside_what_was_so_together():
    low, high = origin(0, [True] * 30 + [False] * 70, [0.4] * 100), origin(7, [True] * 50 + [False] * 50, [0.4] * 100)
    (group,) = report([low, high], 2)
    found = group.figures["observed_over_expected"]

    assert (found.value, found.lowest, found.highest) == pytest.approx((1.0, 0.75, 1.25))
    assert not found.steady
    assert group.figures["base_rate"].steady
    assert (group.figures["base_rate"].lowest, group.figures["base_rate"].highest) == pytest.approx((0.3, 0.5))
    assert isnan(report([low], 2)[0].figures["observed_over_expected"].lowest)


def test_new_alerts_are_judged_by_those_above_the_point_who_were_not_above_it_before():
    first = np.zeros(60, bool)
    first[:4] = True  # 1 to 4 are told of, of whom 1 to 3 leave
    second = np.zeros(60, bool)
    second[1:6] = True  # 5 and 6 are new, of whom 5 leaves
    happened = [True] * 3 + [False, True] + [False] * 35 + [True] * 20
    made = [origin(0, happened, [0.5] * 60, told=first), origin(7, happened, [0.5] * 60, told=second)]
    (group,) = report(made, 100)

    assert group.figures["precision_when_new"].value == pytest.approx(4 / 6)
    assert group.figures["looked_at_at_budget"].value == 1
    assert isnan(report([origin(0, happened, [0.5] * 60)], 2)[0].figures["precision_when_new"].value)
