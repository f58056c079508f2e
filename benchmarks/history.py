"""Scoring with a year of history against five years of the same daily work.

Mechanism: the manifest names the segments a window can reach; the files of older ones are never opened.
"""

from __future__ import annotations

from pathlib import Path

from benchmarks import folder, scoring, watch
from benchmarks.events import Size

YEAR = 365
YEARS = (1, 5)
ALLOWED = 1.15


def sizes(size: Size) -> list[Size]:
    """The same customers and days of work, over more and more days."""
    return [Size(size.customers, size.days * years, size.daily) for years in YEARS]


def measure(cache: Path, size: Size, repeats: int) -> dict[str, list[float]]:
    """Seconds of the best scoring for each history, by turns; `size.days` is the shorter one."""
    short, long = (folder.made(cache, each) for each in sizes(size))
    warm: list[list[float]] = [[], []]
    first: list[list[float]] = [[], []]
    with folder.opened(short) as one, folder.opened(long) as other:
        for _ in range(repeats):
            for place, workspace in enumerate((one, other)):
                scoring.forget(workspace)
                first[place].append(watch.seconds(lambda: scoring.score(workspace)))  # noqa: B023 - called here
                scoring.remember(workspace)
                warm[place].append(watch.seconds(lambda: scoring.score(workspace)))  # noqa: B023 - as above
    return {"warm": [min(each) for each in warm], "first": [min(each) for each in first]}
