"""Pages that move by themselves, in a real browser, against the real server."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import expect

from keepwell.web.cookies import COOKIE
from tests import live
from tests.journeys.test_dashboard_browser import (
    FIRST_VISIT_BYTES,
    browser,
    violations,
    violations_in_any_colours,
    watch,
)
from tests.journeys.waiting import RESTED_S, drawn

__all__ = ["browser"]

NASTY = 'a/b "c" <d>'
SIZES = {"wide": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A live server with a few customers, and items that were refused."""
    with live.inside(tmp_path_factory.mktemp("live") / "data") as running:
        for number in range(12):
            running.send(*(event(f"c{number}", message_id=f"{number}-{each}") for each in range(number + 1)))
        running.send({"customer_id": "c1"}, {"event": "signed_in"}, event("c2", timestamp="yesterday" * 40))
        running.send(event(NASTY))
        live.until(lambda: all(running.score(f"c{number}") is not None for number in range(12)))
        yield running


def event(customer, name="signed_in", **more):
    return {"customer_id": customer, "event": name, **more}


def complaint(customer):
    """Something that takes points from anybody."""
    return event(customer, "ticket_opened", ticket_id="t-1", priority="urgent")


@pytest.fixture(scope="module")
def session(server):
    return server.log_in()


@pytest.fixture
def opened(browser, server, session):
    """Opens a page as an admin. Afterwards nothing may have gone wrong unseen."""
    contexts, complaints = [], []

    def open_page(path, *, wait=True, **settings):
        context = browser.new_context(**{"viewport": SIZES["wide"], **settings})
        contexts.append(context)
        context.add_cookies([{"name": COOKIE, "value": session, "url": server.url}])
        page = context.new_page()
        watch(page, server.url, complaints)
        assert page.goto(server.url + path).status == 200
        if wait:
            page.wait_for_selector('[data-stream="on"]')
            expect(page.locator("[data-stream]")).to_have_text("Live", use_inner_text=not settings.get("is_mobile"))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def score(page):
    return page.locator(".gauge text").first.text_content()


def moved(page, read, before):
    """Wait until what a page shows is another thing; what it is then."""
    live.until(lambda: page.wait_for_timeout(20) or read(page) != before, what="a change on the page")
    return read(page)


def stays(page):
    """A mark on the document: gone when the page is loaded again."""
    page.evaluate("window.sameDocument = true")


def test_a_score_moves_on_the_page_of_its_customer(opened, server):
    page = opened("/customers/c3")
    stays(page)
    before = score(page)
    server.send(event("c4"))
    server.send(complaint("c3"))
    moved(page, score, before)

    assert page.evaluate("window.sameDocument")
    expect(page.get_by_text("ticket")).not_to_have_count(0)


def test_the_overview_and_the_lists_move(opened, server):
    overview, events, customers = opened("/"), opened("/events"), opened("/customers?sort=name")
    for page in (overview, events, customers):
        stays(page)
    server.send(event("newcomer"))

    for page, words in ((overview, "14 customers watched"), (events, "newcomer"), (customers, "newcomer")):
        page.get_by_text(words).filter(visible=True).first.wait_for()
        assert page.evaluate("window.sameDocument")


def test_what_changes_while_the_page_is_fetched_is_not_missed(opened, server):
    page = opened("/events")
    held = []

    def answer(route):
        held.append((route, route.fetch()))

    page.route(lambda address: address.endswith("/events"), answer, times=1)
    server.send(event("c1", "early_bird"))
    live.until(lambda: page.wait_for_timeout(20) or held, what="a fetch of the page")
    assert "late_comer" not in held[0][1].text()
    server.send(event("c1", "late_comer"))
    page.wait_for_timeout(1500)
    held[0][0].fulfill(response=held[0][1])

    page.get_by_text("late_comer").filter(visible=True).first.wait_for()


def fetched(page):
    """Counts how often the page was fetched again; its parts do not count."""
    page.evaluate(
        "window.times = 0; document.body.addEventListener('htmx:afterSettle',"
        " (event) => { window.times += event.detail.requestConfig?.elt.id === 'main' })"
    )
    return lambda: page.wait_for_timeout(20) or page.evaluate("window.times")


def test_where_the_reader_is_stays(opened, server):
    page = opened("/customers/c5")
    times = fetched(page)
    page.locator(".metric summary", has_text="Usage frequency").click()
    page.locator("#override > summary").focus()
    server.send(event("c5", "feature_used", properties={"feature": "x"}))
    live.until(times)

    expect(page.locator(".metric[open]")).to_have_count(1)
    expect(page.locator("#override > summary")).to_be_focused()
    opener = page.locator(".metric[open] > summary")
    opener.click()
    seen = times()
    server.send(event("c5", "feature_used", properties={"feature": "y"}))
    live.until(lambda: times() > seen, RESTED_S)
    expect(page.locator(".metric[open]")).to_have_count(0)


