"""What a score is made of: four groups, nine metrics, their indicators, and the cap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from keepwell.runtime.ports.book import Explanation, IndicatorLine, MetricLine
from keepwell.web.figures import adds_up, apportion, rounded, tenths
from keepwell.web.views import links, words

GROUPS = (
    ("Core usage", ("usage_frequency", "transaction_volume", "feature_adoption")),
    ("Engagement", ("communication_responsiveness", "platform_engagement")),
    ("Support and satisfaction", ("support_tickets", "satisfaction")),
    ("Financial", ("payment_behaviour", "account_growth")),
)
OTHER = "Other"


@dataclass(frozen=True)
class IndicatorRow:
    """One indicator, `points` None when it had no data."""

    key: str
    label: str
    explained: str
    window: str
    points: str | None
    contribution: str
    exact: float
    events: str  # "12 events", or nothing
    href: str


@dataclass(frozen=True)
class MetricRow:
    """One metric. `weight` is its share of the score, those without data left out, in tenths of a percent."""

    key: str
    label: str
    weight: int
    points: str | None
    share: float
    tenths: int
    exact: float
    indicators: Sequence[IndicatorRow]

    @property
    def weight_text(self) -> str:
        return _weight(self.weight)

    @property
    def contribution(self) -> str:
        return words.points(self.tenths)


@dataclass(frozen=True)
class Group:
    """Metrics that the specification names together."""

    label: str
    weight: str
    contribution: str
    metrics: Sequence[MetricRow]


@dataclass(frozen=True)
class Makeup:
    """`adds_up` is False only when the figures handed over contradict each other; the page then says so."""

    groups: Sequence[Group]
    uncapped: str
    cap_label: str
    cap_points: str
    score: str
    adds_up: bool
    rescaled: bool
    heaviest: int  # the largest weight, so that bars can be drawn to one scale
    scorecard: str


def makeup(explanation: Explanation) -> Makeup | None:
    """The score opened up, or None when there is no score."""
    score, uncapped = explanation.score, explanation.uncapped_score
    if score is None or uncapped is None:
        return None
    honest = _honest(explanation.metrics, uncapped)
    rows = _rows(explanation, tenths(uncapped), honest=honest)
    capped = explanation.cap is not None or score != uncapped
    return Makeup(
        groups=[_group(label, members) for label, members in _grouped(rows)],
        uncapped=words.points(tenths(uncapped)),
        cap_label=(explanation.cap_label or explanation.cap or "Cap") if capped else "",
        cap_points=words.signed(tenths(score) - tenths(uncapped)),
        score=words.points(tenths(score)),
        adds_up=honest,
        rescaled=any(metric.points is None for metric in explanation.metrics),
        heaviest=max((row.weight for row in rows), default=0) or 1,
        scorecard=explanation.scorecard,
    )


def _honest(metrics: Sequence[MetricLine], uncapped: float) -> bool:
    """Whether indicators add up to their metric, and metrics to the score."""
    opened = [metric for metric in metrics if metric.indicators]
    return adds_up([metric.contribution for metric in metrics], uncapped) and all(
        adds_up([line.contribution for line in metric.indicators], metric.contribution) for metric in opened
    )


def _rows(explanation: Explanation, uncapped: int, *, honest: bool) -> list[MetricRow]:
    metrics = explanation.metrics
    shown = _tenths([metric.contribution for metric in metrics], uncapped, honest=honest)
    weights = _weights(metrics)
    return [
        MetricRow(
            key=metric.metric,
            label=metric.label,
            weight=weight,
            points=None if metric.points is None else words.points(tenths(metric.points)),
            share=0 if metric.points is None else metric.points / 100,
            tenths=tenth,
            exact=metric.contribution,
            indicators=_indicators(explanation.customer_id, metric, tenth, honest=honest),
        )
        for metric, tenth, weight in zip(metrics, shown, weights, strict=True)
    ]


def _tenths(parts: Sequence[float], total: int, *, honest: bool) -> list[int]:
    return apportion(parts, total) if honest else rounded(parts)


def _weights(metrics: Sequence[MetricLine]) -> list[int]:
    """In tenths of a percent: what has no data weighs nothing, the others share its part."""
    known = [metric.points is not None for metric in metrics]
    own = [metric.weight * has_data for metric, has_data in zip(metrics, known, strict=True)]
    if not any(own):  # a score that comes from no metric of the scorecard
        own = list(map(float, known))
    return apportion([weight / (sum(own) or 1) * 100 for weight in own], 1000 * any(own))


def _indicators(customer_id: str, metric: MetricLine, shown: int, *, honest: bool) -> list[IndicatorRow]:
    lines = metric.indicators
    parts = _tenths([line.contribution for line in lines], shown, honest=honest)
    return [_indicator(customer_id, line, part) for line, part in zip(lines, parts, strict=True)]


def _indicator(customer_id: str, line: IndicatorLine, shown: int) -> IndicatorRow:
    return IndicatorRow(
        key=line.indicator,
        label=line.label,
        explained=line.explained,
        window=line.window,
        points=None if line.points is None else words.points(tenths(line.points)),
        contribution=words.points(shown),
        exact=line.contribution,
        events=words.count(line.event_count, "event") if line.event_count else "",
        href=links.events(customer=customer_id, indicator=line.indicator),
    )


def _grouped(rows: Sequence[MetricRow]) -> list[tuple[str, list[MetricRow]]]:
    """Metrics under the headings of the specification; those of an own scorecard come last."""
    placed = set(chain.from_iterable(keys for _, keys in GROUPS))
    others = tuple(row.key for row in rows if row.key not in placed)
    named = [(label, [row for row in rows if row.key in keys]) for label, keys in (*GROUPS, (OTHER, others))]
    return [(label, members) for label, members in named if members]


def _group(label: str, members: Sequence[MetricRow]) -> Group:
    return Group(
        label=label,
        weight=_weight(sum(row.weight for row in members)),
        contribution=words.points(sum(row.tenths for row in members)),
        metrics=members,
    )


def _weight(tenth: int) -> str:
    return words.points(tenth).removesuffix(".0")
