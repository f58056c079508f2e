import html
import re

import pytest
from fastapi.testclient import TestClient

from keepwell.web.app import create_app
from tests.web.conftest import BASE
from tests.web.fakes import TOKEN, FakeAccess, FakeBook, clock
from tests.web.people import DOTS, PERCENT, SCRIPT, SLASHES, TODAY

GOOD = {"customer": "c025", "band": "critical", "reason": "The champion left", "until": "2026-12-05"}


@pytest.fixture
def book():
    return FakeBook()


@pytest.fixture
def quiet(book):
    """A page that has nowhere to write to."""
    access = FakeAccess()
    client = TestClient(create_app(book, access, clock), base_url=BASE, follow_redirects=False)
    client.get("/login", params={"token": TOKEN})
    return client


@pytest.mark.parametrize("customer_id", ["c025", SLASHES, PERCENT, DOTS])
def test_an_override_is_written_and_leads_back_to_the_customer(client, book, customer_id):
    answer = client.post("/overrides", data={**GOOD, "customer": customer_id, "since": "30d"})

    assert answer.status_code == 303
    assert "since=30d" in answer.headers["location"]
    assert book.overrides == {customer_id: ("critical", "The champion left", TODAY + 15)}


def test_the_computed_band_stays_beside_it_and_it_can_be_cleared(client, book):
    computed = book.explain("c025", None, None).computed_band
    client.post("/overrides", data={**GOOD, "band": computed})
    page = client.get("/customers/c025").text

    assert "Computed:" in page
    assert "The champion left" in page
    assert 'action="/overrides/clear"' in page
    assert client.post("/overrides/clear", data={"customer": "c025"}).status_code == 303
    assert book.overrides == {"c025": None}
    assert 'action="/overrides/clear"' not in client.get("/customers/c025").text


@pytest.mark.parametrize(
    "wrong", [{"reason": "  "}, {"reason": ""}, {"until": "soon"}, {"until": ""}, {"until": "9999-12-31"}]
)
def test_a_refusal_is_said_in_the_form_and_keeps_what_was_typed(client, book, wrong):
    answer = client.post("/overrides", data={**GOOD, **wrong})
    page = answer.text

    assert answer.status_code == 422
    assert book.overrides == {}
    assert re.search(r'<details class="override"[^>]* open', page)
    assert "Not saved" in page
    assert '<option value="critical" selected' in page
    for name in ("reason", "until"):
        typed = html.escape({**GOOD, **wrong}[name])
        assert re.search(rf'name="{name}" value="{re.escape(typed)}"', page)


def test_what_was_typed_stays_text(client):
    assert "<script>alert" not in client.post("/overrides", data={**GOOD, "reason": SCRIPT, "until": SCRIPT}).text


@pytest.mark.parametrize(
    ("path", "data", "status"),
    [
        ("/overrides", {**GOOD, "customer": "nobody"}, 404),
        ("/overrides/clear", {"customer": "nobody"}, 404),
        ("/overrides", {**GOOD, "since": "ever"}, 400),
        ("/overrides", {}, 400),
        ("/overrides/clear", {}, 400),
    ],
)
def test_what_the_form_never_sends_is_refused(client, book, path, data, status):
    assert client.post(path, data=data).status_code == status
    assert book.overrides == {}


@pytest.mark.parametrize("path", ["/overrides", "/overrides/clear"])
def test_another_site_and_a_stranger_change_nothing(client, stranger, book, path):
    assert client.post(path, data=GOOD, headers={"sec-fetch-site": "cross-site"}).status_code == 403
    stranger.cookies.clear()
    assert stranger.post(path, data=GOOD).status_code == 401
    assert book.overrides == {}


def test_without_a_place_to_write_there_is_no_form(quiet):
    assert "/overrides" not in quiet.get("/customers/c025").text
    assert quiet.post("/overrides", data=GOOD).status_code == 404


def test_the_form_offers_thirty_days_and_no_past(client):
    page = client.get("/customers/c025").text
    assert 'name="until" value="2026-12-20" min="2026-11-20"' in page