def test_a_form_that_somebody_writes_in_is_not_taken_away(opened, server):
    page = opened("/customers/c6")
    times = fetched(page)
    before = score(page)
    page.get_by_text("Set the band by hand").click()
    page.get_by_label("Reason").fill("The champion l")
    server.send(complaint("c6"))
    live.until(lambda: server.score("c6") != float(before))
    page.wait_for_timeout(1500)
    assert times() == 0
    page.locator("h1").click()  # the focus is elsewhere, what was written is still not sent
    server.send(event("c6"))
    page.wait_for_timeout(1500)
    assert times() == 0
    page.get_by_label("Reason").press("End")
    page.keyboard.type("eft")
    expect(page.get_by_label("Reason")).to_have_value("The champion left")
    page.get_by_label("Reason").fill("")
    page.locator("h1").click()
    assert moved(page, score, before)


def test_a_form_that_was_refused_stays(opened, server):
    page = opened("/customers/c7")
    page.get_by_text("Set the band by hand").click()
    page.get_by_label("Band").select_option("Critical")
    page.get_by_label("Reason").fill("   ")
    with page.expect_response("**/overrides") as answer:
        page.get_by_role("button", name="Set the band").click()
    assert answer.value.status == 422
    server.send(event("c7"))
    page.wait_for_timeout(1200)
    expect(page.get_by_role("alert")).to_have_text("Not saved: an override needs a reason.", use_inner_text=True)


def test_a_page_tells_whether_it_is_live(browser, tmp_path):
    with live.inside(tmp_path / "data") as server:
        server.send(event("ada"))
        live.until(lambda: server.score("ada") is not None)
        context = browser.new_context()
        page = context.new_page()
        page.goto(server.link)
        sign = page.locator("[data-stream]")
        page.wait_for_selector('[data-stream="on"]')
        expect(sign).to_have_text("Live", use_inner_text=True)
    page.wait_for_selector('[data-stream="off"]')
    expect(sign).to_have_text(re.compile("^Not live"), use_inner_text=True)
    assert violations(page) == []
    context.close()


def test_refused_items_are_tried_again(opened, server):
    page = opened("/sources")
    expect(page.locator("main")).to_contain_text("tests", use_inner_text=True)
    expect(page.get_by_text("missing customer")).to_have_count(1)
    page.locator("#h-rejects ~ table details summary").first.click()
    expect(page.locator("#h-rejects ~ table details[open] code")).to_contain_text("c1", use_inner_text=True)
    page.get_by_role("button", name="Try all again").click()
    told = page.get_by_role("status").filter(has_text="accepted now")
    expect(told).to_have_text(re.compile("^0 items accepted now"), use_inner_text=True)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("path", ["/sources", "/", "/customers/c8"])
def test_everybody_can_use_it(opened, path, size):
    page = opened(path, viewport=SIZES[size], is_mobile=size == "phone")
    drawn(page)
    for summary in page.locator("details > summary").all()[:4]:
        summary.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size]["width"]
    assert violations_in_any_colours(page) == []


def test_an_empty_page_of_sources_says_what_to_do(browser, tmp_path):
    with live.inside(tmp_path / "data") as server:
        context = browser.new_context(viewport=SIZES["phone"])
        page = context.new_page()
        page.goto(server.link)
        page.goto(f"{server.url}/sources")
        expect(page.get_by_text("Nothing has arrived yet")).to_be_visible()
        assert violations(page) == []
        context.close()


def test_the_first_visit_of_the_real_overview_is_light(opened, server):
    page = opened("/healthz", wait=False)
    wire = page.context.new_cdp_session(page)
    wire.send("Network.enable")
    received = {}
    wire.on("Network.responseReceived", lambda seen: received.setdefault(seen["response"]["url"], 0))
    total = []
    wire.on("Network.loadingFinished", lambda seen: total.append(seen["encodedDataLength"]))
    page.goto(server.url + "/", wait_until="load")
    page.wait_for_selector('[data-stream="on"]')

    assert any("htmx" in url for url in received)
    assert 1000 < sum(total) <= FIRST_VISIT_BYTES, json.dumps([sum(total), total])


def test_without_javascript_everything_is_there(opened):
    page = opened("/sources", wait=False, java_script_enabled=False)
    expect(page.get_by_role("heading", name="Sources").first).to_be_visible()
    expect(page.locator("[data-stream]")).to_be_hidden()
