"""The list of customers: filtered by band, sorted, a hundred to a page."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from keepwell.base.errors import KeepwellError
from keepwell.runtime.ports.book import CustomerLine
from keepwell.web.views import bands, links, words
from keepwell.web.views.marks import Row, row

PER_PAGE = 100
CHURNED = "churned"
ASIDE = {bands.UNSCORED: bands.label(None), CHURNED: "Churned"}
Key = Callable[[CustomerLine], tuple[bool, float | str]]


class UnknownFilter(KeepwellError):
    """A band or an order that the list does not have."""

    def __init__(self, name: str, value: str) -> None:
        super().__init__(f"The list of customers knows no {name} called {value[:40]!r}.")
        self.name = name
        self.value = value


def _number(value: float | None, *, descending: bool = False) -> tuple[bool, float]:
    """Sorts by a number; what has none comes last."""
    return value is None, 0 if value is None else -value if descending else value


SORTS: dict[str, tuple[str, Key]] = {
    "score": ("Lowest score", lambda line: _number(line.score)),
    "highest": ("Highest score", lambda line: _number(line.score, descending=True)),
    "change": ("Largest fall", lambda line: _number(line.change_7d)),
    "revenue": ("Highest revenue", lambda line: _number(line.mrr_cents, descending=True)),
    "coverage": ("Least coverage", lambda line: _number(line.coverage)),
    "name": ("Name", lambda line: (False, line.name.casefold())),
}


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


def page(lines: Sequence[CustomerLine], wish: Wish) -> ListPage:
    """The page that was wished for, out of all customers that match the query.

    Raises:
        UnknownFilter: there is no such band or order.
    """
    _check(wish)
    chosen = sorted(
        (line for line in lines if wish.band in {"", _band(line)}),
        key=lambda line: (SORTS[wish.sort][1](line), line.name.casefold(), line.id),
    )
    pages = max(1, math.ceil(len(chosen) / PER_PAGE))
    number = min(max(wish.page, 1), pages)
    start = (number - 1) * PER_PAGE
    shown = chosen[start : start + PER_PAGE]
    return ListPage(
        wish=wish,
        summary=_summary(start, len(shown), len(chosen)),
        empty=not lines and not wish.query,
        rows=[row(line) for line in shown],
        bands=_band_choices(lines, wish),
        sorts=[Choice(label, wish.href(sort=key), key == wish.sort) for key, (label, _) in SORTS.items()],
        previous=wish.href(page=str(number - 1)) if number > 1 else "",
        next=wish.href(page=str(number + 1)) if number < pages else "",
        position=f"Page {number} of {pages}",
        clear=wish.href(q=""),
    )


def _check(wish: Wish) -> None:
    if wish.band and wish.band not in ASIDE and not bands.known(wish.band):
        raise UnknownFilter("band", wish.band)
    if wish.sort not in SORTS:
        raise UnknownFilter("order", wish.sort)


def _band(line: CustomerLine) -> str:
    """Where a customer is counted: churned ones are in no band, as on the overview."""
    return CHURNED if line.lifecycle == CHURNED else line.band or bands.UNSCORED


def _summary(start: int, shown: int, total: int) -> str:
    if shown == total:
        return words.count(total, "customer")
    return f"{start + 1:,} to {start + shown:,} of {words.count(total, 'customer')}"


def _band_choices(lines: Sequence[CustomerLine], wish: Wish) -> list[Choice]:
    counts = Counter(_band(line) for line in lines)
    names = [(band.key, band.label) for band in bands.BANDS]
    names += [(key, label) for key, label in ASIDE.items() if counts[key] or wish.band == key]
    choices = [
        Choice(label, wish.href(band=key), key == wish.band, counts[key], bands.css(key)) for key, label in names
    ]
    return [Choice("All", wish.href(band=""), not wish.band, len(lines)), *choices]
