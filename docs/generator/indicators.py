"""The page of indicators: weights, measures and curves of every shipped scorecard, caps and bands."""

from __future__ import annotations

from collections.abc import Iterator

from docs.generator.markdown import code, document, table
from keepwell.config.scorecards import load_shipped
from keepwell.metrics.catalog import CATALOG
from keepwell.metrics.points import format_curve
from keepwell.scores import bands, caps
from keepwell.scores.scorecard import NO_MEASURE, Rule

_DECK = load_shipped()

_INTRODUCTION = """
Nine metrics of four indicators each. A scorecard gives every metric a weight and every indicator a measure, a curve
and a weight inside its metric. A curve is `value:points`, straight between its knots and level beyond its ends. The
text of a scorecard is printed by `keepwell scorecard show`.
""".strip()


def page() -> str:
    """The whole page."""
    metrics = [_metric(name) for name in CATALOG]
    return document(
        "Indicators", _INTRODUCTION, "## Scorecards", _cards(), *metrics, "## Caps", _caps(), "## Bands", _bands()
    )


def _cards() -> str:
    rows = [
        (code(card.name), ", ".join(map(code, card.segments)), "yes" if card is _DECK.default else "")
        for card in _DECK.cards.values()
    ]
    return table(("scorecard", "for the segments", "for all others"), rows)


def _metric(name: str) -> str:
    label, indicators = CATALOG[name]
    weights: dict[float, list[str]] = {}
    for card in _DECK.cards.values():
        weights.setdefault(card.metrics[name], []).append(card.name)
    said = ", ".join(
        f"{weight:g}" + ("" if len(weights) == 1 else f" ({', '.join(cards)})") for weight, cards in weights.items()
    )
    rows = [row for indicator in indicators for row in _rules(indicator)]
    columns = ("indicator", "scorecards", "measure", "weight", "curve")
    return "\n\n".join((f"## {label}", f"{code(name)}, weight {said}.", table(columns, rows)))


def _rules(indicator: str) -> Iterator[tuple[str, str, str, str, str]]:
    """One row for each different rule, with the scorecards that have it."""
    rules: dict[Rule, list[str]] = {}
    for card in _DECK.cards.values():
        rules.setdefault(card.indicators[indicator], []).append(card.name)
    for rule, cards in rules.items():
        on = "all" if len(rules) == 1 else ", ".join(cards)
        if rule.measure == NO_MEASURE:
            yield code(indicator), on, "left out", "", ""
        else:
            link = f"[{code(rule.measure)}](measures.md#{rule.measure})"
            yield code(indicator), on, link, f"{rule.weight:g}", code(format_curve(rule.curve))


def _caps() -> str:
    rows = [(code(cap.name), f"{cap.ceiling:g}", cap.label) for cap in caps.CAPS]
    table_of_caps = table(("cap", "ceiling", "while"), rows)
    return f"""
A cap holds the score at its ceiling or below as long as its cause lasts. Of several the lowest applies.

{table_of_caps}

*Some was to be expected*: by the own rhythm of the last 120 days at least {caps.EXPECTED_EVENTS:g} active days in
{caps.SILENT_DAYS}; or the customer was once active, and has done nothing for {caps.FORGOTTEN_DAYS} days. *Longer than
its own rhythm explains*: at least {caps.EXPECTED_EVENTS:g} active days are known, and by their rhythm such a silence
has a chance below {caps.UNLIKELY * 100:g} %. A paused customer is not capped for silence.
""".strip()


def _bands() -> str:
    ends = [f"to below {edge:g}" for edge in bands.EDGES] + ["to 100"]
    begins = [0.0, *bands.EDGES]
    rows = [(code(band.value), f"{begin:g} {end}") for band, begin, end in zip(bands.BANDS, begins, ends, strict=True)]
    return table(("band", "score"), rows[::-1])
