"""The inbox of alerts in a real browser: with and without JavaScript, by keyboard, on a phone."""

import re

import pytest
from playwright.sync_api import expect

from tests import live
from tests.journeys.test_dashboard_browser import (
    FIRST_VISIT_BYTES,
    PHONE,
    browser,
    first_visit,
    following,
    opened,
    serving,
    violations,
    violations_in_any_colours,
)
from tests.journeys.waiting import RESTED_S, ends, focus, follow, holds, press
from tests.web.fakes import FakeBook

__all__ = ["browser", "following", "opened"]

FULL = {
    "inbox": "/alerts",
    "filtered": "/alerts?state=resolved&severity=low",
    "not shown": "/alerts?state=held_back",
    "snoozed": "/alerts?state=snoozed",
    "counted": "/alerts/3",
    "scored": "/alerts/4",
    "held": "/alerts/1",
    "over": "/alerts/5",
    "nothing to draw": "/alerts/6",
    "incidents": "/alerts/incidents",
    "incident": "/alerts/incidents/2",
    "rules": "/alerts/rules",
    "rule": "/alerts/rules/band_fell",
}
PAGES = [("full", path) for path in FULL.values()] + [("empty", "/alerts"), ("empty", "/alerts/incidents")]


@pytest.fixture(scope="module")
def sites():
    with serving(FakeBook()) as full, serving(FakeBook(0)) as empty:
        yield {"full": full, "empty": empty}


def unfold(page):
    for summary in page.locator("details > summary").all():
        if summary.is_visible():
            summary.click()


def picked(page):
    return page.locator("input[name=ids]:checked")


def current(page):
    """The subject of the line that has the focus."""
    return page.locator("[data-alert]:has(:focus) .subject")


"""Tabs of one page have one set of colours."""


@pytest.mark.parametrize(("site", "path"), PAGES)
def test_everybody_can_use_it(opened, site, path):
    page = opened(path, site=site)
    unfold(page)
    assert violations_in_any_colours(page) == []


