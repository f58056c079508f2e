"""The pages of crypto indicators: values, lines, where they go, and what is not observed."""

import re
from dataclasses import replace

import pytest
from markupsafe import escape

from keepwell.expert.indicators.indicator import Unit
from keepwell.expert.indicators.registry import INDICATORS
from keepwell.expert.indicators.trends import Direction
from keepwell.web.views import indicators, links, words
from tests.expert.indicators import made
from tests.web.fake_expert import QUIET, FakeExpert
from tests.web.people import NASTY

FOUND = FakeExpert(INDICATORS).indicators(INDICATORS[0].id, None)
VIEW = indicators.view(FOUND, "Ada")
ROWS = {row.id: row for group in VIEW.groups for row in group.known}


@pytest.mark.parametrize("panel", [False, True], ids=["page", "panel"])
def test_what_is_known_and_what_is_not_is_said(client, panel):
    found = client.get(links.indicators("c001", panel=panel)).text

    for trend in FOUND.trends:
        assert str(escape(trend.indicator.title)) in found
    for row in ROWS.values():
        assert row.value in found
        assert str(escape(row.direction)) in found
        assert str(escape(row.says)) in found or panel
    for row in VIEW.unknown:
        assert str(escape(row.needs[0])) in found
    assert f"{FOUND.events:,} telemetry events, 12 weeks to " in found


def test_the_page_has_every_week_of_every_indicator(client):
    found = client.get(links.indicators("c001")).text

    assert len(re.findall(r'<tr><th scope="row">', found)) == 12 * len(ROWS)
    assert str(escape(links.customer("c001"))) in found


@pytest.mark.parametrize("panel", [False, True], ids=["page", "panel"])
def test_without_telemetry_nothing_is_claimed(client, panel):
    found = client.get(links.indicators(QUIET, panel=panel)).text

    assert "Nothing was observed of mining, trading or DeFi." in found
    assert "<svg class" not in found
    assert all(str(escape(each.title)) in found for each in INDICATORS)


@pytest.mark.parametrize("customer", ["nobody", "\x00", "x" * 201])
def test_nobody_has_no_indicators(client, customer):
    for panel in (False, True):
        assert client.get(links.indicators(customer, panel=panel)).status_code in (400, 404)


def test_any_id_leads_to_its_indicators_and_back(client):
    for each in NASTY:
        found = client.get(links.indicators(each))
        assert found.status_code == 200
        assert str(escape(links.customer(each))) in found.text


def test_the_page_of_a_customer_fetches_the_panel(client):
    found = client.get(links.customer("c001")).text

    assert f'hx-get="{escape(links.indicators("c001", panel=True))}"' in found
    assert f'href="{escape(links.indicators("c001"))}"' in found


def test_strangers_see_nothing(stranger):
    for panel in (False, True):
        assert stranger.get(links.indicators("c001", panel=panel)).status_code == 401


def test_the_newest_value_stands_where_its_week_is():
    """A week without observations at the end moves the dot, so that no old value looks like today's."""
    rows = [made.sent(week, "work", {"accepted": 9, "rejected": {"21": week}}) for week in (2, 3, 4)]
    trends = tuple(made.trends(rows).values())
    row = indicators.view(replace(FOUND, trends=trends), "Ada").groups[0].known[0]

    assert row.title == "Mining efficiency"
    assert (row.spark.width, row.dot) == (11, 9)
    assert row.when == "2 weeks before the last"
    assert [week.value for week in row.weeks[:3]] == [words.DASH, words.DASH, row.value]


def test_only_a_tested_direction_has_a_tone():
    for trend in FOUND.trends:
        if trend.known:
            tested = trend.direction in (Direction.RISING, Direction.FALLING)
            assert (ROWS[trend.indicator.id].tone != "flat") == tested


def test_what_is_not_in_order_comes_first_and_secrets_are_marked():
    beside = ROWS["security_compliance"].beside

    assert beside[0].startswith("not in order: ")
    assert "screening clean (not for the customer)" in beside
    assert len(ROWS["optimisation_opportunities"].few) == 3


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (0.0, Unit.SHARE, "0.0\N{NO-BREAK SPACE}%"), (1.0, Unit.SHARE, "100.0\N{NO-BREAK SPACE}%"),
        (0.0001, Unit.SHARE, "<0.1\N{NO-BREAK SPACE}%"), (0.99999, Unit.SHARE, ">99.9\N{NO-BREAK SPACE}%"),
        (-0.25, Unit.SHARE, "\N{MINUS SIGN}25.0\N{NO-BREAK SPACE}%"), (1e30, Unit.SHARE, "1e+32\N{NO-BREAK SPACE}%"),
        (1234.0, Unit.COUNT, "1,234"), (0.0, Unit.COUNT, "0"),
    ],
)  # fmt: skip
def test_values_are_written_in_their_unit(value, unit, shown):
    assert indicators.shown_value(value, unit) == shown


@pytest.mark.parametrize("value", [1e18, -1e18, 1e-18, 0.0])
def test_a_line_is_drawn_through_any_values(value):
    trend = next(each for each in FOUND.trends if each.known)
    weeks = tuple(replace(each, point=replace(trend.latest, value=value)) for each in trend.weeks)
    row = indicators.view(replace(FOUND, trends=(replace(trend, weeks=weeks),)), "Ada").groups[0].known[0]

    assert row.spark.line.startswith("M0 ")
