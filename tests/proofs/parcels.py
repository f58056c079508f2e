"""What senders send in the proofs, and what of it must be found in the store."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator

from keepwell.base.time import SECOND_US
from keepwell.events.accept import Receipt, accept
from keepwell.events.event import Event, Raw
from keepwell.runtime.receive import Parcel, Refusal
from keepwell.store.database import Session
from keepwell.store.payloads import Payload
from tests.histories import NOW

SOURCES = ("key:1", "key:2", "hook:stripe")
CUSTOMERS = 12
LARGEST = 3000  # bytes of a note: some events fill a page of the database, most do not

Fact = tuple[object, ...]
"""Something that must be found if its parcel was accepted."""


def parcels(rng: random.Random) -> Iterator[Parcel]:
    """Requests without end. Message ids of one source are used by the others too, for other events."""
    number = 0
    while True:
        for source in rng.sample(SOURCES, rng.randrange(1, len(SOURCES) + 1)):
            events = [_event(rng, source, number + place) for place in range(rng.randrange(1, 5))]
            yield Parcel(source, events, **_extras(rng, f"{source}-{number}"))
        number += 5


def _event(rng: random.Random, source: str, number: int) -> Event:
    note = rng.randbytes(rng.randrange(LARGEST) // 2 if rng.random() < 0.3 else 20).hex()
    customer = f"{source}-{rng.randrange(CUSTOMERS)}"
    if rng.random() < 0.1:
        kind, properties = "customer_updated", {"segment": "trader", "seats": rng.randrange(50), "note": note}
    else:
        kind, properties = "api_called", {"endpoint": "/a", "count": rng.randrange(1, 100), "note": note}
    at = NOW - (number + 1) * SECOND_US  # the same id in the same hour, whatever the source
    found = accept(Raw(customer, kind, at, properties, message_id=f"m{number}"), Receipt(NOW, live=True))
    assert isinstance(found, Event)
    return found


def _extras(rng: random.Random, name: str) -> dict[str, object]:
    """What some requests bring beside events."""
    found: dict[str, object] = {}
    if rng.random() < 0.2:
        found["refused"] = [Refusal(1, "bad_event", "", f'{{"bad": "{name}"}}')]
    if rng.random() < 0.2:
        found["binds"] = {("email", f"{name}@example.com"): name}
    if rng.random() < 0.2:
        found["payload"] = Payload("{}", name.encode() + rng.randbytes(rng.randrange(500)))
    return found


def events_of(several: Iterable[Parcel]) -> set[Fact]:
    """The events of some requests, with all that tells them apart."""
    return {
        (parcel.source, event.message_id, event.customer_id, event.kind, event.n, event.properties)
        for parcel in several
        for event in parcel.events
    }


def events_in(session: Session) -> Counter[Fact]:
    """The events of the store, and how often each is there."""
    return Counter(
        session.run(
            "SELECT s.name, e.message_id, c.external_id, e.kind, e.n, e.properties FROM event e"
            " LEFT JOIN source s ON s.id = e.source LEFT JOIN customer c ON c.id = e.customer"
        )
    )


def extras_of(several: Iterable[Parcel]) -> set[Fact]:
    """What else requests bring: refused items, names, payloads."""
    found: set[Fact] = set()
    for parcel in several:
        found.update(("refused", parcel.source, each.text) for each in parcel.refused)
        found.update(("name", *name, account) for name, account in parcel.binds.items())
        if parcel.payload:
            found.add(("payload", parcel.source, parcel.payload.body))
    return found


def extras_in(session: Session) -> set[Fact]:
    """The same, out of the store."""
    return {
        *(("refused", *row) for row in session.run("SELECT source, raw FROM reject")),
        *(("name", *row) for row in session.run("SELECT kind, name, owner FROM link")),
        *(
            ("payload", name, bytes(body))
            for name, body in session.run("SELECT s.name, p.body FROM payload p JOIN source s ON s.id = p.source")
        ),
    }
