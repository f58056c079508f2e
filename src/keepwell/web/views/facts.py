"""Facts as they stand beside a text."""

from __future__ import annotations

from dataclasses import dataclass

from keepwell.runtime.ports.messages import FactLine
from keepwell.web.views import acting, words


@dataclass(frozen=True)
class FactRow:
    """One fact. `now` is empty where it reads as it is said; `gone` where it is not known any more."""

    id: str
    anchor: str
    meaning: str
    said: str
    now: str
    gone: bool
    window: str
    as_of: str
    origin: str
    in_message: bool


def anchor(name: str) -> str:
    return f"fact-{name}"


def fact(line: FactLine, now: int) -> FactRow:
    return FactRow(
        id=line.id, anchor=anchor(line.id), meaning=acting.named(line.meaning), said=line.said,
        now=line.now if line.now != line.said else "", gone=not line.now,
        window=words.count(line.window_days, "day") if line.window_days else "now",
        as_of=acting.around(line.as_of, now), origin=line.origin, in_message=line.in_message,
    )  # fmt: skip
