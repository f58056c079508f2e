"""The slow reading of lists of customers: line by line, for fakes and to check the columns against."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from keepwell.runtime.ports.book import PER_PAGE, CustomerLine, CustomersPart, CustomersSheet, Place, Sheet, Wanted

CHURNED = "churned"
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


def sheet(lines: Sequence[CustomerLine], asked: Sheet) -> CustomersSheet:
    """A page, those without a value last and equal ones in the order of their names."""
    matching = [line for line in lines if _is_wanted(line, Wanted(query=asked.query))]
    chosen = [line for line in matching if asked.group in {None, group(line)}]
    value, sign = SORTS[asked.sort], -1 if asked.descending else 1

    def key(line: CustomerLine) -> tuple[object, ...]:
        found = value(line)
        ordered = found if isinstance(found, str) else sign * (found or 0.0)
        return found is None, ordered, line.name.casefold(), line.id

    chosen.sort(key=key)
    page = min(max(asked.page, 1), max(1, -(-len(chosen) // PER_PAGE)))
    shown = chosen[(page - 1) * PER_PAGE : page * PER_PAGE]
    return CustomersSheet(shown, dict(Counter(map(group, matching))), page)


def group(line: CustomerLine) -> str:
    """Where a customer is counted."""
    return CHURNED if line.lifecycle == CHURNED else line.band or "unscored"
