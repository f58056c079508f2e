"""The Expert's pages of everybody in a real browser: for everyone, on a phone, without JavaScript, and live."""

import pytest
from playwright.sync_api import expect

from keepwell.web.views import links
from tests.journeys.test_dashboard_browser import (
    FIRST_VISIT_BYTES,
    browser,
    first_visit,
    following,
    opened,
    serving,
    too_wide,
    violations,
    violations_in_any_colours,
)
from tests.journeys.waiting import ends, follow, holds
from tests.web.fakes import FakeBook

__all__ = ["browser", "following", "opened"]

FULL = {
    "fleet": "/expert",
    "hints": "/expert?certainty=hint",
    "fits nothing": "/expert?domain=security&certainty=hint",
    "customers": "/expert/findings?entry=TX-04",
    "everybody": "/expert/findings?entry=META-02",
    "nobody has it": "/expert/findings?entry=TX-09",
}
PAGES = [("full", path) for path in FULL.values()] + [("empty", "/expert")]
PAGE_IDS = [*FULL, "empty"]


@pytest.fixture(scope="module")
def sites():
    with serving(FakeBook()) as full, serving(FakeBook(0)) as empty:
        yield {"full": full, "empty": empty}


def unfold(page):
    for summary in page.locator("main details:not([open]) > summary").all():
        summary.click()


@pytest.mark.parametrize(("site", "path"), PAGES, ids=PAGE_IDS)
def test_everybody_can_use_it(opened, site, path):
    page = opened(path, site=site)
    unfold(page)
    assert violations_in_any_colours(page) == []


@pytest.mark.parametrize(("site", "path"), PAGES, ids=PAGE_IDS)
def test_no_screen_needs_sideways_scrolling(opened, site, path):
    page = opened(path, site=site, has_touch=True)
    unfold(page)
    for width in (1280, 1000, 730, 390, 320):
        assert too_wide(page, [width]) == []
        for table in page.locator("main table").all():
            assert table.evaluate("each => each.scrollWidth <= each.parentElement.clientWidth"), width


@pytest.mark.parametrize("path", ["/expert", "/expert/findings?entry=TX-04"])
def test_everybody_can_use_it_on_a_phone(opened, path):
    page = opened(path, viewport={"width": 390, "height": 844}, is_mobile=True)
    unfold(page)
    assert violations(page) == []


def test_a_phone_shows_of_how_many_and_since_when(opened):
    page = opened("/expert", viewport={"width": 390, "height": 844}, is_mobile=True)
    expect(page.get_by_text("Established · 14 customers · Security · known since: first")).to_be_visible()
    expect(page.locator(".fleet .tag").first).to_be_hidden()
    head, heading = (page.locator(each).first.bounding_box() for each in (".fleet tbody th", "#h-everybody"))
    assert head["y"] - heading["y"] - heading["height"] < 30  # no head of a column alone between them


def test_the_whole_way_without_javascript(opened):
    page = opened("/", java_script_enabled=False)
    follow(page.get_by_role("link", name="Expert"))
    expect(page.get_by_text("120 customers diagnosed, the last one 5 seconds ago; 3 are waiting.")).to_be_visible()
    page.get_by_label("Domain").select_option("Trading on Solana")
    page.get_by_role("button", name="Filter").click()
    holds(page, "domain=")
    expect(page.locator("main tbody tr")).to_have_count(2)
    follow(page.get_by_role("link", name="Slippage exceeded").first)
    expect(page.locator("tbody tr")).to_have_count(50)
    follow(page.get_by_role("link", name="Next"))
    follow(page.get_by_role("link", name="Next"))
    expect(page.locator("tbody tr")).to_have_count(20)
    follow(page.get_by_role("link", name="From the beginning"))
    name = page.locator(".subject").first.inner_text()
    follow(page.get_by_role("link", name="Diagnosis of").first)
    expect(page.locator("h1")).to_have_text(f"Diagnosis of {name}", use_inner_text=True)
    expect(page.locator(".bar nav [aria-current]")).to_have_text("Expert", use_inner_text=True)


def test_the_knowledge_base_is_a_step_away(opened):
    page = opened("/expert")
    page.get_by_role("link", name="Knowledge base").click()
    ends(page, "/expert/knowledge")
    page.go_back()
    follow(page.get_by_role("link", name="Network-wide incident"))
    page.get_by_role("link", name="What is known of it").click()
    ends(page, "/expert/knowledge/META-02")
    expect(page.locator(".bar nav [aria-current]")).to_have_text("Expert", use_inner_text=True)


@pytest.mark.parametrize("path", ["/expert", links.findings("TX-04")])
def test_a_first_visit_is_light(opened, path):
    assert 1000 < first_visit(opened, path) <= FIRST_VISIT_BYTES


def test_the_page_fills_while_somebody_looks(following):
    server, page = following
    page.goto(f"{server.url}/expert")
    page.wait_for_selector('[data-stream="on"]')
    expect(page.get_by_text("Nothing was diagnosed yet.")).to_be_visible()
    page.evaluate("window.sameDocument = true")
    server.send({"customer_id": "ada", "event": "authority_changed", "what": "system_assign"})
    page.get_by_role("link", name="Account ownership handed over").wait_for()
    expect(page.get_by_text("1 customer diagnosed")).to_be_visible()
    assert page.evaluate("window.sameDocument")
    assert server.api("/findings").json()["groups"][0]["customers"] == 1
