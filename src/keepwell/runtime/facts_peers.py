"""What is told of those who are like a customer: never of fewer than five, and of nobody by name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

import numpy as np

from keepwell.alerts.aggregates import POPULAR_SHARE
from keepwell.metrics.references import median
from keepwell.metrics.table import Ints
from keepwell.outreach.catalog import Reading
from keepwell.runtime.facts_everybody import MONTH, Everybody
from keepwell.runtime.facts_own import Own, readable
from keepwell.statistics import shift

LEAST: Final = 5
"""Of fewer nothing is told: anybody could be found out."""
ALIKE: Final = 2
"""Peers have at most so many times the seats, and at least the same part of them."""
LATELY: Final = 90


def peers(own: Own, beside: Everybody) -> Iterator[tuple[str, Reading]]:
    """`feature_suggested`, `peer_count`, `peer_feature`, `peer_change`."""
    row = beside.row(own.customer)
    if row is None:
        return
    unused = beside.entitled.get(own.customer, frozenset()) - beside.firsts.get(own.customer, {}).keys()
    alike = _alike(beside, row)
    suggested = _popular(beside, alike, unused)
    if suggested:
        yield "feature_suggested", Reading(readable(suggested), own.begun)
    example = _example(beside, alike, unused)
    if example:
        feature, changes = example
        yield "peer_feature", Reading(readable(feature), own.begun)
        yield "peer_count", Reading(len(changes), own.begun)
        yield "peer_change", Reading(median(np.array(changes)), own.begun)


def _alike(beside: Everybody, row: int) -> Ints:
    """Places of active customers of the same segment and about as many seats."""
    seats = np.maximum(beside.seats, 1)
    alike = (beside.segment == beside.segment[row]) & ~beside.gone & (beside.own[:, -MONTH - 1 :].sum(axis=1) > 0)
    alike &= (seats <= seats[row] * ALIKE) & (seats * ALIKE >= seats[row])
    alike[row] = False
    return np.flatnonzero(alike)


def _popular(beside: Everybody, alike: Ints, unused: frozenset[str]) -> str | None:
    """The feature that most of them use; at least a quarter, and five."""
    used = Counter(
        name for place in alike.tolist() for name in beside.firsts.get(int(beside.number[place]), {}) if name in unused
    )
    known = {name: count for name, count in used.items() if count >= LEAST and count * POPULAR_SHARE >= len(alike)}
    return min(known, key=lambda name: (-known[name], name), default=None)


def _example(beside: Everybody, alike: Ints, unused: frozenset[str]) -> tuple[str, list[float]] | None:
    """The feature that most of them took up in time, and the changes of their use, if these went up at the median.

    It is chosen by how many took it up and not by what came of it: the best of many features would be an example of
    luck.
    """
    changes = {name: _changes(beside, alike, name) for name in sorted(unused)}
    told = {name: each for name, each in changes.items() if len(each) >= LEAST}
    if not told:
        return None
    name = max(told, key=lambda name: len(told[name]))
    return (name, told[name]) if round(median(np.array(told[name])) * 100) >= 1 else None


def _changes(beside: Everybody, alike: Ints, feature: str) -> list[float]:
    """Own use in the 28 days after the first use, against the 28 before, of those who took a feature up lately.

    The day of the first use counts to neither. Who was not there for all of the days before is left out, and who did
    next to nothing then: of these a change says nothing.
    """
    found: list[float] = []
    for place in alike.tolist():
        day = beside.firsts.get(int(beside.number[place]), {}).get(feature)
        if day is None or not beside.day - LATELY <= day < beside.day - MONTH or beside.first[place] > day - MONTH:
            continue
        at = beside.own.shape[1] - 1 - (beside.day - day)
        spans = slice(at - MONTH, at), slice(at + 1, at + 1 + MONTH)
        before, after = (int(beside.own[place, span].sum()) for span in spans)
        if before >= shift.QUIET * MONTH:
            found.append(after / before - 1)
    return found
