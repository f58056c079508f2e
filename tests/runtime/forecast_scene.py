"""A house in which forecasts are published: who did what, day by day, and made-up forecasts of them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from keepwell.base.time import DAY_US
from keepwell.events.accept import Receipt, accept
from keepwell.events.event import Event, Raw
from keepwell.predictions.forecast import Forecasts, Outcome, Stage
from keepwell.runtime import publishing
from keepwell.runtime.forecasts import StoredForecasts
from keepwell.store.customers import ids_of, number_of
from tests.histories import NOW, put


class Scene:
    """Time goes on by itself only where it is told to."""

    def __init__(self, space) -> None:
        self.space = space
        self.now = NOW
        self.written = 0
        self.signed_in: list[tuple[str, int, int]] = []

    def did(
        self, customer: str, day: float, event: str = "signed_in", known: float | None = None, **properties
    ) -> None:
        """Something a customer did, in days from the beginning of the scene; known then, or on a later day."""
        put(self.space, [self._event(customer, day, event, known, properties)])

    def active(self, customers, *days: float) -> None:
        """Some customers signed in on some days."""
        put(self.space, [self._event(each, day, "signed_in", None, {}) for each in customers for day in days])

    def _event(self, customer: str, day: float, event: str, known: float | None, properties) -> Event:
        self.written += 1
        at = round(NOW + day * DAY_US)
        received = at if known is None else round(NOW + known * DAY_US)
        if event == "signed_in":
            self.signed_in.append((customer, at, received))
        raw = Raw(customer, event, at, properties, message_id=f"{customer} {self.written}", received_at=received)
        found = accept(raw, Receipt(max(received, self.now)))
        assert isinstance(found, Event), found
        return found

    def set_point(self, probability: float) -> None:
        """The installation's own operating point; 0: as the capacity has it."""
        self.space.alarms.rules[publishing.RULE].params["probability"] = probability

    def go_on(self, days: float) -> None:
        self.now += round(days * DAY_US)

    def forecasts(self, chances: Mapping[str, float], horizons=(30, 60, 90), **more) -> Forecasts:
        """Forecasts of one moment. A chance is that of the shortest horizon; longer ones are less likely."""
        with self.space.database.read() as session:
            found = [(number_of(session, each), chance) for each, chance in chances.items()]
        numbered = sorted((number, chance) for number, chance in found if number is not None)
        chance = np.array([[each * 0.9**place for place in range(len(horizons))] for _, each in numbered])
        chance = chance.reshape(len(numbered), len(horizons))
        said = {
            "at": self.now, "outcome": Outcome.INACTIVITY, "lead_days": 0, "horizons": tuple(horizons),
            "customer": np.array([number for number, _ in numbered], np.int64), "chance": chance,
            "low": chance * 0.5, "high": np.minimum(chance * 1.5, 1),
            "present": self.present(chances), "stage": Stage.SMALL,
            "because": "few", "model": "m1",
        }  # fmt: skip
        return Forecasts(**(said | more))

    def present(self, customers) -> np.ndarray:
        """Who of the customers, by number, signed in within 90 days, as far as that is known."""
        since = self.now - 90 * DAY_US
        there = {who for who, at, known in self.signed_in if since <= at < self.now and known < self.now}
        with self.space.database.read() as session:
            numbers = {number_of(session, each): each in there for each in customers}
        return np.array([numbers[each] for each in sorted(filter(None, numbers))], bool)

    def publish(self, chances: Mapping[str, float] | None = None, *others: Forecasts, **more) -> list[int]:
        made = [] if chances is None else [self.forecasts(chances, **more)]
        return publishing.publish(self.space, [*made, *others], self.basis(), self.now)

    def basis(self):
        return publishing.basis(self.space, self.now)

    def score(self):
        return publishing.score_due(self.space, self.now)

    def book(self) -> StoredForecasts:
        return StoredForecasts(self.space.database, self.space.alarms, lambda: self.now)

    def came(self, customer: str) -> list[str]:
        """What came of the newest forecast of a customer."""
        return [each.came for each in self.book().newest(customer).horizons]

    def told(self) -> list[tuple[str, int]]:
        """Events that were made of forecasts: whose, and which chance in thousandths; in the order of the log."""
        with self.space.database.read() as session:
            rows = session.run("SELECT customer, v1 FROM event WHERE kind = 80 ORDER BY id")
            names = ids_of(session, [int(each) for each, _ in rows])
        return [(names[int(customer)], int(v1)) for customer, v1 in rows]

    def rows(self, table: str) -> int:
        with self.space.database.read() as session:
            return int(session.one(f"SELECT COUNT(*) FROM {table}"))  # noqa: S608 - our own names

    def flaws(self) -> list[str]:
        return [each.what for each in self.book().verify().flaws]
