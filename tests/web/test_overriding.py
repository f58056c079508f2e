import html
import re

import pytest

from keepwell.runtime.ports.access import Role
from keepwell.web.access import COOKIE
from tests.web.fakes import FakeBook
from tests.web.people import DOTS, PERCENT, SCRIPT, SLASHES, TODAY

GOOD = {"customer": "c025", "band": "critical", "reason": "The champion left", "until": "2026-12-05"}


@pytest.fixture
def book():
    return FakeBook()


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
    "wrong",
    [
        {"reason": "  "},
        {"reason": ""},
        {"until": "soon"},
        {"until": ""},
        {"until": "9999-12-31"},
        {"until": "2026-11-19"},
    ],
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


@pytest.mark.parametrize(("role", "may"), [(Role.VIEWER, False), (Role.CSM, True), (Role.ADMIN, True)])
def test_who_may_not_override_sees_no_form(stranger, access, book, role, may):
    access.roles["s"] = role
    stranger.cookies.set(COOKIE, "s")
    assert ('action="/overrides"' in stranger.get("/customers/c025").text) is may
    assert stranger.post("/overrides", data=GOOD).status_code == (303 if may else 403)
    assert stranger.post("/overrides/clear", data=GOOD).status_code == (303 if may else 403)
    assert bool(book.overrides) is may


def test_the_form_offers_thirty_days_and_no_past(client):
    page = client.get("/customers/c025").text
    assert 'name="until" value="2026-12-20" min="2026-11-20"' in page
