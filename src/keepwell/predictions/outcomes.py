"""What came of forecasts: when that can be told, and what it was."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final

import numpy as np

from keepwell.base.time import DAY_US
from keepwell.predictions.ledger import Window
from keepwell.predictions.sheet import Small
from keepwell.statistics.arrays import Ints, Mask

LATE_US: Final = 3 * DAY_US
"""How long after the end of a horizon late events are waited for. What comes later changes nothing any more."""
PATIENCE_US: Final = 30 * DAY_US
"""How long is waited for a log that ended before the horizon did."""
RECENT_DAYS: Final = 90
"""Who did anything within so many days before a forecast was active when it was made (prediction.md, 2.1)."""
_MIDDLE: Final = 32_768
"""The last day of activity is kept as days from the forecast, with this added; 0 when it is not known."""


class Came(IntEnum):
    """What became of one forecast."""

    NOT = 0
    HAPPENED = 1
    NOT_TOLD = 2


class Answer(StrEnum):
    """Whether a horizon can be scored."""

    LATER = "later"
    NOW = "now"
    NEVER = "never"


def answerable(window: Window, heard_until: int, now: int) -> Answer:
    """Whether what came of a horizon can be told.

    A log tells what did not happen only if it went on: something of somebody must have happened after the end of the
    horizon. Of a log that ended early nothing is told of anybody: those who did something before its end are known,
    and to score only them would count nothing but forecasts that did not come true.

    Args:
        window: the horizon.
        heard_until: when the newest event of anybody happened, microseconds.
        now: the moment.
    """
    if now < window.ends_at + LATE_US:
        return Answer.LATER
    if heard_until >= window.ends_at:
        return Answer.NOW
    return Answer.NEVER if now >= window.ends_at + PATIENCE_US else Answer.LATER


@dataclass(frozen=True)
class Seen:
    """What the log shows of the customers of a publication, all of shape (customers,).

    Attributes:
        happened: whether what was forecast came within the horizon.
        active_at: when each was last active before the end of the horizon; 0 when that is too long ago to be looked
            up.
        away: whether the customer was paused at any time within the horizon: its silence was announced.
    """

    happened: Mask
    active_at: Ints
    away: Mask


def rows(seen: Seen, made_at: int) -> Small:
    """What is frozen of each customer, shape (customers, 2): a `Came`, and the last day of activity."""
    came = np.where(seen.away, Came.NOT_TOLD, np.where(seen.happened, Came.HAPPENED, Came.NOT))
    days = np.clip((seen.active_at - made_at) // DAY_US + _MIDDLE, 1, 2 * _MIDDLE - 1)
    return np.stack((came, np.where(seen.active_at > 0, days, 0)), axis=1).astype(np.uint16)


def untold(customers: int) -> Small:
    """Rows of which nothing can be told."""
    return np.tile(np.array([Came.NOT_TOLD, 0], np.uint16), (customers, 1))


def last_days(values: Small) -> tuple[Ints, Mask]:
    """The last day of activity in days from the forecast, negative before it, and whether it is known."""
    kept = values[:, 1].astype(np.int64)
    return kept - _MIDDLE, kept > 0
