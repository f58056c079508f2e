"""Who may use what: every route, asked for by everybody."""

import re
from base64 import b64encode

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient

from keepwell.runtime.ports.access import TooManyAttemptsError
from keepwell.runtime.ports.keys import KeyWish
from keepwell.web.access import COOKIE
from keepwell.web.app import Options, create_app
from keepwell.web.needs import (
    OPEN,
    Role,
    Scope,
    UndeclaredRoute,
    need_of,
    needs,
    open_to_all,
    require_declared,
    routes,
)
from keepwell.web.oidc import Provider, SingleSignOn
from tests.web.conftest import BASE
from tests.web.fakes import FakeAccess, FakeBook, clock, fake_desk, fake_live

OPEN_ROUTES = {
    ("GET", "/login"),
    ("POST", "/login"),
    ("GET", "/login/oidc"),
    ("GET", "/login/oidc/back"),
    ("GET", "/healthz"),
    ("HEAD", "/healthz"),
    ("GET", "/readyz"),
    ("HEAD", "/readyz"),
    ("GET", "/static/{digest}/{name}"),
    ("GET", "/letters/{token}"),
    ("HEAD", "/letters/{token}"),
    ("POST", "/letters/{token}"),
}
"""A new route that strangers may use is named here, on purpose."""
FOR_ADMINS = re.compile(r"/settings\b|/api/v1/(keys|rejects)\b|/sources/replay\b")


@pytest.fixture(scope="module")
def access():
    access = FakeAccess()
    access.roles = {role.name: role for role in Role}
    access.logout = lambda _: None  # the sessions are needed for the next route
    return access


@pytest.fixture(scope="module")
def desk():
    desk = fake_desk(FakeBook(3))
    desk.keys.create(KeyWish("write", "write"))
    for scope in Scope:
        desk.keys.create(KeyWish("api", scope, (scope,)))
    return desk


@pytest.fixture(scope="module")
def app(desk, access):
    sso = SingleSignOn(Provider("https://id.example", "c", "s"), clock)
    return create_app(desk, access, fake_live(), Options(sso=sso))


@pytest.fixture
def client(app):
    return TestClient(app, base_url=BASE, follow_redirects=False, raise_server_exceptions=False)


def visitors(desk):
    """Everybody who might ask: what they are, the headers they send."""
    for role in Role:
        cookie = {"cookie": f"{COOKIE}={role.name}"} if role else {}
        yield role, frozenset(), cookie
    yield Role.NOBODY, frozenset(), {"cookie": f"{COOKIE}=guess"}
    yield Role.NOBODY, frozenset(), {"authorization": "Bearer kw_api_guess", "cookie": f"{COOKIE}=ADMIN"}
    for secret, key in desk.keys.kept.items():
        yield Role.NOBODY, key.scopes, {"authorization": f"Bearer {secret}"}
        yield Role.NOBODY, key.scopes, {"authorization": "Basic " + b64encode(f"{secret}:".encode()).decode()}


def expected(need, role, scopes):
    """401 for strangers, 403 for who may not, None: it is let in."""
    wanted, scope = need
    if role >= wanted or (scope is not None and scopes & {scope, Scope.ADMIN}):
        return None
    return 403 if role or scopes else 401


def test_every_route_lets_in_whom_it_says_and_nobody_else(app, client, desk):
    asked = 0
    for route in routes(app):
        need = need_of(route)
        path = re.sub(r"\{[^}]*\}", "7", route.path)
        for method in route.methods:
            assert (need == OPEN) == ((method, route.path) in OPEN_ROUTES), (method, route.path)
            if need == OPEN:
                continue
            assert need[0] == Role.ADMIN or not FOR_ADMINS.match(route.path), route.path
            for role, scopes, headers in visitors(desk):
                status = client.request(method, path, headers=headers).status_code
                refused = expected(need, role, scopes)
                asked += 1
                assert status == refused if refused else status not in {401, 403}, (method, path, headers, status)
    assert asked > 200


@pytest.mark.parametrize("included", [False, True])
def test_an_application_with_a_route_that_does_not_say_does_not_start(included):
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    router = APIRouter()
    router.get("/open", dependencies=[open_to_all()])(lambda: "")
    if included:
        app.include_router(router)
    require_declared(app)
    (router if included else app).get("/silent")(lambda: "")
    with pytest.raises(UndeclaredRoute, match="/silent"):
        require_declared(app)


def test_what_cannot_say_who_may_use_it_is_refused():
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.mount("/metrics", FastAPI())
    with pytest.raises(UndeclaredRoute, match="/metrics"):
        require_declared(app)


def test_a_route_that_slipped_in_later_is_for_nobody(book):
    access = FakeAccess()
    access.sessions.add("session-1")
    app = create_app(fake_desk(book), access)
    app.get("/late")(lambda: "reached")
    client = TestClient(app, base_url=BASE)
    assert client.get("/late").status_code == 401
    assert client.get("/late", headers={"cookie": f"{COOKIE}=session-1"}).status_code == 403


def test_the_stricter_of_two_needs_counts():
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    router = APIRouter(dependencies=[open_to_all()])
    router.get("/x", dependencies=[needs(Role.ADMIN)])(lambda: "")
    app.include_router(router)
    assert [need_of(route) for route in routes(app)] == [(Role.ADMIN, None)]


@pytest.mark.parametrize("header", ["Bearer", "Basic !!!", "Basic /w==", "Digest x", ""])
def test_an_authorization_that_cannot_be_read_opens_nothing(client, header):
    answer = client.get("/", headers={"authorization": header, "cookie": f"{COOKIE}=ADMIN"})
    assert answer.status_code == 401


def test_cookies_mean_nothing_where_programs_send(client):
    """Requests from other sites are let through there, so no session may be at stake."""
    headers = {"cookie": f"{COOKIE}=ADMIN", "sec-fetch-site": "cross-site"}
    for path, status in (("/v1/batch", 401), ("/batch/", 401), ("/v1/other", 401), ("/hooks/stripe", 404)):
        assert client.post(path, headers=headers).status_code == status


def test_a_bearer_key_may_change_things_from_anywhere_and_a_cookie_or_basic_may_not(client, desk):
    secret = next(secret for secret, key in desk.keys.kept.items() if Scope.ADMIN in key.scopes)
    basic = b64encode(f"{secret}:".encode()).decode()
    for sent, status in ((f"Bearer {secret}", 405), (f"Basic {basic}", 403)):
        headers = {"authorization": sent, "origin": "https://evil.example"}
        assert client.post("/api/v1/overview", headers=headers).status_code == status


def test_a_key_that_asks_too_often_has_to_wait(book, monkeypatch):
    monkeypatch.setattr("keepwell.web.door.PER_KEY", "3/minute")
    desk = fake_desk(book)
    one, two = (desk.keys.create(KeyWish("api", name, (Scope.READ,))).key for name in ("one", "two"))
    client = TestClient(create_app(desk, FakeAccess()), base_url=BASE)
    answers = [client.get("/events", headers={"authorization": f"Bearer {one}"}) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [403, 403, 403, 429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
    assert client.get("/events", headers={"authorization": f"Bearer {two}"}).status_code == 403


def test_too_many_logins_have_to_wait(book, monkeypatch):
    def refuse(_):
        raise TooManyAttemptsError(30)

    access = FakeAccess()
    monkeypatch.setattr(access, "login", refuse)
    stranger = TestClient(create_app(fake_desk(book), access), base_url=BASE)
    answer = stranger.post("/login", data={"name": "ada", "password": "x"})
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "30")
