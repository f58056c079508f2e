"""The API over a real small platform: the numbers add up, parts are the whole, and writes happen once."""

import datetime as dt
import math
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st

from keepwell.base.time import DAY_US, to_rfc3339
from keepwell.runtime import cycle
from keepwell.runtime.ports.book import EventsAsked
from keepwell.runtime.receive import Parcel, receive
from keepwell.web.access import COOKIE
from keepwell.web.app import create_app
from tests.histories import NOW
from tests.web.api.conftest import TWICE, happened
from tests.web.api.fakes import client_of
from tests.web.api.test_lists import walk
from tests.web.api.test_routes import OVERRIDE, ask, problem
from tests.web.fakes import TOKEN, FakeAccess

ODD = "/customers/a%2Fb%20%252F"


@pytest.fixture(scope="module")
def real(platform):
    return client_of(platform.desk)


def test_a_score_is_explained_to_the_last_digit(real):
    since = to_rfc3339(NOW - 40 * DAY_US)
    found = ask(real, "GET", f"/customers/ada/explanation?since={since}").json()
    change = found["change"]

    assert math.isclose(math.fsum(metric["contribution"] for metric in found["metrics"]), found["uncapped_score"])
    assert math.isclose(math.fsum(part["points"] for part in change["parts"]), change["total"], abs_tol=1e-9)
    assert change["from"] == since
    assert math.isclose(change["score_to"] - change["score_from"], change["total"], abs_tol=1e-9)


@pytest.mark.parametrize("path", ["/customers/ada", "/customers/bob", ODD])
def test_a_score_now_is_the_same_everywhere(real, path):
    score = ask(real, "GET", f"{path}/score").json()
    again = ask(real, "GET", f"{path}/score?as_of={score['as_of']}").json()
    explained = ask(real, "GET", f"{path}/explanation?as_of={score['as_of']}").json()
    listed = ask(real, "GET", path).json()

    assert score["score"] == again["score"] == explained["score"] == listed["score"]
    assert score["band"] == explained["band"] == listed["band"]


def test_before_the_first_event_there_is_no_score(real):
    found = ask(real, "GET", "/customers/ada/score?as_of=2001-01-01T00:00:00Z").json()

    assert (found["score"], found["band"], found["as_of"]) == (None, None, "2001-01-01T00:00:00Z")


def test_history_holds_the_days_that_are_remembered(real):
    found = ask(real, "GET", f"/customers/ada/history?until={to_rfc3339(NOW)}").json()
    days = [dt.date.fromisoformat(each["day"]) for each in found["days"]]

    assert len(days) > 100
    assert days == sorted(set(days))
    one = days[50].isoformat()
    cut = ask(real, "GET", f"/customers/ada/history?since={one}T00:00:00Z&until={one}T23:59:59Z").json()
    assert cut["days"] == [found["days"][50]]


@settings(max_examples=4)  # every part is a query of the whole log
@given(limit=st.integers(30, 400), customer=st.sampled_from(("ada", "bob", "a/b %2F", None)))
def test_the_parts_of_the_events_are_the_events(platform, limit, customer):
    asked, place, seen = EventsAsked(customer), None, []
    while True:
        part = platform.desk.book.events_part(asked, place, limit)
        seen += part.lines
        place = part.next
        if place is None:
            break
    mine = [n for n in (*range(360), *range(TWICE)) if customer is None or happened(n).customer_id == customer]

    names = [line.message_id for line in seen if line.message_id.startswith("m")]
    assert sorted(names) == sorted(f"m{n}" for n in mine)
    assert [line.occurred_at for line in seen] == sorted((line.occurred_at for line in seen), reverse=True)


def test_events_of_a_span_are_those_that_occurred_in_it(real):
    whole = ask(real, "GET", f"{ODD}/events?limit=500").json()["events"]
    start, end = whole[60]["occurred_at"], whole[20]["occurred_at"]
    cut = walk(real, f"{ODD}/events?since={start}&until={end}", "events", 500)

    assert cut == [each for each in whole if start <= each["occurred_at"] < end]
    assert cut


