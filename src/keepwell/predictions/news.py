"""Of whose forecast an event is made: when it says something that the last one did not.

Everybody's forecast is frozen once a week. An event of each would be five million facts a year for 100,000 customers,
most of them saying what the one before said, and scores and alerts read the newest one of 90 days anyway. So of a
customer an event is made

- the first time;
- when a week has passed and the chance has moved by `STEP`, or four weeks have passed, so that the newest is never
  older than the 90 days that scores look back, also when a few weeks are missed;
- at once, on any day, when the chance has crossed the operating point of the alert by at least `CLEARLY` in all: a
  chance that trembles about the point makes no event a day;
- when the point itself has moved past the chance that was told, or is forecast now: the event tells the point too.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from keepwell.base.time import DAY_US
from keepwell.predictions.ledger import UNKNOWN
from keepwell.statistics.arrays import Ints, Mask

WEEK_US: Final = 7 * DAY_US
RENEWED_US: Final = 28 * DAY_US
STEP: Final = 500
"""Ten-thousandths: five points of a hundred move the health score by less than half a point."""
CLEARLY: Final = 200
SLACK_US: Final = DAY_US // 2
"""A daily job does not run at the same minute each day."""


def is_whole(last: int | None, now: int) -> bool:
    """Whether everybody's forecast is frozen now, when that was done last at a moment."""
    return last is None or now - last >= WEEK_US - SLACK_US


def news(chance: Ints, told: Ints, told_at: Ints, moment: tuple[int, int], before: int | None = None) -> Mask:
    """Of whom an event is made.

    Args:
        chance: what is forecast now, in ten-thousandths; `UNKNOWN` where nothing is.
        told: of which chance an event was made last.
        told_at: when, microseconds; 0 for never.
        moment: now, and the operating point in ten-thousandths.
        before: the operating point when forecasts were told last; None where it is the same.
    """
    now, point = moment
    moved = np.abs(chance - told)
    crossed = ((chance >= point) != (told >= point)) & (moved >= CLEARLY)
    if before not in (None, point):
        crossed = ((chance >= point) != (told >= before)) | ((told >= point) != (told >= before))
    age = now - told_at
    stale = (age >= RENEWED_US - SLACK_US) | ((age >= WEEK_US - SLACK_US) & (moved >= STEP))
    found: Mask = (chance != UNKNOWN) & ((told_at == 0) | crossed | stale)
    return found


def urgent(chance: Ints, told: Ints, told_at: Ints, moment: tuple[int, int]) -> Mask:
    """Of whom an event is made between two weeks: the first time, and when the operating point was crossed."""
    return news(chance, told, np.where(told_at == 0, 0, moment[0]), moment)
