"""What befalls all customers shows in the rows, where and when the truth says."""

import pytest

from keepwell.base.time import DAY_US
from tests.simulation import worlds


def _incidents(made, kind):
    return [
        (each["where"], worlds.instant(each["from"]), worlds.instant(each["to"]))
        for each in made.truth["incidents"]
        if each["kind"] == kind
    ]


def _failing(rows):
    status = [worlds.properties(row)["status"] for row in rows]
    return 1 - status.count("succeeded") / len(status)


def test_most_transactions_fail_on_a_chain_in_an_incident(base, base_rows):
    found = _incidents(base, "chain_incident")
    assert len(found) == 3
    for chain, begins, ends in found:
        hit = [
            row
            for row in base_rows
            if row.event == "transaction"
            and begins <= row.timestamp < ends
            and worlds.properties(row)["chain"] == chain
        ]
        assert _failing(hit) > 0.6
    assert _failing([row for row in base_rows if row.event == "transaction"][:20_000]) < 0.06


def test_a_feed_is_silent_and_catches_up(base, base_rows):
    ((_, begins, ends),) = _incidents(base, "feed_outage")
    signed = [row for row in base_rows if row.event in ("signed_in", "feature_used", "page_viewed")]
    inside = [row for row in signed if begins + DAY_US // 48 < row.received_at < ends]
    assert all(row.timestamp < begins for row in inside)
    assert sum(begins <= row.timestamp < ends for row in signed) > 100


def test_a_release_breaks_a_feature_for_a_segment(base, base_rows):
    ((feature, begins, ends),) = _incidents(base, "broken_release")
    traders = {each["customer_id"] for each in base.customers if each["segment"] == "trader"}

    def uses(low, high, *, ours):
        return sum(
            low <= row.timestamp < high
            and row.event == "feature_used"
            and (row.customer_id in traders) is ours
            and worlds.properties(row)["feature"] == feature
            for row in base_rows
        )

    whole = DAY_US
    assert uses(begins + whole, ends - whole, ours=True) == 0
    assert uses(begins - 5 * whole, begins - whole, ours=True) > 0
    assert uses(begins + whole, ends - whole, ours=False) > 0


def test_prices_are_common_and_crash(base, base_rows):
    ((_, begins, ends),) = _incidents(base, "price_crash")

    def price(low, high):
        known = [
            worlds.properties(row) for row in base_rows if row.event == "transaction" and low <= row.timestamp < high
        ]
        sol = sorted(
            each["value_usd"] / each["amount"] for each in known if each["asset"] == "SOL" and each["amount"] > 1
        )
        return sol[len(sol) // 2], sol[len(sol) // 20], sol[-len(sol) // 20]

    before, low, high = price(begins - DAY_US // 4, begins)
    assert high / low < 1.1
    after, *_ = price(ends, ends + DAY_US // 4)
    assert after / before == pytest.approx(0.76, abs=0.12)
