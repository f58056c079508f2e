"""The fleet page: which diagnoses hold now, of how many customers, and whether they are everybody's trouble."""

import re

import pytest
from markupsafe import escape
from msgspec.structs import replace

from keepwell.base.time import SECOND_US
from keepwell.config.expert import shipped_knowledge, shipped_names
from keepwell.config.expert_checks import DOMAINS
from keepwell.expert.knowledge import Certainty, Severity
from keepwell.expert.scope import Topic
from keepwell.runtime.ports.findings import Fleet
from keepwell.web.views import fleet, links
from tests.web.fake_findings import ENTRIES, FakeFindings
from tests.web.people import NASTY, NASTY_LABEL, NOW, SCRIPT


def sections(page):
    """The texts of the page's parts, by heading."""
    body = page.text.split("<main", 1)[1]
    found = dict(re.findall(r'<h2 id="h-(\w+)">(.*?)</section>', body, re.DOTALL))
    hints = re.search(r'<details class="card hints".*?</details>', body, re.DOTALL)
    return {**found, "hints": hints.group(0) if hints else ""}


def test_it_says_how_far_it_has_looked(client):
    found = client.get("/expert").text

    assert "120 customers diagnosed, the last one 5 seconds ago; 3 are waiting." in found
    assert '<a href="/expert" aria-current="page">Expert</a>' in found
    assert 'data-live="alerts"' in found


def test_everybodys_trouble_comes_first_and_hints_are_apart(client):
    page = client.get("/expert")
    found = sections(page)

    assert page.text.index("h-everybody") < page.text.index("h-own") < page.text.index("hints")
    assert "it says nothing about single customers" in found["everybody"]
    assert "Network-wide incident" in found["everybody"]
    assert "failed transactions" in found["everybody"]
    assert "Network-wide incident" not in found["own"]
    assert "1 hint" in found["hints"]
    assert str(escape(NASTY_LABEL)) in found["hints"]
    assert NASTY_LABEL not in page.text
    assert "LP-03" not in found["own"]


def test_a_row_says_how_bad_how_sure_of_how_many_and_since_when(client):
    own = sections(client.get("/expert"))["own"]
    row = next(each for each in own.split("<tr>") if "SEC-02" in each)
    flat = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", row))

    assert "Critical Account ownership handed over established" in flat
    assert re.search(r"14 customers · Security · known since: first \d+ days ago, latest ", flat)
    assert f'href="{links.findings("SEC-02")}"' in row
    assert links.findings("SEC-02") == "/expert/findings?entry=SEC-02"


@pytest.mark.parametrize(
    ("asked", "there", "gone"),
    [
        ("domain=security", {"SEC-02"}, {"TX-04", "META-01", "META-02", "LP-03"}),
        ("severity=critical", {"SEC-02", "TX-04"}, {"META-01", "META-02", "LP-03"}),
        ("certainty=inferred", {"META-01", "META-02"}, {"SEC-02", "TX-04", "LP-03"}),
        ("certainty=hint", {"LP-03"}, {"SEC-02", "TX-04", "META-01", "META-02"}),
        ("domain=&severity=&certainty=", {"LP-03", "SEC-02", "TX-04", "META-01", "META-02"}, set()),
    ],
)
def test_filters_narrow_what_is_listed(client, asked, there, gone):
    found = client.get(f"/expert?{asked}").text

    assert {each for each in ENTRIES if f"entry={each}" in found} == there
    assert gone.isdisjoint(set(re.findall(r"entry=([A-Z]+-\d+)", found)))
    for name, value in (each.split("=") for each in asked.split("&")):
        chosen = re.search(rf'<select name="{name}">.*?<option value="([^"]*)" selected', found)
        assert chosen.group(1) == value
    assert ("Clear the filters" in found) is (not asked.startswith("domain=&"))


def test_hints_are_open_when_there_is_nothing_else(client):
    assert '<details class="card hints" id="hints" open>' in client.get("/expert?certainty=hint").text
    assert '<details class="card hints" id="hints">' in client.get("/expert").text


