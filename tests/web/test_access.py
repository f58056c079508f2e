import re

import pytest
from starlette.testclient import WebSocketDenialResponse, WebSocketDisconnect

from keepwell.web.access import COOKIE
from tests.web.fakes import TOKEN

OPEN = {"/login", "/healthz", "/static/{digest}/{name}"}


def test_every_route_is_closed_but_the_three_that_must_be_open(stranger):
    """Default deny: a new route is closed until it is named here and in `access`."""
    for route in stranger.app.routes:
        path = re.sub(r"\{[^}]*\}", "x", route.path)
        for method in route.methods:
            status = stranger.request(method, path).status_code
            assert (status == 401) == (route.path not in OPEN), (method, route.path, status)


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
    assert "c001" not in answer.text


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
    assert stranger.get("/login", params={"token": token}).status_code in {400, 403}
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
    assert "Secure" in answer.headers["set-cookie"]


def test_there_are_no_websockets(client):
    with pytest.raises((WebSocketDisconnect, WebSocketDenialResponse)), client.websocket_connect("/"):
        pass
