"""Facts read out of Keepwell: each is known where there is something to say, and of nothing that came later."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepwell.base.time import DAY_US, HOUR_US, day_of
from keepwell.expert.episode import Began, Episode, Said
from keepwell.expert.knowledge import Certainty, Severity
from keepwell.expert.scope import Whose
from keepwell.outreach.fact import Surface
from keepwell.runtime import facts
from keepwell.runtime.facts_everybody import EverybodyOfTheDay
from keepwell.runtime.history import refresh
from keepwell.scores.bands import Band, BandChanged
from keepwell.store import findings, scores
from tests.conftest import QUICK
from tests.histories import CUSTOMERS, NOW, happenings, house, put
from tests.runtime.told import Story, values


@pytest.fixture
def space():
    with house() as space:
        yield space


@pytest.fixture
def story():
    return Story()


def test_of_nobody_nothing_is_known(space, story):
    assert values(space) == {}

    story.did("ada", "contact_updated", 3, email="ada@ada.example").tell(space)
    assert values(space) == {}


# --- nothing later has a say -------------------------------------------------------------------


TOLD = (
    "feature_used", "transaction", "api_called", "signed_in", "usage_reported", "ticket_opened", "ticket_solved",
    "survey_answered", "invoice_issued", "payment_failed", "invoice_paid", "invoice_voided", "forecast_published",
    "competitor_seen", "customer_updated", "plan_changed",
)  # fmt: skip
"""What facts are read from."""


@given(
    history=st.lists(happenings(TOLD), min_size=60, max_size=120),
    age=st.sampled_from((0, 1, 3, 20)),
    hour=st.sampled_from((1, 5, 8)),
)
@settings(max_examples=4, phases=QUICK)
def test_what_becomes_known_later_changes_nothing(history, age, hour):
    then = NOW - age * DAY_US - hour * HOUR_US
    with house() as space:
        put(space, [each.event for each in history if each.event.known_at < then])
        before = of_all(space, then)
        put(space, [each.event for each in history if each.event.known_at >= then], "later")

        assert of_all(space, then) == before


def of_all(space, moment):
    beside = EverybodyOfTheDay(space)
    return [facts.of(space, customer, moment, beside) for customer in CUSTOMERS]


def test_every_fact_of_a_moment_stays_as_it_was(space, story):
    then = NOW - 4 * HOUR_US
    for each in CUSTOMERS:
        lived(story, each, 5)
    story.tell(space)
    refresh(space, then)
    moved(space, (0.2, Band.STABLE, Band.HEALTHY))
    before = of_all(space, then)
    for each in CUSTOMERS:
        lived(story, each, 0.05)
        lived(story, each, 3, known=0.05)
    story.tell(space, "later")
    refresh(space, NOW)
    moved(space, (0.2, Band.STABLE, Band.HEALTHY), (0.1, Band.HEALTHY, Band.STABLE))

    assert of_all(space, then) == before
    assert of_all(space, NOW) != before
    wanted = {"score_now", "payments_failed", "open_tickets", "features_used", "churn_risk", "leaving", "milestone"}
    assert before[0].keys() > wanted


def lived(story: Story, customer: str, ago: float, **more: float) -> None:
    """A little of everything that facts are read from."""
    story.did(customer, "customer_updated", ago, plan=f"plan {ago}", entitled_features=["a", "b", f"c{ago}"], **more)
    story.did(customer, "ticket_opened", ago, ticket=f"{ago} {more}", **more)
    story.did(customer, "ticket_opened", ago, ticket="one", **more)
    story.did(customer, "ticket_solved", ago / 2, ticket=f"other {ago}", **more)
    story.did(customer, "payment_failed", ago, invoice=f"{ago} {more}", **more)
    story.did(customer, "forecast_published", ago, churn_90d=0.5 if ago > 1 else 0.1, **more)
    story.did(customer, "competitor_seen", ago, competitor="Palisade", **more)
    story.did(customer, "feature_used", ago, feature=f"c{ago} {more}", **more)
    story.did(customer, "transaction", ago, asset="SOL", amount=3, value_usd=4, **more)
    story.did(customer, "api_called", ago, endpoint="/x", count=500, errors=3, **more)
    story.did(customer, "signed_in", ago, **more)
    if ago > 3:
        story.daily(customer, "signed_in", range(5, 100))


def test_what_is_counted_over_weeks_stays_the_same_all_day(space, story):
    story.daily("ada", "feature_used", range(1, 20), feature="swap")
    story.daily("ada", "transaction", range(1, 20), kind="swap", asset="SOL", amount=1, value_usd=3).tell(space)
    before = values(space)
    story.did("ada", "feature_used", 0.1, feature="vault").did("ada", "transaction", 0.1, value_usd=9)
    story.did("ada", "feature_used", 2, known=0.1, feature="bridge").tell(space)

    assert values(space) == before
    assert before["features_used"] == 1
    assert before["transactions"] == 19
    assert values(space, now=NOW + DAY_US)["features_used"] == 3


# --- the account -------------------------------------------------------------------------------


def invoiced(story: Story, name: str, ago: float, **more: object) -> Story:
    due = NOW - round((ago - 14) * DAY_US)
    return story.did("ada", "invoice_issued", ago, invoice=name, amount=49, currency="eur", due_at=due // 10**6, **more)


def test_a_payment_that_failed_is_told_until_it_is_made_up_for(space, story):
    invoiced(story, "A", 6).did("ada", "payment_failed", 5, invoice="A", retry_at=(NOW + DAY_US) // 10**6)
    story.did("ada", "payment_failed", 4, invoice="A", retry_at=(NOW + 2 * DAY_US) // 10**6).tell(space)
    known = facts.of(space, "ada", NOW)

    assert known["payments_failed"].value == 1
    assert known["payment_failed_on"].value == day_of(NOW) - 4
    assert known["payment_retry_on"].value == day_of(NOW) + 2
    assert (known["amount_due"].value, known["amount_due"].unit) == (4900, "EUR")

    story.did("ada", "invoice_paid", 0.01, invoice="A", amount=49).tell(space)
    assert values(space) == {}


def test_what_is_due_is_told_only_where_amount_and_currency_are_known(space, story):
    invoiced(story, "A", 40).tell(space)
    assert values(space) == {"amount_due": 4900}
    story.did("ada", "invoice_issued", 40, invoice="B", amount=5, due_at=(NOW - 20 * DAY_US) // 10**6).tell(space)
    assert values(space) == {}
    story.did("ada", "customer_updated", 90, currency="EUR").tell(space)
    assert values(space) == {"amount_due": 5400}
    story.did("ada", "payment_failed", 2).tell(space)
    assert "amount_due" not in values(space)
    story.did("ada", "invoice_voided", 1, invoice="B").did("ada", "invoice_paid", 1, invoice="X").tell(space)
    assert values(space) == {"amount_due": 4900}


def test_an_invoice_that_is_not_due_yet_is_not_open(space, story):
    invoiced(story, "A", 3).tell(space)

    assert values(space) == {}


def test_a_retry_that_is_over_and_a_failure_of_long_ago_are_not_told(space, story):
    invoiced(story, "A", 10).did("ada", "payment_failed", 9, invoice="A", retry_at=(NOW - DAY_US) // 10**6)
    story.did("bob", "payment_failed", 31, invoice="B").tell(space)

    assert "payment_retry_on" not in values(space)
    assert values(space, "bob") == {}


def test_requests_are_open_only_where_somebody_says_when_they_are_solved(space, story):
    story.did("ada", "ticket_opened", 3, ticket="a").did("ada", "ticket_opened", 2, ticket="b")
    story.did("ada", "ticket_opened", 2).tell(space)
    assert "open_tickets" not in values(space)

    story.did("bob", "ticket_opened", 3, ticket="c").did("bob", "ticket_solved", 2, ticket="c").tell(space)
    assert values(space)["open_tickets"] == 2
    assert "open_tickets" not in values(space, "bob")

    story.did("ada", "ticket_solved", 0.01, ticket="a").tell(space)
    assert values(space)["open_tickets"] == 1


def test_what_is_alluded_to_and_held_is_never_sayable(space, story):
    for day, score in ((80, 10), (70, 10), (12, 4), (9, 4)):
        story.did("ada", "survey_answered", day, kind="nps", score=score)
    story.did("ada", "competitor_seen", 6, competitor="Palisade").did("ada", "forecast_published", 1, churn_90d=0.4)
    story.tell(space)
    known = facts.of(space, "ada", NOW)

    assert known["satisfaction_drop"].value < -0.15
    assert known["leaving"].value == day_of(NOW) - 6
    assert known["churn_risk"].value == 0.4
    assert {known[each].surface for each in ("satisfaction_drop", "leaving")} == {Surface.ALLUDE}
    assert known["churn_risk"].surface is Surface.HOLD


def test_a_competitor_whose_share_does_not_rise_says_nothing_of_leaving(space, story):
    for ago in (60, 6):
        story.did("ada", "competitor_seen", ago, competitor="Palisade", share=0.2)
    story.tell(space)

    assert "leaving" not in values(space)


def test_who_speaks_of_leaving_is_leaving_on_that_day(space, story):
    story.did("ada", "message_replied", 0.1, leaving=True).did("ada", "message_replied", 2, leaving=False)
    story.did("bob", "message_received", 9, leaving=False).did("cyd", "message_received", 40, leaving=True).tell(space)

    assert values(space)["leaving"] == day_of(NOW - DAY_US // 10)
    assert not any("leaving" in values(space, each) for each in ("bob", "cyd"))


def test_an_installation_keeps_facts_from_its_customers(space, story):
    story.did("ada", "signed_in", 3).tell(space)

    assert facts.of(space, "ada", NOW, held={"active_days"})["active_days"].surface is Surface.HOLD


# --- health ------------------------------------------------------------------------------------


def test_a_score_is_told_in_whole_points_that_add_up(space, story):
    story.daily("ada", "signed_in", range(1, 100)).daily("ada", "feature_used", range(1, 15), feature="swap").tell(
        space
    )
    refresh(space, NOW)
    with space.database.read() as session:
        row = scores.current_of(session, 1)
    with space.database.write() as session:
        session.run("UPDATE score SET provisional = 0, score = 77.6 WHERE customer = 1")
        session.run("UPDATE snapshot SET score = 72.4 WHERE customer = 1 AND day = ?", (day_of(NOW) - 28,))
    known = values(space)

    assert row is not None
    assert row.as_of == NOW
    assert (known["score_now"], known["score_before"], known["score_change"]) == (78, 72, 6)
    assert known["score_period"] == 28 * 86_400
    assert known["band_now"] in ("Healthy", "Stable", "At risk", "Critical")


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE snapshot SET scorecard = 'another'",
        "UPDATE snapshot SET lifecycle = 0",
        "DELETE FROM snapshot",
    ],
)
def test_a_score_that_was_made_otherwise_is_not_compared_with(space, story, change):
    story.daily("ada", "signed_in", range(1, 100)).tell(space)
    refresh(space, NOW)
    with space.database.write() as session:
        session.run("UPDATE score SET provisional = 0")
        session.run(change)

    assert "score_now" in values(space)
    assert not {"score_before", "score_change", "score_period"} & values(space).keys()


def test_a_provisional_score_is_not_told(space, story):
    story.daily("ada", "signed_in", range(1, 9)).tell(space)
    refresh(space, NOW)

    assert not {"score_now", "band_now"} & values(space).keys()


def moved(space, *changes: tuple[float, Band, Band]) -> None:
    with space.database.write() as session:
        told = [BandChanged(round(NOW - ago * DAY_US), start, end, 80.0, "") for ago, start, end in changes]
        scores.save_changes(session, [(1, each) for each in told])


def test_reaching_the_best_band_is_a_milestone_for_two_weeks_while_it_is_kept(space, story):
    story.did("ada", "signed_in", 3).tell(space)
    moved(space, (5, Band.STABLE, Band.HEALTHY))
    assert values(space)["milestone"] == 'Your account has reached "Healthy", the best of our categories.'
    assert "milestone" not in values(space, now=NOW + 10 * DAY_US)

    moved(space, (2, Band.HEALTHY, Band.STABLE))
    assert "milestone" not in values(space)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({}, True),
        ({"scope": Whose.BOTH}, True),
        ({"scope": Whose.NETWORK}, False),
        ({"scope": Whose.UNKNOWN}, False),
        ({"certainty": Certainty.INFERRED}, False),
        ({"may_tell_customer": False}, False),
        ({"explained_by": "SOL-02"}, False),
    ],
)
def test_a_finding_is_told_when_it_is_established_and_their_own(space, story, changed, told):
    story.did("ada", "signed_in", 3).tell(space)
    said = {
        "domain": "solana_tx", "title": "Blockhash expired", "severity": Severity.WARN, "scope": Whose.CUSTOMER,
        "certainty": Certainty.ENTAILED, "explained_by": "", "sentence": "", "may_tell_customer": True, "observed": 3,
    }  # fmt: skip
    with space.database.write() as session:
        findings.write(session, {1: [Began(Episode("SOL-01", "", NOW - HOUR_US, Said(**(said | changed))))]})

    assert (values(space).get("finding") == "Blockhash expired") is told
    assert "finding" not in values(space, now=NOW - 2 * HOUR_US)


# --- names -------------------------------------------------------------------------------------


def test_names_are_those_of_features_plans_chains_and_assets(space, story):
    story.did("ada", "customer_updated", 9, plan="Growth", entitled_features=["limit_orders", "x"])
    story.did("ada", "feature_used", 2, feature="vault").did("ada", "transaction", 2, chain="solana", asset="SOL")
    story.did("ada", "plan_changed", 5, to="Growth", **{"from": "Starter"}).tell(space)
    refresh(space, NOW)

    expected = {"limit_orders", "limit orders", "vault", "Growth", "Starter", "solana", "SOL"}
    assert facts.names(space) == expected