def test_where_it_was_looked_and_nothing_is_there_it_says_so(client, desk):
    full = client.get("/expert").text
    assert not [each for each in (fleet.NOTHING_OF_ALL, fleet.NOTHING_OWN, fleet.NO_HINTS) if str(escape(each)) in full]
    assert fleet.SINCE in full
    desk.findings.lines = [each for each in desk.findings.lines if each[1].episode.entry == "SEC-02"]
    calm = client.get("/expert").text
    assert f"{escape(fleet.NOTHING_OF_ALL)}." in calm
    assert f"{fleet.NO_HINTS}." in calm
    assert fleet.NOTHING_OWN not in calm
    narrowed = client.get("/expert?domain=security").text
    assert f"{escape(fleet.NOTHING_OF_ALL)}, among what fits these filters." in narrowed


def test_before_anything_was_diagnosed_no_section_claims_to_have_looked(empty):
    found = empty.get("/expert").text

    assert str(escape(fleet.NOTHING_OF_ALL)) not in found
    assert fleet.NO_HINTS not in found


def test_an_empty_page_says_why(client, desk, empty):
    assert fleet.NARROWED in client.get("/expert?domain=security&certainty=hint").text
    desk.findings.lines = []
    assert fleet.NOTHING in client.get("/expert").text
    found = empty.get("/expert").text
    assert fleet.NEVER in found
    assert "No customer was diagnosed yet." in found


@pytest.mark.parametrize(
    ("diagnosed", "age_s", "waiting", "said"),
    [
        (1, 0, 0, "1 customer diagnosed, the last one 0 seconds ago."),
        (12_340, 1, 1, "12,340 customers diagnosed, the last one 1 second ago; 1 is waiting."),
        (2, 59, 0, "2 customers diagnosed, the last one 59 seconds ago."),
        (2, 60, 2000, "2 customers diagnosed, the last one 1 minute ago; 2,000 are waiting."),
        (2, -5, 0, "2 customers diagnosed, the last one 0 seconds ago."),
    ],
)
def test_coverage_in_words(diagnosed, age_s, waiting, said):
    assert fleet.coverage(Fleet(diagnosed, NOW - age_s * SECOND_US, waiting, []), NOW) == said


def test_before_the_first_round_who_waits_is_said():
    assert fleet.coverage(Fleet(0, None, 7, []), NOW) == "No customer was diagnosed yet; 7 are waiting."


def test_everything_that_can_be_said_has_words():
    knowledge = shipped_knowledge(shipped_names())

    assert set(fleet.DOMAINS) == DOMAINS
    assert set(fleet.TOPICS) == set(Topic)
    assert set(knowledge.entries) >= fleet.BY_TOPIC
    assert {each for each in fleet.BY_TOPIC if knowledge.entries[each].topic} == set()


@pytest.mark.parametrize(
    ("entry", "topic", "about"),
    [("META-01", "calls", "failed calls"), ("META-01", "", ""), ("TX-04", "slippage", ""), ("META-01", "new", "")],
)
def test_the_topic_is_said_where_the_entry_is_asked_topic_by_topic(entry, topic, about):
    assert fleet.about(entry, topic) == about


def rows(page):
    body = page.text.split("<tbody>", 1)
    return body[1].split("</tbody>")[0].split("<tr>")[1:] if len(body) > 1 else []


def test_the_customers_of_a_diagnosis(client, book):
    page = client.get(links.findings("SEC-02"))
    found = rows(page)
    named = {line.id: line for line in book.lines}

    assert len(found) == 14
    assert "Security · said of 14 customers now" in page.text
    assert 'href="/expert/knowledge/SEC-02"' in page.text
    for row, each in zip(found, client_lines(book, "SEC-02"), strict=True):
        assert f'href="{escape(links.customer(each.customer_id))}"' in row
        assert f'href="{escape(links.expert(each.customer_id))}"' in row
        assert str(escape(named[each.customer_id].name or each.customer_id)) in row
        assert str(escape(each.episode.said.sentence)) in row
        assert "Critical" in row
        assert "not for the customer" in row


def test_an_id_may_be_written_in_small_letters(client):
    page = client.get("/expert/findings?entry=sec-02")

    assert rows(page) == rows(client.get(links.findings("SEC-02")))
    cursor = re.search(r'rel="next" href="([^"]+)"', client.get("/expert/findings?entry=tx-04").text).group(1)
    assert len(rows(client.get(cursor.replace("&amp;", "&")))) == 50


