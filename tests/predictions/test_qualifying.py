"""Which events are forecast, and which days can be trusted."""

import numpy as np
import pytest

from keepwell.predictions.qualifying import span, watched


def test_own_activity_comes_first():
    assert watched(100, {"order_placed": 900}) == ()
    assert watched(0, {"order_placed": 900}) == ("order_placed",)
    assert watched(45, {"order_placed": 900}) == ("order_placed",)
    assert watched(46, {"order_placed": 900}) == ()
    assert watched(0, {}) == ()


@pytest.mark.parametrize(
    "name", ["order_cancelled", "OrderRefunded", "Mail Bounced", "parcel.delivered", "payment-failed"]
)
def test_what_undoes_or_reports_is_no_activity(name):
    assert watched(0, {name: 900, "purchase": 10}) == ("purchase",)


def test_a_word_inside_a_word_counts_for_nothing():
    assert watched(0, {"failedover_ok": 5, "returning_visit": 3}) == ("failedover_ok", "returning_visit")


def test_a_log_that_goes_on_is_trusted_from_its_beginning():
    found = span(np.arange(100, 300), 300)

    assert (found.first, found.problem, found.note) == (100, "", "")


def test_a_log_that_ends_early_says_nothing():
    assert (
        span(np.arange(100, 300), 302).problem
        == "the log ends 2 days before this moment, on 1970-10-27: silence would be that of the log"
    )
    assert span(np.arange(100, 300), 301).problem == ""
    rare = np.arange(100, 300, 15)
    assert span(rare, int(rare[-1]) + 30).problem == ""
    assert "the log ends 30 days" in span(rare, int(rare[-1]) + 31).problem


def test_a_log_that_ended_says_the_moment_to_ask_with():
    ended = span(np.arange(100, 300), 308).ended

    assert ended == 300
    assert not span(np.arange(100, 300), ended).problem


def test_what_lies_before_a_hole_is_left_out():
    jumped = np.concatenate(([3, 4], np.arange(10_000, 10_200)))
    found = span(jumped, 10_200)

    assert found.first == 10_000
    assert found.problem == ""
    assert "9,996" in found.note or "9996" in found.note


def test_a_clock_that_jumped_ahead_leaves_too_little():
    found = span(np.concatenate((np.arange(100, 400), [700, 701])), 702)

    assert "not enough history" in found.problem


def test_an_empty_log_has_no_history():
    assert "not enough history" in span(np.array([], np.int64), 5).problem
