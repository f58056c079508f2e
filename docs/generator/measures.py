"""The page of measures: what each one measures, over which window, and what gives it data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from docs.generator.markdown import WORDS, code, document, sentence, table
from keepwell.config.scorecards import load_shipped
from keepwell.events.catalog import AREAS, BY_NUMBER
from keepwell.metrics.catalog import CATALOG
from keepwell.metrics.measures import MEASURES, Measure
from keepwell.metrics.references import MATURE_DAYS, MIN_PEERS, PEER_DEFAULTS

_INTRODUCTION = """
A measure is one number per customer, or no data. A source is *connected* when the platform has ever sent such an
event, for anybody: from then on absence of activity is 0, not missing. Windows count whole UTC days back from the day
of the moment asked about. Tenure is the time since the customer's first event.

*Filled to the window* means: a count over the days the customer was there, brought to the whole window, so that a
new customer is not measured short, and the running day counts by the part of it that has passed.
""".strip()


def ordered() -> list[tuple[str, list[Measure]]]:
    """Label of a metric and the measures that serve its indicators; each measure once, in the order of the catalog."""
    seen: set[str] = set()
    found: list[tuple[str, list[Measure]]] = []
    for label, indicators in CATALOG.values():
        wanted = [card.indicators[name].measure for name in indicators for card in load_shipped().cards.values()]
        names = [name for name in dict.fromkeys(wanted) if name in MEASURES and name not in seen]
        seen.update(names)
        found.append((label, [MEASURES[name] for name in names]))
    return [*found, ("In no shipped scorecard", [MEASURES[name] for name in sorted(MEASURES.keys() - seen)])]


def page() -> str:
    """The whole page."""
    blocks = [_INTRODUCTION]
    for label, measures in ordered():
        if measures:
            blocks += [f"## {label}", *map(_entry, measures)]
    return document("Measures", *blocks, "## Peers", _peers())


def _entry(measure: Measure) -> str:
    facts = [
        ("window", measure.window),
        ("sources", ", ".join(_sources(measure.sources))),
        ("no data when", WORDS["no_data"].get(measure.name, "")),
        ("used by", ", ".join(_used(measure.name)) or "no shipped scorecard"),
    ]
    listed = "\n".join(f"- {what}: {said}" for what, said in facts)
    return "\n\n".join((f"### {measure.name}", f"{measure.label}. {sentence(measure.read.__doc__)}", listed))


def _sources(labels: Sequence[str]) -> Iterator[str]:
    for label in labels:
        what, number = label.split(":")
        if what == "area":
            yield f"[`page_viewed`](events.md#page_viewed) of the area {code(AREAS[int(number)])}"
        else:
            key = BY_NUMBER[int(number)].key
            yield f"[{code(key)}](events.md#{key})"


def _used(name: str) -> Iterator[str]:
    """The indicators that are measured so, and on which scorecards."""
    cards: dict[str, list[str]] = {}
    deck = load_shipped()
    for card in deck.cards.values():
        for indicator, rule in card.indicators.items():
            if rule.measure == name:
                cards.setdefault(indicator, []).append(card.name)
    for indicator, names in cards.items():
        on = "" if len(names) == len(deck.cards) else f" ({', '.join(names)})"
        yield f"[{code(indicator)}](indicators.md){on}"


def _peers() -> str:
    defaults = table(("reference", "default"), [(code(name), f"{value:g}") for name, value in PEER_DEFAULTS.items()])
    return f"""
A measure against peers divides by what is usual in the customer's segment: the median over its customers with a
tenure of at least {MATURE_DAYS} days who were active in the last 28. It is frozen once a day, from what was known when
the day began. With fewer than {MIN_PEERS} such customers the shipped default stands in.

{defaults}
""".strip()
