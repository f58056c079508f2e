"""What comes next, read from a log: point-in-time, of one customer or all, with a reason where nothing is said."""

import numpy as np
import pytest

from keepwell.base.time import DAY_US
from keepwell.events.accept import Receipt, accept
from keepwell.events.event import Raw
from keepwell.runtime.explain import UnknownCustomerError
from keepwell.runtime.next import LoggedNext
from tests.histories import NOW, TODAY, house, put

MIDNIGHT = TODAY * DAY_US
FEATURES = ("swap", "vault", "bridge", "farm", "limits", "alerts")


def event(customer, days_ago, key="signed_in", delay=0, **properties):
    """An event at noon, some days before today, known some days later."""
    at = MIDNIGHT - days_ago * DAY_US + DAY_US // 2
    name = f"{key}-{customer}-{days_ago}-{sorted(properties.items())}"
    raw = Raw(customer, key, at, properties, message_id=name, received_at=at + delay * DAY_US)
    return accept(raw, Receipt(NOW + 99 * DAY_US))


def platform(customers=130):
    """Customers of two halves that take up features of their half, some late to be known, and answer surveys."""
    rng = np.random.default_rng(11)
    found = []
    for number in range(customers):
        name, half = f"c{number:03}", number % 2
        found += [event(name, int(each)) for each in rng.choice(160, 30, replace=False)]
        for place, feature in enumerate(FEATURES):
            if place == half or rng.random() < (0.7 if place % 2 == half else 0.2):
                day, late = int(rng.integers(1, 150)), int(rng.integers(0, 3)) * 10
                found.append(event(name, day, "feature_used", late, feature=feature))
        level = rng.normal(7, 2)
        for day in (130, 90, 30, 4):
            score = int(np.clip(round(level + rng.normal()), 0, 10))
            found.append(event(name, day, "survey_answered", 9 * (number % 3 == 0 and day == 30), score=score))
    return found


def metered():
    """One that grows, one that grows and is in trouble, one that doesn't grow, and one that left."""
    growing = [40, 46, 51, 58, 64, 69, 76, 82]
    found = []
    for name in ("grows", "ails", "still", "left"):
        traits = {"plan": "pro", "seats": 5, "plan_limits": {"orders": 100}}
        found.append(event(name, 90, "customer_updated", **traits))
        found += [event(name, each) for each in range(1, 60)]
        for week, value in enumerate(growing):
            said = 50 + week % 2 if name == "still" else value
            found.append(event(name, 7 * (7 - week) + 2, "usage_reported", meter="orders", value=said))
    found.append(event("ails", 2, "ticket_opened", ticket="t", severity="urgent"))
    return [*found, event("left", 3, "subscription_cancelled")]


@pytest.fixture(scope="module")
def full():
    with house() as space:
        put(space, platform())
        yield LoggedNext(space, lambda: MIDNIGHT)


@pytest.mark.parametrize("days_ago", [0, 7, 20])
def test_what_is_known_later_changes_nothing(full, days_ago):
    moment = MIDNIGHT - days_ago * DAY_US - DAY_US // 4
    with house() as space:
        put(space, [each for each in platform() if each.known_at < moment])
        cut = LoggedNext(space)

        assert full.adoption(moment) == cut.adoption(moment)
        assert full.satisfaction(moment) == cut.satisfaction(moment)
    assert full.adoption(moment).customers


def test_features_are_suggested_that_are_not_in_use_yet(full):
    found = full.adoption(None)
    used = {}
    for each in platform():
        if each.part and each.known_at < MIDNIGHT:
            used.setdefault(each.customer_id, set()).add(each.part)

    assert found.tested
    for name, some in found.customers.items():
        assert not used[name] & {each.feature for each in some}
        assert [each.rank for each in some] == list(range(1, len(some) + 1))
        assert all(each.probability is None or 0 < each.probability < 1 for each in some)
    assert any("customers who use" in each.because for some in found.customers.values() for each in some)


def test_one_customer_is_told_what_all_are(full):
    every = full.adoption(None).customers
    name = next(iter(every))

    assert full.adoption(None, name).customers == {name: every[name]}
    forecasts = [each for survey in full.satisfaction(None, name).surveys for each in survey.customers]
    assert [each.customer_id for each in forecasts] == [name]


def test_an_answer_is_forecast_on_its_own_scale(full):
    found = full.satisfaction(None)
    (survey,) = found.surveys

    assert (survey.kind, survey.scale, survey.unhappy) == ("nps", (0, 10), 6)
    assert len(survey.customers) == 130
    assert all(0 <= each.low <= each.expected <= each.high <= 10 for each in survey.customers)
    assert found.who.active == found.who.answered == 130
    assert found.who.days_of_silent is None


def test_a_limit_is_projected_and_not_proposed_to_who_is_in_trouble():
    with house() as space:
        put(space, metered())
        found = {each.customer_id: each for each in LoggedNext(space).expansion(MIDNIGHT).customers}

    grows = found["grows"]
    assert (grows.meter, grows.held) == ("orders", "")
    assert grows.used == pytest.approx(0.82)
    assert MIDNIGHT < grows.not_before < grows.expected_at < grows.likely_by < MIDNIGHT + 60 * DAY_US
    assert "projected to exceed" in grows.because
    assert (found["still"].expected_at, found["still"].held) == (None, "")
    assert "severe ticket" in found["ails"].held
    assert "left" in found["left"].held


def test_a_projection_of_the_past_knows_nothing_of_later():
    moment = MIDNIGHT - 10 * DAY_US
    with house() as full, house() as cut:
        put(full, metered())
        put(cut, [each for each in metered() if each.known_at < moment])

        assert LoggedNext(full).expansion(moment) == LoggedNext(cut).expansion(moment)


def test_thirty_upgrades_are_learned_from_or_refused_with_the_reason():
    rng = np.random.default_rng(2)
    with house() as space:
        events = metered()
        for number in range(60):
            events += [event(f"u{number}", int(each)) for each in rng.choice(420, 40, replace=False)]
            day = int(rng.integers(1, 380))
            events.append(event(f"u{number}", day, "plan_changed", to="pro", mrr=90, previous_mrr=40))
        put(space, events)
        found = LoggedNext(space).expansion(MIDNIGHT)

    assert "later cases" in found.because
    assert all(each.probability is None for each in found.customers)


@pytest.mark.parametrize("ask", ["adoption", "expansion", "satisfaction"])
def test_nobody_and_one_are_answered_with_a_reason(ask):
    with house() as space:
        port = LoggedNext(space, lambda: MIDNIGHT)
        with pytest.raises(UnknownCustomerError):
            getattr(port, ask)(None, "ada")
        for some in (
            [],
            [event("ada", 3, "feature_used", feature="swap")],
            [event("ada", 2, "survey_answered", score=3)],
        ):
            put(space, some)
            found = getattr(port, ask)(None)

            assert not any(getattr(found, "customers", []))
            assert all(not each.customers and "Only 0" in each.because for each in getattr(found, "surveys", []))
