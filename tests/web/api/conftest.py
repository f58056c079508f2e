from dataclasses import dataclass
from itertools import count

import pytest

from keepwell.base.time import DAY_US, HOUR_US, SECOND_US
from keepwell.events.accept import Receipt, accept
from keepwell.events.event import Event, Raw
from keepwell.runtime import cycle
from keepwell.runtime.desk import Bells, open_desk, shared
from keepwell.runtime.history import refresh
from keepwell.runtime.keys import KeyRing
from keepwell.runtime.ports.desk import Desk
from keepwell.runtime.receive import Parcel, receive
from keepwell.runtime.workspace import Workspace
from keepwell.store import rejects
from tests.histories import NOW, house, put
from tests.web.api.fakes import client_of
from tests.web.fakes import fake_desk

TWICE = 40  # so many events came from two sources: the same id at the same moment


@pytest.fixture
def desk():
    return fake_desk()


@pytest.fixture
def client(desk):
    """A client that is whoever its header `X-Test-Visitor` says; an administrator when it says nothing."""
    return client_of(desk)


@dataclass(frozen=True)
class Platform:
    """A few customers with months behind them."""

    space: Workspace
    desk: Desk


def bells(space: Workspace, clock) -> Bells:
    """What a write sets off, at once."""
    return Bells(lambda: cycle.turn(space, clock()), lambda *_: 0, lambda: None)


def happened(number: int) -> Event:
    """Imported and live events of three customers, many at the same moments."""
    customer, kind = (("ada", "signed_in"), ("bob", "feature_used"), ("a/b %2F", "signed_in"))[number % 3]
    at = NOW - 1 - (number // 4) * 3 * DAY_US // 2
    raw = Raw(customer, kind, at, {"feature": "swap"} if kind == "feature_used" else {}, message_id=f"m{number}")
    found = accept(raw, Receipt(NOW))
    assert isinstance(found, Event), found
    return found


@pytest.fixture(scope="module")
def platform():
    with house() as space, space.writing():
        put(space, [happened(number) for number in range(120, 360)])
        receive(space, [Parcel("live", [happened(number) for number in range(120)])], NOW)
        receive(space, [Parcel("copy", [happened(number) for number in range(TWICE)])], NOW)
        with space.database.write() as session:
            rejects.add(session, [("files", "a.csv", n, "bad_event", "", "{}", NOW) for n in range(3)])
        refresh(space, NOW)
        seconds = count(NOW + HOUR_US, SECOND_US)

        def clock() -> int:
            return next(seconds)

        yield Platform(space, open_desk(space, clock, KeyRing(space, clock), bells(space, clock), shared(space, clock)))
