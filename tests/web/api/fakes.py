"""The ports of the API, faked, and an application over them whose visitor a header chooses."""

from collections.abc import Sequence
from itertools import count

from fastapi import FastAPI
from fastapi.testclient import TestClient

from keepwell.base.time import DAY_US
from keepwell.runtime.ports.book import BandMove, Days, EventPlace, EventsPart, HistoryDay, ScoreLine
from keepwell.runtime.ports.desk import Desk
from keepwell.runtime.ports.idempotency import Answer
from keepwell.runtime.ports.keys import KeyLine, NewKey
from keepwell.runtime.ports.overrides import OverrideRefusedError
from keepwell.runtime.ports.rejects import RejectLine, Replayed
from keepwell.web import errors
from keepwell.web.api import routes
from keepwell.web.api.requests import RequestIds
from keepwell.web.needs import Role, Scope, Visitor
from keepwell.web.site import Site
from tests.web import slow_lists
from tests.web.fakes import FakeBook
from tests.web.people import NOW, TODAY

VISITORS = {
    "nobody": Visitor(),
    "viewer": Visitor("vera", Role.VIEWER),
    "csm": Visitor("carl", Role.CSM),
    "admin": Visitor("ada", Role.ADMIN),
    "ingest": Visitor("ingest key", scopes=frozenset({Scope.INGEST}), key=1),
    "read": Visitor("read key", scopes=frozenset({Scope.READ}), key=2),
    "write": Visitor("write key", scopes=frozenset({Scope.WRITE}), key=3),
    "admin key": Visitor("admin key", scopes=frozenset({Scope.ADMIN}), key=4),
}


class ApiBook(FakeBook):
    """Also satisfies what the API reads of `Book`."""

    def line(self, customer_id):
        person = self.people.get(customer_id)
        return person and person.line

    def customers_part(self, wanted, after, limit):
        return slow_lists.part(self.lines, wanted, after, limit)

    def score(self, customer_id, as_of):
        line = self.line(customer_id)
        return line and ScoreLine(customer_id, as_of or NOW, line.score, line.score, line.coverage)

    def days(self, customer_id, first, last):
        if customer_id not in self.people:
            return None
        days = [HistoryDay(day, 50.0, 1.0, "stable") for day in range(TODAY - 9, TODAY) if first <= day <= last]
        return Days(days, [BandMove((TODAY - 5) * DAY_US, "stable", "at_risk", "below 60")])

    def events_part(self, asked, after, limit):
        if asked.customer_id is not None and asked.customer_id not in self.people:
            return None
        found = [
            (EventPlace(line.occurred_at, place, 1), line)
            for place, line in enumerate(self.events(asked.customer_id, 10**9))
            if (asked.since or 0) <= line.occurred_at < (asked.until or 2**62)
        ]
        found.sort(key=lambda each: (each[0].occurred_at, each[0].key), reverse=True)
        if after is not None:
            found = [each for each in found if (each[0].occurred_at, each[0].key) < (after.occurred_at, after.key)]
        more = len(found) > limit
        return EventsPart([line for _, line in found[:limit]], found[limit - 1][0] if more else None)


class FakeKeys:
    """Satisfies `KeyBook`."""

    def __init__(self) -> None:
        self.lines: dict[int, KeyLine] = {}
        self.numbers = count(1)

    def create(self, kind: str, name: str, scopes: Sequence[str]) -> NewKey:
        number = next(self.numbers)
        self.lines[number] = KeyLine(number, kind, name, "kw_live_ab", [str(s) for s in scopes], NOW, None, None)
        return NewKey(number, f"kw_live_{'ab' * 20}{number}")

    def keys(self) -> Sequence[KeyLine]:
        return list(self.lines.values())

    def revoke(self, key_id: int) -> bool:
        return self.lines.pop(key_id, None) is not None


class FakeOverrides:
    """Satisfies `Overrides`."""

    def __init__(self, book: FakeBook) -> None:
        self.book = book
        self.set_to: dict[str, tuple[str, str, int | None]] = {}
        self.calls = 0

    def set(self, customer_id, band, reason, until):
        self.calls += 1
        if until is not None and until <= NOW:
            raise OverrideRefusedError(str(until))
        self.set_to[customer_id] = (band, reason, until)
        return customer_id in self.book.people

    def clear(self, customer_id):
        self.set_to.pop(customer_id, None)
        return customer_id in self.book.people


class FakeRejects:
    """Satisfies `Rejects`."""

    rows = tuple(
        RejectLine(n, "files", "a.csv", n, "bad_time", "timestamp", '{"secret"', n == 3, NOW) for n in range(1, 8)
    )

    def after(self, last, limit):
        return [row for row in self.rows if row.id > last][:limit]

    def replay(self):
        return Replayed(3, 1, 2, {"bad_time": 2}, 2)


class NoOnce:
    """Satisfies `Once`, forgetful."""

    def once(self, ask, act, told) -> Answer:  # noqa: ARG002 - it forgets
        return act()


class Door:
    """Stands in for the middleware that finds out who asks: a header says it."""

    def __init__(self, app) -> None:
        self.app = app

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] == "http":
            name = dict(scope["headers"]).get(b"x-test-visitor", b"admin").decode()
            scope.setdefault("state", {})["visitor"] = VISITORS[name]
        await self.app(scope, receive, send)


def fake_desk() -> Desk:
    book = ApiBook(40)
    return Desk(book, FakeKeys(), FakeOverrides(book), FakeRejects(), NoOnce(), lambda: NOW)


def application(desk: Desk) -> FastAPI:
    """The API alone, with everything around it that it needs."""
    site = Site()
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    routes.add_routes(app, desk, site)
    errors.install(app, site)
    app.add_middleware(Door)
    app.add_middleware(RequestIds)
    return app


def client_of(desk: Desk) -> TestClient:
    return TestClient(application(desk), base_url="http://127.0.0.1:8000", raise_server_exceptions=False)
