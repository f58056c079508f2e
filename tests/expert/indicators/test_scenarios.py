"""Every way of every indicator is reached from events alone, with the value that is written down."""

from __future__ import annotations

import pytest

from keepwell.expert.indicators.defi import CONTROLS
from keepwell.expert.indicators.registry import INDICATORS
from tests.expert.indicators import made

NAMES = [f"{each['indicator']}: {each['way']}" for each in made.SCENARIOS]
OF_THE_SPECIFICATION = [
    "mining_efficiency", "proof_success", "network_participation", "optimisation_opportunities",
    "transaction_success", "liquidity_utilisation", "yield_farming", "bridge_usage",
    "protocol_participation", "risk_exposure", "yield_optimisation", "security_compliance",
]  # fmt: skip


@pytest.mark.parametrize("scenario", made.SCENARIOS, ids=NAMES)
def test_the_weeks_are_those_written_down(scenario):
    trend = made.trends(made.events(scenario["events"]), scenario["weeks"])[scenario["indicator"]]

    assert trend.way.title == scenario["way"]
    assert made.values(trend) == [None if each == "none" else pytest.approx(each) for each in scenario["values"]]
    assert made.counts(trend) == scenario["counts"]
    if "parts" in scenario:
        assert sorted(part.name for part in trend.latest.parts) == sorted(scenario["parts"])


def test_every_way_is_reached():
    ways = [f"{indicator.id}: {way.title}" for indicator in INDICATORS for way in indicator.ways]

    assert sorted(set(NAMES)) == sorted(ways)


def test_they_are_those_of_the_specification():
    assert [each.id for each in INDICATORS] == OF_THE_SPECIFICATION
    groups = list(dict.fromkeys(each.group for each in INDICATORS))
    assert [each.group for each in INDICATORS] == [group for group in groups for _ in range(4)]


def test_controls_are_held_against_entries_that_exist():
    entries = made.BACKGROUND.knowledge.entries

    for control in CONTROLS:
        found = [entries[name] for name in control.entries]
        assert {each.domain for each in found} <= {"security", "compliance"}
        assert control.confidential == any(each.confidential for each in found)


def test_a_feed_that_never_shows_failures_shows_no_success():
    row = made.sent(0, "transaction", {"status": "landed_ok", "count": 50, "feed": "enhanced_webhook"})

    assert made.trends([row])["transaction_success"].latest is None


def test_a_way_that_is_better_is_taken_for_all_weeks():
    """One value of what is read one way is no trend with one that is read another way."""
    rows = made.events([
        {"week": 1, "kind": "lp_position_reported", "properties": {"position": "p", "volume_24h": 10, "tvl": 40}},
        {"week": 0, "kind": "lp_position_reported", "properties": {"position": "p", "in_range": True}},
    ])  # fmt: skip
    trend = made.trends(rows, 2)["liquidity_utilisation"]

    assert trend.way.title == "time in range"
    assert made.values(trend) == [None, 1.0]


def test_a_yield_is_of_its_week_alone():
    """The weeks before a jump of the price and after it do not know of it."""
    prices = [1.0, 1.01, 1.02, 1.52, 1.53]
    rows = [
        made.sent(week, "lp_position_reported", {"position": "p", "share_price": price, "quoted_apr": 0.5}, day=6)
        for week, price in zip(reversed(range(5)), prices, strict=True)
    ]
    found = made.values(made.trends(rows, 5)["yield_optimisation"])

    assert found[0] is None
    assert found[3] > 40
    assert all(0 < found[week] < 1.1 for week in (1, 2, 4))


def test_prices_of_neighbouring_days_are_no_yield_of_a_week():
    rows = [
        made.sent(week, "lp_position_reported", {"position": "p", "share_price": 1.0, "quoted_apr": 0.5}, day=day)
        for week, day in ((1, 6), (0, 2))
    ]

    assert made.trends(rows, 2)["yield_optimisation"].latest is None


def test_an_approval_holds_until_it_is_taken_back():
    given = {"chain": "solana", "account": "a", "amount": "18446744073709551615", "known": False}
    trend = made.trends([made.sent(2, "approval_granted", given)], 4)["security_compliance"]

    assert made.values(trend) == [None, 0.0, 0.0, 0.0]
