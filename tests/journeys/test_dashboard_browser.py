"""The dashboard in a real browser. Without Chromium these tests fail: `make system` brings it."""

import os
import re
import shutil
from contextlib import contextmanager

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

from keepwell.web.access import COOKIE
from keepwell.web.app import create_app
from keepwell.web.views import links
from tests import live
from tests.journeys.waiting import drawn, ends, focus, follow, holds, press
from tests.web.fake_expert import QUIET
from tests.web.fakes import TOKEN, FakeAccess, FakeBook, fake_desk
from tests.web.people import NASTY, SLASHES

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PEOPLE = FakeBook().people.values()
OVERRIDDEN = links.customer(next(person.id for person in PEOPLE if person.overridden and person.score is not None))
CAPPED = links.customer(next(person.id for person in PEOPLE if person.capped))
UNSCORED = links.customer(next(person.id for person in PEOPLE if person.score is None))
FULL = {
    "overview": "/",
    "customers": "/customers",
    "found nothing": "/customers?q=nobody&band=stable",
    "customer": CAPPED,
    "overridden": OVERRIDDEN,
    "nasty id": links.customer(SLASHES),
    "long name": links.customer("c-long"),
    "no score": UNSCORED,
    "all events": "/events",
    "indicator": "/events?customer=c013&indicator=usage_frequency_0",
    "crypto indicators": links.indicators("c001"),
    "no crypto indicators": links.indicators(QUIET),
    "assessment": "/expert/consultation?customer=c001&purpose=comprehensive_issue_analysis",
    "unknown": "/customers/nobody",
}
EMPTY = {"empty overview": "/", "empty list": "/customers", "empty events": "/events"}
PAGES = [("full", path) for path in FULL.values()] + [("empty", path) for path in EMPTY.values()]
PAGE_IDS = [*FULL, *EMPTY]
FIRST_VISIT_BYTES = 60 * 1024
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
ROWS = {"exclude": [["tbody tr:nth-child(n+25)"]]}  # they look like those before them


@contextmanager
def serving(book):
    """The address of a dashboard that listens on a free port of this machine."""
    access = FakeAccess()
    access.sessions.add("session-1")
    with live.serving(create_app(fake_desk(book), access)) as address:
        yield address


@pytest.fixture(scope="module")
def sites():
    with serving(FakeBook()) as full, serving(FakeBook(0)) as empty:
        yield {"full": full, "empty": empty}


@pytest.fixture(scope="module")
def browser():
    chromium = shutil.which(os.environ.get("CHROMIUM") or "chromium")
    if chromium is None:
        pytest.fail("Chromium is missing: `make system`, or set CHROMIUM to its path")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def opened(browser, sites):
    """Opens a page as a reader who is logged in. Afterwards nothing may have gone wrong unseen."""
    contexts, complaints = [], []

    def open_page(path, *, site="full", **settings):
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **settings})
        contexts.append(context)
        context.add_cookies([{"name": COOKIE, "value": "session-1", "url": sites[site]}])
        page = context.new_page()
        watch(page, sites[site], complaints)
        answer = page.goto(sites[site] + path)
        assert answer.status == (404 if "nobody" in path.split("?")[0] else 200)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def watch(page, base, complaints):
    def heard(message):
        if message.type == "error" and not re.search(r"status of (404|422)\b", message.text):
            complaints.append(message.text)

    page.on("console", heard)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: request.url.startswith(base) or complaints.append(request.url))


@pytest.fixture
def following(browser, tmp_path):
    """A live server, and a page of it that belongs to an admin. Nothing may go wrong unseen."""
    complaints = []
    with live.inside(tmp_path / "data") as server:
        context = browser.new_context()
        context.add_cookies([{"name": COOKIE, "value": server.log_in(), "url": server.url}])
        page = context.new_page()
        watch(page, server.url, complaints)
        yield server, page
        context.close()
    assert complaints == []


def first_visit(opened, path):
    """Bytes that a browser receives for a page, as it knows nothing yet."""
    page = opened("/healthz")
    wire = page.context.new_cdp_session(page)
    wire.send("Network.enable")
    received = []
    wire.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    page.goto(page.url.removesuffix("/healthz") + path, wait_until="networkidle")
    return sum(received)


def violations(page, **options):
    found = Axe().run(page, context=ROWS, options=options).response["violations"]
    return [(rule["id"], [node["html"][:200] for node in rule["nodes"][:3]]) for rule in found]


