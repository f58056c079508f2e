"""The gate against a model of it written otherwise, and its edges."""

import datetime as dt
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepwell.alerts.hours import Calendar, Span
from keepwell.base.time import DAY_US, HOUR_US, from_datetime
from keepwell.outreach.gate import (
    Approval,
    Contact,
    Limits,
    Message,
    Reason,
    Situation,
    State,
    Verdict,
    may_send,
)
from tests.outreach import gate_model

ALWAYS = Calendar("UTC", ((Span(0, 1440),),) * 7)
DAYTIME = Calendar("Europe/Berlin", ((Span(480, 1200),),) * 7)
NOON = from_datetime(dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC))
MESSAGE = Message(to="ana@example.com", digest="d", run="run", due=NOON, expires=NOON + 3 * DAY_US)
FINE = Situation(
    sends=True, stopped=False, dry_run=False, listed=None, consents=True, unwanted=False, screened=False, holds=True,
    is_true=True, approvals=(Approval("kim", "d"),), contacts=(), sent=(), hours=ALWAYS,
)  # fmt: skip
SENT = Verdict(State.SEND, Reason.ALLOWED)

WEEKS = (
    ((Span(480, 1200),),) * 7,
    ((Span(540, 1020),),) * 5 + ((), ()),
    ((Span(90, 150), Span(165, 720)),) * 7,
    ((Span(120, 180),),) * 7,
    ((Span(0, 1440),),) * 7,
)
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kolkata", "UTC")
CHANGES = tuple(
    from_datetime(dt.datetime(*date, tzinfo=dt.UTC))
    for date in ((2026, 3, 29, 1), (2026, 10, 25, 1), (2026, 11, 1, 6), (2026, 3, 8, 7), (2026, 4, 4, 15), (2026, 7, 1))
)
"""Moments at which a clock is put forward or back, and an ordinary one."""
ODDS = 14
"""One in so many situations has each thing that forbids sending for good."""


