"""The operating point: from which chance on somebody is told, so that those who are told can be looked after."""

from __future__ import annotations

from math import ceil, isfinite
from typing import Final

import numpy as np

from keepwell.predictions.diary import Diary
from keepwell.predictions.landmarks import Question, label, seen_at
from keepwell.predictions.ledger import UNKNOWN
from keepwell.predictions.news import CLEARLY
from keepwell.predictions.trials import LEAST, origins
from keepwell.statistics.arrays import Floats, Ints, Mask

_STEP: Final = 10
"""Events tell thousandths, the ledger ten-thousandths."""
_CERTAIN: Final = 10_000


def operating_point(chance: Ints, alerted: Mask, capacity: int, base_rate: float) -> int | None:
    """The lowest chance from which on those newly told of in a week can be looked after; None without a chance.

    Everybody's forecast is frozen once a week, and one day of it is for those newly told of: others need the rest.

    Args:
        chance: of customers, in ten-thousandths; `UNKNOWN` where there is none.
        alerted: who was told of already: they take no place again.
        capacity: customers that can be looked after in a day.
        base_rate: the share to whom it happened, 0 to 1; a chance below it tells nothing of anybody. Where no window
            has closed yet (NaN), the mean of the chances stands in for it.

    Returns:
        Ten-thousandths, in whole thousandths: what an event tells is on the same side of it as what was frozen.
    """
    known = chance[chance != UNKNOWN]
    if not len(known):
        return None
    usual = base_rate if isfinite(base_rate) else float(known.mean()) / _CERTAIN
    least = max(ceil(usual * _CERTAIN / _STEP), 1)
    fresh = np.sort(chance[(chance != UNKNOWN) & ~alerted])[::-1]
    if len(fresh) > capacity:
        least = max(least, int(fresh[capacity]) // _STEP + 1)
    return min(least * _STEP, _CERTAIN)


def steady(point: int, before: int | None) -> int:
    """A point that does not tremble: one that would sink a little stays where it was, and everybody still fits."""
    return before if before is not None and point <= before < point + CLEARLY else point


def base_rates(diary: Diary, first: int, day: int, question: Question) -> Floats:
    """The share to whom it happened within each horizon, of customers who were there, in windows that have closed.

    Shape (horizons,); NaN where fewer than `LEAST` customers can be judged.
    """
    parts = [
        label(diary, seen_at(diary, origin, question.outcome), question).present()
        for origin in origins(day, question)
        if origin > first
    ]
    if sum(len(part.seen) for part in parts) < LEAST:
        return np.full(len(question.horizons), np.nan)
    return np.array([np.concatenate([part.happened(days) for part in parts]).mean() for days in question.horizons])
