"""The page of the API in a real browser: it draws under the strict policy, and asks nobody else."""

import pytest
from playwright.sync_api import expect

from keepwell.web.access import COOKIE
from keepwell.web.app import create_app
from tests import live
from tests.journeys.test_dashboard_browser import browser, watch  # noqa: F401 - a fixture
from tests.web.fakes import FakeAccess, fake_desk


@pytest.fixture(scope="module")
def site():
    access = FakeAccess()
    access.sessions.add("session-1")
    with live.serving(create_app(fake_desk(), access)) as address:
        yield address


def test_the_document_is_drawn_and_a_request_can_be_tried(browser, site):  # noqa: F811 - the fixture
    complaints = []
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.add_cookies([{"name": COOKIE, "value": "session-1", "url": site}])
    page = context.new_page()
    watch(page, site, complaints)
    page.goto(f"{site}/api/docs")
    page.locator("#operations-customers-get_overview .opblock-summary-control").click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    page.locator(".live-responses-table .response-col_status", has_text="200").wait_for()

    expect(page.locator(".opblock")).to_have_count(52)
    expect(page.locator("nav a", has_text="Settings")).to_have_attribute("href", "/settings")
    page.emulate_media(color_scheme="dark")
    page.locator("html.dark-mode").wait_for()
    context.close()
    assert complaints == []
