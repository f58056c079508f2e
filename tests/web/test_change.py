import math
from decimal import Decimal
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from keepwell.base.time import DAY_US
from keepwell.runtime.ports.book import ChangePart
from keepwell.runtime.ports.changes import CAUSES, by_indicator
from keepwell.web.views import change
from tests.web.people import NOW


def number(text):
    return Decimal(text.replace("\N{MINUS SIGN}", "-").replace("+", ""))


@pytest.mark.parametrize("span", change.SPANS)
def test_the_parts_add_up_to_the_change(book, span):
    records = [book.explain(line.id, None, change.since(span, NOW)).change for line in book.lines]
    views = [(record, change.change(record)) for record in records]
    for record, view in [(record, view) for record, view in views if view]:
        assert view.adds_up
        assert sum(number(group.sum.points) for group in view.groups) == number(view.total)
        for group in view.groups:
            assert sum(number(part.points) for part in group.parts) == (number(group.sum.points) if group.parts else 0)
        assert number(view.end) - number(view.start) == number(view.total)
        assert math.isclose(math.fsum(part.points for part in record.parts), record.total, abs_tol=1e-9)
        shown = sum(len(group.parts) or 1 for group in view.groups)
        assert shown + view.silent == len(record.parts)


def test_bars_stay_inside_their_room(book):
    view = change.change(book.explain("c013", None, change.since("7d", NOW)).change)
    for part in chain.from_iterable((group.sum, *group.parts) for group in view.groups):
        assert 0 <= part.left <= part.left + part.width <= 1.000001
        edge = part.left + part.width if part.tone == "bad" else part.left
        assert edge == pytest.approx(view.zero)


def test_parts_that_contradict_the_scores_are_not_smoothed_over(book):
    record = book.explain("c013", None, change.since("7d", NOW)).change
    assert not change.change(replace(record, total=record.total + 3)).adds_up
    assert not change.change(replace(record, score_from=record.score_from + 3)).adds_up


def test_without_a_score_at_both_ends_there_is_no_change(book):
    record = book.explain("c013", None, change.since("7d", NOW)).change
    assert change.change(replace(record, score_from=None)) is None


def test_spans():
    assert change.since("30d", NOW) == NOW - 30 * DAY_US
    with pytest.raises(change.UnknownSpan):
        change.since("a while", NOW)


def test_opposite_movements_of_an_indicator_are_one_line_that_opens(book):
    record = book.explain("c013", None, change.since("7d", NOW)).change
    parts = [
        ChangePart("roll_off", "active_days", "Older activity left the window: Active days", -6.25),
        ChangePart("behaviour", "active_days", "Behaviour: Active days", 5.0),
        ChangePart("behaviour", "tickets", "Behaviour: Ticket load", -1.0),
        ChangePart("roll_off", "chains", "Older activity left the window: Chains", -3.0),
        ChangePart("behaviour", "chains", "Behaviour: Chains", 3.0),
        ChangePart("cap", "cap", "Cap: something", 2.0),
    ]
    view = change.change(replace(record, parts=parts, score_from=60.0, score_to=59.75, total=-0.25))
    told = {group.sum.label: (number(group.sum.points), [part.label for part in group.parts]) for group in view.groups}

    assert view.adds_up
    assert list(told) == ["Cap: something", "Active days", "Ticket load"]  # chains came to nothing
    assert told["Active days"][1] == [CAUSES["roll_off"], CAUSES["behaviour"]]
    assert abs(told["Active days"][0]) < 2
    assert told["Cap: something"][1] == told["Ticket load"][1] == []
    assert sum(points for points, _ in told.values()) == number(view.total)
    assert view.silent == 2


@given(
    st.lists(
        st.builds(
            ChangePart,
            st.sampled_from(("behaviour", "roll_off", "late_data", "cap")),
            st.sampled_from("abc"),
            st.just("Why: what"),
            st.floats(-9, 9),
        )
    )
)
def test_grouping_loses_nothing(parts):
    moved = by_indicator(parts)

    assert sorted(each.place for group in moved for each in group.movements) == list(range(len(parts)))
    assert math.fsum(group.points for group in moved) == pytest.approx(math.fsum(part.points for part in parts))
