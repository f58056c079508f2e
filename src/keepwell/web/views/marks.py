"""The small signs that every page uses: a score with its coverage, a change with its tone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from keepwell.runtime.ports.book import CustomerLine
from keepwell.web.charts.spark import Spark, spark
from keepwell.web.figures import shift, tenths
from keepwell.web.views import bands, links, words


@dataclass(frozen=True)
class ScoreMark:
    """A score never stands without its coverage."""

    text: str
    band: str  # style class
    label: str
    coverage: str
    notes: Sequence[str]


@dataclass(frozen=True)
class Delta:
    """A signed change; `tone` is good, bad or flat."""

    text: str
    tone: str


@dataclass(frozen=True)
class Row:
    """One customer in a table."""

    name: str
    href: str
    plan: str
    segment: str
    revenue: str
    score: ScoreMark
    change: Delta | None
    spark: Spark | None
    trend: str  # the spark line in words

    @property
    def facts(self) -> list[str]:
        return [fact for fact in (self.plan, self.revenue) if fact]


def row(line: CustomerLine) -> Row:
    return Row(
        name=line.name or line.id,
        href=links.customer(line.id),
        plan=line.plan,
        segment=line.segment,
        revenue="" if line.mrr_cents is None else f"{words.money(line.mrr_cents)}/month",
        score=score(line),
        change=delta(shift(line.score, line.change_7d)),
        spark=spark(line.trend),
        trend=trend(line.trend),
    )


def score(line: CustomerLine) -> ScoreMark:
    notes = []
    if line.provisional:
        notes.append("provisional")
    if line.band != line.computed_band:
        notes.append("band set by hand")
    if line.lifecycle not in {"", "active", "onboarding"}:
        notes.append(line.lifecycle)
    return ScoreMark(
        text=words.DASH if line.score is None else words.points(tenths(line.score)),
        band=bands.css(line.band),
        label=bands.label(line.band),
        coverage=words.percent(line.coverage),
        notes=notes,
    )


def delta(change: int | None, *, unit: str = "", less_is_better: bool = False) -> Delta | None:
    """A change in tenths; None stays None."""
    if change is None:
        return None
    return Delta(words.signed(change) + unit, tone(-change if less_is_better else change))


def tone(gain: float) -> str:
    return "flat" if not gain else "good" if gain > 0 else "bad"


def trend(values: Sequence[float | None]) -> str:
    known = [words.points(tenths(value)) for value in values if value is not None]
    return f"from {known[0]} to {known[-1]} in {len(values)} days" if known else "no scores yet"
