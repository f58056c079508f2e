"""The pages of what is likely next in a real browser: for everyone, on a phone, without JavaScript, with keys."""

import pytest
from playwright.sync_api import expect

from keepwell.web.views import links
from tests.journeys.test_dashboard_browser import (
    FIRST_VISIT_BYTES,
    PHONE,
    browser,
    first_visit,
    opened,
    serving,
    too_wide,
    violations,
    violations_in_any_colours,
)
from tests.journeys.waiting import ends, focus, follow
from tests.web.fakes import FakeBook
from tests.web.people import SLASHES

__all__ = ["browser", "opened"]

LOST, SILENT = "c012", "c001"
FULL = {
    "everybody": "/foresight",
    "report": "/foresight/report",
    "one": links.outlook(LOST),
    "nasty id": links.outlook(SLASHES),
    "no forecast": links.outlook(SILENT),
    "overview": "/",
}
EMPTY = {"nothing yet": "/foresight", "no report yet": "/foresight/report"}
PAGES = [("full", path) for path in FULL.values()] + [("empty", path) for path in EMPTY.values()]
PAGE_IDS = [*FULL, *EMPTY]


@pytest.fixture(scope="module")
def sites():
    with serving(FakeBook()) as full, serving(FakeBook(0)) as empty:
        yield {"full": full, "empty": empty}


def unfold(page):
    """Everything in sight: parts have come, and what is folded is open."""
    page.wait_for_load_state("networkidle")
    page.evaluate("for (const each of document.querySelectorAll('main details')) each.open = true")


@pytest.mark.parametrize(("site", "path"), PAGES, ids=PAGE_IDS)
def test_everybody_can_use_it(opened, site, path):
    page = opened(path, site=site)
    unfold(page)
    assert violations_in_any_colours(page) == []


@pytest.mark.parametrize(("site", "path"), PAGES, ids=PAGE_IDS)
def test_no_screen_needs_sideways_scrolling(opened, site, path):
    page = opened(path, site=site, has_touch=True)
    unfold(page)
    part = "#foresight table" if path == "/" else "main table"
    for width in (1280, 1000, 390, 320) if path == "/" else (1280, 1000, 730, 390, 320):
        assert too_wide(page, [width]) == []
        for table in page.locator(part).all():
            assert table.evaluate("each => each.scrollWidth <= each.parentElement.clientWidth"), width


@pytest.mark.parametrize("path", ["/foresight", links.outlook(LOST)])
def test_everybody_can_use_it_on_a_phone(opened, path):
    page = opened(path, **PHONE)
    unfold(page)
    assert violations(page) == []


def test_the_whole_way_without_javascript(opened):
    page = opened("/", java_script_enabled=False)
    follow(page.get_by_role("link", name="All of Foresight"))
    expect(page.locator("h1")).to_have_text("Foresight", use_inner_text=True)
    expect(page.locator(".bar nav [aria-current]")).to_have_text("Foresight", use_inner_text=True)
    follow(page.get_by_role("link", name="90 days"))
    expect(page.get_by_role("link", name="90 days")).to_have_attribute("aria-current", "page")
    page.get_by_text("38 more").click()
    expect(page.locator("tr[data-line] a.subject:visible").nth(50)).to_be_visible()
    page.get_by_role("link", name="What forecasts were worth").first.click()
    ends(page, "/foresight/report")
    follow(page.get_by_role("link", name="Foresight").last)
    name = page.locator("#h-inactivity ~ table .subject").nth(1).inner_text()
    follow(page.locator("#h-inactivity ~ table .subject").nth(1))
    expect(page.locator("h1")).to_have_text(name, use_inner_text=True)
    follow(page.get_by_role("link", name="Whole outlook"))
    expect(page.locator("h1")).to_have_text(f"What is likely next of {name}", use_inner_text=True)
    page.get_by_text("What came of each").click()
    expect(page.get_by_role("row", name="13 Nov 2026")).to_be_visible()
    page.get_by_role("link", name="Foresight of everybody").click()
    ends(page, "/foresight")


def test_the_overview_is_there_before_the_panel_which_comes_by_itself(opened):
    page = opened("/")
    panel = page.locator("#foresight")
    panel.get_by_text("Likely to leave in 30 days").wait_for()
    expect(panel.locator("tbody tr")).to_have_count(5)
    panel.get_by_role("link", name="Willow Vaults").click()
    expect(page.locator("h1")).to_have_text("Willow Vaults", use_inner_text=True)
    page.locator("#outlook").get_by_text("raises the chance").first.wait_for()


@pytest.mark.parametrize("path", ["/", "/foresight", "/foresight/report", links.customer(LOST)])
def test_a_first_visit_is_light(opened, path):
    assert 1000 < first_visit(opened, path) <= FIRST_VISIT_BYTES


def test_keys_go_down_the_list_and_into_a_customer(opened):
    page = opened("/foresight")
    names = page.locator(".subject").all_inner_texts()
    for key in "jjk":
        page.keyboard.press(key)
    expect(focus(page)).to_have_text(names[0], use_inner_text=True)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/customers/**")
    expect(page.locator("h1")).to_have_text(names[1], use_inner_text=True)


def test_the_folded_part_of_a_customer_opens_with_keys(opened):
    page = opened(links.outlook(LOST))
    page.locator("#past-forecasts summary").focus()
    page.keyboard.press("Enter")
    region = page.get_by_role("region", name="Earlier forecasts and what came of them")
    expect(region).to_be_visible()
    page.keyboard.press("Tab")
    expect(region).to_be_focused()


def test_the_curve_lies_where_its_axis_says(opened):
    """The dot of the last horizon is as high as its chance on the axis."""
    page = opened(links.outlook(LOST))
    plot = page.locator(".horizons svg").bounding_box()
    levels = [each.inner_text() for each in page.locator(".horizons .y").all()]
    dots = page.locator(".horizons .last").bounding_box()
    assert levels[0] == "0 %"
    top = float(levels[-1].split()[0])
    chance = float(page.locator(".outlook .headline dd").last.inner_text().split()[0])
    radius = 4
    height = plot["y"] + plot["height"] - (dots["y"] + radius)
    assert abs(height / plot["height"] * top - chance) < 1
