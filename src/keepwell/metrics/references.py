"""References: what is usual on this platform. Frozen once a day from what was known before that day."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import numpy as np

from keepwell.metrics.table import Floats, Ints, Mask, Table

STATEMENTS = ("days", "parts", "assets", "counts")
"""The statements a reference is made from."""

MATURE_DAYS = 56
MIN_PEERS = 20

PEER_DEFAULTS: Mapping[str, float] = {
    "session_minutes": 12.0,  # capped minutes per session
    "session_actions": 10.0,  # capped actions per session
    "feature_depth": 3.0,  # capped uses per feature and day of use
    "endpoint_depth": 15.0,
    "sign_ins_week": 5.0,  # per seat
    "api_days_week": 5.0,
}
"""Shipped references, used until at least 20 mature customers of a segment give their own."""

DEFAULT_RATING = 0.85


class Reference(msgspec.Struct, frozen=True):
    """What was usual when `day` began.

    Attributes:
        peers: (name, segment id) -> median over mature, active customers of that segment.
        prices: asset -> price of one unit in the amount's own scale; see `price`.
        rating: mean rating of support on 0-1 over 180 days.
    """

    day: int
    peers: dict[str, float] = {}
    prices: dict[str, float] = {}
    rating: float = DEFAULT_RATING

    def peer(self, name: str, segment_id: int) -> float:
        """The reference of a segment, else the shipped default."""
        return self.peers.get(f"{name}:{segment_id}", PEER_DEFAULTS[name])


def median(values: Floats) -> float:
    """The middle value, or the mean of the two middle ones."""
    ordered = np.sort(values)
    middle = len(ordered) // 2
    return float(ordered[middle]) if len(ordered) % 2 else float((ordered[middle - 1] + ordered[middle]) / 2)


def share(part: Ints | Floats, whole: Ints | Floats) -> Floats:
    """Part / whole, and 0 where the whole is 0."""
    return np.divide(part, whole, out=np.zeros(len(whole), np.float64), where=np.asarray(whole) != 0)


def freeze(table: Table) -> list[Reference]:
    """The reference each moment of the table makes for the day that begins with it.

    The moments must be midnights (UTC).
    """
    measured = _peer_values(table)
    return [_freeze_one(table, a, measured) for a in np.unique(table.scope["a"]).tolist()]


def _peer_values(table: Table) -> dict[str, tuple[Floats, Mask]]:
    """Own value of each peer measure, and who has one."""
    recent = {name: sums[:, 0] for name, sums in table.days.items()}
    seats = np.maximum(table.scope["seats"], 1)
    sessions = recent["sessions"]
    return {
        "session_minutes": (share(recent["session_s"] / 60.0, sessions), sessions > 0),
        "session_actions": (share(recent["session_actions"], sessions), sessions > 0),
        "feature_depth": (share(table.one["1.uses"], table.one["1.part_days"]), table.one["1.part_days"] > 0),
        "endpoint_depth": (
            share(table.one["2.uses"], table.one["2.part_days"]),
            table.one["2.part_days"] > 0,
        ),
        "sign_ins_week": (recent["sign_ins"] / 4.0 / seats, recent["sign_ins"] > 0),
        "api_days_week": (recent["api_days"] / 4.0, recent["api_days"] > 0),
    }


def _freeze_one(table: Table, a: int, measured: Mapping[str, tuple[Floats, Mask]]) -> Reference:
    scope = table.scope
    here = scope["a"] == a
    day = int(scope["t"][here][0]) // 86_400_000_000
    mature = here & (scope["d"] - scope["first_day"] >= MATURE_DAYS) & (table.days["own_days"][:, 0] > 0)
    peers: dict[str, float] = {}
    for segment_id in np.unique(scope["segment_id"][mature]).tolist():
        segment = mature & (scope["segment_id"] == segment_id)
        for name, (value, has) in measured.items():
            found = value[segment & has]
            middle = median(found) if len(found) >= MIN_PEERS else 0.0
            if middle > 0:
                peers[f"{name}:{segment_id}"] = middle
    rated = int(table.one["rated_180"][here].sum())
    total = int(table.one["rated_sum_180"][here].sum())
    rating = total / 1000.0 / rated if rated else DEFAULT_RATING
    return Reference(day, peers, _prices(table, a), rating)


def _prices(table: Table, a: int) -> dict[str, float]:
    """Median over customers of value per unit, on the last day, else over its 28 days."""
    rows = table.rows["assets"]
    here = table.scope["a"][rows.row] == a
    prices: dict[str, float] = {}
    for asset in sorted(set(rows["asset"][here].tolist())):
        chosen = here & (rows["asset"] == asset)
        for amount, value in (("priced_last", "value_last"), ("priced_now", "value_now")):
            traded = chosen & (rows[amount] > 0) & (rows[value] > 0)
            if traded.any():
                prices[str(asset)] = median(rows[value][traded] / rows[amount][traded])
                break
    return prices
