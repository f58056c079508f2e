"""Lists in parts, and filters that refuse what they do not have."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from keepwell.base.errors import KeepwellError
from keepwell.web.views import words
from keepwell.web.views.alerts import Select

PER_PAGE = 50


class UnknownListFilter(KeepwellError):
    """A filter that a list does not have."""

    def __init__(self, name: str, value: str) -> None:
        super().__init__(f"This list knows no {name.replace('_', ' ')} called {value[:40]!r}.")
        self.name = name
        self.value = value


@dataclass(frozen=True)
class Tab:
    """A link to another part of a whole; `count` is empty where it is not counted."""

    label: str
    href: str
    current: bool
    count: str = ""


@dataclass(frozen=True)
class Pager:
    """How much of a list is shown, and where the rest is."""

    summary: str
    previous: str
    next: str
    position: str


def check(asked: Mapping[str, str], allowed: Mapping[str, Iterable[str]]) -> None:
    """Refuse what a list does not have; empty is always allowed.

    Raises:
        UnknownListFilter: a value is none of those that are allowed.
    """
    for name, values in allowed.items():
        value = asked[name]
        if value and value not in values:
            raise UnknownListFilter(name, value)


def start_of(page: int) -> int:
    return (page - 1) * PER_PAGE


def last_page(total: int) -> int:
    return max(1, math.ceil(total / PER_PAGE))


def pager(shown: int, total: int, page: int, noun: str, href: Callable[[int], str]) -> Pager:
    """The pager of a page on which `shown` of `total` are listed."""
    pages, start = last_page(total), start_of(page)
    whole = words.count(total, noun)
    return Pager(
        summary=whole if shown == total else f"{start + 1:,} to {start + shown:,} of {whole}",
        previous=href(page - 1) if page > 1 else "",
        next=href(page + 1) if page < pages else "",
        position=f"Page {page} of {pages}",
    )


def select(name: str, label: str, options: Sequence[tuple[str, str]], chosen: str) -> Select:
    """A filter that begins with "All"."""
    return Select(name, label, [("", "All", not chosen), *((key, said, key == chosen) for key, said in options)])
