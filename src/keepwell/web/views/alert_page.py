"""One alert: what was measured, what would end it, how it went, and what can be done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from keepwell.alerts.alert import Status
from keepwell.base.time import DAY_US, day_of, day_to_date
from keepwell.runtime.ports.alerts import AlertLine, AlertPage, IncidentLine
from keepwell.web.charts.path import Scale
from keepwell.web.charts.timeline import Tick, Timeline, timeline
from keepwell.web.views import alert_rows, bands, links, words
from keepwell.web.views.alert_rows import AlertRow
from keepwell.web.views.alerts import SPANS, Asking, Draft

SCORE = "Score"  # what `AlertPage.counted` says when the series are scores
OF_THE_SCORE = ("band_fell",)
"""Rules that compare the score itself: only there the threshold is in the unit of a chart."""
STEPS = (1, 2, 5)


@dataclass(frozen=True)
class AlertChart:
    """The days before an alert. `threshold` is drawn where it is in the unit of what is counted."""

    title: str
    label: str
    chart: Timeline
    threshold: Tick | None


@dataclass(frozen=True)
class ChangeRow:
    """A line of the history."""

    at: str
    what: str
    by: str
    because: str


@dataclass(frozen=True)
class Similar:
    """An earlier alert of the same rule, and what became of it."""

    href: str
    customer: str
    became: str
    because: str


@dataclass(frozen=True)
class AlertView:
    """The page. `acts` tells whether something can be done; `staff` are who it can be given to."""

    row: AlertRow
    facts: Sequence[tuple[str, str]]
    notes: Sequence[tuple[str, str]]
    measured: Sequence[tuple[str, str]]
    ends: str
    rule: str
    rule_href: str
    chart: AlertChart | None
    counted: str
    changes: Sequence[ChangeRow]
    similar: Sequence[Similar]
    acts: bool
    open: bool
    snoozed: bool
    staff: Sequence[tuple[str, str]]
    spans: Sequence[tuple[str, str]]
    earliest: str
    back: str
    said: str
    draft: Draft


def view(
    page: AlertPage, staff: Sequence[tuple[str, str]], incidents: Sequence[IncidentLine], asking: Asking
) -> AlertView:
    line, now = page.line, asking.now
    row = alert_rows.row(line, now, alert_rows.incident_links(incidents))
    return AlertView(
        row=row, facts=_facts(line, now), notes=_notes(line), measured=[*_compared(line), *line.evidence],
        ends=page.rule.ends[:1].lower() + page.rule.ends[1:],
        rule=page.rule.title, rule_href=links.rule(page.rule.id), chart=_chart(page),
        counted=page.counted, changes=[_change(each.at, each.kind, each.by, each.because) for each in page.changes],
        similar=[_similar(each, now) for each in page.similar],
        acts=asking.may and line.state != Status.RESOLVED.value, open=line.state == Status.OPEN.value,
        snoozed=line.state == Status.SNOOZED.value, staff=staff, spans=SPANS,
        earliest=day_to_date(day_of(now) + 1).isoformat(), back=links.alert(line.id), said=asking.said,
        draft=asking.draft,
    )  # fmt: skip


def _facts(line: AlertLine, now: int) -> list[tuple[str, str]]:
    facts = [
        ("Opened", words.moment(line.opened_at)),
        ("React by", "" if line.due_at is None else f"{words.moment(line.due_at)}, {alert_rows.when(line, now)}"),
        ("Answered", "" if line.responded_at is None else words.moment(line.responded_at)),
        ("Snoozed until", "" if line.snoozed_until is None else words.moment(line.snoozed_until)),
        ("Ended", "" if line.ended_at is None else words.moment(line.ended_at)),
        ("Owner", line.owner or "nobody"),
        ("Revenue", alert_rows.revenue(line)),
    ]
    return [(name, value) for name, value in facts if value]


def _notes(line: AlertLine) -> list[tuple[str, str]]:
    notes = []
    if line.verdict is not None:
        notes.append((f"Resolved as {alert_rows.VERDICTS.get(line.verdict, line.verdict)}", line.note or ""))
    if line.snooze_reason:
        notes.append(("Snoozed", line.snooze_reason))
    if line.suppressed is not None:
        notes.append(("Not shown today", line.suppressed))
    return notes


def _compared(line: AlertLine) -> list[tuple[str, str]]:
    found = (("Measured", line.measure), ("Threshold", line.threshold))
    return [(name, alert_rows.quantity(value, line.unit)) for name, value in found if value is not None]


def _change(at: int, kind: str, by: str | None, because: str) -> ChangeRow:
    return ChangeRow(words.moment(at), kind.capitalize(), by or "", because)


def _similar(line: AlertLine, now: int) -> Similar:
    over = line.state == Status.RESOLVED.value
    became = f"ended: {alert_rows.when(line, now)}" if over else f"{alert_rows.STATES.get(line.state, line.state)}"
    opened = f"opened {alert_rows.ago(line.opened_at, now)}"
    return Similar(links.alert(line.id), line.customer_name, f"{became} · {opened}", line.because)


def _chart(page: AlertPage) -> AlertChart | None:
    """The series with the moments at which the alert opened and ended; None when there is no line to draw."""
    line, scored = page.line, page.counted == SCORE
    moments = [(line.opened_at, "the alert opened"), *([(line.ended_at, "it ended")] if line.ended_at else [])]
    scale, levels = (Scale(0, 100), (0.0, 40.0, 60.0, 80.0, 100.0)) if scored else _axis(page.series)
    found = timeline(
        page.series,
        scale=scale,
        levels=levels,
        zones=[(bands.css(band.key), band.label, band.low, band.high) for band in bands.BANDS] if scored else (),
        marks=sorted((at / DAY_US, label) for at, label in moments),
    )
    if found is None:
        return None
    compared = line.threshold is not None and scored and line.rule in OF_THE_SCORE
    limit = Tick(scale.share(line.threshold), "threshold") if compared and line.threshold is not None else None
    return AlertChart(page.counted, f"{page.counted} over {found.width + 1} days", found, limit)


def _axis(series: Sequence[tuple[int, float]]) -> tuple[Scale, tuple[float, ...]]:
    """From 0 to a round number above every value, in at most five whole steps."""
    top = max((value for _, value in series), default=0.0)
    size = 1
    while True:
        for step in (each * size for each in STEPS):
            if step * 4 >= top:
                count = max(1, -int(-top // step))
                return Scale(0, step * count), tuple(float(step * each) for each in range(count + 1))
        size *= 10
