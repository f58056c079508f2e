"""The pages of alerts: what they show, to whom, and what forms do."""

import html
import re

import pytest
from fastapi.testclient import TestClient
from msgspec.structs import replace as changed

from keepwell.web.access import COOKIE
from keepwell.web.app import create_app
from tests.web.conftest import BASE
from tests.web.fake_alerts import HELD_BACK, INCIDENT
from tests.web.people import NOW, SCRIPT

PAGES = ("/alerts", "/alerts?state=held_back", "/alerts/1", "/alerts/6", "/alerts/incidents", "/alerts/incidents/2")
PAGES += ("/alerts/rules", "/alerts/rules/band_fell", "/customers/c005", "/")


def text(page):
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def rows(page):
    """The numbers of the alerts that a page lists, in their order."""
    return [int(each) for each in re.findall(r'class="subject" href="/alerts/(\d+)"', page)]


def tab(page, label):
    """The count on a tab."""
    return int(re.search(rf"{label} <small>(\d+)</small>", page)[1])


@pytest.fixture
def kept(desk):
    return desk.alerts.kept


@pytest.fixture
def seen_as(stranger, access):
    """The same client as somebody of a role."""

    def enter(role):
        access.roles["s"] = role
        stranger.cookies.set(COOKIE, "s")
        return stranger

    return enter


def test_the_tabs_hold_every_alert_once_and_count_what_they_list(client, kept):
    found = []
    for state, label in (
        ("open", "Open"),
        ("acknowledged", "Acknowledged"),
        ("snoozed", "Snoozed"),
        ("resolved", "Resolved"),
        ("held_back", "Not shown"),
    ):
        first = client.get(f"/alerts?state={state}").text
        second = client.get(f"/alerts?state={state}&page=2").text
        listed = sorted({*rows(first), *rows(second)})
        assert len(listed) == tab(first, label), state
        found += listed

    assert sorted(found) == sorted(kept)


def test_the_open_tab_is_the_first_and_says_the_number_of_the_navigation(client):
    page = client.get("/alerts").text
    number = re.search(r'id="open-alerts"[^>]*>(\d+)<', page)[1]

    assert tab(page, "Open") == int(number)
    assert f"{number} alerts need attention" in text(client.get("/").text)
    assert rows(page) == rows(client.get("/alerts?state=open").text)


def test_the_most_pressing_come_first(client, kept):
    found = [kept[number] for number in rows(client.get("/alerts").text)]
    worst = ["critical", "high", "normal", "low"]

    assert [worst.index(each.severity) for each in found] == sorted(worst.index(each.severity) for each in found)


@pytest.mark.parametrize(
    ("query", "true"),
    [
        ("severity=high", lambda line: line.severity == "high"),
        ("rule=band_fell", lambda line: line.rule == "band_fell"),
        ("owner=jen", lambda line: line.owner == "Jennifer Wu"),
        ("customer=c015", lambda line: line.customer_id == "c015"),
    ],
)
@pytest.mark.parametrize("state", ["open", "acknowledged", "resolved"])
def test_a_filter_narrows_the_list(client, kept, query, true, state):
    found = rows(client.get(f"/alerts?state={state}&{query}").text)

    assert sorted(found) == [
        number for number, line in kept.items() if line.state == state and not line.suppressed and true(line)
    ]


@pytest.mark.parametrize("query", ["state=pending", "severity=bad", "rule=nothing", "owner=nobody"])
def test_an_unknown_filter_is_refused(client, query):
    assert client.get(f"/alerts?{query}").status_code == 400


def test_a_page_past_the_last_is_the_last(client):
    assert rows(client.get("/alerts?page=99").text) == rows(client.get("/alerts").text) != []


def test_lists_go_on_over_pages(client, kept):
    for number in kept:
        kept[number] = changed(kept[number], state="open", suppressed=None)
    first, last = client.get("/alerts").text, client.get("/alerts?page=3").text

    assert (len(rows(first)), len(rows(last))) == (50, 20)
    assert "Page 1 of 3" in first
    assert 'rel="next" href="/alerts?page=2"' in first
    assert 'rel="prev" href="/alerts?page=2"' in last
    assert "101 to 120 of 120 alerts" in text(last)


def test_severity_is_said_in_words_and_what_is_late_is_said(client, kept):
    page = text(client.get("/alerts").text)
    late = [line for line in kept.values() if line.state == "open" and line.due_at and line.due_at < NOW]

    assert late
    assert "overdue by" in page
    assert {"Critical", "High", "Normal", "Low"} <= set(page.split())


def test_what_an_incident_holds_is_said_and_leads_there(client, kept):
    held = next(number for number, line in kept.items() if line.held_by)
    page = client.get(f"/alerts/{held}").text

    assert 'class="tag held" href="/alerts/incidents/2"' in page
    kept[held] = changed(kept[held], held_by=(INCIDENT, "fleet"))
    assert 'class="tag held" href="/alerts/incidents"' in client.get(f"/alerts/{held}").text
    assert "held by 2 incidents" in client.get(f"/alerts/{held}").text


def test_open_incidents_stand_above_the_list_and_ended_ones_do_not(client):
    page = text(client.get("/alerts").text)

    assert "1 incident is open" in page
    assert "nothing came for 2 hours" not in page
    assert "nothing came for 2 hours" in text(client.get("/alerts/incidents").text)


def test_what_is_held_back_says_why(client):
    assert HELD_BACK in text(client.get("/alerts?state=held_back").text)
    assert HELD_BACK not in text(client.get("/alerts").text)


