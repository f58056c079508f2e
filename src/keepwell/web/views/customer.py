"""One customer: who it is, how the score went, and what may be said about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from keepwell.base.time import DAY_US
from keepwell.runtime.ports.book import CustomerLine, CustomerPage, Explanation
from keepwell.scores.score import ENOUGH
from keepwell.web.charts.path import Scale
from keepwell.web.charts.timeline import Timeline, timeline
from keepwell.web.figures import tenths
from keepwell.web.views import bands, change, events, links, makeup, words

HISTORY_DAYS = 365


@dataclass(frozen=True)
class Head:
    """The score at a glance. `arc` is how full the gauge is, 0-100."""

    name: str
    id: str
    score: str
    arc: float
    band: str
    band_label: str
    computed: tuple[str, str] | None  # style and label of the computed band, when another was set by hand
    coverage: str
    facts: Sequence[tuple[str, str]]
    notes: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class HistoryRow:
    """A day of the score history, for those who read tables."""

    date: str
    score: str
    band: str


@dataclass(frozen=True)
class Span:
    """A choice of how far back to compare."""

    label: str
    href: str
    current: bool


@dataclass(frozen=True)
class CustomerView:
    """Everything the page says."""

    head: Head
    history: Timeline | None
    table: Sequence[HistoryRow]
    makeup: makeup.Makeup | None
    spans: Sequence[Span]
    change: change.ChangeView | None
    recent: Sequence[events.EventRow]
    events_href: str
    expert_href: str
    expert_panel: str
    indicators_href: str
    indicators_panel: str
    outlook_href: str
    outlook_panel: str


def view(page: CustomerPage, explanation: Explanation | None, span: str, now: int) -> CustomerView:
    line = page.line
    return CustomerView(
        head=head(page, explanation, now),
        history=_history(page),
        table=_table(page),
        makeup=makeup.makeup(explanation) if explanation else None,
        spans=[
            Span(f"{days} days", links.customer(line.id, since=key) + "#changes", key == span)
            for key, days in change.SPANS.items()
        ],
        change=change.change(explanation.change) if explanation and explanation.change else None,
        recent=[events.row(event) for event in page.recent],
        events_href=links.events(customer=line.id),
        expert_href=links.expert(line.id),
        expert_panel=links.expert(line.id, panel=True),
        indicators_href=links.indicators(line.id),
        indicators_panel=links.indicators(line.id, panel=True),
        outlook_href=links.outlook(line.id),
        outlook_panel=links.outlook(line.id, panel=True),
    )


def head(page: CustomerPage, explanation: Explanation | None, now: int) -> Head:
    """The head says the score of the explanation, so that gauge and breakdown cannot disagree."""
    line = page.line
    score = explanation.score if explanation else line.score
    band = explanation.band if explanation else line.band
    return Head(
        name=line.name or line.id,
        id=line.id,
        score=words.DASH if score is None else words.points(tenths(score)),
        arc=score or 0,
        band=bands.css(band),
        band_label=bands.label(band),
        computed=_computed(explanation),
        coverage=_coverage(explanation or line),
        facts=_facts(page, now),
        notes=[*_notes(explanation, line), *_lifecycle(line)] if explanation else _lifecycle(line),
    )


def _computed(explanation: Explanation | None) -> tuple[str, str] | None:
    if explanation is None or not _overridden(explanation):
        return None
    return bands.css(explanation.computed_band), bands.label(explanation.computed_band)


def _coverage(source: CustomerLine | Explanation) -> str:
    known = f"Coverage {words.percent(source.coverage)}: that share of the 100 points has data."
    if source.connectable >= 1:
        return known
    return f"{known} The connected sources can give {words.percent(source.connectable)}."


def _facts(page: CustomerPage, now: int) -> list[tuple[str, str]]:
    line = page.line
    facts = [
        ("Plan", line.plan),
        ("Segment", line.segment),
        ("Revenue", "" if line.mrr_cents is None else f"{words.money(line.mrr_cents)} a month"),
        ("Seats", "" if page.seats is None else f"{page.seats:,}"),
        ("Renewal", words.calendar_text(page.renewal or "")),
        ("Owner", line.owner),
        ("First event", "" if page.since is None else words.date_of(page.since)),
        ("Last active", "" if page.last_own is None else words.days_ago(page.last_own, now)),
    ]
    return [(name, value) for name, value in facts if value]


def _notes(explanation: Explanation, line: CustomerLine) -> list[tuple[str, str]]:
    notes = []
    if _overridden(explanation):
        notes.append(("Band set by hand", _override(explanation)))
    if explanation.cap is not None and explanation.uncapped_score is not None:
        without = words.points(tenths(explanation.uncapped_score))
        label = explanation.cap_label or explanation.cap
        notes.append(("Score capped", f"{label}. Without the cap it would be {without}."))
    if explanation.provisional and explanation.score is not None:
        notes.append(("Provisional", _provisional(explanation, line)))
    return notes


def _overridden(explanation: Explanation) -> bool:
    """Whether a band was set by hand, be it the computed one."""
    return explanation.override_until is not None or explanation.band != explanation.computed_band


def _override(explanation: Explanation) -> str:
    until = f" until {words.date(explanation.override_until)}" if explanation.override_until else ""
    reason = f" Reason: {explanation.override_reason}" if explanation.override_reason else ""
    computed = bands.label(explanation.computed_band)
    return f"{bands.label(explanation.band)}{until}. Computed: {computed}; the points are unchanged.{reason}"


def _provisional(explanation: Explanation, line: CustomerLine) -> str:
    because = []
    if line.lifecycle == "onboarding":
        because.append("The customer is in the first 30 days.")
    if explanation.coverage < ENOUGH * explanation.connectable:
        because.append(
            f"Less than {words.percent(ENOUGH)} of the points that the connected sources can give have data."
        )
    return " ".join([*because, "It should not be acted on yet."])


def _lifecycle(line: CustomerLine) -> list[tuple[str, str]]:
    said = {
        "paused": ("Paused", "The customer is expected to be absent."),
        "churned": (
            "Churned",
            "The subscription ended, or there is none and the customer fell quiet. It is in no figure of the overview.",
        ),
        "returned": ("Returned", "The customer became active again after leaving."),
    }
    return [said[line.lifecycle]] if line.lifecycle in said else []


def _history(page: CustomerPage) -> Timeline | None:
    marks = sorted((marker.at / DAY_US, marker.label) for marker in page.markers)
    return timeline(
        _kept(page),
        scale=Scale(0, 100),
        levels=(0, 40, 60, 80, 100),
        zones=[(bands.css(band.key), band.label, band.low, band.high) for band in bands.BANDS],
        marks=marks,
    )


def _kept(page: CustomerPage) -> list[tuple[int, float | None]]:
    last = max((day for day, _ in page.history), default=0)
    return [(day, score) for day, score in page.history if day > last - HISTORY_DAYS]


def _table(page: CustomerPage) -> list[HistoryRow]:
    return [
        HistoryRow(words.date(day), words.points(tenths(score)), bands.at(score).label)
        for day, score in sorted(_kept(page), reverse=True)
        if score is not None
    ]