def client_lines(book, entry):
    return FakeFindings(book.lines).part(entry, None, 500).lines


def test_pages_hold_fifty_and_lead_on(client, book):
    page = client.get(links.findings("TX-04"))
    seen = [rows(page)]
    assert "From the beginning" not in page.text
    while further := re.search(r'rel="next" href="([^"]+)"', page.text):
        page = client.get(further.group(1).replace("&amp;", "&"))
        assert f'rel="first" href="{links.findings("TX-04")}"' in page.text
        seen.append(rows(page))

    assert [len(each) for each in seen] == [50, 50, 20]
    hrefs = [re.search(r'class="subject" href="([^"]+)"', row).group(1) for part in seen for row in part]
    assert hrefs == [str(escape(links.customer(each.customer_id))) for each in client_lines(book, "TX-04")]


def test_any_name_is_shown_as_it_is(client):
    pages = [client.get(links.findings("TX-04")).text]
    while further := re.search(r'rel="next" href="([^"]+)"', pages[-1]):
        pages.append(client.get(further.group(1).replace("&amp;", "&")).text)
    found = "".join(pages)

    assert SCRIPT not in found
    for customer_id, name in NASTY.items():
        assert f"<bdi>{escape(name or customer_id)}</bdi>" in found
        assert f'href="{escape(links.expert(customer_id))}"' in found


def test_an_entry_of_nobody_says_so(client):
    found = client.get(links.findings("TX-09")).text

    assert fleet.NOBODY in found
    assert "said of" not in found.split(fleet.NOBODY)[0].split("<h1>")[1]


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/expert/findings", 400),
        ("/expert/findings?entry=NOTHING-1", 404),
        ("/expert/findings?entry=%00", 404),
        (f"/expert/findings?entry={'x' * 201}", 400),
        ("/expert/findings?entry=TX-04&cursor=!", 422),
        (f"/expert?domain={'x' * 201}", 400),
        ("/expert?domain=nothing", 400),
        ("/expert?severity=warning", 400),
        ("/expert?certainty=%00", 400),
        ("/expert/findings?entry=%20", 400),
    ],
)
def test_what_leads_nowhere_says_so(client, address, status):
    found = client.get(address)

    assert found.status_code == status
    assert "<h1" in found.text


@pytest.mark.parametrize(
    ("address", "back"),
    [
        ("/expert/findings", '<a href="/expert">Expert</a>'),
        ("/expert/findings?entry=NOTHING-1", '<a href="/expert">Expert</a>'),
        ("/expert?domain=nothing", '<a href="/expert">Expert</a>'),
        ("/expert/knowledge/NOTHING-1", '<a href="/expert/knowledge">Knowledge base</a>'),
        ("/expert/indicators", '<a href="/customers">Customers</a>'),
    ],
)
def test_what_leads_nowhere_leads_back(client, address, back):
    assert back in client.get(address).text.split("<main", 1)[1]


def test_an_empty_customer_is_everybody(client):
    found = client.get("/expert?customer=")

    assert found.status_code == 200
    assert "120 customers diagnosed" in found.text


def test_a_cursor_belongs_to_its_list(client):
    page = client.get(links.findings("TX-04")).text
    cursor = re.search(r'rel="next" href="[^"]*cursor=([^"&]+)"', page).group(1)

    assert client.get(f"/expert/findings?entry=TX-04&cursor={cursor}").status_code == 200
    assert client.get(f"/expert/findings?entry=SEC-02&cursor={cursor}").status_code == 422


@pytest.mark.parametrize("address", ["/expert", "/expert/findings?entry=TX-04"])
def test_strangers_see_nothing(stranger, address):
    assert stranger.get(address).status_code == 401


def test_with_a_customer_it_is_their_diagnosis(client):
    assert "Diagnosis of" in client.get(links.expert("c001")).text
    assert "Diagnosis of" not in client.get("/expert").text


def test_a_domain_that_is_new_is_shown_by_its_name(desk):
    (first, *_) = desk.findings.fleet().groups
    strange = replace(first, domain="quantum", severity=Severity.INFO, certainty=Certainty.INFERRED)
    page = fleet.page(Fleet(1, NOW, 0, [strange]), fleet.Wish(), NOW)

    assert [each.domain for each in page.own] == ["quantum"]
