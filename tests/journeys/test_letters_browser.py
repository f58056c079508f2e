"""The page of a letter in a real browser: for strangers, on a phone, without JavaScript, in light and dark."""

import pytest
from playwright.sync_api import expect

from keepwell.web.app import create_app
from tests import live
from tests.journeys.test_dashboard_browser import (
    browser,
    too_wide,
    violations_in_any_colours,
    watch,
)
from tests.journeys.waiting import ends
from tests.web.fake_letters import MAIL
from tests.web.fakes import FakeAccess, FakeBook, fake_desk, fake_live

__all__ = ["browser"]

HERE, ELSEWHERE = f"/letters/{MAIL}", "/letters/no-such-letter-0123456789"


@pytest.fixture
def opened(browser):
    """Opens the page as a stranger. Nothing may go wrong unseen, and nothing be asked for elsewhere."""
    contexts, complaints = [], []
    with live.serving(create_app(fake_desk(FakeBook(3)), FakeAccess(), fake_live())) as base:

        def open_page(path, **settings):
            context = browser.new_context(**{"viewport": {"width": 390, "height": 844}, **settings})
            contexts.append(context)
            page = context.new_page()
            watch(page, base, complaints)
            page.goto(base + path)
            return page

        yield open_page
        for context in contexts:
            context.close()
    assert complaints == []


@pytest.mark.parametrize("path", [HERE, ELSEWHERE])
def test_everybody_can_read_it(opened, path):
    assert violations_in_any_colours(opened(path)) == []


def test_no_screen_needs_sideways_scrolling(opened):
    assert too_wide(opened(HERE), (1280, 390, 320)) == []


def test_the_button_works_without_javascript_and_by_keyboard(opened):
    page = opened(HERE, java_script_enabled=False)
    page.get_by_role("button", name="I want no such letters").focus()
    page.keyboard.press("Enter")
    page.get_by_text("This address gets no more such letters from us.").wait_for()
    ends(page, HERE)
    page.goto(page.url)
    expect(page.get_by_role("button")).to_have_count(0)
