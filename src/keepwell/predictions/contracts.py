"""Who is under a contract at a day, and how far its renewal is: from cancellations and renewals, as they were known."""

from __future__ import annotations

import numpy as np

from keepwell.predictions.diary import Days, Diary, Timeline
from keepwell.predictions.features import Seen
from keepwell.statistics.arrays import Floats, Ints


def under_contract(diary: Diary, seen: Seen) -> Seen:
    """Those with a contract that has not ended, with two features more: days since and days to the renewal.

    A contract shows itself by a renewal, an invoice or a change of plan; it has ended when a cancellation is its newest
    word. The renewal is expected a term after the last one; the term is what lay between the last two.
    """
    signs, ends = (_last(diary.ended[name], seen) for name in ("contracts", "cancellations"))
    rows = np.flatnonzero((signs >= 0) & (ends <= signs))
    since, left = _renewal(diary.ended["renewals"].at(seen.day), seen.day, seen.place[rows])
    chosen = seen.among(rows)
    values = np.column_stack((chosen.values, since, left))
    return Seen(seen.day, chosen.place, (*seen.names, "days_since_renewal", "days_to_renewal"), values, seen.median_gap)


def _last(rows: Days, seen: Seen) -> Ints:
    """The last day before the day, of each who is seen; -1 when there is none."""
    line = rows.at(seen.day)
    end, start = line.before(seen.day)[seen.place], line.start[:-1][seen.place]
    return np.where(end > start, np.append(line.day, 0)[end - 1], -1)


def _renewal(line: Timeline, day: int, place: Ints) -> tuple[Floats, Floats]:
    end, start = line.before(day)[place], line.start[:-1][place]
    last, term = np.append(line.day, 0)[end - 1], np.append(line.gap, 0)[end - 1]
    since = np.where(end > start, (day - last).astype(float), np.nan)
    left = np.where(end - start > 1, term - since, np.nan)
    return since, left
