"""Whether the ledger is as it was written: every edit, deletion, insertion and change of order is found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
import numpy as np

from keepwell.predictions import sheet
from keepwell.predictions.ledger import (
    START,
    TOLD,
    Content,
    Entry,
    Erased,
    Known,
    Published,
    Scored,
    Window,
    entry,
    flagged,
    link,
    read,
    spoken,
    width,
    windows,
)  # fmt: skip
from keepwell.predictions.sheet import Part, PartUnreadableError, SaltMissingError


class Flaw(msgspec.Struct, frozen=True):
    """Something that is not as it was written: in which entry (0: beside the chain), and what."""

    entry: int
    what: str


@dataclass(frozen=True)
class Held:
    """Everything the ledger holds, as it is kept.

    Attributes:
        entries: the chain, by number.
        parts: bytes of the parts of an entry with the numbers they are kept under, in order.
        first: what is kept beside each part to find it by: the part's `first`.
        number: how many parts there are.
        known: of all customers.
        windows: of all publications.
        head: the last link, as it is remembered apart from the chain.
    """

    entries: Iterable[Entry]
    parts: Callable[[int], Sequence[tuple[int, int, bytes]]]
    number: int
    known: Known
    windows: Sequence[Window]
    head: str


@dataclass
class _Walk:
    """What is gathered on the way along the chain."""

    held: Held
    salts: Mapping[int, bytes]
    link: str = START
    number: int = 0
    parts: int = 0
    flaws: list[Flaw] = field(default_factory=list)
    published: dict[int, Published] = field(default_factory=dict)
    windows: dict[tuple[int, int], Window] = field(default_factory=dict)
    stayed: list[str] = field(default_factory=list)
    erased: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.newest, self.told_at, self.told = (np.zeros(len(self.held.known.customer), np.int64) for _ in range(3))

    def flaw(self, what: str) -> None:
        self.flaws.append(Flaw(self.number, what))


@dataclass(frozen=True)
class Verified:
    """How many entries there are, and everything that is not as it was written: nothing when nobody changed it."""

    entries: int
    flaws: Sequence[Flaw]


def verify(held: Held, noted: str = START) -> Verified:
    """Look for everything that was changed, removed, added or moved since it was written.

    Whoever can write to all tables can make the whole chain anew. Then a link that was noted elsewhere is in none of
    its entries any more.
    """
    walk, links = _Walk(held, held.known.salts()), {START}
    for each in held.entries:
        _entry(walk, each)
        links.add(each.link)
    _beside(walk)
    if noted not in links:
        walk.flaw("the link that was noted is in no entry: the chain was made anew")
    return Verified(len(links) - 1, walk.flaws)


def _beside(walk: _Walk) -> None:
    """Whether what is kept beside the chain says the same."""
    held = walk.held
    walk.number = 0
    if walk.link != held.head:
        walk.flaw("the last link is not the one that is remembered")
    if walk.parts != held.number:
        walk.flaw("there are rows of entries that are not in the chain")
    if sorted(walk.stayed) != sorted(walk.erased):
        walk.flaw("rows were erased of which no entry tells")
    if sorted(held.windows, key=_place) != sorted(walk.windows.values(), key=_place):
        walk.flaw("what is to be scored, or was, is not what the entries say")
    if not walk.newest.all():
        walk.flaw("there are salts of customers of whom no entry tells")
    known = held.known
    for what, kept, found in (
        ("the newest forecast", known.newest, walk.newest),
        ("when a forecast was last told", known.told_at, walk.told_at),
        ("the forecast last told", known.told, walk.told),
    ):
        if not np.array_equal(kept, found):
            walk.flaw(f"{what} of some customers is not what the entries say")


def _place(window: Window) -> tuple[int, int, int]:
    return window.publication, window.horizon, window.ends_at


def _entry(walk: _Walk, each: Entry) -> None:
    expected = walk.number + 1
    walk.number = each.number
    if each.number != expected:
        walk.flaw(f"it follows entry {expected - 1}")
    if each.link != link(walk.link, each.content):
        walk.flaw("its content or what came before it is not what was chained")
    walk.link = each.link
    try:
        content = read(each.content)
    except (msgspec.DecodeError, UnicodeError):
        walk.flaw("its content cannot be read")
        return
    if entry(content, START).content != each.content:
        walk.flaw("its content is not written as the ledger writes")
    if (content.number, content.at, content.__struct_config__.tag) != (each.number, each.at, each.kind):
        walk.flaw("it is kept under another number, moment or kind than it says")
    _apply(walk, content)


def _apply(walk: _Walk, content: Content) -> None:
    if isinstance(content, Erased):
        walk.erased.extend(content.leaves)
    rows = _rows(walk)
    kept = content if isinstance(content, Published | Scored) else None
    if rows is None or sum(map(len, rows)) != (0 if kept is None else kept.rows):
        walk.flaw("its rows are not those that were written")
        return
    if kept is None:
        return
    try:
        same = sheet.root([sheet.digest(each, walk.salts) for each in rows]) == kept.root
    except SaltMissingError as error:
        walk.flaw(f"the salt of customer number {error.customer} is gone")
        return
    if not same or any(each.values.shape[1] != width(kept) for each in rows):
        walk.flaw("a row is not what was written")
        return
    walk.stayed.extend(stayed.hex() for part in rows for stayed in part.erased.values())
    if isinstance(kept, Published):
        _follow(walk, kept, rows)
    else:
        _close(walk, kept)


def _rows(walk: _Walk) -> list[Part] | None:
    """The parts of an entry; None when they cannot be read or are kept under other numbers."""
    found = walk.held.parts(walk.number)
    walk.parts += len(found)
    try:
        rows = [sheet.from_bytes(data) for _, _, data in found]
    except PartUnreadableError:
        return None
    places = [(place, first) for place, first, _ in found]
    return rows if places == [(place, each.first) for place, each in enumerate(rows)] else None


def _follow(walk: _Walk, published: Published, rows: Sequence[Part]) -> None:
    """What a publication changes of what is kept beside the chain."""
    walk.published[published.number] = published
    for window in windows(published):
        walk.windows[window.publication, window.horizon] = window
    for part in rows:
        present = part.customer > 0
        customer, values = part.customer[present], part.values[present]
        place = np.searchsorted(walk.held.known.customer, customer)
        walk.newest[place] = published.number
        told = flagged(values, TOLD)
        walk.told_at[place[told]] = published.at
        walk.told[place[told]] = spoken(published, values)[told]


def _close(walk: _Walk, scored: Scored) -> None:
    name = scored.publication, scored.horizon
    window = walk.windows.get(name)
    if window is None or window.scored is not None:
        walk.flaw("it scores what was not published, or was scored before")
        return
    walk.windows[name] = msgspec.structs.replace(window, scored=scored.number)
