"""Customers of whom facts are told: small houses, and what they did."""

from __future__ import annotations

from keepwell.base.time import DAY_US, HOUR_US
from keepwell.events.accept import Receipt, accept
from keepwell.events.event import Event, Raw
from keepwell.runtime import facts
from tests.histories import NOW, put


class Story:
    """What happened, written down day by day before now; `tell` puts it into a house."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.written = 0

    def did(self, customer: str, event: str, ago: float = 1, known: float | None = None, **properties: object) -> Story:
        """Something that happened so many days ago, and was known then or later."""
        at = round(NOW - ago * DAY_US)
        received = at if known is None else round(NOW - known * DAY_US)
        self.written += 1
        name = f"{customer} {event} {self.written}"
        raw = Raw(customer, event, at, properties, message_id=name, received_at=received)
        found = accept(raw, Receipt(NOW))
        assert isinstance(found, Event), found
        self.events.append(found)
        return self

    def daily(self, customer: str, event: str, days: range, **properties: object) -> Story:
        """The same on some days, counted back from today, two hours before the hour of now."""
        for day in days:
            self.did(customer, event, day + 2 * HOUR_US / DAY_US, **properties)
        return self

    def tell(self, space, source: str = "test") -> None:
        put(space, self.events, source)
        self.events = []


def values(space, customer: str = "ada", now: int = NOW, **more: object) -> dict[str, object]:
    """The values of all facts that are known of a customer."""
    return {name: fact.value for name, fact in facts.of(space, customer, now, **more).items()}
