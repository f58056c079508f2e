"""Who may use what, and how every refusal looks."""

import msgspec
import pytest

from keepwell.runtime.ports.access import TooManyAttemptsError
from keepwell.runtime.ports.keys import KeyWish
from keepwell.web.api.asked import MAX_BODY
from keepwell.web.api.problems import MEDIA_TYPE, Problem
from keepwell.web.needs import need_of, routes
from tests.web.api.fakes import VISITORS, application
from tests.web.people import DOTS, NASTY, SLASHES

OVERRIDE = {"band": "healthy", "reason": "we know them"}
SNOOZE = {"until": "2026-11-25T09:00:00Z", "reason": "they are on holiday"}
REASON = {"reason": "they asked us to"}
READERS = {"viewer", "csm", "admin", "read", "admin key"}
CHANGERS = {"csm", "admin", "write", "admin key"}
ADMINS = {"admin", "admin key"}
USES = [
    ("GET", "/customers", None, READERS),
    ("GET", "/customers/c001", None, READERS),
    ("GET", "/customers/c001/score", None, READERS),
    ("GET", "/customers/c001/history", None, READERS),
    ("GET", "/customers/c001/explanation", None, READERS),
    ("GET", "/customers/c001/diagnosis", None, READERS),
    ("GET", "/customers/c001/indicators", None, READERS),
    ("GET", "/customers/c001/outlook", None, READERS),
    ("GET", "/outlook", None, READERS),
    ("GET", "/forecasts/report", None, READERS),
    ("GET", "/customers/c001/consultation", None, READERS),
    ("GET", "/customers/c001/events", None, READERS),
    ("GET", "/knowledge?query=6001", None, READERS),
    ("POST", "/customers/c001/verdicts", {"entry": "RPC-01", "verdict": "right"}, CHANGERS),
    ("GET", "/events", None, READERS),
    ("GET", "/overview", None, READERS),
    ("PUT", "/customers/c001/override", OVERRIDE, CHANGERS),
    ("DELETE", "/customers/c001/override", None, CHANGERS),
    ("GET", "/alerts", None, READERS),
    ("GET", "/alerts/3", None, READERS),
    ("GET", "/incidents", None, READERS),
    ("GET", "/findings", None, READERS),
    ("GET", "/findings/TX-04", None, READERS),
    ("POST", "/alerts/3/acknowledge", None, CHANGERS),
    ("POST", "/alerts/3/snooze", SNOOZE, CHANGERS),
    ("POST", "/alerts/3/resolve", {"verdict": "useful"}, CHANGERS),
    ("GET", "/runs", None, READERS),
    ("GET", "/runs/1", None, READERS),
    ("POST", "/runs/1/stop", REASON, CHANGERS),
    ("POST", "/runs/1/looked", None, CHANGERS),
    ("GET", "/tasks", None, READERS),
    ("GET", "/tasks/5", None, READERS),
    ("POST", "/tasks/5/done", {"note": "we spoke"}, CHANGERS),
    ("POST", "/tasks/5/drop", REASON, CHANGERS),
    ("POST", "/tasks/5/called", {"held": True}, CHANGERS),
    ("GET", "/messages", None, READERS),
    ("GET", "/messages/1", None, READERS),
    ("PUT", "/messages/1", {"subject": "Hello", "paragraphs": ["All well?"]}, CHANGERS),
    ("POST", "/messages/1/approve", {"digest": "digest-1-0"}, CHANGERS - {"write"}),
    ("POST", "/messages/1/reject", REASON, CHANGERS),
    ("POST", "/messages/1/renew", None, CHANGERS),
    ("GET", "/sending", None, READERS),
    ("POST", "/sending/stop", REASON, ADMINS),
    ("POST", "/sending/go", None, ADMINS),
    ("GET", "/unwanted", None, READERS),
    ("GET", "/playbooks", None, READERS),
    ("GET", "/playbooks/at_risk", None, READERS),
    ("GET", "/keys", None, ADMINS),
    ("POST", "/keys", {"kind": "write", "name": "site"}, ADMINS),
    ("DELETE", "/keys/1", None, ADMINS),
    ("GET", "/letters?customer=c001", None, {"letters", *ADMINS}),
    ("POST", "/letters/letter-inside-0123456789", {"read": True}, {"letters", *ADMINS}),
    ("GET", "/rejects", None, ADMINS),
    ("POST", "/rejects/replay", None, ADMINS),
]


def ask(client, method, path, body=None, **headers):
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.request(method, f"/api/v1{path}", json=body, headers=sent)


