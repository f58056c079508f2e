"""What is said of playbooks: the naive share and what contact brought, in worlds whose effect is known."""

from random import Random

import pytest

from keepwell.base.time import DAY_US
from keepwell.interventions import intents as meant
from keepwell.interventions.holdout import assign
from keepwell.interventions.playbook import Audience
from keepwell.interventions.stage import End, Outcome
from keepwell.runtime.effects import StoredPlaybooks
from keepwell.runtime.playbooks import in_force
from keepwell.store import runs
from tests.histories import NOW, house


@pytest.fixture
def workspace():
    with house() as made:
        yield made


def world(workspace, recover, held_out_recover, *, customers=4000, lost=0.0, seed=5):
    """Runs of at_risk two months ago; contacted ones recover with one chance, held-out ones with another."""
    rng, playbook = Random(seed), in_force(workspace)["at_risk"]
    start = NOW - 60 * DAY_US
    with workspace.database.write() as session:
        for customer in range(1, customers + 1):
            given = assign(f"c{customer}", playbook, start)
            if given.held_out and rng.random() < lost:
                continue
            chance = held_out_recover if given.held_out else recover
            outcome = Outcome.RECOVERED if rng.random() < chance else Outcome.NOT_RECOVERED
            opened = meant.Opened(
                start, 1, playbook.id, playbook.version, given.held_out, given.propensity, "the band fell"
            )
            closed = meant.Closed(start + 20 * DAY_US, 1, outcome, given.held_out, "over")
            runs.record(session, (customer, playbook.purpose), [opened, closed])
    return StoredPlaybooks(workspace.database, in_force(workspace), workspace.folder, lambda: NOW).playbook("at_risk")


def test_without_an_effect_many_recover_and_no_success_is_said(workspace):
    found = world(workspace, 0.6, 0.6).effect

    assert found.naive > 0.55
    assert (found.finding, found.is_success) == ("no effect shown", False)
    assert found.low < 0 < found.high
    assert found.held_out.customers == pytest.approx(400, abs=60)


def test_an_effect_that_is_there_is_told_with_its_interval(workspace):
    found = world(workspace, 0.6, 0.4).effect

    assert found.is_success
    assert found.low < 0.2 < found.high
    assert found.difference == pytest.approx(0.2, abs=0.06)


def test_harm_is_told_as_well(workspace):
    found = world(workspace, 0.3, 0.5).effect

    assert (found.finding, found.is_success) == ("worse with contact", False)


def test_when_held_out_customers_are_missing_nothing_is_said(workspace):
    """A planted fault of the counting: half of the held out were lost on the way."""
    found = world(workspace, 0.6, 0.4, lost=0.5).effect

    assert (found.mismatch < 0.001, found.is_success) == (True, False)
    assert "not as they were assigned" in found.finding


def test_nobody_held_out_means_that_nothing_is_known(workspace):
    with workspace.database.write() as session:
        opened = meant.Opened(NOW - 60 * DAY_US, 1, "critical", "v", False, 0.0, "fell")
        closed = meant.Closed(NOW - 50 * DAY_US, 1, Outcome.RECOVERED, False, "over")
        runs.record(session, (1, "retention"), [opened, closed])
    book = StoredPlaybooks(workspace.database, in_force(workspace), workspace.folder, lambda: NOW)
    found = book.playbook("critical").effect

    assert (found.naive, found.held_out, found.is_success) == (1.0, None, False)


def test_a_customer_with_two_runs_counts_once_by_the_first(workspace):
    first, then = NOW - 100 * DAY_US, NOW - 60 * DAY_US
    with workspace.database.write() as session:
        for number, start, outcome in ((1, first, Outcome.NOT_RECOVERED), (2, then, Outcome.RECOVERED)):
            opened = meant.Opened(start, number, "at_risk", "v", False, 0.1, "fell")
            closed = meant.Closed(start + DAY_US, number, outcome, False, "over")
            runs.record(session, (1, "retention"), [opened, closed])
    book = StoredPlaybooks(workspace.database, in_force(workspace), workspace.folder, lambda: NOW)

    assert book.playbook("at_risk").effect.treated.customers == 1
    assert book.playbook("at_risk").effect.treated.recovered == 0


def test_the_funnel_counts_how_each_step_ended_last(workspace):
    step = in_force(workspace)["at_risk"].steps[0]
    name = (1, "retention")
    told = [
        meant.Opened(NOW - DAY_US, 1, "at_risk", "v", False, 0.1, "fell"),
        meant.Prepare(NOW - DAY_US, 1, step.id, step, NOW, False, "due"),
        meant.Assign(NOW, 1, step.id, step, NOW, False, "nobody", Audience.CSM),
    ]
    with workspace.database.write() as session:
        runs.record(session, name, told)
    book = StoredPlaybooks(workspace.database, in_force(workspace), workspace.folder, lambda: NOW)
    (open_step,) = (each for each in book.playbook("at_risk").steps if each.id == step.id)
    with workspace.database.write() as session:
        runs.record(session, name, [meant.StepEnded(NOW, 1, step.id, End.SENT, "sent")])
    (sent,) = (each for each in book.playbook("at_risk").steps if each.id == step.id)

    assert (open_step.reached, open_step.open, dict(open_step.ends)) == (1, 1, {})
    assert (sent.reached, sent.open, dict(sent.ends)) == (1, 0, {"sent": 1})


def test_from_a_few_held_out_customers_nothing_is_reckoned(workspace):
    assert world(workspace, 0.6, 0.6, customers=100).effect.needed is None


def test_how_many_it_takes_is_told_from_the_share_of_the_held_out(workspace):
    assert world(workspace, 0.6, 0.6).effect.needed > 500