def test_events_that_arrive_meanwhile_move_no_part(platform, real):
    first = ask(real, "GET", "/customers/bob/events?limit=30").json()
    before = ask(real, "GET", f"/customers/bob/events?limit=30&cursor={first['next']}").json()
    late = msgspec.structs.replace(happened(1), message_id="late", key=1)
    receive(platform.space, [Parcel("another source", [late])], NOW)
    cycle.turn(platform.space, platform.desk.clock())

    assert ask(real, "GET", f"/customers/bob/events?limit=30&cursor={first['next']}").json() == before


def override_events(client):
    found = ask(client, "GET", "/customers/ada/events?limit=500").json()["events"]
    return [each for each in found if each["event"].startswith("band_overrid")]


def test_an_override_sent_twice_is_made_once(real):
    before = len(override_events(real))
    first = ask(real, "PUT", "/customers/ada/override", OVERRIDE, idempotency_key="o-1")
    second = ask(real, "PUT", "/customers/ada/override", OVERRIDE, idempotency_key="o-1")
    other = ask(real, "PUT", "/customers/bob/override", OVERRIDE, idempotency_key="o-1")
    another = ask(real, "PUT", "/customers/ada/override", OVERRIDE, idempotency_key="o-1", x_test_visitor="csm")

    assert (first.status_code, second.status_code) == (200, 200)
    assert (first.content, second.headers["idempotent-replayed"]) == (second.content, "true")
    assert problem(other).status == 422
    assert another.status_code == 200
    assert len(override_events(real)) == before + 2
    assert ask(real, "GET", "/customers/ada/score").json()["band"] == "healthy"

    for _ in (1, 2):
        ended = ask(real, "DELETE", "/customers/ada/override", idempotency_key="o-2")
        assert (ended.status_code, ended.content) == (204, b"")
    score = ask(real, "GET", "/customers/ada/score").json()
    assert score["band"] == score["computed_band"]
    assert len(override_events(real)) == before + 3


def test_a_pair_at_the_same_time_makes_one_override(real):
    before = len(override_events(real))
    send = lambda _: ask(real, "PUT", "/customers/ada/override", OVERRIDE, idempotency_key="o-3")  # noqa: E731
    with ThreadPoolExecutor(2) as pool:
        statuses = {each.status_code for each in pool.map(send, (1, 2))}

    assert 200 in statuses
    assert statuses <= {200, 409}
    assert len(override_events(real)) == before + 1


def test_a_refusal_is_answered_again_as_a_problem(real):
    first, second = (ask(real, "PUT", "/customers/nobody/override", OVERRIDE, idempotency_key="o-4") for _ in (1, 2))

    assert problem(first).status == 404
    assert (second.status_code, second.content) == (404, first.content)
    assert second.headers["content-type"] == first.headers["content-type"]


@pytest.mark.parametrize("key", ["", "two words", "ü".encode(), "x" * 256])
def test_a_key_that_cannot_be_one_is_refused(real, key):
    assert problem(ask(real, "PUT", "/customers/ada/override", OVERRIDE, idempotency_key=key)).status == 422


def test_a_new_key_comes_again_to_who_asks_again(real):
    wish = {"kind": "api", "name": "n", "scopes": ["scores:read"]}
    first, second = (ask(real, "POST", "/keys", wish, idempotency_key="o-5") for _ in (1, 2))

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()


def test_rejects_are_tried_again(real):
    listed = ask(real, "GET", "/rejects").json()["rejects"]
    done = ask(real, "POST", "/rejects/replay", idempotency_key="o-6").json()

    assert len(listed) == 3
    assert (done["accepted"], done["rejected"]) == (0, 3)


def test_the_dashboard_has_the_api_behind_its_door(platform):
    app = create_app(platform.desk, FakeAccess())
    stranger = TestClient(app, base_url="http://127.0.0.1:8000", follow_redirects=False)
    refused = stranger.get("/api/v1/overview")

    assert problem(refused).status == 401
    assert refused.headers["x-request-id"]
    stranger.get("/login", params={"token": TOKEN})
    assert COOKIE in stranger.cookies
    page = stranger.get("/nothing")
    assert page.headers["content-type"].startswith("text/html")
