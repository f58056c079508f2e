"""Likely next features: who uses what since when, out of the log at several moments, and what follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from keepwell.base.shares import percent
from keepwell.base.time import DAY_US, day_of, last_day_before
from keepwell.engines import duckdb as engine
from keepwell.events.catalog import Stream
from keepwell.predictions import adoption
from keepwell.predictions.adoption import DAYS, Adoption, Landmark
from keepwell.runtime.past_profiles import Profiles
from keepwell.runtime.ports.next import Adopting, Suggestion
from keepwell.runtime.scoring import look, named
from keepwell.runtime.workspace import Workspace
from keepwell.statistics.arrays import Ints, Mask
from keepwell.store.segments import FIRST

CLOSED: Final = 3
"""Windows that are over, for the choice of the ranker and the model."""
USERS: Final = 5
"""Customers who must use a feature before it is suggested to others."""
FEATURES: Final = 100
"""Features that are looked at: of more, those with the most users."""
SUGGESTED: Final = 5
_NEVER: Final = 2**31 - 1


@dataclass(frozen=True)
class _Uses:
    """What the log holds.

    Attributes:
        features: names, the most used first.
        customer: numbers, ascending.
        first: (place of customer, place of feature or -1 for anything, known_at, day) of record lows, an array each.
        own: (place of customer, day, known_at) of own active days, one array each.
        profiles: as known at any of the moments.
    """

    features: Sequence[str]
    customer: Ints
    first: tuple[Ints, Ints, Ints, Ints]
    own: tuple[Ints, Ints, Ints]
    profiles: Profiles


def adopting(workspace: Workspace, moment: int, customer_id: str | None = None) -> Adopting:
    """Likely next features of all customers that were active lately, or of one, as known before a moment."""
    uses = _uses(workspace, moment)
    now = _landmark(uses, moment, None)
    closed = [_landmark(uses, moment - DAYS * DAY_US * each, moment) for each in range(1, CLOSED + 1)]
    found = adoption.foresee(now, [each for each in closed if len(each)])
    if isinstance(found, str):
        return Adopting(moment, found, {}, {})
    names = named(workspace, now.customer)
    rows = [row for row, name in enumerate(names) if customer_id in (None, name)]
    told = {names[row]: _suggestions(now, found, row, uses.features) for row in rows}
    return Adopting(moment, found.because, found.tested, told)


def _uses(workspace: Workspace, moment: int) -> _Uses:
    span = DAYS * (CLOSED + 1)
    windows = {Stream.ACTIVITY: span + 1, Stream.STATE: None, FIRST: None}
    log = look(workspace, (moment - DAYS * CLOSED * DAY_US, moment), windows=windows)
    features, firsts = engine.feature_uses(log, moment, USERS, FEATURES)
    since = last_day_before(moment) - span
    sql = "SELECT customer, day, MIN(known_at) AS known_at FROM event WHERE own = 1 AND customer > 0 GROUP BY ALL"
    own = engine.read(log, Stream.ACTIVITY, f"known_at < {moment} AND day > {since}", sql)
    customer = np.unique(firsts["customer"])
    here = np.isin(own["customer"], customer)
    whose, active = np.searchsorted(customer, firsts["customer"]), np.searchsorted(customer, own["customer"][here])
    return _Uses(
        features,
        customer,
        (whose, firsts["feature"], firsts["known_at"], firsts["day"]),
        (active, own["day"][here], own["known_at"][here]),
        Profiles(log),
    )


def _landmark(uses: _Uses, at: int, known: int | None) -> Landmark:
    """Those who were active before a moment and use something; what came is read as known before a later one."""
    day, size = day_of(at), len(uses.customer)
    first, since = _first(uses, at)
    used = first < _NEVER
    activity = _active(uses, at)
    segment, entitled, cancelled, paused = uses.profiles.at(
        at, uses.customer, "segment_id", "entitled_set", "cancelled", "paused_until"
    )
    can = _entitled(uses, entitled) & ~used & (used.sum(axis=0) >= USERS)
    who = (activity > 0) & used.any(axis=1) & (cancelled == 0) & (paused < day)
    came = None
    if known is not None:
        later, _ = _first(uses, known)
        came = (can & (later >= day) & (later < day + DAYS))[who]
    tenure = np.maximum(day - np.where(since < _NEVER, since, day), 0).astype(float)
    lately = used & (first >= day - DAYS)
    if not size:
        came = None
    of_customer = uses.customer[who], segment[who], activity[who].astype(float), tenure[who]
    return Landmark(*of_customer, used[who], lately[who], can[who], came)


def _first(uses: _Uses, before: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The day of the first use of each feature as known before a moment, and of the first event."""
    found = np.full((len(uses.customer), len(uses.features) + 1), _NEVER, np.int32)
    whose, which, _, day = (each[uses.first[2] < before] for each in uses.first)
    np.minimum.at(found, (whose, which), day.astype(np.int32))
    return found[:, :-1], found[:, -1]


def _active(uses: _Uses, at: int) -> Ints:
    """Own active days in the `DAYS` before a moment, as known then."""
    whose, day, known = uses.own
    last = last_day_before(at)
    lately = (known < at) & (day > last - DAYS) & (day <= last)
    found: Ints = np.bincount(whose[lately], minlength=len(uses.customer)).astype(np.int64)
    return found


def _entitled(uses: _Uses, sets: Ints) -> Mask:
    """Which features each customer's plan has; all of them where nothing is said of it."""
    kinds, which = np.unique(sets, return_inverse=True)
    has = np.array(
        [[not kind or name in uses.profiles.items(int(kind)) for name in uses.features] for kind in kinds.tolist()],
        dtype=bool,
    ).reshape(len(kinds), len(uses.features))
    found: Mask = has[which]
    return found


def _suggestions(now: Landmark, found: Adoption, row: int, features: Sequence[str]) -> list[Suggestion]:
    best = [int(each) for each in found.order[row, :SUGGESTED] if now.open[row, each]]
    return [_suggestion(now, found, (row, feature), features, rank) for rank, feature in enumerate(best, 1)]


def _suggestion(
    now: Landmark, found: Adoption, cell: tuple[int, int], features: Sequence[str], rank: int
) -> Suggestion:
    row, feature = cell
    share, chance = float(found.share[cell]), float(found.chance[cell])
    why = adoption.why(now, found.weights, row, feature)
    told = f"{percent(share)} of those like it who could began it in the last {DAYS} days"
    if why is not None:
        with_it = " and ".join(features[each] for each in why.companions)
        told = (
            f"{why.users} of {why.others} customers who use {with_it} use it, of all {percent(why.everybody)}; {told}"
        )
    return Suggestion(features[feature], rank, None if np.isnan(chance) else chance, share, told)