def test_what_is_snoozed_says_why(client, kept):
    number = next(number for number, line in kept.items() if line.state == "snoozed")

    assert f"Snoozed: {SCRIPT} away" in text(client.get("/alerts?state=snoozed").text)
    assert f"Snoozed. {SCRIPT} away" in text(client.get(f"/alerts/{number}").text)
    assert "Snoozed:" not in text(client.get("/alerts").text)


@pytest.mark.parametrize(
    ("number", "said"), [(1, "1 alert waits until tomorrow."), (3, "3 alerts wait until tomorrow.")]
)
def test_an_open_tab_that_is_empty_says_what_is_held_back(client, kept, number, said):
    for each in [each for each, line in kept.items() if line.state == "open"]:
        del kept[each]
    assert "Nothing needs attention." in text(client.get("/alerts").text)
    for each in list(kept)[:number]:
        kept[each] = changed(kept[each], state="open", suppressed=HELD_BACK)
    page = client.get("/alerts").text

    assert f"{said} Not shown" in text(page)
    assert '<a href="/alerts?state=held_back">Not shown</a>' in page
    assert "Nothing needs attention." not in text(page)
    assert "until tomorrow" not in text(client.get("/alerts?severity=high").text)


@pytest.mark.parametrize("state", ["open", "acknowledged", "snoozed", "resolved", "held_back"])
def test_an_empty_tab_says_so(empty, state):
    page = empty.get(f"/alerts?state={state}").text

    assert "0 alerts" in text(page)
    assert 'class="none"' in page
    assert 'id="act"' not in page
    assert "No alert matches" in empty.get(f"/alerts?state={state}&severity=high").text


@pytest.mark.parametrize("path", PAGES)
def test_what_others_wrote_stays_text(client, path):
    page = client.get(path).text

    assert SCRIPT not in page
    assert "<script>alert" not in page
    assert path in {"/", "/alerts/incidents"} or "&lt;script&gt;alert" in page


def test_the_page_of_an_alert_says_what_was_measured_and_what_would_end_it(client):
    page = client.get("/alerts/3").text
    words = text(page)

    assert "Revenue $4,200/month" in words
    assert "Measured 3 days" in words
    assert "Threshold 3 days" in words
    assert "Own rhythm every 2 days" in words
    assert "It ends when it is over." in words
    assert "Opened" in words.split("History")[1]
    assert 'href="/alerts/rules/login_absence_72h"' in page
    assert "data-plot" in page


def test_a_threshold_is_drawn_only_where_it_is_in_the_unit_of_the_chart(client, kept):
    scored = next(number for number, line in kept.items() if line.rule == "band_fell" and number % 7 != 6)
    counted = next(number for number, line in kept.items() if line.rule != "band_fell" and number % 7 != 6)

    assert 'class="threshold"' in client.get(f"/alerts/{scored}").text
    assert 'class="threshold"' not in client.get(f"/alerts/{counted}").text


def test_an_alert_without_days_says_so(client):
    assert "There is nothing to draw" in client.get("/alerts/6").text


def test_similar_alerts_say_how_they_ended(client, kept):
    number = max(number for number, line in kept.items() if line.rule == "payment_failure")
    similar = text(client.get(f"/alerts/{number}").text).split("Similar before")[1]

    assert "ended: useful" in similar
    assert "opened" in similar


@pytest.mark.parametrize("path", ["/alerts/999", "/alerts/incidents/9", "/alerts/rules/nothing"])
def test_what_does_not_exist_is_not_found(client, path):
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/alerts/x", "/alerts/99999999999999999999", "/alerts/-1", "/alerts?page=0"])
def test_what_is_no_number_is_refused(client, path):
    assert client.get(path).status_code == 400


def test_what_is_over_has_no_form(client, kept):
    over = next(number for number, line in kept.items() if line.state == "resolved")

    assert "/alerts/act" not in client.get(f"/alerts/{over}").text
    assert "/alerts/act" not in client.get("/alerts?state=resolved").text


def test_a_customer_shows_their_alerts_that_are_not_over(client, kept):
    for state, shown in (("open", True), ("acknowledged", True), ("snoozed", True), ("resolved", False)):
        kept[30] = changed(kept[30], customer_id="c005", state=state)
        for number in [number for number, line in kept.items() if line.customer_id == "c005" and number != 30]:
            del kept[number]
        page = client.get("/customers/c005").text
        assert ('href="/alerts/30"' in page) is shown, state
        assert ('href="/alerts?customer=c005"' in page) is shown


def test_the_rules_say_how_they_did(client):
    words = text(client.get("/alerts/rules/payment_failure").text)

    assert "Fired 14 Useful 6 False alarms 2 Expected 0 Open now 1" in words
    assert "React within 1 day" in words or "React within 25 hours" in words
    assert "hours 72 p 0.001" in words
    assert "keepwell alerts preview alerts.toml" in words
    assert "switched off" in words
    assert "switched off" not in text(client.get("/alerts/rules/band_fell").text)


def test_an_incident_lists_what_it_holds(client, kept):
    held = [number for number, line in kept.items() if line.held_by]

    assert rows(client.get("/alerts/incidents/2").text) == held
    assert "It is over" in client.get("/alerts/incidents/1").text


def test_the_navigation_counts_nothing_where_something_broke(desk, access, monkeypatch):
    def broken(*_):
        raise OSError

    access.sessions.add("s")
    monkeypatch.setattr(desk.alerts, "part", broken)
    monkeypatch.setattr(desk.alerts, "pressing", broken)
    client = TestClient(create_app(desk, access), base_url=BASE, raise_server_exceptions=False)
    answer = client.get("/alerts", headers={"cookie": f"{COOKIE}=s"})

    assert answer.status_code == 500
    assert "Something went wrong" in answer.text
