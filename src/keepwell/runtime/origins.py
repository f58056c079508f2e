"""Closed forecasts out of the ledger, as the report judges them, and whether chances are spread as they were before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from keepwell.predictions import drift, ledger, outcomes
from keepwell.predictions.accuracy import Judged
from keepwell.predictions.ledger import ACTIVE, UNKNOWN, Published
from keepwell.predictions.outcomes import Came
from keepwell.predictions.report import Origin
from keepwell.predictions.sheet import Small
from keepwell.statistics.arrays import Floats, Ints, Mask
from keepwell.store import forecasts as store
from keepwell.store.database import Session

MOST: Final = 150_000
"""Rows of one kind and horizon that figures are of: intervals of more would take minutes, and say the same."""
_SPREAD: Final = np.uint64(0x9E3779B97F4A7C15)
"""2^64 over the golden ratio: multiples of it are spread evenly (Knuth 1973, 6.4)."""
_STEPS: Final = 24


def share(published: Sequence[Published]) -> float:
    """The share of customers whose forecasts are judged: all, unless there are very many rows."""
    rows: dict[tuple[object, ...], int] = defaultdict(int)
    for each in published:
        rows[each.outcome, each.stage, each.lead_days, each.quiet_days] += each.rows
    return min(1.0, MOST / max(rows.values(), default=1))


def _sampled(customer: Ints, share: float) -> Mask:
    """A fixed choice: a customer is in it with all its rows, or not at all."""
    place = (customer.astype(np.uint64) * _SPREAD) >> np.uint64(64 - _STEPS)
    found: Mask = place < share * 2**_STEPS
    return found


def closed(session: Session, published: Sequence[Published], share: float) -> Iterator[Origin]:
    """The horizons of publications that are scored."""
    for each in published:
        customer, values = _rows(session, each.number)
        chosen = _sampled(customer, share) & ledger.flagged(values, ACTIVE)
        customer, chances = customer[chosen], ledger.chances(values[chosen])[:, :, 0]
        above = _above(each, values[chosen])
        for place, number in _scored(session, each):
            said = customer, chances[:, place], above
            yield _origin(each, each.horizons[place], said, _rows(session, number))


def _above(published: Published, values: Small) -> Mask:
    """Whose chance was above the operating point of the alert."""
    spoken = ledger.spoken(published, values)
    found: Mask = (spoken != UNKNOWN) & (spoken >= (UNKNOWN if published.point is None else published.point))
    return found


def _scored(session: Session, published: Published) -> list[tuple[int, int]]:
    """Places of the horizons that are scored, and the entries that did it."""
    found = store.scored(session, published.number)
    return [(place, found[days]) for place, days in enumerate(published.horizons) if days in found]


def _origin(
    published: Published, horizon: int, said: tuple[Ints, Floats, Mask], came: tuple[Ints, Small]
) -> Origin:  # fmt: skip
    customer, here, there = np.intersect1d(said[0], came[0], assume_unique=True, return_indices=True)
    chance, values = said[1][here], came[1][there]
    answered = np.isfinite(chance)
    told = answered & (values[:, 0] != Came.NOT_TOLD)
    days, known = outcomes.last_days(values[told])
    return Origin(
        made_at=published.made_at,
        outcome=published.outcome,
        stage=published.stage,
        lead_days=published.lead_days,
        quiet_days=published.quiet_days,
        horizon=horizon,
        rows=Judged(values[told, 0] == Came.HAPPENED, chance[told], customer[told]),
        last_day=days,
        last_known=known,
        not_told=int((answered & ~told).sum()),
        told=said[2][here][told],
    )


def _rows(session: Session, number: int) -> tuple[Ints, Small]:
    """Customers and frozen values of an entry, erased ones left out."""
    found = store.parts_of(session, number)
    if not found:
        return np.zeros(0, np.int64), np.zeros((0, 1), np.uint16)
    customer = np.concatenate([part.customer for part in found])
    values = np.concatenate([part.values for part in found])
    return customer[customer > 0], values[customer > 0]


def moved(session: Session, published: Sequence[Published]) -> dict[tuple[str, int], float]:
    """Chances, by outcome and horizon, that the newest publication spreads otherwise than the one before."""
    found: dict[tuple[str, int], float] = {}
    for outcome in sorted({each.outcome for each in published}):
        last = [each for each in published if each.outcome == outcome][-2:]
        if len(last) == 2:
            before, after = (_by_horizon(session, each) for each in last)
            found |= {(outcome.value, int(days)): index for days, index in drift.moved(before, after).items()}
    return found


def _by_horizon(session: Session, published: Published) -> dict[str, Floats]:
    _, values = _rows(session, published.number)
    chances = ledger.chances(values)[:, :, 0]
    return {str(days): chances[:, place] for place, days in enumerate(published.horizons)}
