"""Whatever fails, and wherever the process ends: no customer twice, no colleague never, nothing stuck."""

import pytest
from structlog.testing import capture_logs

from keepwell.store import outbox
from tests.histories import house
from tests.runtime.outbox_world import WITHOUT_FENCE, SendsFirst, World


@pytest.fixture(scope="module")
def database():
    """Ends of processes are simulated, not power cuts: nothing has to reach the disk."""
    with house() as workspace:
        with workspace.database.write():
            pass
        workspace.database._writer.connection.driver_connection.execute("PRAGMA synchronous=OFF")
        yield workspace.database


def live(database, seeds, **how):
    """What went wrong, by seed."""
    wrong = {}
    for seed in seeds:
        world = World(database, seed, **how)
        with capture_logs():
            world.live()
        found = world.judge()
        if found:
            wrong[seed] = found
    return wrong


def test_200_histories(database):
    assert live(database, range(200)) == {}


@pytest.mark.proof
@pytest.mark.timeout(3600)
def test_2000_histories(database):
    assert live(database, range(200, 2200)) == {}


def test_the_histories_are_hard(database):
    """They hold what the promise is about: deaths, repeats, uncertain letters, groups and failures."""
    states, repeats = set(), 0
    for seed in range(20):
        world = World(database, seed)
        with capture_logs():
            world.live()
        repeats += sum(number > 1 for number in world.arrived.values())
        with database.read() as session:
            states |= {state for state, number in outbox.counts(session).items() if number}

    assert repeats > 10
    assert {str(each) for each in states} >= {"sent", "failed", "uncertain", "suppressed", "expired"}


def test_sending_before_the_claim_is_noticed(database):
    """Planted fault F12."""
    wrong = live(database, range(20), delivery=SendsFirst)

    assert any("a customer got it" in each for found in wrong.values() for each in found)


def test_a_write_without_the_fence_is_noticed(database, monkeypatch):
    """Planted fault F13."""
    monkeypatch.setattr(outbox, "_SETTLE", WITHOUT_FENCE)

    assert live(database, range(30))
