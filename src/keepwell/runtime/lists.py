"""Lists of customers: filtered, in a total order, and cut into parts that stay right while customers change."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Mapping, Sequence

from keepwell.runtime.ports.book import CustomerLine, CustomersPart, Place, Wanted

Value = float | str | None

SORTS: Mapping[str, Callable[[CustomerLine], Value]] = {
    "score": lambda line: line.score,
    "name": lambda line: line.name.casefold(),
    "mrr": lambda line: None if line.mrr_cents is None else float(line.mrr_cents),
    "change": lambda line: line.change_7d,
    "coverage": lambda line: line.coverage,
    "id": lambda _: "",
}
"""What a list can be in the order of. Those without a value come last; equal ones are in the order of their ids."""


def part(lines: Iterable[CustomerLine], wanted: Wanted, after: Place | None, limit: int) -> CustomersPart:
    """The next customers of a list. One that does not change meanwhile is on exactly one part."""
    value = SORTS[wanted.sort]
    found = [(value(line), line) for line in lines if _is_wanted(line, wanted)]
    present = _beyond([(each, line) for each, line in found if each is not None], wanted, after)
    absent = _beyond([(each, line) for each, line in found if each is None], wanted, after)
    chosen = _first(present, wanted, limit + 1)
    chosen += _first(absent, wanted, limit + 1 - len(chosen))
    more = len(chosen) > limit
    shown = chosen[:limit]
    return CustomersPart([line for _, line in shown], Place(shown[-1][0], shown[-1][1].id) if more else None)


def _is_wanted(line: CustomerLine, wanted: Wanted) -> bool:
    exact = (
        (wanted.band, line.band),
        (wanted.segment, line.segment),
        (wanted.owner, line.owner),
        (wanted.lifecycle, line.lifecycle),
    )
    text = (wanted.query or "").casefold()
    return all(asked is None or asked == found for asked, found in exact) and (
        not text or text in line.name.casefold() or text in line.id.casefold()
    )


_Found = Sequence[tuple[Value, CustomerLine]]


def _beyond(found: _Found, wanted: Wanted, after: Place | None) -> _Found:
    """Those that come after a place. All that have no value come after every place that has one."""
    if after is None or not found:
        return found
    if found[0][0] is None:
        return [each for each in found if after.value is not None or _passed(each[1].id, after.id, wanted)]
    if after.value is None:
        return ()
    return [each for each in found if _passed((each[0], each[1].id), (after.value, after.id), wanted)]


def _passed(here: object, there: object, wanted: Wanted) -> bool:
    return bool(here < there if wanted.descending else here > there)  # type: ignore[operator]  # both of one sort


def _first(found: _Found, wanted: Wanted, count: int) -> list[tuple[Value, CustomerLine]]:
    pick = heapq.nlargest if wanted.descending else heapq.nsmallest
    return pick(max(count, 0), found, key=lambda each: (each[0] is None or each[0], each[1].id))
