"""Which events are forecast, and which days of the log can be trusted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from keepwell.base.time import day_to_date
from keepwell.predictions.ladder import FEW_DAYS
from keepwell.statistics.arrays import Ints

RARE: Final = 0.05
"""Own activity is next to none when it has no more than this share of the days of events under other names."""
REPORTS: Final = frozenset({
    "cancelled", "canceled", "cancellation", "cancelation", "refunded", "refund", "returned", "reversed", "reversal",
    "voided", "chargeback", "disputed", "bounced", "bounce", "delivered", "undelivered", "shipped", "dispatched",
    "failed", "failure", "declined", "rejected", "expired", "reminded", "unsubscribed", "complained", "suppressed",
    "notified",
})  # fmt: skip
"""Words of names of events that undo something or report what others did: no sign that a customer is there."""
HOLE_DAYS: Final = 60
_WIDE: Final = 10


def watched(own_days: int, named: Mapping[str, int]) -> tuple[str, ...]:
    """The events under names of the platform's own that stand in for own activity; none when that is there.

    `own_days` are customer-days of own activity that the tracking plan knows, `named` those of every other name.
    """
    acts = {name: number for name, number in named.items() if not _reports(name)}
    if own_days > RARE * sum(acts.values()):
        return ()
    return tuple(sorted(acts))


def _reports(name: str) -> bool:
    words = re.findall(r"[a-z]+", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).lower())
    return bool(REPORTS & set(words))


@dataclass(frozen=True)
class Span:
    """The part of a log that can be learned from.

    Attributes:
        first: its first day.
        problem: why nothing can be said at the day asked about; empty when it can.
        note: what was left out; empty when nothing was.
        ended: the day after its last one, when it ended so long before that nothing can be said.
    """

    first: int
    problem: str = ""
    note: str = ""
    ended: int | None = None


def span(active: Ints, day: int) -> Span:
    """The span of a log before a day, from the days on which anybody was active, ascending and before it.

    What lies before a hole of the whole platform is left out: a clock that jumped, or a source that was silent, would
    look like customers who left. A log that ends long before the day says nothing about anybody.
    """
    if not len(active):
        return Span(day, "not enough history: no event that could be forecast is known before this moment")
    gaps = np.diff(active)
    usual = float(np.median(gaps)) if len(gaps) else 1.0
    holes = np.flatnonzero(gaps > max(HOLE_DAYS, _WIDE * usual))
    begins = int(holes[-1]) + 1 if len(holes) else 0
    first, left = int(active[begins]), int(active[begins] - active[begins - 1]) if len(holes) else 0
    note = f"{left} days without any event: what lies before them is left out" if left else ""
    longest = int(np.diff(active[begins:]).max(initial=1))
    silent = day - int(active[-1]) - 1
    if silent >= 2 * longest:
        ended = int(active[-1]) + 1
        told = f"the log ends {silent:,} days before this moment, on {day_to_date(ended - 1)}"
        return Span(first, f"{told}: silence would be that of the log", note, ended)
    if left and day - first < FEW_DAYS:
        return Span(first, f"not enough history: {note}, and {_remain(day - first)}", note)
    return Span(first, "", note)


def _remain(days: int) -> str:
    return "1 day remains" if days == 1 else f"{days} days remain"
