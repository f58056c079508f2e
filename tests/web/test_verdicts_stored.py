"""Verdicts through the forms of the real platform: what was told, stored and counted."""

import html
import re

import pytest
from fastapi.testclient import TestClient

from keepwell.base.time import HOUR_US, SECOND_US
from keepwell.events.accept import Receipt, accept
from keepwell.events.event import Raw
from keepwell.runtime.desk import Bells, open_desk, shared
from keepwell.runtime.diagnosing import OWN
from keepwell.runtime.history import refresh
from keepwell.runtime.keys import KeyRing
from tests.histories import NOW, house, put
from tests.web.conftest import BASE
from tests.web.fakes import TOKEN, FakeAccess
from tests.web.relay import dashboard
from tests.web.test_knowledge import text

MINUTE_US = 60 * SECOND_US
LATER = NOW + 30 * MINUTE_US


@pytest.fixture
def clock():
    return {"now": NOW}


@pytest.fixture
def space():
    with house() as space, space.writing():
        put(
            space,
            [called(place, NOW - HOUR_US + place * 20 * SECOND_US, 429 if place < 40 else 200) for place in range(100)],
        )
        refresh(space, NOW)
        yield space


def called(place, at, status):
    return accept(Raw("ada", "api_called", at, {"http_status": status}, message_id=f"m{place}"), Receipt(at + 1))


@pytest.fixture
def client(space, clock):
    def now():
        return clock["now"]

    bells = Bells(lambda: None, lambda *_: 0, lambda: None)
    desk = open_desk(space, now, KeyRing(space, now), bells, shared(space, now))
    client = TestClient(dashboard(desk, FakeAccess()), base_url=BASE, follow_redirects=False)
    client.get("/login", params={"token": TOKEN})
    return client


def fields(page, entry):
    """The hidden fields of the form beneath a finding."""
    form = page.partition(f'id="v-{entry}"')[2].partition("</form>")[0]
    return {
        name: html.unescape(value) for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form)
    }


def test_what_was_on_the_page_is_judged_though_more_has_come_since(client, space, clock):
    sent = fields(client.get("/expert?customer=ada").text, "RPC-01")
    put(space, [called(1000 + place, NOW + place * 20 * SECOND_US, 429) for place in range(50)])
    clock["now"] = LATER
    answer = client.post("/expert/verdicts", data={**sent, "verdict": "wrong", "note": "a test run of theirs"})

    assert answer.status_code == 303
    assert "90 times" in client.get(answer.headers["location"]).text
    entry = text(client.get("/expert/knowledge/RPC-01").text)
    assert "40 times" in entry
    assert "90 times" not in entry
    assert "Wrong Jennifer" in entry
    assert "a test run of theirs" in entry
    with space.database.read() as session:
        ((said, told),) = session.run("SELECT verdict, told FROM verdict")
    assert said == "wrong"
    assert "40 times" in told


def test_a_verdict_is_said_again_withdrawn_and_counted(client):
    sent = fields(client.get("/expert?customer=ada").text, "RPC-01")
    for verdict in ("right", "wrong", "right"):
        assert client.post("/expert/verdicts", data={**sent, "verdict": verdict}).status_code == 303
    assert "too few to say: 1 of 1 verdict right" in text(client.get("/expert/knowledge").text)
    page = client.get("/expert?customer=ada").text
    day = re.search(r'name="day" value="(\d+)"', page)[1]
    client.post("/expert/verdicts/withdraw", data={**sent, "day": day})

    assert "not judged yet" in text(client.get("/expert/knowledge").text)
    assert "You said" not in client.get("/expert?customer=ada").text


def test_the_pages_show_the_installation_s_own_numbers_and_say_when_they_are_refused(client, space):
    own = space.folder / OWN
    own.write_text('[LP-01]\nwhy = "wide pools"\n[LP-01.when]\n"lp.in_range_share <" = 0.33\n')
    assert "changed here, ships with 50\N{NO-BREAK SPACE}%" in client.get("/expert/knowledge/LP-01").text

    own.write_text("[LP-01\n")
    page = client.get("/expert/knowledge")
    assert page.status_code == 200
    assert "own numbers are not in use" in page.text
    assert "changed here" not in client.get("/expert/knowledge/LP-01").text
