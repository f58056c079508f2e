"""Waiting for what a page shows: a click waits neither for the page it leads to, nor until that is there as a whole."""

import re

from playwright.sync_api import expect

from tests import live

# A page that was fetched again rests four times as long as that took, before it is fetched once more.
RESTED_S = 75

expect.set_options(timeout=1000 * live.PATIENCE_S)


def holds(page, part):
    """Wait for a page with this in its address, until it is there as a whole: only then can things be absent."""
    expect(page).to_have_url(re.compile(re.escape(part)))
    page.wait_for_load_state()


def ends(page, tail):
    """Wait for a page whose address ends like this, until it is there as a whole."""
    expect(page).to_have_url(re.compile(re.escape(tail) + "$"))
    page.wait_for_load_state()


def follow(link):
    """Click on a link, and wait for the page that it leads to."""
    address = link.get_attribute("href")
    link.click()
    ends(link.page, address)


def press(button):
    """Click on what loads a page, though perhaps one with the same address, and wait for that page."""
    with button.page.expect_navigation():
        button.click()


def drawn(page):
    """Wait for the parts of a page that it fetches by itself."""
    expect(page.locator("[hx-trigger=load] > .note:only-child", has_text="Looking")).to_have_count(0)


def focus(page, selector="*"):
    """What has the focus, if it is this."""
    return page.locator(f"{selector}:focus")
