from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepwell.web.charts.histogram import histogram
from keepwell.web.charts.path import Scale, area, line, runs
from keepwell.web.charts.spark import spark
from keepwell.web.charts.timeline import Flag, fitted, timeline
from tests.web.fakes import histogram as counted
from tests.web.people import TODAY

SCORES = st.one_of(st.none(), st.floats(0, 100))


def test_a_line_breaks_where_there_is_nothing():
    stretches = list(runs([0, 50, None, 100], Scale(0, 100)))
    assert line(stretches) == "M0 1000l1-500M3 0h0"
    assert area(stretches) == "M0 1000V1000l1-500V1000z"


@given(st.lists(SCORES, max_size=120))
def test_a_spark_needs_two_values_and_ends_today(values):
    drawn = spark(values)
    known = [value for value in values[-90:] if value is not None]
    assert (drawn is None) == (len(known) < 2)
    if drawn:
        assert drawn.width == 89
        assert 0 <= drawn.last <= 1000


def test_noise_does_not_look_like_news():
    drawn = spark([80.0, 80.1, 79.9])
    assert 450 < drawn.last < 550


@given(st.lists(st.floats(0, 100), min_size=1))
def test_a_fitted_scale_holds_every_value(known):
    scale = fitted(known)
    assert 0 <= scale.low <= min(known)
    assert max(known) <= scale.high <= 100
    assert scale.high - scale.low >= 20


def test_days_without_a_point_are_gaps():
    chart = timeline([(TODAY - 3, 70.0), (TODAY, 80.0)])
    assert chart.width == 3
    assert chart.data == "700,,,800"
    assert chart.first_day == TODAY - 3


def test_one_point_is_no_line():
    assert timeline([]) is None
    assert timeline([(TODAY, 50.0), (TODAY - 1, None)]) is None


@pytest.mark.parametrize(("days", "labels"), [(365, "Dec 2025"), (90, "31 Aug")])
def test_the_time_axis_names_months_or_days(days, labels):
    chart = timeline([(TODAY - back, 50.0) for back in range(days)])
    assert chart.days[0].label == labels
    assert all(0 < tick.share < 1 for tick in chart.days)


def test_marks_outside_the_days_are_left_out():
    marks = [
        (TODAY - 50.5, "too early"),
        (TODAY - 5.5, "inside"),
        (TODAY + 0.4, "today"),
        (TODAY + 2.0, "later"),
    ]
    chart = timeline([(TODAY - back, 50.0) for back in range(11)], marks=marks)
    assert [(mark.number, mark.label) for mark in chart.marks] == [(1, "inside"), (2, "today")]
    assert chart.marks[0].share == pytest.approx(0.45)
    assert chart.marks[1].share == 1


@given(st.lists(st.floats(-364, 0.9), max_size=40))
def test_flags_show_every_mark_and_keep_apart(ages):
    chart = timeline(
        [(TODAY - back, 50.0) for back in range(365)], marks=[(TODAY + age, "moved") for age in sorted(ages)]
    )
    shown = [flag.label.split("\N{EN DASH}") for flag in chart.flags]
    numbers = [number for ends in shown for number in range(int(ends[0]), int(ends[-1]) + 1)]
    assert numbers == [mark.number for mark in chart.marks]
    for row in (False, True):
        places = [flag.share for flag in chart.flags if flag.high is row]
        assert all(right - left > 0.11 for left, right in pairwise(places))


@given(st.lists(st.floats(0, 100)))
def test_a_histogram_counts_everybody_once(scores):
    bins = histogram(counted(scores))
    assert sum(part.count for part in bins) == len(scores)
    assert all(part.share <= 1 for part in bins)


def test_a_flag_at_the_right_edge_leaves_room_for_the_names_of_the_bands():
    flags = [Flag(share, "1", high=False) for share in (0.5, 0.96, 0.98, 1.0)]

    assert [flag.at_end for flag in flags] == [False, False, True, True]
