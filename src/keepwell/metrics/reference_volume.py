"""Slow readings of what the customer moves: transactions and work."""

from __future__ import annotations

from collections.abc import Iterable

from keepwell.events.catalog import KINDS, STATUSES
from keepwell.events.event import Event
from keepwell.metrics.aggregates import SQUARE_CAP
from keepwell.metrics.history import History
from keepwell.metrics.measures.registry import RATIO_K, RATIO_TENURE, SILENT_WHEN
from keepwell.metrics.reference_window import (
    BEFORE,
    KEPT,
    NO_DATA,
    NOW,
    Reader,
    Reading,
    age,
    connected,
    day,
    days,
    events_of,
    filled,
    found,
    own_activity,
    share,
    tenure,
    times,
    total,
)
from keepwell.metrics.rollups import AMOUNT_CAP

DEFI = {KINDS.index(kind) for kind in ("swap", "lp", "lend", "borrow", "stake", "farm")}


def succeeded(history: History, ages: range) -> list[Event]:
    attempts = events_of(history, ages, "transaction")
    return [attempt for attempt in attempts if attempt.code2 == STATUSES.index("succeeded")]


def transaction_trend(history: History) -> Reading:
    if not _trades(history):
        return NO_DATA
    recent, earlier = succeeded(history, NOW), succeeded(history, BEFORE)
    return _ratio(history, times(recent), times(earlier), recent + earlier)


def work_trend(history: History) -> Reading:
    if not _accepted(events_of(history, KEPT, "work")) or tenure(history) < RATIO_TENURE:
        return NO_DATA
    recent, earlier = events_of(history, NOW, "work"), events_of(history, BEFORE, "work")
    return _ratio(history, _accepted(recent), _accepted(earlier), recent + earlier)


def _trades(history: History) -> bool:
    """Whether there is a habit to compare with."""
    return bool(events_of(history, KEPT, "transaction")) and tenure(history) >= RATIO_TENURE


def _ratio(history: History, recent: int, earlier: int, events: list[Event]) -> Reading:
    """28 days against the 28 before, shrunk towards 1; 0 points for silence after a habit."""
    now = recent * filled(history, 28)
    silent = recent == 0 and earlier >= SILENT_WHEN
    return found((now + RATIO_K) / (earlier + RATIO_K), events, 0.0 if silent else None)


def _accepted(work: list[Event]) -> int:
    return sum(each.v1 or 0 for each in work)


def volume_growth(history: History) -> Reading:
    if not _trades(history):
        return NO_DATA
    traded = [each for ages in (NOW, BEFORE) for each in succeeded(history, ages) if each.part2 is not None]
    volume = total(_volumes(history, traded, NOW))
    before = total(_volumes(history, traded, BEFORE))
    number = total(float(times(of_asset)) for of_asset in _by_asset(traded).values())
    k = RATIO_K * share(volume + before, number)
    now = volume * filled(history, 28)
    value = share(now + k, before + k) if k > 0 else 1.0
    silent = not succeeded(history, NOW) and times(succeeded(history, BEFORE)) >= SILENT_WHEN
    return found(value, traded, 0.0 if silent else None)


def _volumes(history: History, traded: list[Event], ages: range) -> Iterable[float]:
    """Volume in each asset at its one price, assets in order of name."""
    for asset, of_asset in _by_asset(traded).items():
        amount = _amount([each for each in of_asset if age(history, each) in ages])
        yield float(amount) * history.reference.prices.get(asset, 1.0)


def _by_asset(traded: list[Event]) -> dict[str, list[Event]]:
    assets = sorted({each.part2 for each in traded if each.part2 is not None})
    return {asset: [each for each in traded if each.part2 == asset] for asset in assets}


def _amount(traded: list[Event]) -> int:
    """The sum over days, each day's sum held at a cap."""
    daily = [sum(each.v1 or 0 for each in traded if day(each) == on) for on in {day(each) for each in traded}]
    return sum(min(amount, AMOUNT_CAP) for amount in daily)


def cross_chain_activity(history: History) -> Reading:
    if not events_of(history, KEPT, "transaction") or history.profile["single_chain"]:
        return NO_DATA
    moved = [each for each in succeeded(history, NOW) if each.part is not None]
    if succeeded(history, NOW) and not moved:
        return NO_DATA
    chains = {each.part for each in moved}
    counts = [min(times(each for each in moved if each.part == chain), SQUARE_CAP) for chain in chains]
    n = float(sum(counts))
    return found(share(n * n, sum(count * count for count in counts)), moved)


def success_share(history: History) -> Reading:
    attempts = events_of(history, NOW, "transaction")
    if not attempts:
        return NO_DATA
    return found(share(times(succeeded(history, NOW)), times(attempts)), attempts)


def defi_participation(history: History) -> Reading:
    own = own_activity(history, NOW)
    defi = [each for each in succeeded(history, NOW) if each.code in DEFI]
    return found(share(days(defi), days(own)), own) if own and connected(history, "transaction") else NO_DATA


def acceptance_rate(history: History) -> Reading:
    work = events_of(history, NOW, "work")
    done = _accepted(work) + sum(each.v2 or 0 for each in work)
    return found(share(_accepted(work), done), work) if done else NO_DATA


READERS: tuple[Reader, ...] = (
    transaction_trend,
    work_trend,
    volume_growth,
    cross_chain_activity,
    success_share,
    defi_participation,
    acceptance_rate,
)
