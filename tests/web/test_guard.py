import pytest
from fastapi.testclient import TestClient

from keepwell.web.app import Options, create_app
from keepwell.web.guard import HEADERS
from tests.web.conftest import BASE
from tests.web.fakes import FakeAccess, FakeBook, fake_desk


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.0.0.1:8000",
        "localhost:9",
        "LOCALHOST",
        "[::1]",
        "[::1]:8000",
        "keepwell.example",
        "Keepwell.Example:443",
    ],
)
def test_own_names_are_answered(host):
    app = create_app(fake_desk(FakeBook(1)), FakeAccess(), options=Options(["keepwell.example"]))
    answer = TestClient(app, base_url=BASE).get("/healthz", headers={"host": host})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "localhost.evil.example", "", "::1"],
)
@pytest.mark.parametrize("path", ["/healthz", "/", "/login", "/static/x/app.css"])
def test_foreign_names_are_refused(client, host, path):
    """A page on a foreign name that resolves to this machine would otherwise read along."""
    answer = client.get(path, headers={"host": host})
    assert answer.status_code == 400
    assert "does not answer to the name" in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "cross-site", "origin": BASE},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
    ],
)
def test_changes_asked_for_by_other_sites_are_refused(client, headers):
    answer = client.post("/theme", data={"theme": "dark"}, headers=headers)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "headers", [{}, {"sec-fetch-site": "same-origin"}, {"sec-fetch-site": "none"}, {"origin": BASE}]
)
def test_own_changes_are_made(client, headers):
    assert client.post("/theme", data={"theme": "dark"}, headers=headers).status_code == 303


def test_reading_from_elsewhere_is_no_change(client):
    """A link on another page may lead here: the cookie is Lax, and nothing happens on a GET."""
    assert client.get("/", headers={"sec-fetch-site": "cross-site"}).status_code == 200


class Broken(FakeBook):
    def overview(self):
        message = "the disk is gone"
        raise OSError(message)


@pytest.mark.parametrize("path", ["/", "/customers", "/nothing", "/customers/nobody", "/healthz", "/login?token=x"])
def test_every_answer_carries_the_headers(client, path):
    answer = client.get(path)
    assert dict(answer.headers).items() >= {name.lower(): value for name, value in HEADERS.items()}.items()


def test_strangers_get_the_headers_too(stranger):
    assert stranger.get("/").headers["content-security-policy"] == HEADERS["Content-Security-Policy"]


def test_the_policy_allows_no_inline_script_or_style():
    policy = dict(part.strip().split(" ", 1) for part in HEADERS["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == policy["style-src"] == "'self'"
    assert "script-src" not in policy  # falls back on default-src
    assert policy["frame-ancestors"] == "'none'"


def test_an_unforeseen_failure_is_a_calm_page_with_headers(access):
    client = TestClient(create_app(fake_desk(Broken(1)), access), base_url=BASE, raise_server_exceptions=False)
    client.cookies.set("keepwell_session", access.redeem(access.token))
    answer = client.get("/")
    assert answer.status_code == 500
    assert "Something went wrong in Keepwell" in answer.text
    assert "disk" not in answer.text
    assert answer.headers["content-security-policy"] == HEADERS["Content-Security-Policy"]
