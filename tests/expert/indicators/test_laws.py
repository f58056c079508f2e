"""Laws of the indicators, over all scenarios, over the examples of all features, and over whatever anybody may send."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from keepwell.base.time import DAY_US
from keepwell.expert.indicators.indicator import Unit
from keepwell.expert.indicators.registry import INDICATORS
from keepwell.expert.indicators.trends import CONFIDENCE, Direction
from keepwell.expert.indicators.week import KINDS, LASTING, WEEK_US, WEEKS
from keepwell.expert.telemetry.record import Occurrence
from keepwell.statistics.trend import LEAST, slope
from tests.events.rows import anything
from tests.expert.indicators import made
from tests.expert.telemetry.test_laws import EVERYTHING, JUNK, NUMBERS

OWN = [row for scenario in made.SCENARIOS for row in made.events(scenario["events"])]
ROWS = [row for row in (*OWN, *EVERYTHING) if row.kind in KINDS]
OFFERED = sorted({(row.kind, name) for row in ROWS for name in row.properties})
SOME = st.lists(st.tuples(st.sampled_from(ROWS), st.integers(0, 90 * DAY_US)), max_size=14)
BARE = {"max_examples": 60, "deadline": None}


def at_random(rows):
    return [Occurrence(row.kind, made.NOW - 1 - ago, row.properties) for row, ago in rows]


def test_all_kinds_of_events_are_held_against_the_laws():
    assert {row.kind for row in ROWS} == KINDS


@given(SOME, st.randoms(use_true_random=False))
@settings(**BARE)
def test_the_order_of_events_does_not_matter(rows, shuffle):
    given_ = at_random(rows)
    mixed = [*given_]
    shuffle.shuffle(mixed)

    assert made.trends(mixed) == made.trends(given_)


@given(SOME, SOME)
@settings(**BARE)
def test_what_happens_from_now_on_changes_nothing(rows, later):
    come = [Occurrence(row.kind, made.NOW + ago, row.properties) for row, ago in later]

    assert made.trends([*at_random(rows), *come]) == made.trends(at_random(rows))


@given(SOME, st.integers(1, WEEKS - 1))
@settings(**BARE)
def test_an_earlier_moment_gives_the_earlier_weeks(rows, ago):
    """Each week stands by itself: asked a few weeks earlier, the same weeks have the same values, read the same way."""
    then, now = made.trends(at_random(rows), WEEKS, made.NOW - ago * WEEK_US), made.trends(at_random(rows))

    for name, before in then.items():
        if before.way == now[name].way:
            assert before.weeks[ago:] == now[name].weeks[:-ago]


@given(SOME, st.integers(0, WEEKS - 1))
@example([(Occurrence("authority_changed", 0, {"what": "system_assign"}), WEEK_US)], 0)
@settings(**BARE)
def test_a_week_without_events_is_not_known(rows, empty):
    """But for what holds until something else is said."""
    begin = made.NOW - (empty + 1) * WEEK_US
    kept = [row for row in at_random(rows) if not begin <= row.at < begin + WEEK_US and row.kind not in LASTING]

    for trend in made.trends(kept).values():
        assert trend.weeks[WEEKS - 1 - empty].point is None


def test_of_nothing_nothing_is_known():
    for trend in made.trends([]).values():
        assert (trend.known, trend.latest, trend.change, trend.slope) == ((), None, None, None)
        assert trend.direction is Direction.TOO_LITTLE
        assert trend.indicator.needs


def test_weeks_touch_and_do_not_overlap():
    for trend in made.trends(OWN).values():
        edges = [(week.start, week.end) for week in trend.weeks]
        assert edges[-1][1] == made.NOW
        assert len(edges) == WEEKS
        for (_, end), (start, after) in pairwise(edges):
            assert (end, after - start) == (start, WEEK_US)


@pytest.mark.parametrize("ago", [0, 1, WEEKS - 1])
def test_an_event_at_the_edge_belongs_to_the_week_that_begins(ago):
    at = made.NOW - (ago + 1) * WEEK_US
    row = Occurrence("work", at, {"accepted": 5})
    found = made.trends([row])["network_participation"]

    assert [place for place, each in enumerate(made.counts(found)) if each] == [WEEKS - 1 - ago]


GOOD = {
    "mining_efficiency": ("work", {"kind": "share", "result": "accepted"}),
    "proof_success": ("work", {"kind": "proof", "outcome": "Fulfilled"}),
    "transaction_success": ("transaction", {"status": "landed_ok", "feed": "client_log"}),
}


@pytest.mark.parametrize("name", GOOD)
@given(SOME, st.integers(0, WEEKS - 1))
@settings(max_examples=40, deadline=None)
def test_a_success_more_never_lowers_a_rate_of_success(name, rows, week):
    kind, properties = GOOD[name]
    before = made.trends(at_random(rows))[name]
    after = made.trends([*at_random(rows), made.sent(week, kind, properties)])[name]

    if before.way == after.way:
        for old, new in zip(made.values(before), made.values(after), strict=True):
            assert old is None or new >= old - 1e-12


@given(st.lists(st.tuples(st.sampled_from(OFFERED), anything, st.integers(0, 90 * DAY_US)), max_size=8))
@settings(max_examples=300, deadline=None)
def test_whatever_stands_in_a_property_no_value_leaves_its_range(rows):
    sent = []
    for (kind, name), value, ago in rows:
        usual = next(row.properties for row in ROWS if row.kind == kind and name in row.properties)
        sent.append(Occurrence(kind, made.NOW - 1 - ago, {**usual, name: value}))

    in_range(made.trends(sent, 4))


def in_range(trends):
    for trend in trends.values():
        for week in trend.known:
            assert trend.way.low <= week.point.value <= trend.way.high
            assert math.isfinite(week.point.value)
            assert week.point.n >= 1
            assert all(math.isfinite(part.value) for part in week.point.parts)
            if trend.way.unit is Unit.COUNT:
                assert week.point.value == int(week.point.value)


@pytest.mark.parametrize(("kind", "name"), [each for each in NUMBERS if each[0] in KINDS])
def test_what_is_no_number_never_raises(kind, name):
    row = next(row for row in ROWS if row.kind == kind and name in row.properties)

    for junk in (*JUNK, -1, -1e18, 1e18, 0, 1e-18, "-5"):
        in_range(made.trends([Occurrence(kind, made.NOW - 1, {**row.properties, name: junk})], 1))


@pytest.mark.parametrize("properties", [None, 5, "x", [], [1], {}, {"": None}])
def test_properties_that_say_nothing_make_nothing_known(properties):
    """But that control passed, which the event says by itself."""
    rows = [Occurrence(kind, made.NOW - 1, properties) for kind in KINDS - {"authority_changed"}]

    assert [each.indicator.id for each in made.trends(rows).values() if each.known] == []


def falling(name, values):
    """A trend of proofs with so many of forty fulfilled in each week, oldest first."""
    rows = []
    for week, fulfilled in zip(reversed(range(len(values))), values, strict=True):
        for place in range(40 if fulfilled is not None else 0):
            outcome = "Fulfilled" if place < fulfilled else "ProvingFailed"
            rows.append(made.sent(week, "work", {"kind": "proof", "outcome": outcome}, place=place))
    return made.trends(rows, len(values))[name]


def test_a_fall_is_told_with_its_slope_and_is_bad():
    found = falling("proof_success", [40, 39, 38, 36, 36, 33, 31, 30, 30, 27, 26, 25])

    assert found.direction is Direction.FALLING
    assert found.good is False
    assert found.change == pytest.approx(-15 / 40)
    assert found.slope.low <= found.slope.value <= found.slope.high < 0


def test_for_what_should_be_low_a_fall_is_good():
    rows = [made.sent(week, "loan_reported", {"loan": "l", "health_factor": 2 - 0.05 * week}) for week in range(WEEKS)]
    found = made.trends(rows)["risk_exposure"]

    assert (found.direction, found.good) == (Direction.FALLING, True)


def test_noise_is_no_direction():
    found = falling("proof_success", [36, 38, 35, 37, 36, 38, 36, 35, 38, 36, 37, 36])

    assert (found.direction, found.good) == (Direction.NONE, None)
    assert found.slope.low <= 0 <= found.slope.high


def test_few_weeks_are_too_little_to_judge():
    values = [*[None] * (WEEKS - LEAST + 1), 40, 30, 20, 10]

    assert falling("proof_success", values).direction is Direction.TOO_LITTLE
    assert falling("proof_success", [*values[1:], 5]).direction is Direction.FALLING


@pytest.mark.parametrize("weeks", [5, 6, 8, 12])
def test_where_nothing_changes_a_direction_is_told_in_at_most_two_of_a_hundred(weeks):
    drawn = np.random.default_rng(weeks).random((20_000, weeks))
    found = slope(drawn, CONFIDENCE)

    assert np.mean((found.low > 0) | (found.high < 0)) <= 0.02


def test_ids_and_words_are_unlike():
    assert len({each.id for each in INDICATORS}) == len({each.title for each in INDICATORS}) == len(INDICATORS)
    for way in (way for each in INDICATORS for way in each.ways):
        assert way.says.endswith(".")
        assert way.needs
        assert way.source
