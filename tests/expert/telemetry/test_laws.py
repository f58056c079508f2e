"""Laws of observing, over the examples of every feature, over all scenarios, and over whatever anybody may send."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepwell.base.time import DAY_US
from keepwell.expert.case import Seen
from keepwell.expert.features import known
from keepwell.expert.telemetry.observe import DOMAINS, KINDS, Occurrence
from keepwell.expert.telemetry.record import record
from tests.events.rows import anything
from tests.expert import made as expert
from tests.expert.telemetry import made
from tests.expert.telemetry.examples import EXAMPLES

FEATURES = expert.knowledge().features
EVERYTHING = [
    *(each for _, occurrences in EXAMPLES.values() for each in occurrences),
    *(each for _, scenario in made.scenarios() for each in made.events(scenario["events"])),
]
"""Some seven hundred events, with every property that is read."""
OFFERED = sorted({(row.kind, name) for row in EVERYTHING for name in row.properties})


def test_there_is_something_to_hold():
    assert {row.kind for row in EVERYTHING} == KINDS
    assert len(EVERYTHING) > 500
    assert len(OFFERED) > 100


@given(st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_the_order_of_events_does_not_matter(shuffle):
    mixed = [*EVERYTHING]
    shuffle.shuffle(mixed)

    assert made.look(*mixed) == made.look(*EVERYTHING)


@given(
    st.lists(st.tuples(st.sampled_from(EVERYTHING), st.sampled_from((0, 1, 3600, 86_400))), max_size=12), st.randoms()
)
@settings(max_examples=200, deadline=None)
def test_not_even_of_those_at_the_same_moment(rows, shuffle):
    given_ = [Occurrence(row.kind, made.NOW - 1 - ago * 1_000_000, row.properties) for row, ago in rows]
    mixed = [*given_]
    shuffle.shuffle(mixed)

    assert made.look(*mixed) == made.look(*given_)


@given(st.text(max_size=20).filter(lambda name: name not in KINDS), st.dictionaries(st.text(max_size=9), anything))
@settings(max_examples=50, deadline=None)
def test_an_event_of_an_unknown_kind_changes_nothing(kind, properties):
    assert made.look(*EVERYTHING, Occurrence(kind, made.NOW - 1, properties)) == made.look(*EVERYTHING)


def test_what_happens_later_changes_nothing():
    later = [Occurrence(row.kind, made.NOW + place, row.properties) for place, row in enumerate(EVERYTHING)]

    assert made.look(*EVERYTHING, *later) == made.look(*EVERYTHING)
    assert made.look(*later).features == {}


def test_asking_changes_nothing_in_what_was_given():
    before = repr(EVERYTHING)
    made.look(*EVERYTHING)

    assert repr(EVERYTHING) == before


@pytest.mark.parametrize("domain", DOMAINS, ids=lambda each: each.name)
def test_without_the_events_of_a_domain_its_features_are_unknown(domain):
    rest = [row for row in EVERYTHING if row.kind not in domain.kinds]

    found, all_of_it = made.look(*rest), made.look(*EVERYTHING)

    assert domain.features.keys() & found.features.keys() == set()
    assert domain.tallies.keys() & found.tallies.keys() == set()
    assert domain.features.keys() & all_of_it.features.keys()


def test_of_nothing_nothing_is_known():
    nothing = made.look()

    assert (dict(nothing.features), nothing.readings, dict(nothing.tallies)) == ({}, (), {})


@given(st.lists(st.tuples(st.sampled_from(OFFERED), anything, st.integers(0, 40 * DAY_US)), max_size=8))
@settings(max_examples=600, deadline=None)
def test_whatever_stands_in_a_property_it_never_raises_and_never_is_no_number(rows):
    """Each row has one property of somebody else's choosing beside those that its kind usually has."""
    sent = []
    for (kind, name), value, ago in rows:
        usual = next(row.properties for row in EVERYTHING if row.kind == kind and name in row.properties)
        sent.append(Occurrence(kind, made.NOW - 1 - ago, {**usual, name: value}))

    found = made.look(*sent)

    for name, value in found.features.items():
        assert known(value, FEATURES[name]) == value
        assert not isinstance(value, float) or math.isfinite(value)
    for tally in found.tallies.values():
        for each in (tally.now, tally.past):
            assert all(math.isfinite(number) and number >= 0 for number in vars(each).values())


def deep(levels=5000):
    found = 1
    for _ in range(levels):
        found = [found]
    return found


NAN = float("nan")
JUNK = [NAN, float("inf"), -math.inf, 10**400, -(10**400), 1e308, deep(), {"a": {"b": deep()}}, object(), "x" * 100_000,
        "NaN", "1e5", "٣", "0x10", b"1", 1j]  # fmt: skip
NUMBERS = sorted({
    (row.kind, name)
    for row in EVERYTHING
    for name, value in row.properties.items()
    if isinstance(value, int | float) and not isinstance(value, bool)
    and name not in ("rpc_error_code", "http_status", "reason_code", "api_error_code")
})  # fmt: skip


@pytest.mark.parametrize(("kind", "name"), NUMBERS)
def test_what_is_no_number_is_as_if_it_had_not_been_sent(kind, name):
    row = next(row for row in EVERYTHING if row.kind == kind and is_plain_number(row.properties.get(name)))
    without = {key: value for key, value in row.properties.items() if key != name}
    absent = made.look(Occurrence(kind, row.at, without)).features

    for junk in JUNK:
        found = made.look(Occurrence(kind, row.at, {**row.properties, name: junk})).features
        if name == "count":  # how often nobody knows, so not at all
            assert all(value == 0 for value in found.values() if isinstance(value, int) and not isinstance(value, bool))
        else:
            assert found == absent


def is_plain_number(value):
    return isinstance(value, int | float) and not isinstance(value, bool)


@pytest.mark.parametrize("properties", [None, 5, "x", [], [1]])
def test_properties_that_are_none_change_nothing(properties):
    for kind in KINDS:
        assert made.look(Occurrence(kind, made.NOW - 1, properties)).features == {}


def test_readings_are_one_of_each_with_their_count():
    rows = [made.happened("api_called", ago, http_status=429, request_id=f"r{ago}") for ago in (50, 30, 40)]

    (seen,) = made.look(*rows).readings

    assert seen == Seen(seen.kind, code=429, count=3, first=rows[0].at, last=rows[1].at, reference="r30")


def test_rows_are_kept_in_order_of_time():
    kept = record(EVERYTHING, made.SPAN)

    for rows in kept.kinds.values():
        assert [row.at for row in rows] == sorted(row.at for row in rows)
