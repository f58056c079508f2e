"""The knowledge base and verdicts in a real browser: with and without JavaScript, on a phone."""

import pytest

from tests.journeys.test_dashboard_browser import (
    PHONE,
    browser,
    opened,
    serving,
    too_wide,
    violations_in_any_colours,
)
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
    page.get_by_role("link", name="Knowledge base", exact=True).click()
    search = page.get_by_label("Search for words")
    search.fill("custom program error: 0x1771")
    search.press("Enter")
    assert page.get_by_text("SlippageToleranceExceeded").first.is_visible()
    page.get_by_role("link", name="Slippage limit hit").click()
    assert page.get_by_role("heading", name="When it holds").is_visible()
    page.get_by_role("link", name="Knowledge base: custom program error").click()
    assert search.input_value() == "custom program error: 0x1771"
    page.get_by_label("Severity").select_option("Warning")
    page.get_by_role("button", name="Search").click()
    assert page.get_by_role("link", name="Slippage limit hit").count() == 0
    page.get_by_role("link", name="Clear the filters").click()
    assert page.get_by_role("link", name="Slippage limit hit").count() == 1


def right(page):
    """How many verdicts say right, as the page of the knowledge base counts them."""
    return int(page.locator(".figures tbody tr").first.locator("td").first.inner_text())


@pytest.mark.parametrize("script", [True, False], ids=["with htmx", "plain"])
def test_a_finding_is_judged_and_the_figure_changes(opened, script):
    customer = "c030" if script else "c031"
    figure, page = opened("/expert/knowledge"), opened(f"/expert?customer={customer}", java_script_enabled=script)
    before = right(figure)
    page.evaluate("document.body.dataset.first = 'yes'")
    judge(page, "Right", "they confirmed it")
    assert page.locator("#right-RPC-01").get_attribute("aria-pressed") == "true"
    stayed = page.evaluate("document.body.dataset.first ?? ''") == "yes"
    assert stayed is script  # with htmx only the form was replaced
    figure.reload()
    assert right(figure) == before + 1

    judge(page, "Wrong")
    figure.reload()
    assert right(figure) == before
    page.get_by_role("button", name="Withdraw it").click()
    page.get_by_text("You said").wait_for(state="detached")
    page.get_by_role("link", name="RPC-01").click()
    assert customer not in page.locator("main").inner_text()


def test_the_keyboard_stays_where_it_was(opened):
    page = opened("/expert?customer=c032")
    page.locator("#wrong-RPC-01").focus()
    page.keyboard.press("Enter")
    page.get_by_text("You said wrong today").wait_for()

    assert page.evaluate("document.activeElement.id") == "wrong-RPC-01"


def test_enter_in_the_note_judges_nothing(opened):
    page = opened("/expert?customer=c033")
    page.get_by_label("Note").first.fill("perhaps")
    page.get_by_label("Note").first.press("Enter")
    page.wait_for_timeout(300)

    assert page.get_by_text("You said").count() == 0
    assert page.url.endswith("customer=c033")
