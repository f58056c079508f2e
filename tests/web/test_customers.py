import pytest
from msgspec.structs import replace

from keepwell.web.views import customers
from keepwell.web.views.customers import UnknownFilter, Wish
from tests.web import slow_lists


@pytest.fixture
def lines(book):
    return book.lines


def sheet(lines, wish):
    return customers.page(slow_lists.sheet(lines, customers.sheet(wish)), wish)


def shown(page):
    return [row.name for row in page.rows]


def test_the_lowest_score_comes_first_and_what_has_none_last(lines):
    by_name = {line.name or line.id: line.score for line in lines}
    scores = [by_name[name] for name in shown(sheet(lines[:90], Wish()))]
    known = [score for score in scores if score is not None]
    assert known == sorted(known)
    assert scores[len(known) :] == [None] * (len(scores) - len(known))
    assert len(known) < len(scores)


@pytest.mark.parametrize("sort", customers.SORTS)
def test_every_order_shows_everybody(lines, sort):
    assert len(sheet(lines[:90], Wish(sort=sort)).rows) == 90


def test_a_band_shows_its_own(lines):
    page = sheet(lines, Wish(band="critical"))
    assert {row.score.band for row in page.rows} == {"critical"}
    everybody, *parts = page.bands
    assert everybody.count == len(lines) == sum(choice.count for choice in parts)
    assert {choice.label: choice.count for choice in parts}["Critical"] == len(page.rows)


def test_churned_customers_are_in_no_band(lines):
    page = sheet(lines, Wish(band="churned"))
    assert len(page.rows) == 3
    assert {note for row in page.rows for note in row.score.notes} == {"churned"}
    for band in ("healthy", "stable", "at_risk", "critical", "unscored"):
        assert not any("churned" in row.score.notes for row in sheet(lines, Wish(band=band)).rows)


def test_pages_hold_a_hundred(lines):
    many = [replace(line, id=f"{line.id}-{i}") for i in range(3) for line in lines[:90]]
    first, last, beyond = (sheet(many, Wish(query="-", page=number)) for number in (1, 3, 9))
    assert (len(first.rows), len(last.rows)) == (100, 70)
    assert first.summary == "1 to 100 of 270 customers"
    assert (first.previous, first.next) == ("", "/customers?q=-&page=2")
    assert (last.previous, last.next) == ("/customers?q=-&page=2", "")
    assert beyond.position == "Page 3 of 3"


@pytest.mark.parametrize("wish", [Wish(band="purple"), Wish(sort="colour")])
def test_what_the_list_does_not_know_is_refused(lines, wish):
    with pytest.raises(UnknownFilter):
        sheet(lines, wish)


def test_a_changed_choice_starts_at_the_first_page():
    wish = Wish(band="stable", query="a&b", sort="name", page=4)
    assert wish.href(band="critical") == "/customers?band=critical&q=a%26b&sort=name"
    assert wish.href(sort="score") == "/customers?band=stable&q=a%26b"
