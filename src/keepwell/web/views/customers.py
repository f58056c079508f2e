"""The list of customers: filtered by band, sorted, a hundred to a page."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from keepwell.base.errors import KeepwellError
from keepwell.runtime.ports.book import PER_PAGE, CustomersSheet, Sheet
from keepwell.web.views import bands, links, words
from keepwell.web.views.marks import Row, row

CHURNED = "churned"
ASIDE = {bands.UNSCORED: bands.label(None), CHURNED: "Churned"}


class UnknownFilter(KeepwellError):
    """A band or an order that the list does not have."""

    def __init__(self, name: str, value: str) -> None:
        super().__init__(f"The list of customers knows no {name} called {value[:40]!r}.")
        self.name = name
        self.value = value


SORTS: dict[str, tuple[str, str, bool]] = {
    "score": ("Lowest score", "score", False),
    "highest": ("Highest score", "score", True),
    "change": ("Largest fall", "change", False),
    "revenue": ("Highest revenue", "mrr", True),
    "coverage": ("Least coverage", "coverage", False),
    "name": ("Name", "name", False),
}
"""Orders by the name in the address: what they are called, what the book sorts by, and whether downwards."""


@dataclass(frozen=True)
class Choice:
    """A link that changes what the list shows."""

    label: str
    href: str
    current: bool
    count: int | None = None
    band: str = ""


@dataclass(frozen=True)
class Wish:
    """What the reader asked to see."""

    band: str = ""
    query: str = ""
    sort: str = "score"
    page: int = 1

    def href(self, **changed: str) -> str:
        """The address of this list with something changed; a change leads back to its first page."""
        asked = {"band": self.band, "q": self.query, "sort": self.sort, **changed}
        if asked["sort"] == "score":
            del asked["sort"]
        return links.customers(**asked)


@dataclass(frozen=True)
class ListPage:
    """`summary` says what is shown of how many; `previous` and `next` lead to the neighbouring pages."""

    wish: Wish
    summary: str
    empty: bool
    rows: Sequence[Row]
    bands: Sequence[Choice]
    sorts: Sequence[Choice]
    previous: str
    next: str
    position: str
    clear: str


def sheet(wish: Wish) -> Sheet:
    """What to ask the book for.

    Raises:
        UnknownFilter: there is no such band or order.
    """
    if wish.band and wish.band not in ASIDE and not bands.known(wish.band):
        raise UnknownFilter("band", wish.band)
    if wish.sort not in SORTS:
        raise UnknownFilter("order", wish.sort)
    _, order, descending = SORTS[wish.sort]
    return Sheet(wish.band or None, wish.query or None, order, descending, wish.page)


def page(found: CustomersSheet, wish: Wish) -> ListPage:
    """The page that was wished for."""
    matching = sum(found.counts.values())
    total = found.counts.get(wish.band, 0) if wish.band else matching
    pages, number = max(1, math.ceil(total / PER_PAGE)), found.page
    return ListPage(
        wish=wish,
        summary=_summary((number - 1) * PER_PAGE, len(found.lines), total),
        empty=not matching and not wish.query,
        rows=[row(line) for line in found.lines],
        bands=_band_choices(found.counts, wish),
        sorts=[Choice(label, wish.href(sort=key), key == wish.sort) for key, (label, *_) in SORTS.items()],
        previous=wish.href(page=str(number - 1)) if number > 1 else "",
        next=wish.href(page=str(number + 1)) if number < pages else "",
        position=f"Page {number} of {pages}",
        clear=wish.href(q=""),
    )


def _summary(start: int, shown: int, total: int) -> str:
    if shown == total:
        return words.count(total, "customer")
    return f"{start + 1:,} to {start + shown:,} of {words.count(total, 'customer')}"


def _band_choices(counts: Mapping[str, int], wish: Wish) -> list[Choice]:
    names = [(band.key, band.label) for band in bands.BANDS]
    names += [(key, label) for key, label in ASIDE.items() if counts.get(key) or wish.band == key]
    choices = [
        Choice(label, wish.href(band=key), key == wish.band, counts.get(key, 0), bands.css(key)) for key, label in names
    ]
    return [Choice("All", wish.href(band=""), not wish.band, sum(counts.values())), *choices]
