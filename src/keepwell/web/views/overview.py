"""The whole base on one page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from keepwell.runtime.ports.book import Overview
from keepwell.web.charts.histogram import Bin, histogram
from keepwell.web.charts.spark import Spark, spark
from keepwell.web.charts.timeline import Timeline, timeline
from keepwell.web.figures import shift, tenths
from keepwell.web.views import bands, links, words
from keepwell.web.views.marks import Delta, Row, delta, row, tone

LONGEST_LIST = 12
MOST_DROPS = 6


@dataclass(frozen=True)
class Tile:
    """One headline figure. `value` is None when there is not enough data; `share` draws a bar, 0-1.

    Under the value stands the change in seven days or, where there is none, `aside`.
    """

    title: str
    meaning: str
    value: str | None
    change: Delta | None = None
    aside: str = ""
    spark: Spark | None = None
    share: float | None = None


@dataclass(frozen=True)
class Slice:
    """One band of the distribution. `scope` says how many scores lie in it when bands set by hand make that differ."""

    key: str
    label: str
    scope: str
    count: int
    percent: str
    href: str


@dataclass(frozen=True)
class TrendChart:
    """A chart of the base over time, with its last value in words."""

    key: str
    title: str
    unit: str
    last: str
    chart: Timeline


@dataclass(frozen=True)
class OverviewPage:
    """`attention_more` links to what the list leaves out; `by_hand` says how many are in a band set by hand."""

    date: str
    facts: Sequence[str]
    simulated: bool
    empty: bool
    tiles: Sequence[Tile]
    slices: Sequence[Slice]
    unscored: str
    unscored_href: str
    by_hand: str
    bins: Sequence[tuple[Bin, str]]
    drops: Sequence[Row]
    attention: Sequence[Row]
    attention_count: int
    attention_more: Sequence[Slice]
    foresight: str
    foresight_panel: str
    trends: Sequence[TrendChart]


def page(overview: Overview, now: int) -> OverviewPage:
    slices = _slices(overview)
    unscored = overview.customers - overview.scored
    shown = [row(line) for line in overview.attention[:LONGEST_LIST]]
    attention = sum(overview.bands.get(key, 0) for key in ("at_risk", "critical"))
    return OverviewPage(
        date=words.full_date(overview.as_of or now),
        facts=_facts(overview),
        simulated=overview.simulated,
        empty=not overview.customers and not overview.churned,
        tiles=_tiles(overview),
        slices=slices,
        unscored=words.count(unscored, "customer") if unscored > 0 else "",
        unscored_href=links.customers(band=bands.UNSCORED),
        by_hand=words.count(overview.overridden, "customer") if overview.overridden else "",
        bins=[(part, bands.at(part.low).css) for part in histogram(overview.histogram)],
        drops=[row(line) for line in overview.drops[:MOST_DROPS]],
        attention=shown,
        attention_count=attention,
        attention_more=[part for part in slices[2:] if part.count] if attention > len(shown) else [],
        foresight=links.foresight(),
        foresight_panel=links.foresight_panel(),
        trends=_trends(overview),
    )


def _facts(overview: Overview) -> list[str]:
    facts = [f"{words.count(overview.customers, 'customer')} watched"]
    if overview.churned:
        facts.append(f"{overview.churned:,} churned, in no figure here")
    if overview.average_coverage is not None:
        facts.append(f"average coverage {words.percent(overview.average_coverage)}")
    return facts


def _tiles(overview: Overview) -> list[Tile]:
    return [_average(overview), _healthy(overview), _improvement(overview), _revenue(overview)]


def _average(overview: Overview) -> Tile:
    return Tile(
        title="Average score",
        meaning="Mean of all customers with a score, each counting once.",
        value=None if overview.average is None else words.points(tenths(overview.average)),
        change=delta(shift(overview.average, overview.average_change_7d)),
        spark=spark([average for _, average, _, _ in overview.series], least_span=10),
    )


def _healthy(overview: Overview) -> Tile:
    shares = {day: share * 100 for day, _, share, _ in overview.series if share is not None}
    scored = sum(overview.bands.values())
    last = max(shares, default=0)
    moved = round((shares[last] - shares[last - 7]) * 10) if last - 7 in shares else None
    healthy, alone = overview.bands.get("healthy", 0), _by_score(overview)["healthy"]
    by_hand = "" if healthy == alone else f" By score alone {alone:,}; the change and the line go by that."
    return Tile(
        title="Healthy customers",
        meaning=f"Healthy: {healthy:,} of {scored:,} customers with a score.{by_hand}",
        value=words.percent(healthy / scored) if scored else None,
        change=delta(moved, unit=" pts"),
        spark=spark([shares.get(day) for day, *_ in overview.series], least_span=10),
    )


def _improvement(overview: Overview) -> Tile:
    rate, base = overview.improvement_rate, overview.improvement_base
    return Tile(
        title="Improvement rate",
        meaning="Of the customers below 80 seven days ago, those now at least 1 point higher.",
        value=None if rate is None else words.percent(rate),
        aside="" if rate is None else f"{round(rate * base):,} of {words.count(base, 'customer')}",
        share=rate,
    )


def _revenue(overview: Overview) -> Tile:
    change = overview.at_risk_mrr_change_7d
    past = [None if average is None else mrr / 100 for _, average, _, mrr in overview.series]
    return Tile(
        title="Monthly revenue at risk",
        meaning="What customers at risk or critical pay a month.",
        value=words.short_money(overview.at_risk_mrr_cents) if overview.scored else None,
        change=None if change is None else _money_delta(change),
        spark=spark(past, least_span=max((mrr for mrr in past if mrr is not None), default=0) * 0.3 or 1),
    )


def _money_delta(cents: int) -> Delta:
    """More revenue at risk is worse."""
    return Delta(("+" if cents > 0 else "") + words.short_money(cents), tone(-cents))


def _by_score(overview: Overview) -> Counter[str]:
    """How many scores lie in each band; bands set by hand are counted elsewhere."""
    found: Counter[str] = Counter()
    for place, count in enumerate(overview.histogram):  # the edges of bands are edges of stretches
        found[bands.at(place * 5.0).key] += count
    return found


def _slices(overview: Overview) -> list[Slice]:
    scored = sum(overview.bands.values()) or 1
    by_score = _by_score(overview)
    return [
        Slice(
            key=band.css,
            label=band.label,
            scope=band.scope if count == by_score[band.key] else f"{band.scope}, {by_score[band.key]:,} by score",
            count=count,
            percent=words.percent(count / scored),
            href=links.customers(band=band.key),
        )
        for band in bands.BANDS
        for count in [overview.bands.get(band.key, 0)]
    ]


def _trends(overview: Overview) -> list[TrendChart]:
    averages = [(day, average) for day, average, _, _ in overview.series]
    shares = [(day, None if share is None else share * 100) for day, _, share, _ in overview.series]
    charts = [
        ("average", "Average score", "", timeline(averages)),
        ("healthy", "Healthy customers", words.PERCENT, timeline(shares)),
    ]
    return [TrendChart(key, title, unit, _last(chart) + unit, chart) for key, title, unit, chart in charts if chart]


def _last(chart: Timeline) -> str:
    known = [value for value in chart.values if value is not None]
    return words.points(known[-1])
