"""The dashboard in a real browser. Without Chromium these tests fail: `make system` brings it."""

import os
import re
import shutil
import threading
import time
from contextlib import contextmanager

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

from keepwell.web.access import COOKIE
from keepwell.web.app import create_app
from keepwell.web.views import links
from tests import live
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
    server = uvicorn.Server(uvicorn.Config(create_app(fake_desk(book), access), port=0, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        deadline = time.monotonic() + 20
        while not server.started and thread.is_alive() and time.monotonic() < deadline:
            time.sleep(0.02)
        access.sessions.add("session-1")
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


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
    for summary in page.locator("details > summary").all():
        summary.click()
    assert too_wide(page, (390, 320)) == []


@pytest.mark.parametrize("path", ["/", "/customers?band=critical", CAPPED])
def test_everybody_can_use_it_on_a_phone(opened, path):
    assert violations(opened(path, viewport={"width": 390, "height": 844}, is_mobile=True)) == []


def test_the_whole_way_without_javascript(opened):
    page = opened("/", java_script_enabled=False)
    page.get_by_role("link", name="Critical 0 to 39").click()
    assert page.locator("tbody tr").count() == page.locator(".score.critical").count() > 3
    page.get_by_label("Find a customer").fill("harbor")
    page.get_by_label("Find a customer").press("Enter")
    assert "band=critical" in page.url
    page.get_by_role("link", name="All").first.click()
    page.get_by_role("link", name="Harbor", exact=False).first.click()
    page.locator(".metric summary", has_text="Usage frequency").click()
    assert page.get_by_text("Active days").is_visible()
    page.get_by_role("link", name="30 days").click()
    assert "since=30d" in page.url
    page.get_by_text("Show as a table").click()
    assert page.get_by_role("row", name="20 Nov 2026").is_visible()
    assert page.locator("input[type=range]:visible").count() == 0
    page.get_by_role("button", name="Theme").click()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    assert "since=30d" in page.url


def test_a_band_is_set_and_cleared_without_javascript(opened):
    page = opened(links.customer("c025"), java_script_enabled=False)
    page.get_by_text("Set the band by hand").click()
    page.get_by_label("Band").select_option("Critical")
    page.get_by_label("Reason").fill("The champion left")
    page.get_by_role("button", name="Set the band").click()
    assert page.url.endswith("/customers/c025?since=7d#override")
    assert page.get_by_text("Critical until 20 Dec 2026").is_visible()
    page.get_by_text("Change or end").click()
    page.get_by_role("button", name="Show the computed band again").click()
    assert page.get_by_text("Set the band by hand").is_visible()


def test_a_refused_override_is_said_in_the_form(browser, sites):
    context = browser.new_context(viewport={"width": 390, "height": 844})
    context.add_cookies([{"name": COOKIE, "value": "session-1", "url": sites["full"]}])
    page = context.new_page()
    page.goto(sites["full"] + links.customer("c025"))
    page.get_by_text("Set the band by hand").click()
    page.get_by_label("Band").select_option("Critical")
    page.get_by_label("Reason").fill("   ")
    page.get_by_role("button", name="Set the band").click()
    assert page.get_by_role("alert").inner_text() == "Not saved: an override needs a reason."
    assert violations(page) == []
    context.close()


@pytest.mark.parametrize("customer_id", NASTY)
def test_the_links_lead_to_any_customer(opened, sites, customer_id):
    page = opened("/customers?sort=name")
    link = page.locator(f'a.name[href="{links.customer(customer_id)}"]')
    if not link.count():
        page.get_by_role("link", name="Next").click()
    link.click()
    assert page.locator("h1").inner_text() == " ".join((NASTY[customer_id] or customer_id).split())
    page.get_by_role("link", name="90 days").click()
    assert page.get_by_role("link", name="90 days").get_attribute("aria-current") == "true"
    page.get_by_role("link", name="All events").click()
    assert page.locator("tbody tr").count() == 60


def test_the_keyboard_comes_first(opened):
    page = opened("/")
    page.keyboard.press("Tab")
    assert focused(page) == "Skip to content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "q"
    page.keyboard.type("a/b")
    assert page.get_by_label("Find a customer").input_value() == "a/b"


def focused(page):
    return page.evaluate("document.activeElement.innerText")


def test_arrow_keys_move_the_cursor(opened):
    page = opened(CAPPED)
    slider = page.get_by_role("slider", name="Score history, day by day")
    slider.focus()
    readout = page.locator("[data-plot] output")
    now = page.locator(".gauge text").first.text_content()
    assert readout.inner_text() == f"20 November 2026: {now}"
    assert slider.get_attribute("aria-valuetext") == readout.inner_text()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert readout.inner_text().startswith("18 November 2026: ")
    page.keyboard.press("Home")
    assert readout.inner_text().startswith("21 November 2025: ")
    assert page.locator(".cursor").is_visible()
    page.keyboard.press("Tab")
    assert not page.locator(".cursor").is_visible()


def test_the_cursor_follows_the_pointer_and_reads_what_the_table_says(opened):
    page = opened(CAPPED)
    plot = page.locator("[data-plot]")
    box = plot.bounding_box()
    plot.hover(position={"x": box["width"] * 0.25, "y": 40})
    date, score = page.locator("[data-plot] output").inner_text().split(": ")
    page.get_by_text("Show as a table").click()
    day, month, year = date.split()
    row = page.get_by_role("row", name=f"{day} {month[:3]} {year}")
    assert row.locator("td").first.inner_text() == score
    page.mouse.move(5, 5)
    assert not page.locator(".cursor").is_visible()


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
        assert page.url == f"{site}/"
        assert page.locator("h1").inner_text() == "Customer health"
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
