"""The platform's pulse: counts of all customers together by hour."""

from __future__ import annotations

import numpy as np

from keepwell.alerts.seen import Common
from keepwell.base.time import DAY_US, HOUR_US
from keepwell.metrics.rollups import EVERYTHING, PULSE_COLUMNS
from keepwell.metrics.table import Ints
from keepwell.statistics.failures import Counts
from keepwell.store.database import Session

HOURS_BACK = 24 * 7 * 5


def hourly(session: Session, now: int, column: str) -> dict[str, Ints]:
    """A count by hour for each part, [840]: five weeks that end with the last hour that is over."""
    if column not in PULSE_COLUMNS:
        raise KeyError(column)
    last = now // HOUR_US - 1
    first = last - HOURS_BACK + 1
    rows = session.run(f"SELECT part, day * 24 + hour, {column} FROM pulse WHERE day >= ?", (first // 24,))
    found: dict[str, Ints] = {}
    for part, hour, count in rows:
        if first <= int(hour) <= last:
            found.setdefault(str(part), np.zeros(HOURS_BACK, np.int64))[int(hour) - first] += int(count)
    return found


def horizon(session: Session) -> int:
    """The end of the last hour in which anybody did anything, in microseconds; 0 when nobody ever did."""
    found = session.one("SELECT MAX(day * 24 + hour) FROM pulse WHERE part = ?", (EVERYTHING,))
    return 0 if found is None else (int(found) + 1) * HOUR_US


def transactions(session: Session, now: int) -> Common:
    """Transactions of all customers: of about the last 24 hours, and of the 28 days before."""
    hour, since = now // HOUR_US, (now - DAY_US) // HOUR_US
    return Common(_counts(session, since, hour), _counts(session, since - 28 * 24, since - 1))


def _counts(session: Session, first: int, last: int) -> Counts:
    rows = session.run(
        "SELECT COALESCE(SUM(tx_bad), 0), COALESCE(SUM(tx_tried), 0) FROM pulse"
        " WHERE part = ? AND day BETWEEN ? AND ? AND day * 24 + hour BETWEEN ? AND ?",
        (EVERYTHING, first // 24, last // 24, first, last),
    )
    return Counts(int(rows[0][0]), int(rows[0][1]))


def failing_parts(session: Session, now: int, window_h: int) -> dict[str, tuple[int, int, int, int]]:
    """By part: attempts and failures of the last hours, and of the 28 days before."""
    hour = now // HOUR_US
    first, edge = hour - window_h - 28 * 24, hour - window_h
    rows = session.run(
        "SELECT part, SUM(CASE WHEN day * 24 + hour > ? THEN tx_tried ELSE 0 END),"
        " SUM(CASE WHEN day * 24 + hour > ? THEN tx_bad ELSE 0 END), SUM(tx_tried), SUM(tx_bad)"
        " FROM pulse WHERE day >= ? GROUP BY part",
        (edge, edge, first // 24),
    )
    return {
        str(part): (int(tried), int(bad), int(tried_all) - int(tried), int(bad_all) - int(bad))
        for part, tried, bad, tried_all, bad_all in rows
    }
