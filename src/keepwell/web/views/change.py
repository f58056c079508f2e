"""Why a score moved: signed parts that add up to the change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from keepwell.base.errors import KeepwellError
from keepwell.base.time import DAY_US
from keepwell.runtime.ports.book import Change, ChangePart
from keepwell.web.figures import adds_up, apportion, rounded, tenths
from keepwell.web.views import words
from keepwell.web.views.marks import tone

SPANS = {"7d": 7, "30d": 30, "90d": 90}
KINDS = {
    "behaviour": "What the customer did",
    "roll_off": "Older activity left the window",
    "late_data": "Data that arrived late",
    "coverage": "Indicators gained or lost data",
    "traits": "Plan or traits changed",
    "references": "Peers and prices moved",
    "forecast": "A new forecast",
    "cap": "The cap",
    "configuration": "The scorecard changed",
}


class UnknownSpan(KeepwellError):
    """A span that the page does not compare over."""

    def __init__(self, span: str) -> None:
        super().__init__(f"A change is shown over {', '.join(SPANS)}, not over {span[:40]!r}.")
        self.span = span


@dataclass(frozen=True)
class Bar:
    """A signed bar, drawn from `left` over `width`, both shares of the room for bars; `tone` good or bad."""

    label: str
    points: str
    left: float
    width: float
    tone: str


@dataclass(frozen=True)
class Kind:
    """The parts of one kind: their sum, and what they are if there are several."""

    sum: Bar
    parts: Sequence[Bar]


@dataclass(frozen=True)
class ChangeView:
    """`zero` is where the bars begin, 0-1; `silent` counts the parts too small to show in tenths."""

    since: str
    start: str
    end: str
    total: str
    tone: str
    kinds: Sequence[Kind]
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
    if record.score_from is None or record.score_to is None:
        return None
    start, end = tenths(record.score_from), tenths(record.score_to)
    parts = [part.points for part in record.parts]
    honest = adds_up(parts, record.total) and adds_up([record.score_to, -record.score_from], record.total)
    shown = apportion(parts, end - start) if honest else rounded(parts)
    visible = [(part, tenth) for part, tenth in zip(record.parts, shown, strict=True) if tenth]
    kinds = _by_kind(visible)
    room = _room([*shown, *(sum(tenth for _, tenth in members) for members in kinds.values())])
    return ChangeView(
        since=words.date_of(record.start),
        start=words.points(start),
        end=words.points(end),
        total=words.signed(end - start),
        tone=tone(end - start),
        kinds=[_kind(kind, members, room) for kind, members in kinds.items()],
        zero=room.share(0),
        silent=len(parts) - len(visible),
        adds_up=honest,
    )


Drawn = tuple[ChangePart, int]


def _by_kind(visible: Sequence[Drawn]) -> dict[str, list[Drawn]]:
    """Kinds and their parts, what moved most first."""
    kinds: dict[str, list[Drawn]] = {}
    for part, tenth in sorted(visible, key=lambda drawn: -abs(drawn[1])):
        kinds.setdefault(part.kind, []).append((part, tenth))
    return dict(sorted(kinds.items(), key=lambda item: -abs(sum(tenth for _, tenth in item[1]))))


@dataclass(frozen=True)
class _Room:
    """The room for bars, from the lowest to the highest, in tenths."""

    low: int
    high: int

    def share(self, tenth: int) -> float:
        return (tenth - self.low) / ((self.high - self.low) or 1)


def _room(tenths: Sequence[int]) -> _Room:
    return _Room(min(0, *tenths), max(0, *tenths))


def _kind(kind: str, members: Sequence[Drawn], room: _Room) -> Kind:
    label = KINDS.get(kind, kind.replace("_", " ").capitalize())
    parts = [_bar(_short(part), tenth, room) for part, tenth in members]
    return Kind(
        sum=_bar(label, sum(tenth for _, tenth in members), room),
        parts=parts if len(parts) > 1 or members[0][0].name != kind else (),
    )


def _short(part: ChangePart) -> str:
    """The label without its kind, under which it stands: "Behaviour: Active days" is "Active days"."""
    _, colon, after = part.label.partition(": ")
    return after if colon and part.name != part.kind else part.label


def _bar(label: str, tenth: int, room: _Room) -> Bar:
    return Bar(
        label=label,
        points=words.signed(tenth),
        left=room.share(min(tenth, 0)),
        width=room.share(abs(tenth)) - room.share(0),
        tone=tone(tenth),
    )
