import html
import math
import re
from decimal import Decimal
from urllib.parse import urlsplit

import pytest
from fastapi.testclient import TestClient
from markupsafe import escape
from msgspec.structs import replace

from keepwell.base.time import DAY_US
from keepwell.web.access import COOKIE
from keepwell.web.app import Options, create_app
from keepwell.web.needs import Role
from keepwell.web.views import links
from tests.web.conftest import BASE
from tests.web.fakes import TOKEN, FakeBook, fake_desk
from tests.web.people import DOTS, NASTY, NOW, RTL, SCRIPT, SLASHES


def text(page):
    """What a reader sees: tags gone, entities resolved, blanks collapsed."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def visit(client, customer_id, **query):
    """A customer's page. The test client decodes a path twice, so a percent sign goes out encoded twice."""
    return client.get(links.customer(customer_id, **query).replace("%25", "%2525"))


def test_the_overview_says_when_how_many_and_that_it_is_made_up(client):
    words = text(client.get("/").text)
    assert "Friday 20 November 2026 · 117 customers watched · 3 churned" in words
    assert "simulated data" in words
    for title in ("Average score", "Healthy customers", "Improvement rate", "Monthly revenue at risk"):
        assert title in words
    assert "Not enough data" not in words


def test_the_overview_greets_whom_it_is_told_to(book, access):
    app = create_app(fake_desk(book), access, options=Options(persona="Ada & Bob"))
    client = TestClient(app, base_url=BASE)
    client.get("/login", params={"token": TOKEN})

    assert "Hello, Ada & Bob ." in text(client.get("/").text)
    access.roles["s"] = Role.VIEWER
    assert "Hello, Somebody ." in text(client.get("/", headers={"cookie": f"{COOKIE}=s"}).text)


def test_the_distribution_leads_to_the_lists(client, book):
    page = client.get("/").text
    for band, count in book.overview().bands.items():
        assert f'href="/customers?band={band}"' in page
        listed = client.get(f"/customers?band={band}").text
        assert listed.count("<tbody>") == 1
        shown = listed.split("<tbody>")[1].count("<tr>")
        assert shown == count


def test_coverage_stands_beside_every_score(client):
    for path in ("/", "/customers"):
        page = client.get(path).text
        assert page.count('class="score ') == page.count("coverage ") - ("average coverage" in page) > 10


@pytest.mark.parametrize("path", ["/", "/customers"])
def test_an_empty_installation_explains_how_to_import(empty, path):
    answer = empty.get(path)
    assert answer.status_code == 200
    assert "No customers" in answer.text
    assert "keepwell import events FILE" in answer.text


def test_other_pages_of_an_empty_installation(empty):
    assert "No events yet" in empty.get("/events").text
    assert empty.get("/customers?q=a").status_code == 200