def problem(answer) -> Problem:
    assert answer.headers["content-type"] == MEDIA_TYPE
    found = msgspec.json.decode(answer.content, type=Problem)
    assert found.status == answer.status_code
    assert found.instance == answer.headers["x-request-id"]
    assert found.title
    assert found.detail
    assert found.action
    return found


def test_every_route_of_the_api_says_who_may_use_it(desk):
    found = [route for route in routes(application(desk)) if route.path.startswith("/api")]

    assert len(found) == len(USES) + 2  # the document and the page that shows it
    assert [route.path for route in found if need_of(route) is None] == []


@pytest.mark.parametrize("who", VISITORS)
@pytest.mark.parametrize("use", USES)
def test_only_those_who_may_use_a_route_can(client, desk, use, who):
    method, path, body, may = use
    desk.keys.create(KeyWish("api", "old", ("admin",)))
    answer = ask(client, method, path, body, x_test_visitor=who)

    if who in may:
        assert answer.status_code in {200, 201, 204}
    else:
        assert problem(answer).status == (401 if who == "nobody" else 403)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/nothing", 404),
        ("GET", "/api/v1/customers/nobody-at-all", 404),
        ("GET", "/api/v1/customers/a%00b/score", 404),
        ("GET", "/v1/nothing", 404),
        ("GET", "/hooks/nothing", 404),
        ("GET", "/batch/nothing", 404),
        ("POST", "/api/v1/customers", 405),
        ("GET", "/api/v1/customers?limti=5", 422),
        ("GET", "/api/v1/events?customer_id=c001", 422),
        ("GET", "/api/v1/customers?limit=0", 422),
        ("GET", "/api/v1/customers?limit=501", 422),
        ("GET", "/api/v1/customers?band=fine", 422),
        ("GET", "/api/v1/customers?cursor=!", 422),
        ("GET", "/api/v1/customers/c001/score?as_of=yesterday", 422),
        ("GET", "/api/v1/customers/c001/score?as_of=0001-01-01T00:00:00%2B14:00", 422),
        ("GET", "/api/v1/customers/c001/score?as_of=2999-01-01", 422),
        ("GET", "/api/v1/customers/c001/explanation?as_of=2026-01-01&since=2026-02-01", 422),
        ("GET", "/api/v1/customers/c001/history?since=2026-02-01&until=2026-01-01", 422),
        ("GET", "/api/v1/alerts?rule=nothing", 422),
        ("GET", "/api/v1/alerts?severity=bad", 422),
        ("GET", "/api/v1/alerts?cursor=!", 422),
        ("GET", "/api/v1/alerts?customer_id=a%00b", 422),
        ("GET", "/api/v1/alerts/999", 404),
        ("GET", "/api/v1/alerts/99999999999999999999", 422),
        ("GET", "/api/v1/findings?severity=bad", 422),
        ("GET", "/api/v1/findings?entry=TX-04", 422),
        ("GET", "/api/v1/findings/NOTHING-1", 404),
        ("GET", "/api/v1/findings/a%00b", 404),
        ("GET", "/api/v1/findings/TX-04?cursor=!", 422),
        ("POST", "/api/v1/alerts/999/acknowledge", 404),
        ("GET", "/api/v1/runs?playbook=nothing", 422),
        ("GET", "/api/v1/runs?outcome=fine", 422),
        ("GET", "/api/v1/runs?customer_id=a%00b", 422),
        ("GET", "/api/v1/runs?cursor=!", 422),
        ("GET", "/api/v1/runs/999", 404),
        ("POST", "/api/v1/runs/999/looked", 404),
        ("GET", "/api/v1/tasks?action=dance", 422),
        ("GET", "/api/v1/tasks?role=nobody", 422),
        ("GET", "/api/v1/tasks?state=late", 422),
        ("GET", "/api/v1/tasks/999", 404),
        ("GET", "/api/v1/messages?state=lost", 422),
        ("GET", "/api/v1/messages/999", 404),
        ("POST", "/api/v1/messages/999/renew", 404),
        ("GET", "/api/v1/unwanted?limit=0", 422),
        ("GET", "/api/v1/playbooks/nothing", 404),
        ("DELETE", "/api/v1/keys/99", 404),
        ("DELETE", "/api/v1/keys/99999999999999999999", 422),
    ],
)
def test_a_refusal_is_a_problem_that_says_what_to_do(client, method, path, status):
    assert problem(client.request(method, path)).status == status


def test_other_addresses_keep_their_pages(client):
    answer = client.get("/nothing")

    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")


def test_a_refused_method_is_told_all_that_are_taken(client):
    assert client.patch("/api/v1/keys").headers["allow"] == "GET, POST"
    assert client.patch("/api/v1/customers/a%2Fb/override").headers["allow"] == "DELETE, PUT"


