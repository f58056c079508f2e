"""The fleet page on the real store: telemetry in, a round, and the page says what was found."""

import re
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from keepwell.base.time import SECOND_US
from keepwell.runtime import rounds
from keepwell.runtime.diagnosing import CrowdOfTheHour
from keepwell.runtime.findings import StoredFindings
from tests.histories import NOW, house
from tests.runtime.test_rounds import handed_over
from tests.web.conftest import BASE
from tests.web.fakes import TOKEN, FakeAccess, FakeBook, fake_desk
from tests.web.relay import dashboard

HOSTILE = '<script>alert("x")</script>&\u202e'


@pytest.fixture
def space():
    with house() as workspace, workspace.writing():
        yield workspace


@pytest.fixture
def client(space):
    now = NOW + 9 * SECOND_US
    desk = replace(fake_desk(FakeBook(0)), findings=StoredFindings(space, lambda: now), clock=lambda: now)
    client = TestClient(dashboard(desk, FakeAccess()), base_url=BASE, follow_redirects=False)
    client.get("/login", params={"token": TOKEN})
    return client


def test_what_a_round_finds_is_on_the_page(space, client):
    assert "Nothing was diagnosed yet." in client.get("/expert").text
    for name in ("ada", HOSTILE):
        handed_over(space, name)
    handed_over(space, "late", NOW + 7 * SECOND_US)
    assert "No customer was diagnosed yet" in client.get("/expert").text
    rounds.go_round(space, CrowdOfTheHour(space), NOW + 4 * SECOND_US)
    page = client.get("/expert").text

    assert "2 customers diagnosed, the last one 5 seconds ago." in page
    assert "Account ownership handed over" in page
    assert "2 customers · Security" in page
    people = client.get(re.search(r'href="(/expert/findings[^"]+)"', page).group(1)).text
    assert people.count('class="subject"') == 2
    assert "<script>alert" not in people
    assert "&lt;script&gt;alert" in people


def test_who_was_called_waits(space, client):
    handed_over(space)
    rounds.go_round(space, CrowdOfTheHour(space), NOW + SECOND_US)
    with space.database.write() as session:
        rounds.findings.call(session, [1], NOW + 2 * SECOND_US)

    assert "1 customer diagnosed, the last one 8 seconds ago; 1 is waiting." in client.get("/expert").text
