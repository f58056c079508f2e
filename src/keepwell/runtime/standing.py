"""What is published of everybody now: the newest chances of each outcome, out of the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from keepwell.predictions import ledger
from keepwell.predictions.forecast import Outcome
from keepwell.predictions.ledger import ACTIVE, Published
from keepwell.predictions.sheet import Small
from keepwell.statistics.arrays import Floats, Ints
from keepwell.store import forecasts as store
from keepwell.store.database import Session


@dataclass(frozen=True)
class Standing:
    """The newest published chances of one outcome.

    Attributes:
        published: the newest publication of everybody.
        since: those after it, of customers of whom there was news, the oldest first.
        customer: numbers, ascending, of whoever has a chance and is concerned.
        chances: chance, lower and upper end, shape (customers, horizons, 3).
        before: the chance of the publication of everybody before it, same order, shape (customers, horizons).
        before_at: of which moment that one is; None where there is none with these horizons.
    """

    published: Published
    since: Sequence[Published]
    customer: Ints
    chances: Floats
    before: Floats
    before_at: int | None

    @property
    def moments(self) -> list[int]:
        """Of which moments the chances are, the newest first."""
        return sorted({each.made_at for each in (self.published, *self.since)}, reverse=True)


def standings(session: Session) -> list[Standing]:
    """What stands of each outcome that was ever published."""
    published = store.publications(session)
    found = (_standing(session, [each for each in published if each.outcome is outcome]) for outcome in Outcome)
    return [each for each in found if each is not None]


def _standing(session: Session, published: Sequence[Published]) -> Standing | None:
    whole = [each for each in published if each.whole]
    if not whole:
        return None
    newest = whole[-1]
    since = [each for each in published if each.number > newest.number and each.horizons == newest.horizons]
    customer, values = _rows(session, [newest, *since])
    keep = ledger.flagged(values, ACTIVE)
    customer, values = customer[keep], values[keep]
    earlier = whole[-2] if len(whole) > 1 and whole[-2].horizons == newest.horizons else None
    before = _before(session, earlier, (customer, newest))
    return Standing(newest, since, customer, ledger.chances(values), before, earlier.made_at if earlier else None)


def _rows(session: Session, published: Sequence[Published]) -> tuple[Ints, Small]:
    """Numbers, ascending, and frozen rows; of a customer in several publications that of the last one."""
    parts = [part for each in reversed(published) for part in store.parts_of(session, each.number)]
    customer = np.concatenate([np.zeros(0, np.int64), *(part.customer for part in parts)])
    width = ledger.width(published[0])
    values = np.concatenate([np.zeros((0, width), np.uint16), *(part.values for part in parts)])
    numbers, place = np.unique(customer, return_index=True)
    present = numbers > 0  # who was erased leaves an empty place
    return numbers[present], values[place[present]]


def _before(session: Session, published: Published | None, now: tuple[Ints, Published]) -> Floats:
    customer, newest = now
    found = np.full((len(customer), len(newest.horizons)), np.nan)
    if published is None:
        return found
    numbers, values = _rows(session, [published])
    _, here, there = np.intersect1d(customer, numbers, assume_unique=True, return_indices=True)
    found[here] = ledger.chances(values[there])[:, :, 0]
    return found