def test_figures_without_data_say_so(client, monkeypatch):
    silent = replace(
        FakeBook(0).overview(),
        customers=3,
        churned=0,
        series=[(NOW // DAY_US, None, None, 0)],
        average_coverage=None,
    )
    monkeypatch.setattr(FakeBook, "overview", lambda _: silent)
    words = text(client.get("/").text)
    assert words.count("Not enough data yet") == 5
    assert "No score fell in the last 7 days" in words
    assert "Nobody is at risk or critical" in words


@pytest.mark.parametrize("customer_id", NASTY)
def test_any_id_has_a_page_and_every_list_links_to_it(client, customer_id):
    href = html.escape(links.customer(customer_id))
    assert any(f'href="{href}"' in client.get(f"/customers?sort=name&page={page}").text for page in (1, 2))
    answer = visit(client, customer_id)
    assert answer.status_code == 200
    assert f'<h1 id="h-name"><bdi>{escape(NASTY[customer_id] or customer_id)}</bdi></h1>' in answer.text
    for span in ("7d", "30d", "90d"):
        assert visit(client, customer_id, since=span).status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/", "/customers", "/customers?q=<script>alert(1)</script>", "/customers/c-script", "/events"],
)
def test_nothing_from_outside_becomes_markup(client, path):
    page = client.get(path).text
    assert page.count("<script") == page.count('<script src="/static/') == 2
    assert not re.search(r"<(img src=x|b>&|i>healthy)", page)
    assert "style>" not in page


def test_names_of_either_direction_keep_to_themselves(client):
    assert f"<bdi>{RTL}</bdi>" in client.get("/customers?q=c-rtl").text


def test_search_finds_and_shows_what_was_asked(client):
    page = client.get("/customers", params={"q": ' <script>"'}).text
    assert 'value="&lt;script&gt;&#34;"' in page
    assert "No customer matches" in page
    assert html.escape(SCRIPT)[:10] in client.get("/customers?q=alert").text


def test_contributions_on_the_page_add_up_to_the_score_on_the_page(client, book):
    for line in book.lines:
        explanation = book.explain(line.id, None, None)
        if explanation.score is None:
            continue
        page = visit(client, line.id).text
        exact = [float(value) for value in re.findall(r'class="metric"[^>]*data-exact="([^"]+)"', page)]
        assert math.isclose(math.fsum(exact), explanation.uncapped_score, abs_tol=1e-9)
        shown = re.findall(r'<span class="num"><b>([\d.]+)</b>', page)
        said = re.search(r"add up to exactly ([\d.]+) points", page).group(1)
        assert sum(map(Decimal, shown)) == Decimal(said)
        gauge = re.search(r'class="gauge.*?<text[^>]*>([\d.]+)</text>', page, re.DOTALL).group(1)
        assert re.search(r'class="total"><dt>Score</dt><dd>([\d.]+)<', page).group(1) == gauge
        if explanation.cap is None:
            assert gauge == said


def test_a_fault_in_the_figures_is_said_and_not_hidden(client, book, monkeypatch):
    explain = FakeBook.explain

    def lying(self, customer_id, as_of, since):
        return replace(explain(self, customer_id, as_of, since), uncapped_score=40.0, score=40.0)

    monkeypatch.setattr(FakeBook, "explain", lying)
    assert "fault in Keepwell" in client.get("/customers/c001").text


def test_a_cap_an_override_and_a_provisional_score_are_explained(client, book):
    people = book.people.values()
    capped = next(person for person in people if person.capped)
    words = text(visit(client, capped.id).text)
    assert "Score capped. Open urgent ticket, at most 59 . Without the cap it would be" in words.replace("59.", "59 .")
    assert "Cap: Open urgent ticket, at most 59" in words

    overridden = next(person for person in people if person.overridden and person.score is not None)
    words = text(visit(client, overridden.id).text)
    assert "Band set by hand. Stable until 2 Dec 2026. Computed:" in words
    assert "Reason: Called them on Tuesday" in words

    provisional = next(person for person in people if person.line.provisional and person.score is not None)
    assert "Provisional." in text(visit(client, provisional.id).text)
    assert "provisional" in text(client.get("/customers?sort=coverage").text)


def test_the_history_has_a_table_and_its_marks_are_listed(client):
    page = client.get("/customers/c013").text
    assert page.count('<th scope="row">') > 365
    assert "24 Apr 2026: Scorecard 2 published" in text(page)


def test_a_customer_without_a_score_has_a_page(client, book):
    unscored = next(person for person in book.people.values() if person.score is None)
    words = text(visit(client, unscored.id).text)
    assert "No score yet" in words
    assert "None" not in words


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/customers/nobody", 404, "No customer has the id 'nobody'"),
        ("/customers/", 404, "No such customer"),
        ("/events?customer=nobody", 404, "No such customer"),
        ("/events?customer=c001&indicator=x", 404, "No such indicator"),
        ("/nothing", 404, "No such page"),
        ("/customers?band=purple", 400, "no band called 'purple'"),
        ("/customers?sort=colour", 400, "no order called 'colour'"),
        ("/customers?page=two", 400, "This address was not understood"),
        ("/customers/c001?since=ever", 400, "not over 'ever'"),
        ("/static/0000/app.css", 404, "No such page"),
    ],
)
def test_mistakes_get_a_page(client, path, status, said):
    answer = client.get(path)
    assert answer.status_code == status
    assert said in text(answer.text)
    assert "<title>" in answer.text


def test_a_wrong_method_gets_a_page(client):
    answer = client.post("/")
    assert answer.status_code == 405
    assert "Method Not Allowed" in answer.text


def test_an_unknown_id_is_shown_as_text(client):
    assert "<b>&" not in visit(client, "no/<b>&").text


def test_the_events_behind_an_indicator(client):
    page = client.get("/customers/c013").text
    href = html.unescape(re.search(r'href="(/events\?customer=c013&amp;indicator=[^"]+)"', page).group(1))
    words = text(client.get(href).text)
    assert "the newest 6 of 132 events" in words
    assert "Too far back to show here, by message id: ancient" in words


def test_the_events_of_one_customer(client):
    page = client.get("/events", params={"customer": SLASHES}).text
    assert page.count("<tr>") == 61
    assert "arrived" in page


def test_health_is_json_and_asks_nobody(stranger):
    answer = stranger.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_dots_are_an_id_like_any_other(client):
    assert "Two Dots" in visit(client, DOTS).text


@pytest.mark.parametrize("chosen", ["dark", "light"])
def test_a_theme_is_kept_without_javascript(client, chosen):
    answer = client.post("/theme", data={"theme": chosen, "back": "/customers?band=stable"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/customers?band=stable")
    assert f'<html lang="en" data-theme="{chosen}">' in client.get("/").text


def test_an_unknown_theme_is_not_kept(client):
    client.post("/theme", data={"theme": '"><script>', "back": "//evil.example"})
    client.cookies.set("keepwell_theme", '"><script>')
    assert '<html lang="en">' in client.get("/").text


def test_the_button_goes_round(client):
    seen = []
    for _ in range(3):
        offered = re.search(r'name="theme" value="(\w+)"', client.get("/").text).group(1)
        seen.append(offered)
        client.post("/theme", data={"theme": offered})
    assert seen == ["dark", "light", "system"]


def assets(page):
    found = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
    assert {urlsplit(path).path.rsplit(".")[-1] for path in found} == {"css", "js", "svg"}
    return sorted(set(found))


def test_assets_are_kept_for_ever_by_what_they_contain(client):
    for path in assets(client.get("/").text):
        answer = client.get(path)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert client.get("/").headers["cache-control"] == "private, no-cache"


@pytest.mark.parametrize("path", ["/", "/customers/c013", "/customers"])
def test_a_first_visit_is_light(client, path):
    answer = client.get(path)
    visit = [answer, *(client.get(asset) for asset in assets(answer.text))]
    size = sum(int(part.headers["content-length"]) for part in visit)
    assert answer.headers["content-encoding"] == "gzip"
    assert size <= 60 * 1024, size