def situation_of(rng):
    """A situation near the edges of every rule: message, what is so, now, limits."""
    now = rng.choice(CHANGES) + rng.choice((0, -1, 1, rng.randint(-2 * DAY_US, 2 * DAY_US)))
    limits = Limits(
        caps=rng.choice((Limits.caps, ((DAY_US, 2),), ((HOUR_US, 1), (2 * DAY_US, 2)))),
        per_hour=rng.choice((50, 3)),
        alone=rng.choice((25, 1)),
    )

    def rare():
        return rng.randrange(ODDS) == 0

    def near(span):
        return now - span + rng.choice((0, 1, -1, rng.randint(-span // 2, span - 1)))

    due = now - (near(limits.late) - now + 2 * limits.late) % (limits.late + 2)
    message = Message(
        to=rng.choice(("ana", "bob")),
        digest=rng.choice("dddde"),
        run=rng.choice("abc"),
        due=now - limits.late - 1 if rare() else max(due, now - limits.late),
        expires=now + rng.choice((3 * DAY_US, 3 * DAY_US, 12 * HOUR_US, 1, 0 if rare() else 2)),
        needs_approval=not rare(),
        of_model=rare(),
        together=rng.choice((1, 1, 25, 26)),
    )
    contacts = tuple(
        Contact(min(now, near(rng.choice(limits.caps)[0])), rng.choice("abcdef")) for _ in range(rng.randrange(6))
    )
    found = Situation(
        sends=not rare(), stopped=rare(), dry_run=rare(), consents=not rare(), unwanted=rare(), screened=rare(),
        listed=frozenset({"ana"}) if rare() else rng.choice((None, frozenset({"ana", "bob"}))),
        holds=not rare(), is_true=not rare(),
        approvals=tuple(Approval(rng.choice(("kim", "lee")), rng.choice("dddde")) for _ in range(rng.randrange(1, 4)))
        if not rare() else (),
        contacts=contacts,
        sent=tuple(min(now, near(HOUR_US)) for _ in range(rng.randrange(5))),
        hours=Calendar(rng.choice(ZONES), rng.choice(WEEKS)),
    )  # fmt: skip
    return message, found, now, limits


@given(st.integers(0, 2**32))
@settings(max_examples=4_000)
def test_the_gate_is_its_model(seed):
    agree(seed)


@pytest.mark.proof
@pytest.mark.timeout(600)
@given(st.integers(0, 2**32))
@settings(max_examples=20_000)
def test_the_gate_is_its_model_in_twenty_thousand_situations(seed):
    agree(seed)


def agree(seed):
    """The gate and its model say the same of one situation."""
    case = situation_of(Random(seed))
    found = may_send(*case)
    state, until, reasons = gate_model.verdict(*case)

    assert (found.state, found.until) == (state, until)
    assert found.reason in reasons


def test_the_situations_come_to_every_verdict():
    found = [may_send(*situation_of(Random(seed))) for seed in range(6_000)]

    assert {each.reason for each in found} == set(Reason)
    assert sum(each.state is State.SEND for each in found) > 300
    assert sum(each.state is State.WAIT for each in found) > 300


@given(st.integers(0, 2**32))
@settings(max_examples=500)
def test_at_the_instant_to_ask_again_it_may_be_sent(seed):
    message, situation, now, limits = situation_of(Random(seed))
    found = may_send(message, situation, now, limits)
    if found.state is State.WAIT:
        again = may_send(replace(message, due=found.until), situation, found.until, limits)

        assert again.state is (State.BLOCKED if situation.dry_run else State.SEND)


def test_a_fresh_install_sends_nothing():
    assert may_send(MESSAGE, FINE, NOON) == SENT
    assert may_send(MESSAGE, replace(FINE, sends=False), NOON).reason is Reason.SENDING_OFF
    assert may_send(MESSAGE, replace(FINE, dry_run=True), NOON).reason is Reason.DRY_RUN


@pytest.mark.parametrize("hours", [ALWAYS, DAYTIME])
def test_after_three_days_without_power_nothing_is_sent(hours):
    for late in range(4 * HOUR_US + 1, 3 * DAY_US, HOUR_US):
        found = may_send(replace(MESSAGE, expires=NOON + 9 * DAY_US), replace(FINE, hours=hours), NOON + late)

        assert found == Verdict(State.EXPIRED, Reason.LATE)
    assert may_send(MESSAGE, FINE, NOON + 4 * HOUR_US) == SENT


def test_quiet_hours_are_those_of_the_customer():
    evening = from_datetime(dt.datetime(2026, 11, 23, 19, 30, tzinfo=dt.UTC))
    morning = from_datetime(dt.datetime(2026, 11, 24, 7, tzinfo=dt.UTC))
    found = may_send(replace(MESSAGE, due=evening), replace(FINE, hours=DAYTIME), evening)

    assert found == Verdict(State.WAIT, Reason.QUIET, morning)
    assert found.because == "it is a quiet hour where the customer is; until 2026-11-24T07:00:00Z"
    assert may_send(replace(MESSAGE, due=morning), replace(FINE, hours=DAYTIME), morning) == SENT


def test_a_wait_past_its_end_is_its_end():
    evening = from_datetime(dt.datetime(2026, 11, 23, 19, 30, tzinfo=dt.UTC))
    short = replace(MESSAGE, due=evening, expires=evening + 8 * HOUR_US)

    assert may_send(short, replace(FINE, hours=DAYTIME), evening) == Verdict(State.EXPIRED, Reason.TOO_LATE)


def test_a_playbook_counts_once_and_does_not_hinder_itself():
    hour = HOUR_US
    own = (Contact(NOON - hour, "run"), Contact(NOON - 2 * hour, "run"))
    other = tuple(Contact(NOON - days * DAY_US - at, "old") for days, at in ((2, 0), (2, hour), (3, 0), (4, 0)))

    assert may_send(MESSAGE, replace(FINE, contacts=own), NOON) == SENT
    assert may_send(MESSAGE, replace(FINE, contacts=own + other), NOON) == SENT
    stranger = (Contact(NOON - hour, "another"),)
    assert may_send(MESSAGE, replace(FINE, contacts=stranger), NOON) == Verdict(
        State.WAIT, Reason.CAP, NOON - hour + DAY_US
    )


def test_a_fourth_run_waits_for_the_week_to_pass():
    three = tuple(Contact(NOON - days * DAY_US, f"run {days}") for days in (2, 4, 6))

    assert may_send(MESSAGE, replace(FINE, contacts=three), NOON).until == NOON + DAY_US
    assert may_send(MESSAGE, replace(FINE, contacts=three[:2]), NOON) == SENT


def test_the_installation_sends_fifty_an_hour():
    sent = tuple(NOON - second * 1_000_000 for second in range(1, 51))

    assert may_send(MESSAGE, replace(FINE, sent=sent), NOON) == Verdict(
        State.WAIT, Reason.HOURLY, NOON - 50_000_000 + HOUR_US
    )
    assert may_send(MESSAGE, replace(FINE, sent=sent[1:]), NOON) == SENT


@pytest.mark.parametrize(
    ("message", "approvals", "reason"),
    [
        ({}, (), Reason.NOT_APPROVED),
        ({}, (Approval("kim", "D"),), Reason.OTHER_BYTES),
        ({"needs_approval": False}, (), Reason.ALLOWED),
        ({"needs_approval": False, "of_model": True}, (), Reason.NOT_APPROVED),
        ({"together": 25}, (Approval("kim", "d"),), Reason.ALLOWED),
        ({"together": 26}, (Approval("kim", "d"),), Reason.ALONE),
        ({"together": 26}, (Approval("kim", "d"), Approval("kim", "d")), Reason.ALONE),
        ({"together": 26}, (Approval("kim", "d"), Approval("lee", "x")), Reason.ALONE),
        ({"together": 26}, (Approval("kim", "d"), Approval("lee", "d")), Reason.ALLOWED),
    ],
)
def test_what_is_approved_is_what_is_sent(message, approvals, reason):
    assert may_send(replace(MESSAGE, **message), replace(FINE, approvals=approvals), NOON).reason is reason


def test_a_cap_of_nothing_lets_nothing_through():
    assert may_send(MESSAGE, FINE, NOON, Limits(caps=((DAY_US, 0),))).reason is Reason.TOO_LATE
    assert may_send(MESSAGE, FINE, NOON, Limits(caps=())) == SENT