@pytest.mark.parametrize(("site", "path"), PAGES)
def test_a_phone_needs_no_sideways_scrolling(opened, site, path):
    page = opened(path, site=site, **PHONE)
    unfold(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_phone_shows_how_rules_did(opened):
    page = opened("/alerts/rules", **PHONE)
    expect(page.get_by_text("Fired 14 · useful 6 · false 2 · expected 0 · open 1")).to_be_visible()
    expect(page.locator("thead th:visible")).to_have_text(["Rule"], use_inner_text=True)


@pytest.mark.parametrize("path", ["/alerts", "/alerts/3", "/alerts/rules"])
def test_everybody_can_use_it_on_a_phone(opened, path):
    assert violations(opened(path, **PHONE)) == []


def test_the_whole_way_without_javascript(opened):
    page = opened("/", java_script_enabled=False)
    follow(page.get_by_role("link", name="need attention"))
    page.get_by_label("Severity").select_option("High")
    page.get_by_role("button", name="Filter").click()
    holds(page, "severity=high")
    for box in page.locator("input[name=ids]").all()[:2]:
        box.check()
    page.get_by_role("button", name="Acknowledge").click()
    ends(page, "severity=high&done=acknowledge&changed=2")
    expect(page.locator(".said")).to_have_text("2 alerts acknowledged.")

    follow(page.locator(".subject").first)
    page.get_by_text("Snooze", exact=True).first.click()
    page.get_by_label("Reason").fill("On holiday")
    page.get_by_label("How long").select_option("for a week")
    press(page.get_by_role("button", name="Snooze"))
    expect(page.get_by_text("1 alert snoozed until 27 Nov 2026, 09:30 UTC.")).to_be_visible()
    page.get_by_text("Snooze", exact=True).first.click()
    page.get_by_label("Reason").fill("They said so")
    page.get_by_label("Until a date").fill("2026-12-05")
    press(page.get_by_role("button", name="Snooze", exact=True))
    expect(page.get_by_text("1 alert snoozed until 5 Dec 2026, 00:00 UTC.")).to_be_visible()
    page.get_by_text("Resolve", exact=True).click()
    page.get_by_label("Note").fill("They are back")
    press(page.get_by_role("button", name="False alarm"))
    expect(page.get_by_text("Resolved as false alarm. They are back")).to_be_visible()


def test_enter_in_a_field_does_nothing_by_accident(opened):
    page = opened("/alerts")
    page.locator("input[name=ids]").first.check()
    page.get_by_text("Snooze", exact=True).first.click()
    page.get_by_label("Reason").fill("later")
    page.get_by_label("Reason").press("Enter")
    page.wait_for_timeout(300)
    expect(page).not_to_have_url(re.compile("done="))
    expect(picked(page)).to_have_count(1)


def test_a_snooze_without_a_reason_is_not_sent(opened):
    page = opened("/alerts")
    page.locator("input[name=ids]").first.check()
    page.get_by_text("Snooze", exact=True).first.click()
    page.get_by_role("button", name="Snooze").click()
    expect(focus(page)).to_have_attribute("name", "reason")
    expect(page).not_to_have_url(re.compile("done="))


def test_keys_move_select_and_act(opened):
    page = opened("/alerts?severity=normal")
    links = [each.get_attribute("href") for each in page.locator(".subject").all()]
    page.keyboard.press("j")
    expect(current(page)).to_have_attribute("href", links[0])
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("k")
    expect(current(page)).to_have_attribute("href", links[0])
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(picked(page)).to_have_count(2)
    expect(page.locator("[data-picked]")).to_have_text("2 selected")
    page.keyboard.press("x")
    expect(picked(page)).to_have_count(1)
    page.keyboard.press("a")
    page.wait_for_url("**changed=1")
    expect(page.locator(f'.subject[href="{links[0]}"]')).to_have_count(0)

    page.keyboard.press("j")
    page.keyboard.press("s")
    expect(focus(page)).to_have_attribute("name", "reason")
    page.keyboard.type("jax?")
    expect(page.get_by_label("Reason")).to_have_value("jax?")
    expect(picked(page)).to_have_count(1)


def test_keys_open_and_resolve_what_has_the_focus(opened):
    page = opened("/alerts?severity=low")
    page.keyboard.press("?")
    expect(page.get_by_text("these keys")).to_be_visible()
    page.keyboard.press("j")
    address = current(page).get_attribute("href")
    page.keyboard.press("Enter")
    ends(page, address)
    page.keyboard.press("e")
    expect(focus(page)).to_have_attribute("name", "note")
    page.keyboard.type("eee")
    page.keyboard.press("Enter")
    page.wait_for_timeout(300)
    ends(page, address)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**changed=1")
    expect(page.get_by_text("Resolved as false alarm. eee")).to_be_visible()


def test_the_key_to_resolve_asks_for_the_verdict_of_what_is_selected(opened):
    page = opened("/alerts?state=acknowledged")
    page.keyboard.press("j")
    page.keyboard.press("e")
    expect(picked(page)).to_have_count(1)
    expect(focus(page)).to_have_attribute("name", "note")
    expect(page).not_to_have_url(re.compile("done="))
    page.get_by_role("button", name="Expected").click()
    page.wait_for_url("**done=resolve&changed=1")


def test_all_are_selected_at_once(opened):
    page = opened("/alerts?severity=normal")
    page.get_by_label("Select all").check()
    lines = page.locator("[data-alert]").count()
    assert lines > 1
    expect(picked(page)).to_have_count(lines)
    page.locator("input[name=ids]").first.uncheck()
    expect(page.locator("[data-all]")).to_have_js_property("indeterminate", value=True)


def test_keys_do_nothing_where_there_is_nothing_to_do(opened):
    page = opened("/alerts?state=resolved")
    for key in "jxase":
        page.keyboard.press(key)
    ends(page, "/alerts?state=resolved")


@pytest.mark.parametrize("path", ["/alerts", "/alerts/3"])
def test_a_first_visit_is_light(opened, path):
    assert 1000 < first_visit(opened, path) <= FIRST_VISIT_BYTES


def complaint(customer):
    return {"customer_id": customer, "event": "ticket_opened", "ticket_id": f"t-{customer}", "severity": "urgent"}


def test_the_inbox_fills_while_somebody_looks_and_waits_while_they_select(following):
    server, page = following
    page.goto(f"{server.url}/alerts")
    page.wait_for_selector('[data-stream="on"]')
    expect(page.get_by_text("Nothing needs attention.")).to_be_visible()
    page.evaluate("window.sameDocument = true")
    server.send(complaint("ada"))
    page.get_by_role("link", name="Severe ticket").wait_for()
    page.locator("#open-alerts", has_text="1").wait_for()
    assert page.evaluate("window.sameDocument")

    page.keyboard.press("j")
    page.keyboard.press("x")
    server.send(complaint("bob"))
    live.until(lambda: len(server.api("/alerts").json()["alerts"]) == 2, what="a second alert")
    page.wait_for_timeout(1500)
    expect(picked(page)).to_have_count(1)
    expect(page.locator("[data-alert]")).to_have_count(1)
    page.keyboard.press("x")
    expect(page.locator("[data-alert]")).to_have_count(2, timeout=1000 * RESTED_S)
    expect(current(page)).to_have_count(1)  # the focus is back in its place

    page.keyboard.press("a")
    page.wait_for_url("**done=acknowledge&changed=1")
    expect(page.locator("[data-alert]")).to_have_count(1)
    states = {each["customer_id"]: each["state"] for each in server.api("/alerts").json()["alerts"]}
    assert sorted(states.values()) == ["acknowledged", "open"]
    page.goto(f"{server.url}/customers/bob")
    expect(page.locator(".feed.alerts li")).to_have_count(1)