def test_what_breaks_is_a_problem_without_a_word_about_how(client, desk):
    desk.book.people["c001"] = None
    answer = ask(client, "GET", "/customers", x_request_id="my-id.1")

    assert answer.status_code == 500
    assert (answer.headers["x-request-id"], problem(answer).instance) == ("my-id.1", "my-id.1")
    assert "None" not in answer.text


def test_who_asks_too_often_is_told_when_to_come_back(client, desk, monkeypatch):
    def busy():
        raise TooManyAttemptsError(7)

    monkeypatch.setattr(desk.book, "overview", busy)
    answer = ask(client, "GET", "/overview")

    assert (problem(answer).status, answer.headers["retry-after"]) == (429, "7")


@pytest.mark.parametrize(
    ("sent", "kept"),
    [("trace-17.a_b", True), ("a" * 101, False), ("two words", False), ("<b>", False), ("", False)],
)
def test_a_request_id_is_given_back_when_it_is_harmless(client, sent, kept):
    found = ask(client, "GET", "/overview", x_request_id=sent).headers["x-request-id"]

    assert (found == sent) is kept
    assert found


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"band": "SECRET", "reason": "r"}, "body.band"),
        ({"band": "healthy", "reason": "r", "SECRET": 1}, "body"),
        ({"band": "healthy", "reason": {"SECRET": 1}}, "body.reason"),
        ({"band": "healthy", "reason": " "}, "body.reason"),
        ({"band": "healthy"}, "body"),
        ({"band": "healthy", "reason": "r", "until": "SECRET"}, "body.until"),
        ({"band": "healthy", "reason": "r", "until": "2027-01-01T00:00:00"}, "body.until"),
        (["SECRET"], "body"),
    ],
)
def test_a_refused_body_is_not_repeated(client, desk, body, place):
    answer = ask(client, "PUT", "/customers/c001/override", body)

    assert [fault.place for fault in problem(answer).errors] == [place]
    assert answer.status_code == 422
    assert "SECRET" not in answer.text
    assert desk.overrides.calls == 0


@pytest.mark.parametrize(
    ("content", "media", "status"),
    [
        (b'{"band":', "application/json", 422),
        (b"\xff\xfe", "application/json", 422),
        (b'{"band":"healthy","reason":"\\ud800"}', "application/json", 422),
        (b"{}", "text/plain", 415),
        (b" " * (MAX_BODY + 1), "application/json", 413),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(client, content, media, status):
    answer = client.put("/api/v1/customers/c001/override", content=content, headers={"Content-Type": media})

    assert problem(answer).status == status


def test_an_override_that_ends_in_the_past_is_refused(client):
    past = {**OVERRIDE, "until": "2020-01-01T00:00:00Z"}

    assert problem(ask(client, "PUT", "/customers/c001/override", past)).status == 422


@pytest.mark.parametrize(("kind", "scopes", "status"), [
    ("write", [], 201), ("write", ["ingest:write"], 201), ("write", ["admin"], 422), ("api", ["scores:read"], 201),
    ("api", [], 422), ("api", ["everything"], 422), ("other", ["admin"], 422),
])  # fmt: skip
def test_keys_hold_what_their_kind_may(client, kind, scopes, status):
    made = ask(client, "POST", "/keys", {"kind": kind, "name": "n", "scopes": scopes})

    assert made.status_code == status


def test_no_secret_is_in_the_list_of_keys(client):
    made = ask(client, "POST", "/keys", {"kind": "api", "name": "n", "scopes": ["scores:read"]}).json()

    assert made["key"] not in ask(client, "GET", "/keys").text


@pytest.mark.parametrize("customer_id", [*NASTY, "plain"])
def test_an_id_can_hold_any_character(client, desk, customer_id):
    from urllib.parse import quote

    known = customer_id in desk.book.people
    encoded = quote(customer_id, safe="")
    path = f"/customers/-/score?id={encoded}" if customer_id == DOTS else f"/customers/{encoded}/score"
    answer = ask(client, "GET", path)

    assert answer.status_code == (200 if known else 404)
    assert not known or answer.json()["customer_id"] == customer_id


def test_a_slash_in_an_id_is_part_of_it(client, desk):
    assert SLASHES in desk.book.people
    desk.book.people["c001/score"] = desk.book.people["c001"]

    assert "lifecycle" in ask(client, "GET", "/customers/c001%2Fscore").json()
    assert ask(client, "GET", "/customers/c001/score").json()["customer_id"] == "c001"
