"""Lists of customers: filtered, in a total order, and cut into parts that stay right while customers change."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from keepwell.runtime.columns import Columns
from keepwell.runtime.ports.book import PER_PAGE, Place, Sheet, Wanted
from keepwell.scores.bands import BANDS
from keepwell.scores.lifecycle import STAGES

Values = NDArray[np.float64]
Places = NDArray[np.int64]
Chosen = NDArray[np.bool_]

SORTS: Mapping[str, Callable[[Columns], Values]] = {
    "score": lambda columns: columns.score,
    "name": lambda columns: columns.texts.by_name.rank.astype(np.float64),
    "mrr": lambda columns: columns.rows["mrr"],
    "change": lambda columns: columns.change,
    "coverage": lambda columns: columns.rows["coverage"],
    "id": lambda columns: np.zeros(len(columns)),
}
"""What a list can be in the order of. Those without a value (NaN) come last; equal ones are in the order of a text."""

UNSCORED, CHURNED = "unscored", "churned"


class _Wish(NamedTuple):
    """An order: by values, then by a rank that some places get; both the other way round when it descends."""

    values: Values
    rank: Callable[[Places], NDArray[np.int64]]
    descending: bool


# ---------------------------------------------------------------- parts, for programs


def part(columns: Columns, wanted: Wanted, after: Place | None, limit: int) -> tuple[Places, Place | None]:
    """The next places of a list, and where it goes on. One that does not change meanwhile is on exactly one part.

    Equal ones are in the order of their ids.
    """
    wish = _Wish(SORTS[wanted.sort](columns), columns.texts.by_id.rank.__getitem__, wanted.descending)
    chosen = _wanted(columns, wanted)
    if after is not None:
        chosen &= _beyond(columns, wish, wanted.sort, after)
    found = _first(wish, chosen, limit + 1)
    if len(found) <= limit:
        return found, None
    last = int(found[limit - 1])
    return found[:limit], Place(_value(columns, wanted.sort, last), columns.texts.ids[last])


def _wanted(columns: Columns, wanted: Wanted) -> Chosen:
    rows, texts = columns.rows, columns.texts
    chosen = _matching(columns, wanted.query)
    if wanted.band is not None:
        chosen &= rows["band"] == _place(BANDS, wanted.band)
    if wanted.lifecycle is not None:
        chosen &= rows["stage"] == _place(STAGES, wanted.lifecycle)
    for asked, given in ((wanted.segment, texts.segments), (wanted.owner, texts.owners)):
        if asked is not None:
            chosen &= np.fromiter((each == asked for each in given), np.bool_, len(given))
    return chosen


def _place(names: tuple[str, ...], name: str) -> int:
    return names.index(name) if name in names else -2


def _matching(columns: Columns, query: str | None) -> Chosen:
    """Who has a text in the name or the id, in any case."""
    text = query or ""
    if not text:
        return np.ones(len(columns), np.bool_)
    found = np.zeros(len(columns), np.bool_)
    found[columns.texts.holding(text)] = True
    return found


def _beyond(columns: Columns, wish: _Wish, sort: str, after: Place) -> Chosen:
    """Who comes after a place. All that have no value come after every place that has one."""
    by_id = columns.texts.by_id
    cut = bisect_left if wish.descending else bisect_right
    edge = cut(by_id.places, after.id, key=by_id.key)
    later: Chosen = by_id.rank < edge if wish.descending else by_id.rank >= edge
    if after.value is None:
        return np.isnan(wish.values) & later
    if sort == "name":
        by_name = columns.texts.by_name
        stands = cut(by_name.places, (after.value, after.id), key=by_name.key)
        ahead: Chosen = by_name.rank < stands if wish.descending else by_name.rank >= stands
        return ahead
    value = 0.0 if sort == "id" else float(after.value)
    with np.errstate(invalid="ignore"):
        passed: Chosen = wish.values < value if wish.descending else wish.values > value
    return np.asarray(passed | ((wish.values == value) & later) | np.isnan(wish.values))


def _value(columns: Columns, sort: str, place: int) -> float | str | None:
    if sort in {"name", "id"}:
        return columns.texts.folded_names[place] if sort == "name" else ""
    value = float(SORTS[sort](columns)[place])
    return None if np.isnan(value) else value


# ---------------------------------------------------------------- sheets, for people


def sheet(columns: Columns, wanted: Sheet) -> tuple[Places, dict[str, int], int]:
    """The places of a page, how many match in each group, and the page's number: the last one if there are fewer.

    Equal ones are in the order of their names, whichever way the list goes.
    """
    groups = _groups(columns)
    matching = _matching(columns, wanted.query)
    counts = {name: int(np.count_nonzero(group & matching)) for name, group in groups.items()}
    chosen = matching if wanted.group is None else matching & groups[wanted.group]
    total = int(np.count_nonzero(chosen))
    page = min(max(wanted.page, 1), max(1, -(-total // PER_PAGE)))
    values = SORTS[wanted.sort](columns)
    wish = _Wish(-values if wanted.descending else values, columns.texts.name_rank, descending=False)
    found = _first(wish, chosen, page * PER_PAGE)
    return found[(page - 1) * PER_PAGE :], counts, page


def _groups(columns: Columns) -> dict[str, Chosen]:
    """Where customers are counted: churned ones are in no band, as on the overview."""
    here = ~columns.churned
    bands = columns.rows["band"]
    found = {band.value: here & (bands == place) for place, band in enumerate(BANDS)}
    return {**found, UNSCORED: here & ~columns.scored, CHURNED: columns.churned}


def _first(wish: _Wish, chosen: Chosen, count: int) -> Places:
    """The first of the chosen in an order, those without a value last."""
    sign = -1 if wish.descending else 1
    places = np.flatnonzero(chosen)
    values = sign * wish.values[places]
    known = ~np.isnan(values)
    present, present_values = places[known], values[known]
    if len(present) > count:  # only those up to the last wanted one have to be put in order
        near = present_values <= np.partition(present_values, count - 1)[count - 1]
        present, present_values = present[near], present_values[near]
    found = present[np.lexsort((sign * wish.rank(present), present_values))]
    if len(found) >= count:
        return found[:count]
    absent = places[~known]
    return np.concatenate((found, absent[np.argsort(sign * wish.rank(absent))]))[:count]