def violations_in_any_colours(page):
    """What is wrong on a page, and with the contrast of its dark colours."""
    found = violations(page)
    page.emulate_media(color_scheme="dark")
    page.evaluate("Promise.all(document.getAnimations().map((each) => each.finished))")  # colours fade over
    return found + violations(page, runOnly=["color-contrast"])


def too_wide(page, widths):
    """Of some widths of a screen, those at which the page has to be scrolled sideways."""
    found = []
    for width in widths:
        page.set_viewport_size({"width": width, "height": 844})
        if page.evaluate("document.documentElement.scrollWidth") > width:
            found.append(width)
    return found


@pytest.mark.parametrize(("site", "path"), PAGES, ids=PAGE_IDS)
def test_everybody_can_use_it(opened, site, path):
    page = opened(path, site=site)
    drawn(page)
    for summary in page.locator("details > summary").all()[:4]:
        summary.click()
    assert violations_in_any_colours(page) == []


def test_everybody_can_read_that_they_are_not_logged_in(browser, sites):
    context = browser.new_context()
    page = context.new_page()
    assert page.goto(sites["full"]).status == 401
    assert violations_in_any_colours(page) == []
    context.close()


@pytest.mark.parametrize(("site", "path"), PAGES, ids=PAGE_IDS)
def test_a_phone_needs_no_sideways_scrolling(opened, site, path):
    page = opened(path, site=site, **PHONE)
    drawn(page)
    for summary in page.locator("details > summary").all():
        summary.click()
    assert too_wide(page, (390, 320)) == []


@pytest.mark.parametrize("path", ["/", "/customers?band=critical", CAPPED])
def test_everybody_can_use_it_on_a_phone(opened, path):
    assert violations(opened(path, viewport={"width": 390, "height": 844}, is_mobile=True)) == []


def test_the_whole_way_without_javascript(opened):
    page = opened("/", java_script_enabled=False)
    follow(page.get_by_role("link", name="Critical 0 to 39"))
    rows = page.locator("tbody tr").count()
    assert rows > 3
    expect(page.locator(".score.critical")).to_have_count(rows)
    page.get_by_label("Find a customer").fill("harbor")
    page.get_by_label("Find a customer").press("Enter")
    holds(page, "q=harbor")
    holds(page, "band=critical")
    follow(page.get_by_role("link", name="All").first)
    follow(page.get_by_role("link", name="Harbor", exact=False).first)
    page.locator(".metric summary", has_text="Usage frequency").click()
    expect(page.get_by_text("Active days")).to_be_visible()
    page.get_by_role("link", name="30 days").click()
    holds(page, "since=30d")
    page.get_by_text("Show as a table").click()
    expect(page.get_by_role("row", name="20 Nov 2026")).to_be_visible()
    expect(page.locator("input[type=range]:visible")).to_have_count(0)
    press(page.get_by_role("button", name="Theme"))
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    holds(page, "since=30d")


def test_a_band_is_set_and_cleared_without_javascript(opened):
    page = opened(links.customer("c025"), java_script_enabled=False)
    page.get_by_text("Set the band by hand").click()
    page.get_by_label("Band").select_option("Critical")
    page.get_by_label("Reason").fill("The champion left")
    page.get_by_role("button", name="Set the band").click()
    ends(page, "/customers/c025?since=7d#override")
    expect(page.get_by_text("Critical until 20 Dec 2026")).to_be_visible()
    page.get_by_text("Change or end").click()
    press(page.get_by_role("button", name="Show the computed band again"))
    expect(page.get_by_text("Set the band by hand")).to_be_visible()


def test_a_refused_override_is_said_in_the_form(browser, sites):
    context = browser.new_context(viewport={"width": 390, "height": 844})
    context.add_cookies([{"name": COOKIE, "value": "session-1", "url": sites["full"]}])
    page = context.new_page()
    page.goto(sites["full"] + links.customer("c025"))
    page.get_by_text("Set the band by hand").click()
    page.get_by_label("Band").select_option("Critical")
    page.get_by_label("Reason").fill("   ")
    press(page.get_by_role("button", name="Set the band"))
    expect(page.get_by_role("alert")).to_have_text("Not saved: an override needs a reason.", use_inner_text=True)
    assert violations(page) == []
    context.close()


@pytest.mark.parametrize("customer_id", NASTY)
def test_the_links_lead_to_any_customer(opened, sites, customer_id):
    page = opened("/customers?sort=name")
    link = page.locator(f'a.name[href="{links.customer(customer_id)}"]')
    if not link.count():
        follow(page.get_by_role("link", name="Next"))
    press(link)
    expect(page.locator("h1")).to_have_text(" ".join((NASTY[customer_id] or customer_id).split()), use_inner_text=True)
    press(page.get_by_role("link", name="90 days"))
    expect(page.get_by_role("link", name="90 days")).to_have_attribute("aria-current", "true")
    press(page.get_by_role("link", name="All events"))
    expect(page.locator("tbody tr")).to_have_count(60)


