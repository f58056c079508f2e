import math
from decimal import Decimal
from itertools import chain

import pytest
from msgspec.structs import replace

from keepwell.base.time import DAY_US
from keepwell.runtime.ports.book import ChangePart
from keepwell.web.views import change
from tests.web.people import NOW


def number(text):
    return Decimal(text.replace("\N{MINUS SIGN}", "-").replace("+", ""))


@pytest.mark.parametrize("span", change.SPANS)
def test_the_parts_add_up_to_the_change(book, span):
    records = [book.explain(line.id, None, change.since(span, NOW)).change for line in book.customers()]
    views = [(record, change.change(record)) for record in records]
    for record, view in [(record, view) for record, view in views if view]:
        assert view.adds_up
        assert sum(number(kind.sum.points) for kind in view.kinds) == number(view.total)
        for kind in view.kinds:
            assert sum(number(part.points) for part in kind.parts) == (number(kind.sum.points) if kind.parts else 0)
        assert number(view.end) - number(view.start) == number(view.total)
        assert math.isclose(math.fsum(part.points for part in record.parts), record.total, abs_tol=1e-9)
        shown = sum(len(kind.parts) or 1 for kind in view.kinds)
        assert shown + view.silent == len(record.parts)


def test_bars_stay_inside_their_room(book):
    view = change.change(book.explain("c013", None, change.since("7d", NOW)).change)
    for part in chain.from_iterable((kind.sum, *kind.parts) for kind in view.kinds):
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


def test_kinds_open_into_their_parts_without_repeating_themselves(book):
    record = book.explain("c013", None, change.since("7d", NOW)).change
    cap = ChangePart("cap", "cap", "Cap: something", 2.0)
    view = change.change(
        replace(record, parts=[*record.parts, cap], score_to=record.score_to + 2, total=record.total + 2)
    )
    kinds = {kind.sum.label: [part.label for part in kind.parts] for kind in view.kinds}
    assert "Usage frequency" in kinds["What the customer did"]
    assert kinds["The cap"] == []
