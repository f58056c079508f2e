"""The alert budget: who is shown what, and what waits for tomorrow."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from keepwell.alerts.budget import CAPACITY, Claim, Suppressed, share
from keepwell.alerts.rule import Severity

TODAY = 20_000
LOW, NORMAL, HIGH, CRITICAL = Severity
OWNERS = ("ada", "bob")


@st.composite
def claim_lists(draw, shown=(None, TODAY - 1, TODAY)):
    one = st.builds(
        Claim,
        st.just(""),
        st.sampled_from(OWNERS),
        st.sampled_from(Severity),
        st.sampled_from((0.0, 1.0, 5000.0)),
        st.sampled_from((None, 1, 30)),
        st.sampled_from(shown),
    )
    return [replace(claim, alert=f"alert {place}") for place, claim in enumerate(draw(st.lists(one, max_size=12)))]


capacities = st.dictionaries(st.sampled_from(OWNERS), st.integers(0, 4))


def pressing(claim):
    left = float("inf") if claim.respond_by is None else claim.respond_by
    return list(Severity).index(claim.severity), claim.at_risk, -left


def test_severity_comes_first_then_value_then_the_time_left():
    claims = [
        Claim("a", "ada", HIGH, 10, 3),
        Claim("b", "ada", HIGH, 10, 1),
        Claim("c", "ada", HIGH, 9, 0),
        Claim("rich", "ada", NORMAL, 10**6, 30),
    ]

    assert share(claims, {"ada": 2}, TODAY).shown == ("b", "a")


def test_what_is_not_shown_says_why_and_comes_back():
    claims = [Claim("a", "ada", HIGH), Claim("b", "ada", LOW)]
    today = share(claims, {"ada": 1}, TODAY)
    tomorrow = share([replace(claims[0], shown_on=TODAY), claims[1]], {"ada": 1}, TODAY + 1)

    assert today.suppressed == (
        Suppressed(TODAY, "b", "ada", "others are more pressing, and 1 are shown a day", TODAY + 1),
    )
    assert tomorrow.shown == ("a", "b")


def test_critical_never_competes():
    claims = [Claim("worst", "ada", CRITICAL), Claim("a", "ada", LOW)]

    assert share(claims, {"ada": 0}, TODAY).shown == ("worst",)
    assert share(claims, {"ada": 1}, TODAY).shown == ("worst", "a")


def test_what_was_shown_today_took_its_place():
    claims = [Claim("a", "ada", LOW, shown_on=TODAY), Claim("b", "ada", HIGH)]

    assert share(claims, {"ada": 1}, TODAY).shown == ("a",)
    assert share(claims, {"ada": 2}, TODAY).shown == ("b", "a")


def test_the_default_is_a_dozen():
    claims = [Claim(f"{number:02}", "ada", LOW) for number in range(20)]

    assert len(share(claims, {}, TODAY).shown) == CAPACITY == 12


@given(claim_lists(), capacities)
def test_everything_is_shown_or_in_the_ledger(claims, capacity):
    found = share(claims, capacity, TODAY)
    suppressed = [line.alert for line in found.suppressed]

    assert sorted([*found.shown, *suppressed]) == sorted(claim.alert for claim in claims)
    assert all(line.because and line.again_on == TODAY + 1 for line in found.suppressed)


@given(claim_lists(), capacities, st.randoms(use_true_random=False))
def test_the_order_of_input_is_irrelevant(claims, capacity, random):
    assert share(random.sample(claims, len(claims)), capacity, TODAY) == share(claims, capacity, TODAY)


@given(claim_lists(), capacities)
def test_places_are_used_and_not_exceeded(claims, capacity):
    found = share(claims, capacity, TODAY)
    for owner in OWNERS:
        own = [claim for claim in claims if claim.owner == owner and claim.severity is not CRITICAL]
        taken = [claim for claim in own if claim.alert in found.shown and claim.shown_on in (None, TODAY)]
        before = [claim for claim in own if claim.shown_on == TODAY]
        wanted = len(before) + sum(claim.shown_on is None for claim in own)
        assert len(taken) == min(wanted, max(capacity.get(owner, CAPACITY), len(before)))


@given(claim_lists(), capacities)
def test_nothing_hidden_is_more_pressing_than_what_is_newly_shown(claims, capacity):
    found = share(claims, capacity, TODAY)
    hidden = [claim for claim in claims if claim.alert not in found.shown]
    new = [claim for claim in claims if claim.alert in found.shown and claim.shown_on is None]
    for claim in hidden:
        assert claim.severity is not CRITICAL
        assert claim.shown_on is None
        rivals = [other for other in new if other.owner == claim.owner and other.severity is not CRITICAL]
        assert all(pressing(other) >= pressing(claim) for other in rivals)


@given(claim_lists(), claim_lists(shown=(None,)), capacities)
def test_a_new_alert_never_makes_a_higher_one_vanish(claims, others, capacity):
    for new in others[:1]:
        added = replace(new, alert="new")
        before = set(share(claims, capacity, TODAY).shown)
        lost = before - set(share([*claims, added], capacity, TODAY).shown)
        assert len(lost) <= 1
        for claim in claims:
            assert claim.alert not in lost or (pressing(claim) <= pressing(added) and claim.owner == added.owner)
