"""What is known of simulated customers is said: it renders, shipped messages compose, and no draft is blocked."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
import pytest

from keepwell.alerts.conditions import CONDITIONS
from keepwell.base.time import DAY_US, SECOND_US
from keepwell.config.messages import shipped_messages
from keepwell.config.settings import Settings
from keepwell.outreach.catalog import CATALOG
from keepwell.outreach.check import check, rules_for
from keepwell.outreach.compose import Sender, compose, profile_facts
from keepwell.outreach.fact import Kind
from keepwell.outreach.locales import LANGUAGES, locale_of
from keepwell.outreach.render import Style, UnsayableError, render
from keepwell.outreach.template import Persona
from keepwell.runtime import contacts, facts, offline, seeing
from keepwell.runtime.facts_everybody import EverybodyOfTheDay
from keepwell.runtime.simulating import fill
from keepwell.runtime.workspace import open_workspace
from keepwell.simulation.spec import WorldSpec
from keepwell.store.customers import all_ids

UNTIL = 20_780 * DAY_US
NOW = UNTIL + 1  # the moment of the first look of the day: what the daily rules find now is what they find today
MESSAGES = shipped_messages()
BY = Sender(Persona("Jennifer Williams", Settings().persona_title), MESSAGES.frame)

NEEDED = {
    "adoption_support": {"feature_explored"},
    "billing_recovery": {"payment_failed_on"},
    "celebration": {"score_change"},
    "expansion": {"plan_use"},
    "jennifer_at_risk_concern": set(),
    "jennifer_critical_intervention": set(),
    "jennifer_value_reinforcement": set(),
    "milestone": {"milestone"},
    "roi_report": set(),
    "success_check_in": set(),
}
"""What a message cannot do without, of simulated customers that do anything."""
UNKNOWN = {"plan_next", "fees_saved", "hours_saved", "holdings"}
"""What Keepwell has no source of."""
OF_OTHERS = {"recipient_name", "phrase", "persona_name", "persona_title"}
"""What `profile_facts` says."""
SELDOM = {"payment_retry_on", "api_error_share", "failure_share", "churn_risk", "leaving"}
"""What need not be known of anybody in a world of this size; `test_facts.py` has them all."""


@pytest.fixture(scope="module")
def world():
    folder = Path(mkdtemp(prefix="keepwell-facts-"))
    try:
        with open_workspace(Settings(data=folder)) as space:
            fill(space, WorldSpec(until=UNTIL, customers=100, days=220, seed=1), UNTIL)
            offline.bring_up_to_date(space, UNTIL)
            yield space
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def beside(world):
    return EverybodyOfTheDay(world)


@pytest.fixture(scope="module")
def told(world, beside):
    """Facts by customer, and whom a message to them goes to."""
    with world.database.read() as session:
        names = all_ids(session)
        reached = {each: contacts.of(session, each, NOW) for each in names}
    return {each: (facts.of(world, name, NOW, beside), reached[each]) for each, name in names.items()}


def written(found, style):
    """The text of every fact, in every form that goes."""
    texts = {}
    for name, fact in found.items():
        for form in ("", "bare", "up", "down", "whole"):
            try:
                texts[name, form] = render(fact, form, style)
            except UnsayableError:
                continue
    return texts


def test_every_fact_is_known_of_somebody_or_has_no_source(told):
    known = {name for found, _ in told.values() for name in found}

    assert known <= CATALOG.keys() - UNKNOWN - OF_OTHERS
    assert CATALOG.keys() - UNKNOWN - OF_OTHERS - SELDOM <= known


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_known_fact_can_be_written(told, language):
    style = Style(locale_of(language), "Europe/Berlin")
    for found, _ in told.values():
        assert {name for name, _ in written(found, style)} == found.keys()
        up = {name for name, fact in found.items() if fact.kind is Kind.CHANGE and fact.number > 0}
        assert {name for name, form in written(found, style) if form == "up"} >= up


def test_a_second_later_the_same_is_written(world, beside, told):
    style = Style(locale_of("en"), "UTC")
    with world.database.read() as session:
        names = all_ids(session)
    for customer in list(told)[::4]:
        later = facts.of(world, names[customer], NOW + SECOND_US, beside)

        assert written(later, style) == written(told[customer][0], style)


@pytest.mark.parametrize("name", sorted(MESSAGES.templates))
def test_a_shipped_message_is_written_where_its_facts_are_known_and_is_not_blocked(world, told, name):
    template, names = MESSAGES.templates[name], facts.names(world)
    able = [
        (found, reached.recipient)
        for found, reached in told.values()
        if NEEDED[name] | {"active_days"} <= found.keys()
        and (name != "celebration" or found["score_change"].number > 0)
    ]
    for found, to in able:
        draft = compose(template, found, to, BY, NOW)

        assert check(draft, {**found, **profile_facts(to, BY, NOW)}, NOW, rules_for(template, names)) == ()
    assert len(able) >= (1 if NEEDED[name] else 0.9 * len(told))


def test_most_can_be_written_to_and_not_all_agreed(told):
    reached = [each for _, each in told.values() if each is not None]

    assert len(reached) == len(told)
    assert 0.7 < np.mean([each.consents for each in reached]) < 0.95
    assert {each.recipient.locale for each in reached} >= {"en", "de", "en-US"}
    assert 0 < sum(bool(each.recipient.phrase) for each in reached) < len(reached) / 2
    assert all(each.address.endswith(".example") for each in reached)


def test_facts_agree_with_the_rules_of_alerts(world, told):
    seen = seeing.everybody(world, NOW)
    rules = {name: rule.params for name, rule in world.alarms.rules.items()}

    def holding(rule, **changed):
        holds = CONDITIONS[rule].read(seen, {**rules[rule], **changed}).holds
        return set(seeing.customers_of(seen)[holds].tolist())

    def known(name, sign=0):
        return {
            each for each, (found, _) in told.items() if name in found and (not sign or found[name].number * sign > 0)
        }

    assert known("sign_in_gap") == holding("login_absence_72h")
    assert known("use_change", -1) == holding("usage_decline_30", decline=1e-9)
    assert known("api_error_share") == holding("api_error_rate_increase")
    assert known("leaving") == holding("competitive_activity")  # simulated answers never speak of it
    assert known("satisfaction_drop") <= holding("satisfaction_drop")
    assert known("payments_failed") <= holding("payment_failure")
    assert known("sign_in_gap")
    assert known("use_change", -1)
