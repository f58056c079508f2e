"""The knowledge base and verdicts in a real browser: with and without JavaScript, on a phone."""

import pytest
from playwright.sync_api import expect

from tests.journeys.test_dashboard_browser import (
    PHONE,
    browser,
    opened,
    serving,
    too_wide,
    violations_in_any_colours,
)
from tests.journeys.waiting import ends, follow, holds
from tests.web.fakes import FakeBook

__all__ = ["browser", "opened"]

PAGES = {
    "all entries": "/expert/knowledge",
    "found": "/expert/knowledge?q=0x1771",
    "found nothing": "/expert/knowledge?q=zzzz&domain=bridge",
    "errors and conditions": "/expert/knowledge/DEX-02?q=0x1771",
    "many codes": "/expert/knowledge/PRV-04",
    "judged": "/expert/knowledge/RPC-01",
    "diagnosis": "/expert?customer=c001",
    "quiet diagnosis": "/expert?customer=c003",
}
LONG = "a" * 300


@pytest.fixture(scope="module")
def sites():
    with serving(FakeBook()) as full:
        yield {"full": full}


def unfold(page):
    for summary in page.locator("details > summary").all():
        if summary.is_visible():
            summary.press("Enter")  # a click could meet the head of the page, which stays while it scrolls


def judge(page, verdict, note=""):
    page.get_by_label("Note").first.fill(note)
    page.get_by_role("button", name=verdict, exact=True).first.click()
    page.get_by_text(f"You said {verdict.lower()} today").wait_for()
    page.wait_for_load_state()


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_everybody_can_use_it(opened, path):
    page = opened(path)
    if "customer=c001" in path:
        judge(page, "Right", "what was told")
    unfold(page)
    assert violations_in_any_colours(page) == []


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_a_phone_needs_no_sideways_scrolling(opened, path):
    if path == PAGES["judged"]:
        judge(opened(PAGES["diagnosis"]), "Wrong", LONG)  # its page shows what was said
    page = opened(path, **PHONE)
    if "customer=c001" in path:
        judge(page, "Wrong", LONG)
    unfold(page)
    assert too_wide(page, (390, 320)) == []


def test_from_a_search_to_an_entry_and_back_without_javascript(opened):
    page = opened("/expert?customer=c001", java_script_enabled=False)
    follow(page.get_by_role("link", name="Knowledge base", exact=True))
    search = page.get_by_label("Search for words")
    search.fill("custom program error: 0x1771")
    search.press("Enter")
    holds(page, "q=")
    expect(page.get_by_text("SlippageToleranceExceeded").first).to_be_visible()
    follow(page.get_by_role("link", name="Slippage limit hit"))
    expect(page.get_by_role("heading", name="When it holds")).to_be_visible()
    follow(page.get_by_role("link", name="Knowledge base: custom program error"))
    expect(search).to_have_value("custom program error: 0x1771")
    page.get_by_label("Severity").select_option("Warning")
    page.get_by_role("button", name="Search").click()
    holds(page, "severity=warn")
    expect(page.get_by_role("link", name="Slippage limit hit")).to_have_count(0)
    follow(page.get_by_role("link", name="Clear the filters"))
    expect(page.get_by_role("link", name="Slippage limit hit")).to_have_count(1)


def right(page):
    """How many verdicts say right, as the page of the knowledge base counts them."""
    return page.locator(".figures tbody tr").first.locator("td").first


@pytest.mark.parametrize("script", [True, False], ids=["with htmx", "plain"])
def test_a_finding_is_judged_and_the_figure_changes(opened, script):
    customer = "c030" if script else "c031"
    figure, page = opened("/expert/knowledge"), opened(f"/expert?customer={customer}", java_script_enabled=script)
    before = int(right(figure).inner_text())
    page.evaluate("document.body.dataset.first = 'yes'")
    judge(page, "Right", "they confirmed it")
    expect(page.locator("#right-RPC-01")).to_have_attribute("aria-pressed", "true")
    stayed = page.evaluate("document.body.dataset.first ?? ''") == "yes"
    assert stayed is script  # with htmx only the form was replaced
    figure.reload()
    expect(right(figure)).to_have_text(str(before + 1), use_inner_text=True)

    judge(page, "Wrong")
    figure.reload()
    expect(right(figure)).to_have_text(str(before), use_inner_text=True)
    page.get_by_role("button", name="Withdraw it").click()
    page.get_by_text("You said").wait_for(state="detached")
    follow(page.get_by_role("link", name="RPC-01"))
    expect(page.locator("main")).not_to_contain_text(customer, use_inner_text=True)


def test_the_keyboard_stays_where_it_was(opened):
    page = opened("/expert?customer=c032")
    page.locator("#wrong-RPC-01").focus()
    page.keyboard.press("Enter")
    page.get_by_text("You said wrong today").wait_for()

    expect(page.locator("#wrong-RPC-01")).to_be_focused()


def test_enter_in_the_note_judges_nothing(opened):
    page = opened("/expert?customer=c033")
    page.get_by_label("Note").first.fill("perhaps")
    page.get_by_label("Note").first.press("Enter")
    page.wait_for_timeout(300)

    expect(page.get_by_text("You said")).to_have_count(0)
    ends(page, "customer=c033")
