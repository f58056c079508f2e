"""What a consultation says of the health score: what fell, when, and which findings were there before."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final

from keepwell.base.time import to_rfc3339
from keepwell.expert.consultation_record import Health, Statement

MOVED: Final = 0.05
"""Points below which nothing is said to have fallen."""
SHOWN: Final = 5


def statements(health: Health, now: int, findings: Sequence[tuple[str, str, str]], resting: str) -> Iterator[Statement]:
    """The statements of the section; findings as their name, their entry and their title.

    Without findings it rests on `resting` that nothing stands beside a fall.
    """
    yield _fact("health/score", _score(health, now))
    if not _fell(health):
        return
    for place, fall in enumerate(health.falls[:SHOWN], 1):
        yield _fact(f"health/part-{place}", f"{fall.label}: {fall.points:+.1f} points.")
    if not findings:
        said = "No finding stands beside this fall: as far as it is known, nothing technical explains it."
        yield Statement("health/alone", (said,), ("health/score", resting))
    if health.steepest is None:
        return
    day, points = health.steepest
    yield _fact("health/steepest", f"It fell most on {_day(day)}, by {abs(points):.1f} points in a day.")
    for name, entry, title in findings:
        said = f"{title} ({name}) {_before(health, entry)}."
        yield Statement(f"health/{name}", (said,), ("health/steepest", name))
    if findings:
        yield _fact("health/caution", "What was there before a fall has not thereby caused it.")


def _fact(name: str, text: str) -> Statement:
    return Statement(name, (text,), (name,))


def _fell(health: Health) -> bool:
    return health.score is not None and health.before is not None and health.score <= health.before - MOVED


def _score(health: Health, now: int) -> str:
    if health.score is None:
        return "There is no health score yet."
    if health.before is None:
        return (
            f"The health score is {_points(health.score)}; there was none on {_day(health.since - 1)} to compare with."
        )
    was = f"The health score was {_points(health.before)} on {_day(health.since - 1)} and is {_points(health.score)}"
    if not _fell(health):
        return f"{was}: it has not fallen."
    return f"{was} on {_day(now)}: a fall of {health.before - health.score:.1f} points."


def _before(health: Health, entry: str) -> str:
    if health.held is None:
        return "cannot be dated: nothing was sent before that day"
    return "was there before that day" if entry in health.held else "was not there before that day"


def _points(score: float) -> str:
    """As the pages show it: cut off, never rounded into a higher band."""
    return f"{math.floor(score * 10 + 1e-9) / 10:.1f}"


def _day(moment: int) -> str:
    return to_rfc3339(moment)[:10]
