"""Why a score moved: signed parts that add up to the change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from keepwell.base.errors import KeepwellError
from keepwell.base.time import DAY_US
from keepwell.runtime.ports.book import Change
from keepwell.runtime.ports.changes import Moved, by_indicator
from keepwell.web.figures import adds_up, apportion, rounded, tenths
from keepwell.web.views import words
from keepwell.web.views.marks import tone

SPANS = {"7d": 7, "30d": 30, "90d": 90}


class UnknownSpan(KeepwellError):
    """A span that the page does not compare over."""

    def __init__(self, span: str) -> None:
        super().__init__(f"A change is shown over {', '.join(SPANS)}, not over {span[:40]!r}.")
        self.span = span


@dataclass(frozen=True)
class Bar:
    """A signed bar, drawn from `left` over `width`, both shares of the room for bars; `tone` good or bad."""

    label: str
    why: str
    points: str
    left: float
    width: float
    tone: str


@dataclass(frozen=True)
class Group:
    """What an indicator's movements came to, and the movements if there are several."""

    sum: Bar
    parts: Sequence[Bar]


@dataclass(frozen=True)
class ChangeView:
    """`zero` is where the bars begin, 0-1; `silent` counts parts left out: they come to less than a tenth."""

    since: str
    start: str
    end: str
    total: str
    tone: str
    groups: Sequence[Group]
    zero: float
    silent: int
    adds_up: bool


def since(span: str, now: int) -> int:
    """The instant that a span reaches back to.

    Raises:
        UnknownSpan: the page offers no such span.
    """
    if span not in SPANS:
        raise UnknownSpan(span)
    return now - SPANS[span] * DAY_US


def change(record: Change) -> ChangeView | None:
    """The change opened up, or None when there was no score at one of its ends."""
    if record.score_from is None or record.score_to is None or record.total is None:
        return None
    start, end = tenths(record.score_from), tenths(record.score_to)
    parts = [part.points for part in record.parts]
    honest = adds_up(parts, record.total) and adds_up([record.score_to, -record.score_from], record.total)
    shown = apportion(parts, end - start) if honest else rounded(parts)
    groups = [(moved, [shown[each.place] for each in moved.movements]) for moved in by_indicator(record.parts)]
    groups = sorted((each for each in groups if sum(each[1])), key=lambda each: -abs(sum(each[1])))
    room = _room([tenth for _, own in groups for tenth in (*own, sum(own))])
    visible = [_group(moved, own, room) for moved, own in groups]
    return ChangeView(
        since=words.date_of(record.start),
        start=words.points(start),
        end=words.points(end),
        total=words.signed(end - start),
        tone=tone(end - start),
        groups=visible,
        zero=room.share(0),
        silent=len(parts) - sum(len(group.parts) or 1 for group in visible),
        adds_up=honest,
    )


@dataclass(frozen=True)
class _Room:
    """The room for bars, from the lowest to the highest, in tenths."""

    low: int
    high: int

    def share(self, tenth: int) -> float:
        return (tenth - self.low) / ((self.high - self.low) or 1)


def _room(tenths: Sequence[int]) -> _Room:
    return _Room(min([0, *tenths]), max([0, *tenths]))


def _group(moved: Moved, own: Sequence[int], room: _Room) -> Group:
    movements = [(each, tenth) for each, tenth in zip(moved.movements, own, strict=True) if tenth]
    several = len(movements) > 1
    why = "" if several or movements[0][0].label == moved.label else movements[0][0].label
    return Group(
        sum=_bar((moved.label, why), sum(own), room),
        parts=[_bar((each.label, ""), tenth, room) for each, tenth in movements] if several else (),
    )


def _bar(said: tuple[str, str], tenth: int, room: _Room) -> Bar:
    label, why = said
    return Bar(
        label=label,
        why=why,
        points=words.signed(tenth),
        left=room.share(min(tenth, 0)),
        width=room.share(abs(tenth)) - room.share(0),
        tone=tone(tenth),
    )
