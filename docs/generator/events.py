"""The page of events: the tracking plan as senders need it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from docs.generator.markdown import WORDS, code, codes, document, table
from docs.generator.readers import in_words
from keepwell.events.catalog import CATALOG, SURVEYS, EventSpec, Stream
from keepwell.metrics.measures import MEASURES
from keepwell.metrics.rollups import area_label, kind_label

GROUPS: Mapping[str, str] = {
    "signed_in": "Activity of users",
    "transaction": "Transactions",
    "work": "Proving and mining",
    "help_viewed": "Engagement",
    "ticket_opened": "Support",
    "survey_answered": "Satisfaction",
    "invoice_issued": "Billing",
    "addon_added": "State of the customer",
    "feature_released": "Releases",
    "forecast_published": "Our own",
    "competitor_seen": "Market and risk",
    "swap_quoted": "Telemetry",
}
"""Headings, by the event of the catalog they stand before."""

_KEPT = {
    Stream.ACTIVITY: "counted by day",
    Stream.FACT: "kept as a single fact",
    Stream.STATE: "folded into the customer's profile",
}
_AREAS = ("docs", "forum")  # the areas of `page_viewed` that measures tell apart

_INTRODUCTION = """
An event is named by its key or one of its other names; case, spaces, dashes and dots make no difference, so
`Signed In`, `signed-in` and `signedIn` are `signed_in`. An event the plan does not know is kept under its own name
and counted, and no measure reads it. Properties that are not listed are kept and not read. A property that is listed
and cannot be read refuses the row; see [rejections](rejections.md).

*Own activity* is what the customer did itself: it makes a day an active day. "Read by" names the measures for which
the event counts as a connected source; see [measures](measures.md).
""".strip()


def entry(spec: EventSpec) -> str:
    """The entry of one event."""
    facts = [f"Log number {spec.number}", _KEPT[spec.stream]]
    if spec.own:
        facts.append("own activity" if spec.own_needs is None else f"own activity when {_needed(spec)} is above 0")
    if spec.aliases:
        facts.append(f"also called {codes(spec.aliases)}")
    read = [name for name, measure in MEASURES.items() if set(_labels(spec)) & set(measure.sources)]
    lines = [f"### {code(spec.key)}", WORDS["events"].get(spec.key, ""), f"{'; '.join(facts)}."]
    properties = list(_properties(spec))
    if properties:
        lines.append(table(("property", "holds", ""), properties))
    if read:
        lines.append("Read by " + ", ".join(f"[{name}](measures.md#{name})" for name in read) + ".")
    return "\n\n".join(lines)


def _needed(spec: EventSpec) -> str:
    return code(spec.slots[spec.own_needs or ""][0])


def _labels(spec: EventSpec) -> Sequence[str]:
    areas = [area_label(area) for area in _AREAS] if spec.key == "page_viewed" else []
    return (kind_label(spec.key), *areas)


def _properties(spec: EventSpec) -> Iterator[tuple[str, str, str]]:
    """Property, what it holds, and whether it must be there."""
    said = {name: in_words(reader) for name, reader in spec.slots.values()}
    if spec.key == "survey_answered":
        scales = "; ".join(f"{code(kind)}: {in_words(reader)}" for kind, reader in SURVEYS.items())
        said = {"kind": f"the scale: one of {codes(SURVEYS)}; `nps` when it is absent", "score": scales} | said
    if spec.text:
        said[spec.text] = "a text; English words of feeling in it give the sentiment when `sentiment` is absent"
    said |= {name: "anything" for name in spec.required if name not in said}
    for name, words in said.items():
        yield code(name), words, "required" if name in spec.required else ""


def page() -> str:
    """The whole page."""
    blocks: list[str] = [_INTRODUCTION]
    for spec in CATALOG:
        if spec.key in GROUPS:
            blocks.append(f"## {GROUPS[spec.key]}")
        blocks.append(entry(spec))
    return document("Events", *blocks)
