"""Attribution: whatever changed, the named parts add up to the change."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepwell.config.scorecards import load_shipped
from keepwell.metrics.catalog import INDICATORS
from keepwell.scores.attribution import BY_INDICATOR, Cause, Part, Stage, attribute
from keepwell.scores.score import weigh
from tests.scores.cards import cards, row, some_points

TRADER = load_shipped().default


def stage(cause, points, card=TRADER):
    found = weigh(card, row(points), np.zeros((1, 36), np.bool_))
    return Stage(cause, row(points)[0], found.contributions[0], float(found.uncapped[0]))


@st.composite
def telescopes(draw):
    """Stages in their order, some left out; each changes some of the points, and the first the scorecard."""
    points = draw(some_points)
    start = stage(Cause.CONFIGURATION, points)
    card = draw(cards | st.just(TRADER))
    stages = []
    for cause in Cause:
        if cause not in (Cause.COVERAGE, Cause.CAP) and draw(st.booleans()):
            changed = draw(st.sets(st.integers(0, 35), max_size=9))
            fresh = draw(some_points)
            points = [fresh[place] if place in changed else points[place] for place in range(36)]
            stages.append(stage(cause, points, card))
    return start, stages


def change(start, stages, caps):
    return (stages[-1].uncapped if stages else start.uncapped) + caps[1] - (start.uncapped + caps[0])


caps = st.tuples(st.floats(-60, 0), st.floats(-60, 0)) | st.just((0.0, 0.0))


@settings(max_examples=30)
@given(telescopes(), caps)
def test_the_parts_add_up_to_the_change(telescope, caps):
    parts = attribute(*telescope, caps)

    assert abs(sum(part.points for part in parts) - change(*telescope, caps)) < 1e-9


@settings(max_examples=30)
@given(telescopes(), caps)
def test_every_part_has_a_cause_of_its_own(telescope, caps):
    parts = attribute(*telescope, caps)
    names = [(part.cause, part.name) for part in parts]

    assert len(set(names)) == len(names)
    for part in parts:
        assert part.name in (INDICATORS if part.cause in BY_INDICATOR else (part.cause.value,))
        assert part.points != 0


def test_nothing_changed():
    start = stage(Cause.CONFIGURATION, [50.0] * 36)

    assert attribute(start, [stage(cause, [50.0] * 36) for cause in BY_INDICATOR], (-3.0, -3.0)) == []


@given(st.just(0.0) | st.floats(0.001, 100), st.just(0.0) | st.floats(0.001, 100), st.integers(0, 35))
def test_one_indicator_that_moved_is_the_whole_change(before, after, place):
    points = [70.0] * 36
    start = stage(Cause.CONFIGURATION, [*points[:place], before, *points[place + 1 :]])
    end = stage(Cause.BEHAVIOUR, [*points[:place], after, *points[place + 1 :]])
    parts = attribute(start, [end], (0.0, 0.0))
    named = sum(part.points for part in parts if part.name == INDICATORS[place])

    assert named == pytest.approx(end.uncapped - start.uncapped, abs=1e-9)
    assert {part.name for part in parts if abs(part.points) > 1e-9} <= {INDICATORS[place]}


def test_data_that_came_or_went_is_coverage():
    start = stage(Cause.CONFIGURATION, [90.0, *[50.0] * 35])
    end = stage(Cause.ROLL_OFF, [None, *[50.0] * 35])

    assert attribute(start, [end], (0.0, 0.0)) == [
        Part(Cause.COVERAGE, "coverage", pytest.approx(end.uncapped - start.uncapped))
    ]


def test_configuration_references_and_traits_are_not_told_apart_by_indicator():
    start = stage(Cause.CONFIGURATION, [50.0] * 36)
    parts = attribute(start, [stage(Cause.REFERENCES, [60.0] * 36), stage(Cause.TRAITS, [40.0] * 36)], (0.0, 0.0))

    assert [(part.cause, pytest.approx(part.points)) for part in parts] == [
        (Cause.REFERENCES, 10.0),
        (Cause.TRAITS, -20.0),
    ]


def test_a_cap_is_a_part_of_its_own():
    start = stage(Cause.CONFIGURATION, [80.0] * 36)

    assert attribute(start, [], (0.0, -21.0)) == [Part(Cause.CAP, "cap", -21.0)]
