"""The page of crypto indicators: how each of the twelve is read, and what it needs."""

from __future__ import annotations

from collections.abc import Iterator

from docs.generator.markdown import document, table
from keepwell.expert.indicators.defi import CONTROLS, SECOND_FACTOR
from keepwell.expert.indicators.indicator import Group, Indicator, Unit
from keepwell.expert.indicators.registry import INDICATORS
from keepwell.expert.indicators.week import WEEKS

_INTRODUCTION = f"""
Twelve indicators over {WEEKS} weeks, as [crypto indicators](../indicators.md) explains. Where an indicator can be read
in several ways, the first that is known of any week is taken for all of them.
""".strip()

_UNITS = {Unit.SHARE: "share, in %", Unit.COUNT: "number"}


def page() -> str:
    """The whole page."""
    groups = [block for group in Group for block in (f"## {group.value}", *_group(group))]
    return document("Crypto indicators", _INTRODUCTION, *groups, "## Controls", _controls())


def _group(group: Group) -> Iterator[str]:
    for each in INDICATORS:
        if each.group is group:
            yield f"### {each.title}"
            yield table(("", *(way.title for way in each.ways)), _rows(each))


def _rows(indicator: Indicator) -> Iterator[tuple[str, ...]]:
    yield "id", *(f"`{indicator.id}`" for _ in indicator.ways)
    for name, tell in _LINES:
        yield name, *(tell(way) for way in indicator.ways)


_LINES = (
    ("what it says", lambda way: way.says),
    ("computed from", lambda way: way.source),
    ("rests on", lambda way: way.counted),
    ("unit", lambda way: _UNITS[way.unit]),
    ("better", lambda way: way.better.value),
    ("range", lambda way: f"from {_bound(way.low)} to {_bound(way.high)}"),
    ("needs", lambda way: "; or ".join(way.needs)),
)


def _bound(value: float) -> str:
    return {float("inf"): "any", float("-inf"): "any"}.get(value, f"{value:g}")


def _controls() -> str:
    rows = [(SECOND_FACTOR, "`signed_in`: `second_factor`", "")]
    rows += [
        (each.name, ", ".join(each.entries), "not for the customer" if each.confidential else "") for each in CONTROLS
    ]
    return table(("control", "broken while this holds", ""), rows)
