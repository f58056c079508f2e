"""The inbox of alerts in a real browser: with and without JavaScript, by keyboard, on a phone."""

import pytest

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
    return page.locator("input[name=ids]:checked").count()


def title(page):
    return page.evaluate("document.activeElement.closest('[data-alert]')?.querySelector('.subject').href ?? ''")


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
    assert page.get_by_text("Fired 14 · useful 6 · false 2 · expected 0 · open 1").is_visible()
    assert page.locator("thead th:visible").all_inner_texts() == ["Rule"]


@pytest.mark.parametrize("path", ["/alerts", "/alerts/3", "/alerts/rules"])
def test_everybody_can_use_it_on_a_phone(opened, path):
    assert violations(opened(path, **PHONE)) == []


def test_the_whole_way_without_javascript(opened):
    page = opened("/", java_script_enabled=False)
    page.get_by_role("link", name="need attention").click()
    page.get_by_label("Severity").select_option("High")
    page.get_by_role("button", name="Filter").click()
    assert "severity=high" in page.url
    for box in page.locator("input[name=ids]").all()[:2]:
        box.check()
    page.get_by_role("button", name="Acknowledge").click()
    assert page.locator(".said").inner_text() == "2 alerts acknowledged."
    assert page.url.endswith("severity=high&done=acknowledge&changed=2")

    page.locator(".subject").first.click()
    page.get_by_text("Snooze", exact=True).first.click()
    page.get_by_label("Reason").fill("On holiday")
    page.get_by_label("How long").select_option("for a week")
    page.get_by_role("button", name="Snooze").click()
    assert page.get_by_text("1 alert snoozed until 27 Nov 2026, 09:30 UTC.").is_visible()
    page.get_by_text("Snooze", exact=True).first.click()
    page.get_by_label("Reason").fill("They said so")
    page.get_by_label("Until a date").fill("2026-12-05")
    page.get_by_role("button", name="Snooze", exact=True).click()
    assert page.get_by_text("1 alert snoozed until 5 Dec 2026, 00:00 UTC.").is_visible()
    page.get_by_text("Resolve", exact=True).click()
    page.get_by_label("Note").fill("They are back")
    page.get_by_role("button", name="False alarm").click()
    assert page.get_by_text("Resolved as false alarm. They are back").is_visible()


def test_enter_in_a_field_does_nothing_by_accident(opened):
    page = opened("/alerts")
    page.locator("input[name=ids]").first.check()
    page.get_by_text("Snooze", exact=True).first.click()
    page.get_by_label("Reason").fill("later")
    page.get_by_label("Reason").press("Enter")
    page.wait_for_timeout(300)
    assert "done=" not in page.url
    assert picked(page) == 1


def test_a_snooze_without_a_reason_is_not_sent(opened):
    page = opened("/alerts")
    page.locator("input[name=ids]").first.check()
    page.get_by_text("Snooze", exact=True).first.click()
    page.get_by_role("button", name="Snooze").click()
    assert page.evaluate("document.activeElement.name") == "reason"
    assert "done=" not in page.url


def test_keys_move_select_and_act(opened):
    page = opened("/alerts?severity=normal")
    links = [each.get_attribute("href") for each in page.locator(".subject").all()]
    page.keyboard.press("j")
    assert title(page).endswith(links[0])
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("k")
    assert title(page).endswith(links[0])
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("x")
    assert picked(page) == 2
    assert page.locator("[data-picked]").inner_text() == "2 selected"
    page.keyboard.press("x")
    assert picked(page) == 1
    page.keyboard.press("a")
    page.wait_for_url("**changed=1")
    assert links[0] not in [each.get_attribute("href") for each in page.locator(".subject").all()]

    page.keyboard.press("j")
    page.keyboard.press("s")
    assert page.evaluate("document.activeElement.name") == "reason"
    page.keyboard.type("jax?")
    assert page.get_by_label("Reason").input_value() == "jax?"
    assert picked(page) == 1


def test_keys_open_and_resolve_what_has_the_focus(opened):
    page = opened("/alerts?severity=low")
    page.keyboard.press("?")
    assert page.get_by_text("these keys").is_visible()
    page.keyboard.press("j")
    address = title(page)
    page.keyboard.press("Enter")
    page.wait_for_url(address)
    page.keyboard.press("e")
    assert page.evaluate("document.activeElement.name") == "note"
    page.keyboard.type("eee")
    page.keyboard.press("Enter")
    page.wait_for_timeout(300)
    assert page.url == address
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**changed=1")
    assert page.get_by_text("Resolved as false alarm. eee").is_visible()


def test_the_key_to_resolve_asks_for_the_verdict_of_what_is_selected(opened):
    page = opened("/alerts?state=acknowledged")
    page.keyboard.press("j")
    page.keyboard.press("e")
    assert picked(page) == 1
    assert page.evaluate("document.activeElement.name") == "note"
    assert "done=" not in page.url
    page.get_by_role("button", name="Expected").click()
    page.wait_for_url("**done=resolve&changed=1")


def test_all_are_selected_at_once(opened):
    page = opened("/alerts?severity=normal")
    page.get_by_label("Select all").check()
    assert picked(page) == page.locator("[data-alert]").count() > 1
    page.locator("input[name=ids]").first.uncheck()
    assert page.evaluate("document.querySelector('[data-all]').indeterminate")


def test_keys_do_nothing_where_there_is_nothing_to_do(opened):
    page = opened("/alerts?state=resolved")
    for key in "jxase":
        page.keyboard.press(key)
    assert page.url.endswith("/alerts?state=resolved")


@pytest.mark.parametrize("path", ["/alerts", "/alerts/3"])
def test_a_first_visit_is_light(opened, path):
    assert 1000 < first_visit(opened, path) <= FIRST_VISIT_BYTES


def complaint(customer):
    return {"customer_id": customer, "event": "ticket_opened", "ticket_id": f"t-{customer}", "severity": "urgent"}


def test_the_inbox_fills_while_somebody_looks_and_waits_while_they_select(following):
    server, page = following
    page.goto(f"{server.url}/alerts")
    page.wait_for_selector('[data-stream="on"]')
    assert page.get_by_text("Nothing needs attention.").is_visible()
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
    assert picked(page) == 1
    assert page.locator("[data-alert]").count() == 1
    page.keyboard.press("x")
    live.until(lambda: page.wait_for_timeout(50) or page.locator("[data-alert]").count() == 2, what="the second row")
    live.until(lambda: page.wait_for_timeout(50) or title(page), what="the focus back in its place")

    page.keyboard.press("a")
    page.wait_for_url("**done=acknowledge&changed=1")
    assert page.locator("[data-alert]").count() == 1
    states = {each["customer_id"]: each["state"] for each in server.api("/alerts").json()["alerts"]}
    assert sorted(states.values()) == ["acknowledged", "open"]
    page.goto(f"{server.url}/customers/bob")
    assert page.locator(".feed.alerts li").count() == 1
