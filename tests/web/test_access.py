import pytest
from fastapi.testclient import TestClient
from starlette.testclient import WebSocketDenialResponse, WebSocketDisconnect

from keepwell.runtime.ports.access import Role
from keepwell.web.access import COOKIE
from keepwell.web.app import create_app
from tests.web.conftest import BASE
from tests.web.fakes import TOKEN, FakeAccess, fake_desk


@pytest.mark.parametrize("path", ["/nothing", "/docs", "/openapi.json", "/customers/", "//healthz"])
def test_what_does_not_exist_is_closed_too(stranger, path):
    assert stranger.request("GET", "http://127.0.0.1:8000" + path).status_code == 401


@pytest.mark.parametrize("path", ["/static/../customers", "/static/..%2Fcustomers", "/static/x/..%2f../events"])
def test_an_open_folder_leads_nowhere_else(stranger, path):
    answer = stranger.get(path)
    assert answer.status_code in {401, 404}
    assert "Harbor" not in answer.text


def test_the_page_for_strangers_is_calm_and_says_what_to_do(stranger):
    answer = stranger.get("/customers/c001")
    assert answer.status_code == 401
    assert "printed in the terminal" in answer.text
    assert "<nav" not in answer.text
    assert "Harbor" not in answer.text


def test_the_link_opens_a_session_once(stranger):
    answer = stranger.get("/login", params={"token": TOKEN})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=session-1;")
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
    assert "no-store" in answer.headers["cache-control"]
    assert stranger.get("/").status_code == 200

    stranger.cookies.clear()
    again = stranger.get("/login", params={"token": TOKEN})
    assert again.status_code == 403
    assert "printed in the terminal" in again.text
    assert TOKEN not in again.text


def test_following_a_spent_link_with_a_session_just_leads_in(client):
    assert client.get("/login", params={"token": TOKEN}).status_code == 303


@pytest.mark.parametrize("token", ["", "wrong", "x" * 501])
def test_a_wrong_link_opens_nothing(stranger, access, token):
    assert stranger.get("/login", params={"token": token}).status_code in ({400, 403} if token else {200})
    assert not access.sessions


def test_looking_at_a_link_does_not_spend_it(stranger, access):
    stranger.head("/login", params={"token": TOKEN})
    assert access.token == TOKEN


def test_a_made_up_session_opens_nothing(stranger):
    stranger.cookies.set(COOKIE, "session-2")
    assert stranger.get("/").status_code == 401


def test_a_closed_session_opens_nothing(client, access):
    access.sessions.clear()
    assert client.get("/").status_code == 401


def test_a_secure_connection_makes_a_secure_cookie(stranger):
    answer = stranger.get("https://127.0.0.1:8000/login", params={"token": TOKEN})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"__Host-{COOKIE}=session-1;")
    assert {"Secure", "Path=/"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


def test_a_cookie_that_came_over_http_means_nothing_over_https(stranger, access):
    access.sessions.add("session-1")
    assert stranger.get("https://127.0.0.1:8000/", headers={"cookie": f"{COOKIE}=session-1"}).status_code == 401
    assert stranger.get("https://127.0.0.1:8000/", headers={"cookie": f"__Host-{COOKIE}=session-1"}).status_code == 200


def test_a_password_opens_a_session_and_leads_to_where_somebody_wanted_to_go(stranger, access):
    access.people.add("ada", Role.VIEWER, "a long password")
    form = stranger.get("/customers?band=stable")
    assert 'value="/customers?band=stable"' in form.text
    sent = {"name": "ada", "password": "a long password", "back": "/customers?band=stable"}
    answer = stranger.post("/login", data=sent)
    assert (answer.status_code, answer.headers["location"]) == (303, "/customers?band=stable")
    assert stranger.get("/").status_code == 200


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "/\\evil.example", ""])
def test_a_login_leads_nowhere_else(stranger, access, back):
    access.people.add("ada", Role.VIEWER, "a long password")
    answer = stranger.post("/login", data={"name": "ada", "password": "a long password", "back": back})
    assert answer.headers["location"] == "/"


@pytest.mark.parametrize("sent", [{"name": "ada", "password": "wrong"}, {"name": "bob", "password": "x"}, {}])
def test_a_wrong_password_says_the_same_whoever_it_is(stranger, access, sent):
    access.people.add("ada", Role.VIEWER, "a long password")
    answer = stranger.post("/login", data=sent)
    assert answer.status_code == 401
    assert "do not belong together" in answer.text
    assert "set-cookie" not in answer.headers


def test_an_attempt_says_where_it_came_from_and_which_browser_it_was(stranger, access):
    access.people.add("ada", Role.VIEWER, "a long password")
    for _ in range(2):
        stranger.post("/login", data={"name": "ada", "password": "a long password"})
    assert [attempt.device for attempt in access.attempts] == [None, "device-1"]
    assert access.attempts[0].address == "testclient"


def test_another_site_cannot_log_a_browser_in(stranger, access):
    access.people.add("ada", Role.VIEWER, "a long password")
    sent = {"name": "ada", "password": "a long password"}
    assert stranger.post("/login", data=sent, headers={"sec-fetch-site": "cross-site"}).status_code == 403


def test_after_logging_out_the_session_is_gone_here_and_there(client, access):
    answer = client.post("/logout")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert not access.sessions
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert client.get("/").status_code == 401


@pytest.mark.parametrize(("links", "people"), [(True, 0), (False, 0), (False, 1), (True, 1)])
def test_the_login_page_offers_what_works(book, links, people):
    access = FakeAccess(links=links)
    if people:
        access.people.add("ada", Role.VIEWER, "a long password")
    page = TestClient(create_app(fake_desk(book), access), base_url=BASE).get("/login").text
    assert ('type="password"' in page) == bool(people)
    assert ("printed in the terminal" in page) == links
    assert ("keepwell people add" in page) == (not links and not people)


def test_there_are_no_websockets(client):
    with pytest.raises((WebSocketDisconnect, WebSocketDenialResponse)), client.websocket_connect("/"):
        pass
