"""Segments of which very many customers suddenly do less: then it is not each of them who went quiet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from keepwell.alerts.outage import Kind, Signal
from keepwell.alerts.seen import Seen
from keepwell.metrics.rollups import DAY_WINDOW
from keepwell.metrics.table import Floats, Ints
from keepwell.statistics import common, shift

NO_SEGMENT = "no segment"
"""What customers without a segment are called."""
LOOKED_AT = 32  # days: 22 working days of those who rest at the weekend
ENOUGH = 4096  # customers of a segment
ORDINARY = 0.5
"""How busy a day of the week has to be, of 1, to be judged: how little is done on a quiet Sunday says nothing."""


def fallen(seen: Seen) -> dict[int, float]:
    """Ids of segments that fell on their last ordinary day, and the least share of their customers that did less."""
    if not len(seen):
        return {}
    segments, place = np.unique(seen.segment, return_inverse=True)
    asked = np.concatenate([_some(np.flatnonzero(place == each)) for each in range(len(segments))])
    share = common.shared(_places(seen, asked, place[asked]), place[asked], len(segments))
    factors = seen.fleet.factors(segments)[:, -LOOKED_AT - 1 : -1]
    found: dict[int, float] = {}
    for row, segment in enumerate(segments.tolist()):
        judged = share[row, factors[row] >= ORDINARY]
        if common.fell(judged):
            found[int(segment)] = float(-judged[-1])
    return found


def _some(rows: Ints) -> Ints:
    """At most so many of some rows, evenly spread: a share needs no more."""
    return rows[:: len(rows) // ENOUGH + 1]


def _places(seen: Seen, rows: Ints, segment: Ints) -> Floats:
    """The places of the last days of some customers, [N, D]; NaN for who is not judged."""
    own, factors = seen.days("own")[rows, :-1], seen.fleet.factors(seen.segment[rows])[:, :-1]
    first = DAY_WINDOW - seen.exposure()[rows]
    spread = shift.dispersion(own[:, :-LOOKED_AT], segment, int(segment.max()) + 1, first)
    expected = shift.expectation(shift.baseline(own, factors, first)[:, :-1], factors)[:, -LOOKED_AT:]
    expected[seen.gone[rows]] = 0.0
    return common.place(own[:, -LOOKED_AT:], expected, spread[:, None])


def signals(fell: Mapping[str, float], segments: int) -> Sequence[Signal]:
    """One signal a segment that fell; one of all together when each of them fell.

    Args:
        fell: share of the customers that did less, by the segment's name.
        segments: how many there are.
    """
    if fell and len(fell) >= segments:
        least = min(fell.values())
        return [Signal(Kind.SEGMENT, "", "Very many customers of all segments suddenly do less", _told(least))]
    return [_signal(name, share) for name, share in sorted(fell.items())]


def _signal(name: str, share: float) -> Signal:
    return Signal(Kind.SEGMENT, name, f"Very many customers of the segment {name} suddenly do less", _told(share))


def _told(share: float) -> tuple[tuple[str, str], ...]:
    return (("Customers who did less, at least", f"{share:.0%}"),)
