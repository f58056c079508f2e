"""The page of sources, for each who may see it."""

import pytest
from fastapi.testclient import TestClient
from markupsafe import escape

from keepwell.base.time import DAY_US
from keepwell.runtime.ports.health import PollLine
from keepwell.web.access import COOKIE
from keepwell.web.app import create_app
from keepwell.web.needs import Role
from keepwell.web.views import sources
from tests.web.conftest import BASE
from tests.web.fakes import NASTY_LABEL, NOW, FakeAccess, FakeHealth, fake_desk, fake_live


@pytest.fixture
def page():
    """The page as somebody of a role sees it."""
    access = FakeAccess()
    access.roles = {role.name: role for role in Role}

    def fetch(role, path="/sources"):
        client = TestClient(create_app(fake_desk(), access, fake_live()), base_url=BASE)
        return client.get(path, headers={"cookie": f"{COOKIE}={role.name}"}).text

    return fetch


def test_raw_items_are_for_admins(page):
    assert "&#34;secret&#34;" in page(Role.ADMIN)
    for role in (Role.VIEWER, Role.CSM):
        assert "secret" not in page(role)
        assert "/sources/replay" not in page(role)


def test_it_names_sources_late_customers_and_those_set_apart(page):
    found = page(Role.VIEWER)
    assert str(escape(NASTY_LABEL)) in found
    assert NASTY_LABEL not in found
    assert str(escape(NASTY_LABEL)) in found.split('id="h-unknown"')[1].split("</table>")[0]
    assert 'href="/customers/c002"' in found
    assert "ArithmeticError: boom" in found
    assert "99" in found.split("Watch coverage")[1][:40]


def test_a_full_disk_is_an_alert(page, monkeypatch):
    assert 'role="alert"' not in page(Role.VIEWER)
    monkeypatch.setattr(FakeHealth, "problem", "the disk is full")
    assert 'role="alert"' in page(Role.VIEWER)
    assert (
        TestClient(create_app(fake_desk(), FakeAccess(), fake_live()), base_url=BASE).get("/readyz").status_code == 503
    )


def test_numbers_in_the_address_that_are_none_are_refused(page):
    assert "3 items accepted now, 2 still refused." in page(Role.ADMIN, "/sources?accepted=3&refused=2")
    assert "7 cannot be tried again" in page(Role.ADMIN, "/sources?accepted=3&refused=2&left=7")
    assert "accepted now" not in page(Role.ADMIN, "/sources?accepted=x")


def test_it_names_requests_that_were_refused(page):
    found = page(Role.VIEWER).split('id="h-refused"')[1].split("</table>")[0]
    assert str(escape(f"/hooks/{NASTY_LABEL}")) in found
    assert "not signed" in found


def test_it_names_messages_that_have_not_arrived(page):
    found = page(Role.VIEWER).split('id="h-letters"')[1].split("</table>")[0]
    assert "tried again at" in found
    assert "no connection" in found
    assert "may have arrived" in found


def test_it_tells_how_a_node_that_is_asked_stands(page, monkeypatch):
    assert "h-polls" not in page(Role.VIEWER)
    line = PollLine("rpc.example.org", 3, NOW, NOW - 90_000_000, 2, 1, NASTY_LABEL, NOW)
    monkeypatch.setattr(FakeHealth, "polls", lambda _: [line])
    found = page(Role.VIEWER).split('id="h-polls"')[1].split("</table>")[0]
    assert "asked about 3 addresses, 2 transactions to come, 1 transaction not to be had" in found
    assert "Last polled" in found
    assert "<td>1 minute</td>" in found
    assert str(escape(NASTY_LABEL)) in found


def test_how_far_behind_a_node_is_in_words():
    def behind(**line):
        health = FakeHealth()
        health.polls = lambda: [PollLine("rpc.example.org", **line)]
        (row,) = sources.page(health, (), NOW).polls
        return row.polled, row.behind

    assert behind() == ("never", "there is no address to ask about")
    assert behind(addresses=1, polled_at=NOW) == ("0 seconds ago", "the first round is not done")
    assert behind(addresses=1, complete_at=NOW - 3 * DAY_US)[1] == "3 days"
