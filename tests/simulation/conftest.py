"""One world for all that only looks."""

import pytest

from keepwell.events.event import Raw
from keepwell.simulation.world import World
from tests.simulation import worlds


@pytest.fixture(scope="session")
def base() -> World:
    """A world of the default size, shorter."""
    return worlds.world(customers=200, days=210)


@pytest.fixture(scope="session")
def base_rows(base: World) -> list[Raw]:
    return worlds.rows(base)


@pytest.fixture(scope="session")
def leavers() -> World:
    """A world many leave."""
    return worlds.world(customers=80, days=150, disengaged_share=0.6, churned_share=0.5)


@pytest.fixture(scope="session")
def leavers_rows(leavers: World) -> list[Raw]:
    return worlds.once(worlds.rows(leavers))
