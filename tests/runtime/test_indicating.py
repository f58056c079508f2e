"""A customer's weeks in the log become indicators."""

from __future__ import annotations

import pytest

from keepwell.base.time import DAY_US, HOUR_US
from keepwell.config.refusal import FileRefusedError
from keepwell.events.accept import Receipt, accept
from keepwell.events.event import Raw
from keepwell.expert.indicators.registry import INDICATORS
from keepwell.expert.indicators.week import WEEK_US, WEEKS
from keepwell.runtime.diagnosing import StoredExpert
from keepwell.runtime.indicating import indicated
from tests.expert.indicators import made
from tests.histories import NOW, house, put

REQUIRED = {
    "transaction": {"chain": "solana", "kind": "swap", "asset": "SOL", "amount": 1, "status": "landed_ok"},
}


def given(space, rows, received=None):
    receipt = Receipt(NOW) if received is None else Receipt(received, live=True)
    put(space, [accept(each, receipt) for each in rows])


def raw(customer, kind, at, properties):
    return Raw(customer, kind, at, {**REQUIRED.get(kind, {}), **properties}, message_id=f"{customer} {kind} {at}")


def worked(customer, ago, accepted=9, rejected=1):
    properties = {"accepted": accepted, "rejected": {"21": rejected}}
    return raw(customer, "work", NOW - ago - HOUR_US, properties)


@pytest.fixture
def space():
    with house() as space:
        yield space


def trend(space, name, customer="mine", at=NOW):
    found = indicated(space, customer, at)
    return next(each for each in found.trends if each.indicator.id == name)


def test_the_scenarios_come_out_of_the_log_as_they_were_sent(space):
    """Every scenario as a customer of its own."""
    sent = [(place, row) for place, each in enumerate(made.SCENARIOS) for row in made.events(each["events"])]
    given(space, [raw(f"c{place}", row.kind, row.at - made.NOW + NOW, row.properties) for place, row in sent])
    for place, scenario in enumerate(made.SCENARIOS):
        found = trend(space, scenario["indicator"], f"c{place}")
        values = [None if each == "none" else pytest.approx(each) for each in scenario["values"]]
        assert made.values(found)[-scenario["weeks"] :] == values, scenario["indicator"]


def test_each_customer_has_its_own_weeks(space):
    given(space, [worked("mine", 0), worked("other", 0, 1, 9), worked("mine", 3 * WEEK_US, 8, 2)])

    found = indicated(space, "mine", NOW)
    assert found.events == 2
    assert found.weeks == WEEKS
    assert [each.indicator for each in found.trends] == list(INDICATORS)
    assert made.values(trend(space, "mining_efficiency"))[-4:] == [0.8, None, None, 0.9]


def test_an_earlier_moment_knows_neither_what_came_nor_what_became_known_later(space):
    given(space, [worked("mine", 2 * DAY_US), worked("mine", 9 * DAY_US, 5, 5)])
    given(space, [worked("mine", 8 * DAY_US, 0, 90)], received=NOW + DAY_US)

    assert made.values(trend(space, "mining_efficiency", at=NOW + 1))[-2:] == [0.5, 0.9]
    assert made.values(trend(space, "mining_efficiency", at=NOW + 2 * DAY_US))[-2] == 0.05
    earlier = indicated(space, "mine", NOW - WEEK_US)
    assert (earlier.events, made.values(earlier.trends[0])[-2:]) == (1, [None, 0.5])


def test_nobody_is_unknown_and_somebody_without_telemetry_has_nothing(space):
    given(space, [raw("mine", "page_viewed", NOW - HOUR_US, {})])

    assert indicated(space, "nobody", NOW) is None
    found = indicated(space, "mine", NOW)
    assert found.events == 0
    assert not any(each.known for each in found.trends)


def test_the_oldest_week_is_compared_with_the_four_before_it(space):
    """A feed that showed a failure four weeks before shows them, so that its successes count."""
    first = NOW - WEEKS * WEEK_US
    failed = raw("mine", "transaction", first - 27 * DAY_US, {"status": "landed_failed"})
    given(space, [failed, raw("mine", "transaction", first + HOUR_US, {})])

    assert made.values(trend(space, "transaction_success"))[:2] == [1.0, None]


def test_what_lasts_is_known_from_long_ago(space):
    given(space, [raw("mine", "kyc", NOW - 300 * DAY_US, {"expires_at": "2030-01-01"})])

    assert made.values(trend(space, "security_compliance")) == [1.0] * WEEKS


def test_the_port_answers_as_of_now_or_as_of_then(space):
    given(space, [worked("mine", 0)])
    expert = StoredExpert(space, lambda: NOW + 1)

    assert expert.indicators("mine", None) == indicated(space, "mine", NOW + 1)
    assert expert.indicators("mine", NOW - DAY_US) == indicated(space, "mine", NOW - DAY_US)
    assert expert.indicators("nobody", None) is None


def test_numbers_of_the_installation_count(space):
    given(space, [worked("mine", 0)])
    (space.folder / "knowledge.toml").write_text("[entries.NOPE]\nwhen = { x = 1 }\n")

    with pytest.raises(FileRefusedError):
        indicated(space, "mine", NOW)
