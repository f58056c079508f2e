"""The profile: at every moment the fold, in the order things happened, of what was known by then."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepwell.base.time import DAY_US, day_of, day_to_date
from keepwell.customers.profile import (
    ENTITLEMENT_GRACE_DAYS,
    FOREVER,
    Contact,
    Profile,
    Wallet,
    set_id,
    versions,
)
from keepwell.metrics.aggregates import PROFILE_COLUMNS
from tests.customers.states import DAY, naive, shown, state

LATER = day_to_date(DAY + 40).isoformat()
names = st.sampled_from("ab")
feature_lists = st.lists(st.sampled_from("abc"), unique=True)
some_properties = {
    "customer_updated": st.fixed_dictionaries({"entitled_features": feature_lists})
    | st.fixed_dictionaries(
        {},
        optional={
            "plan": st.sampled_from(("pro", "team")),
            "mrr": st.integers(0, 9),
            "entitled_features": feature_lists | st.just("a;b"),
        },
    ),
    "contact_updated": st.fixed_dictionaries(
        {}, optional={"contact_id": names, "email": names, "role": st.sampled_from(("champion", "payer"))}
    ),
    "wallet_linked": st.fixed_dictionaries({"address": names}, optional={"chain": names, "source": names}),
    "addon_added": st.fixed_dictionaries({"addon": names}),
    "addon_removed": st.fixed_dictionaries({"addon": names}),
    "subscription_renewed": st.just({}),
    "subscription_cancelled": st.fixed_dictionaries({}, optional={"ends_at": st.just(LATER)}),
    "customer_paused": st.just({"until": LATER}),
    "customer_resumed": st.just({}),
    "band_overridden": st.fixed_dictionaries(
        {"band": st.sampled_from(("critical", "at_risk", "stable", "healthy")), "reason": st.just("call")},
        optional={"until": st.just(LATER)},
    ),
    "band_override_cleared": st.just({}),
}


@st.composite
def changes(draw):
    """A change of state; the feature lists come often, because their dates are what is hard."""
    kind = draw(st.just("customer_updated") | st.sampled_from(tuple(some_properties)))
    return state(
        kind,
        draw(st.integers(0, 80)),
        draw(some_properties[kind]),
        late=draw(st.sampled_from((0, 0, 1, 7.25, 60, 90))),
        at=draw(st.sampled_from((0, 1, DAY_US // 2, DAY_US - 1))),
        key=draw(st.integers(0, 2**63 - 1)),
        user_id=draw(st.sampled_from((None, "a"))) if kind == "contact_updated" else None,
    )


histories = st.lists(changes(), max_size=14, unique_by=lambda event: event.key)


def at(found, moment):
    """The version that holds at a moment."""
    held = [profile for profile in found if profile.known_at < moment <= profile.until]
    assert len(held) <= 1
    return held[0] if held else Profile()


@given(histories, st.integers(0, 300 * DAY_US))
def test_a_version_is_the_naive_fold_of_what_was_known(events, offset):
    found = versions(events)
    edges = {event.known_at for event in events} | {profile.known_at for profile in found}
    edges |= {(day_of(event.occurred_at) + ENTITLEMENT_GRACE_DAYS) * DAY_US for event in events}
    moments = {DAY * DAY_US + offset, *(edge + step for edge in edges for step in (0, 1, DAY_US))}

    for moment in moments:
        assert shown(at(found, moment)) == naive(events, moment)


@given(histories, st.randoms(use_true_random=False))
def test_the_order_of_arrival_here_is_irrelevant(events, random):
    assert versions(random.sample(events, len(events))) == versions(events)


@given(histories)
def test_versions_follow_each_other_without_gaps(events):
    found = versions(events)

    assert bool(found) == bool(events)
    assert all(profile.known_at < profile.until for profile in found)
    assert all(one.until == other.known_at for one, other in pairwise(found))
    assert not found or found[-1].until == FOREVER


@given(histories)
def test_the_numbers_are_those_the_metrics_read(events):
    for profile in versions(events):
        numbers = profile.numbers(7)

        assert set(numbers) == set(PROFILE_COLUMNS)
        assert all(type(value) is int and -(2**63) <= value < 2**63 for value in numbers.values())


def test_nobody_is_known_before_the_first_word():
    assert versions([]) == []


def features(age, *wanted, **given):
    return state("customer_updated", age, {"entitled_features": wanted}, **given)


def day(age):
    return (DAY + age) * DAY_US


def test_the_first_features_count_at_once_and_later_ones_after_60_days():
    found = versions([features(0, "a"), features(10, "a", "b", key=1)])
    begins = day(10 + ENTITLEMENT_GRACE_DAYS)

    assert at(found, day(1)).entitled == {"a"}
    assert at(found, begins).entitled == {"a"}
    assert at(found, begins + 1).entitled == {"a", "b"}
    assert at(found, begins + 1).set_since == DAY


def test_what_happens_later_leaves_the_date_of_the_first_features():
    found = versions([features(0, "a"), features(10, "a", "b", key=1), state("addon_added", 80, {"addon": "x"}, key=2)])

    assert at(found, day(90)).set_since == DAY


def test_a_feature_taken_away_is_gone_at_once():
    found = versions([features(0, "a", "b"), features(10, "b", key=1)])

    assert at(found, day(11)).entitled == {"b"}


def test_a_change_that_arrives_late_does_not_overwrite_a_newer_one():
    old = state("customer_updated", 0, {"plan": "old", "seats": 3}, late=9)
    new = state("customer_updated", 1, {"plan": "new"}, key=1)
    found = versions([old, new])

    assert at(found, day(5)).traits == {"plan": "new"}
    assert at(found, day(10)).traits == {"plan": "new", "seats": 3}


def test_a_cancellation_ends_when_it_says_and_a_renewal_takes_it_back():
    found = versions([state("subscription_cancelled", 0, {"ends_at": LATER}), state("subscription_renewed", 5, key=1)])
    at_once = versions([state("subscription_cancelled", 3)])

    assert (at(found, day(1)).cancelled, at(found, day(1)).ends_day) == (1, DAY + 40)
    assert (at(found, day(6)).cancelled, at(found, day(6)).ends_day) == (0, 0)
    assert at(at_once, day(4)).ends_day == DAY + 3


def test_a_pause_ends_when_it_says_or_when_it_is_taken_back():
    found = versions([state("customer_paused", 0, {"until": LATER}), state("customer_resumed", 5, key=1)])

    assert at(found, day(1)).paused_until == DAY + 40
    assert at(found, day(6)).paused_until == 0


def test_an_override_lasts_30_days_unless_it_says_otherwise():
    healthy = state("band_overridden", 0, {"band": "healthy", "reason": "renewed by phone"})
    critical = state("band_overridden", 1, {"band": "critical", "reason": "call", "until": LATER}, key=1)
    found = versions([healthy, critical, state("band_override_cleared", 2, key=2)])
    told = [
        (profile.override_band, profile.override_until, profile.override_reason)
        for profile in (at(found, day(age)) for age in (1, 2, 3))
    ]

    assert told == [(4, DAY + 30, "renewed by phone"), (1, DAY + 40, "call"), (0, 0, "")]


def test_addons_come_and_go():
    events = [
        state("addon_added", 0, {"addon": "x"}),
        state("addon_added", 1, {"addon": "y"}, key=1),
        state("addon_removed", 2, {"addon": "x"}, key=2),
        state("addon_removed", 3, {"addon": "never had"}, key=3),
    ]

    assert at(versions(events), day(9)).numbers(0)["addons_active"] == 1


def test_a_contact_gathers_what_is_said_of_it():
    events = [
        state("contact_updated", 0, {"contact_id": "u1", "role": "champion"}),
        state("contact_updated", 1, {"role": "payer", "locale": "de"}, user_id="u1", key=1),
        state("contact_updated", 2, {"email": "b@c.example"}, key=2),
    ]

    assert at(versions(events), day(9)).contacts == {
        "u1": Contact("u1", {"role": "payer", "locale": "de"}),
        "b@c.example": Contact("b@c.example", {"email": "b@c.example"}),
    }


def test_a_wallet_is_what_was_last_said_of_it():
    events = [
        state("wallet_linked", 0, {"address": "So1", "chain": "solana", "source": "import", "confidence": "low"}),
        state("wallet_linked", 1, {"address": "So1", "chain": "solana", "source": "signed", "confidence": 1}, key=1),
    ]

    assert at(versions(events), day(9)).wallets == {"So1": Wallet("So1", "solana", "signed", "1")}


def test_the_name_is_the_id_until_one_is_given():
    assert Profile().name("c") == "c"
    assert Profile(traits={"name": "Acme"}).name("c") == "Acme"
    assert Profile(traits={"name": ["no text"]}).name("c") == "c"


def test_sets_are_recognised_by_their_items():
    assert set_id([]) == 0
    assert set_id(["a", "b"]) == set_id(["b", "a"])
    assert len({set_id(items) for items in (["a"], ["b"], ["a", "b"], ["ab"])}) == 4


TRAITS = [
    ({"seats": "12", "mrr": 99.5}, {"seats": 12, "mrr": 9950}),
    ({"seats": "many", "mrr": [1]}, {"seats": 0, "mrr": 0}),
    ({"seats": -1, "mrr": 10**30}, {"seats": 0, "mrr": 0}),
    ({"plan": "pro", "contract": "yes", "single_chain": True}, {"has_plan": 1, "contract": 1, "single_chain": 1}),
    ({"plan": None, "contract": "who knows", "single_chain": 3}, {"has_plan": 0, "contract": 0, "single_chain": 0}),
    ({"offered_addons": ["a", "b"]}, {"addons_offered": 2}),
    ({"offered_addons": "3"}, {"addons_offered": 3}),
    ({"offered_addons": {}}, {"addons_offered": 0}),
]


@pytest.mark.parametrize(("traits", "numbers"), TRAITS)
def test_traits_that_cannot_be_read_are_left_out(traits, numbers):
    assert numbers.items() <= Profile(traits=traits).numbers(0).items()


def test_limits_are_kept_in_the_scale_of_usage_and_nonsense_is_left_out():
    limits = {"calls": 10, "gb": "0.5", "free": 0, "bad": "lots", "negative": -1}

    assert Profile(traits={"plan_limits": limits}).limits == {"calls": 10_000_000, "gb": 500_000}
    assert Profile(traits={"plan_limits": "10"}).limits == {}
