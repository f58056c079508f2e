"""The API over faked ports, with a visitor whom a header chooses."""

from functools import cache

from fastapi import FastAPI
from fastapi.testclient import TestClient

from keepwell.runtime.ports.desk import Desk
from keepwell.runtime.ports.letters import Letters
from keepwell.web import errors
from keepwell.web.api import letters as letters_of_products
from keepwell.web.api import routes
from keepwell.web.api.requests import RequestIds
from keepwell.web.needs import Role, Scope, Visitor
from keepwell.web.site import Site
from tests.web.fake_letters import FakeLetters
from tests.web.relay import Relay, Staged, relayed

VISITORS = {
    "nobody": Visitor(),
    "viewer": Visitor("vera", Role.VIEWER),
    "csm": Visitor("carl", Role.CSM),
    "admin": Visitor("ada", Role.ADMIN),
    "ingest": Visitor("ingest key", scopes=frozenset({Scope.INGEST}), key=1),
    "read": Visitor("read key", scopes=frozenset({Scope.READ}), key=2),
    "write": Visitor("write key", scopes=frozenset({Scope.WRITE}), key=3),
    "letters": Visitor("letters key", scopes=frozenset({Scope.LETTERS}), key=5),
    "admin key": Visitor("admin key", scopes=frozenset({Scope.ADMIN}), key=4),
}


class Door:
    """Stands in for the middleware that finds out who asks: a header says it."""

    def __init__(self, app) -> None:
        self.app = app

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] == "http":
            name = dict(scope["headers"]).get(b"x-test-visitor", b"admin").decode()
            scope.setdefault("state", {})["visitor"] = VISITORS[name]
        await self.app(scope, receive, send)


def application(desk: Desk, letters: Letters | None = None) -> FastAPI:
    """The API alone, with everything around it that it needs."""
    site = Site()
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    register = routes.add_routes(app, desk, site)
    letters_of_products.add_routes(register, desk, letters or FakeLetters())
    errors.install(app, site)
    app.add_middleware(Door)
    app.add_middleware(RequestIds)
    return app


@cache
def _shared() -> FastAPI:
    return application(relayed(), Relay("letters"))


def client_of(desk: Desk, letters: Letters | None = None) -> TestClient:
    """A client of an application that tests share."""
    app = Staged(_shared(), {"desk": desk, "letters": letters or FakeLetters()})
    return TestClient(app, base_url="http://127.0.0.1:8000", raise_server_exceptions=False)