def test_the_keyboard_comes_first(opened):
    page = opened("/")
    page.keyboard.press("Tab")
    expect(focus(page)).to_have_text("Skip to content")
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type("a/b")
    expect(page.get_by_label("Find a customer")).to_have_value("a/b")


def test_arrow_keys_move_the_cursor(opened):
    page = opened(CAPPED)
    slider = page.get_by_role("slider", name="Score history, day by day")
    slider.focus()
    readout = page.locator("[data-plot] output")
    now = page.locator(".gauge text").first.text_content()
    expect(readout).to_have_text(f"20 November 2026: {now}")
    expect(slider).to_have_attribute("aria-valuetext", readout.inner_text())
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(readout).to_have_text(re.compile("^18 November 2026: "))
    page.keyboard.press("Home")
    expect(readout).to_have_text(re.compile("^21 November 2025: "))
    expect(page.locator(".cursor")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.locator(".cursor")).to_be_hidden()


def test_the_cursor_follows_the_pointer_and_reads_what_the_table_says(opened):
    page = opened(CAPPED)
    plot = page.locator("[data-plot]")
    box = plot.bounding_box()
    plot.hover(position={"x": box["width"] * 0.25, "y": 40})
    readout = page.locator("[data-plot] output")
    expect(readout).to_have_text(re.compile(": "))
    date, score = readout.inner_text().split(": ")
    page.get_by_text("Show as a table").click()
    day, month, year = date.split()
    row = page.get_by_role("row", name=f"{day} {month[:3]} {year}")
    expect(row.locator("td").first).to_have_text(score, use_inner_text=True)
    page.mouse.move(5, 5)
    expect(page.locator(".cursor")).to_be_hidden()


def test_the_cursor_dot_lies_on_the_line(opened):
    page = opened("/")
    for slider in page.get_by_role("slider").all():
        slider.focus()
        page.keyboard.press("End")
        plot = page.locator("[data-plot]:has(:focus)")
        dot = plot.locator(".cursor i").bounding_box()
        last = plot.locator("path.last").bounding_box()
        assert abs(dot["y"] + dot["height"] / 2 - last["y"] - last["height"] / 2) < 1.5
        assert abs(dot["x"] + dot["width"] / 2 - last["x"] - last["width"] / 2) < 1.5


def test_the_tallest_label_is_inside_its_box(opened):
    page = opened("/")
    box = page.locator(".bins").bounding_box()
    for label in page.locator(".bin b").all():
        assert label.bounding_box()["y"] >= box["y"]


def test_the_theme_follows_the_system_until_it_is_chosen(opened):
    page = opened("/", color_scheme="dark")
    paper = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(paper)
    button = page.get_by_role("button", name="Theme")
    button.click()
    assert page.evaluate(paper) == dark
    button.click()
    light = page.evaluate(paper)
    assert light != dark
    page.reload()
    assert page.evaluate(paper) == light
    page.get_by_role("button", name="Theme: light. Switch to system").click()
    page.emulate_media(color_scheme="light")
    assert page.evaluate(paper) == light
    page.emulate_media(color_scheme="dark")
    page.evaluate("Promise.all(document.getAnimations().map((each) => each.finished))")  # colours fade over
    assert page.evaluate(paper) == dark


def test_the_login_link_leads_in_once(browser):
    with serving(FakeBook(10)) as site:
        context = browser.new_context()
        page = context.new_page()
        page.goto(f"{site}/login?token={TOKEN}")
        expect(page).to_have_url(f"{site}/")
        expect(page.locator("h1")).to_have_text("Customer health", use_inner_text=True)
        assert page.evaluate("document.cookie") == ""
        context.clear_cookies()
        assert page.goto(f"{site}/login?token={TOKEN}").status == 403
        context.close()


@pytest.mark.parametrize("path", ["/", CAPPED])
def test_a_first_visit_is_light_and_a_second_lighter(opened, path):
    page = opened("/healthz")
    wire = page.context.new_cdp_session(page)
    wire.send("Network.enable")
    received = []
    wire.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    for most_bytes in (FIRST_VISIT_BYTES, 25 * 1024):
        received.clear()
        page.goto(page.url.removesuffix("/healthz").removesuffix(path) + path, wait_until="networkidle")
        assert 1000 < sum(received) <= most_bytes
        page.wait_for_timeout(50)
