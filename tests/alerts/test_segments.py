"""A segment that suddenly does less, and what only looks like one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from keepwell.alerts import segments
from keepwell.alerts.fleet import Fleet, Group
from keepwell.alerts.outage import Kind
from keepwell.metrics.rollups import DAY_WINDOW
from keepwell.statistics.arrays import Ints, Mask

MONDAY = 20_598  # the running day; the last whole one is a Sunday
EACH = 30
RESTS = (1.3, 1.3, 1.3, 1.3, 1.3, 0.25, 0.25)


@dataclass
class Crowd:
    """As much of `Seen` as is looked at: two segments, of which the second rests at the weekend."""

    own: Ints
    gone: Mask
    fleet: Fleet

    def __len__(self) -> int:
        return len(self.own)

    @property
    def segment(self) -> Ints:
        return np.repeat(np.array([7, 9]), EACH)

    def days(self, _name: str) -> Ints:
        return self.own

    def exposure(self) -> Ints:
        return np.full(len(self), DAY_WINDOW)


@pytest.fixture
def crowd():
    rng = np.random.default_rng(5)
    weekdays = (np.arange(MONDAY - DAY_WINDOW + 1, MONDAY + 1) + 3) % 7
    busy = np.stack([np.ones(DAY_WINDOW), np.array(RESTS)[weekdays]])[np.repeat([0, 1], EACH)]
    own = rng.poisson(6 * rng.gamma(5, 0.2, busy.shape) * busy)
    groups = {7: Group(), 9: Group(weekday=RESTS)}
    return Crowd(own.astype(np.int64), np.zeros(len(own), np.bool_), Fleet(MONDAY, groups))


def test_ordinary_days_are_ordinary(crowd):
    assert segments.fallen(crowd) == {}


def test_who_stops_on_a_busy_day_has_fallen(crowd):
    crowd.own[:EACH, -2] = 0

    assert list(segments.fallen(crowd)) == [7]


def test_a_day_of_rest_says_nothing_and_the_day_before_it_still_does(crowd):
    crowd.own[EACH:, -3:-1] = 0
    assert segments.fallen(crowd) == {}

    crowd.own[EACH:, -4] = 0
    assert list(segments.fallen(crowd)) == [9]


def test_who_left_or_paused_has_not_fallen(crowd):
    crowd.own[:20, -2] = 0
    crowd.gone[:20] = True

    assert segments.fallen(crowd) == {}


def test_of_a_large_segment_enough_are_looked_at(crowd, monkeypatch):
    monkeypatch.setattr(segments, "ENOUGH", 14)
    crowd.own[:EACH, -2] = 0

    assert list(segments.fallen(crowd)) == [7]


def test_with_nobody_there_nothing_falls(crowd):
    crowd.own = crowd.own[:0]

    assert segments.fallen(crowd) == {}


def test_what_happens_to_each_of_several_segments_happened_to_all():
    def found(*names, of):
        return [(each.kind, each.part) for each in segments.signals(dict.fromkeys(names, 0.4), of)]

    assert found(of=3) == []
    assert found("funds", of=3) == [(Kind.SEGMENT, "funds")]
    assert found("funds", "retail", of=3) == [(Kind.SEGMENT, "funds"), (Kind.SEGMENT, "retail")]
    assert found("funds", "retail", of=2) == [(Kind.SEGMENT, "")]
