"""Whatever fails, and wherever the process ends: nobody is written to twice or unasked, and nothing is stuck."""

from collections import Counter

import pytest

from keepwell.store import messages
from tests.histories import house
from tests.runtime.acting_world import World
from tests.runtime.outbox_scene import OpenGate


@pytest.fixture(scope="module")
def workspace():
    """Ends of processes are simulated, not power cuts: nothing has to reach the disk."""
    with house() as made:
        with made.database.write():
            pass
        made.database._writer.connection.driver_connection.execute("PRAGMA synchronous=OFF")
        yield made


def live(workspace, seeds, **how):
    """What went wrong, by seed."""
    found = {seed: World(workspace, seed, **how).live() for seed in seeds}
    return {seed: wrong for seed, wrong in found.items() if wrong}


def test_12_histories(workspace):
    assert live(workspace, range(12)) == {}


@pytest.mark.proof
@pytest.mark.timeout(3600)
def test_2000_histories(workspace):
    assert live(workspace, range(100, 2100)) == {}


def test_the_histories_are_hard(workspace):
    """They hold what the promise is about: deaths, letters that arrive, and every way in which one can end."""
    states, deaths, arrived = Counter(), 0, 0
    for seed in range(12):
        world = World(workspace, seed)
        world.live()
        deaths += world.deaths
        arrived += sum(world.arrived.values())
        with workspace.database.read() as session:
            states.update(messages.counts(session))

    assert deaths > 25
    assert arrived > 25
    assert {state for state, number in states.items() if number} == {
        "sent", "failed", "uncertain", "suppressed", "expired", "cancelled",
    }  # fmt: skip


def test_a_gate_that_lets_everything_through_is_noticed(workspace):
    """Planted: caps, refused addresses and changed figures are asked about by nobody."""
    wrong = live(workspace, range(12), gate=lambda _: OpenGate())

    assert any("within a day" in each for found in wrong.values() for each in found)
    assert any("refused" in each for found in wrong.values() for each in found)
