import pytest

from keepwell.base.time import DAY_US, HOUR_US
from keepwell.web.views import words
from keepwell.web.views.acting import around
from tests.web.people import NOW, TODAY


@pytest.mark.parametrize(
    ("share", "text"),
    [(0, "0 %"), (0.001, "<1 %"), (0.004, "<1 %"), (0.5, "50 %"), (0.996, ">99 %"), (1, "100 %")],
)
def test_percentages_call_nothing_all_or_none_that_is_not(share, text):
    assert words.percent(share).replace("\N{NO-BREAK SPACE}", " ") == text


@pytest.mark.parametrize(
    ("cents", "long", "short"),
    [
        (420_000, "$4,200", "$4,200"),
        (10_950_000, "$109,500", "$109.5k"),
        (-1_204_500, "\N{MINUS SIGN}$12,045", "\N{MINUS SIGN}$12.0k"),
        (99_999_900, "$999,999", "$1.0m"),
        (0, "$0", "$0"),
    ],
)
def test_money(cents, long, short):
    assert (words.money(cents), words.short_money(cents)) == (long, short)


def test_points():
    assert words.points(401) == "40.1"
    assert words.signed(-3) == "\N{MINUS SIGN}0.3"
    assert words.signed(0) == "0.0"
    assert words.signed(12) == "+1.2"


def test_moments():
    assert words.full_date(NOW) == "Friday 20 November 2026"
    assert words.moment(NOW) == "20 Nov 2026, 09:30 UTC"
    assert words.date(TODAY) == words.date_of(NOW) == words.calendar_text("2026-11-20") == "20 Nov 2026"
    assert words.calendar_text("in spring") == "in spring"
    assert words.days_ago(NOW, NOW) == words.days_ago(TODAY * DAY_US, NOW) == "today"
    assert words.days_ago(TODAY * DAY_US - 1, NOW) == "yesterday"
    assert words.days_ago(NOW - 3 * DAY_US, NOW) == "3 days ago"


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (3 * DAY_US - 1, "in 3 days"), (2 * DAY_US + DAY_US // 2 - 1, "in 2 days"), (2 * DAY_US - 1, "in 2 days"),
        (HOUR_US - 1, "in 1 hour"), (HOUR_US, "in 1 hour"), (3 * HOUR_US // 2, "in 2 hours"),
        (1, "in less than a minute"), (HOUR_US // 60 - 1, "in 1 minute"), (-3 * DAY_US + 1, "2 days ago"),
        (0, "just now"),
    ],
)  # fmt: skip
def test_what_is_to_come_is_rounded_and_what_passed_has_passed(length, said):
    assert around(length, 0) == said
