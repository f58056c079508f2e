"""Rules in words, how they did, and incidents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from keepwell.base.time import SECOND_US
from keepwell.runtime.ports.alerts import IncidentLine, IncidentPage, RuleLine
from keepwell.web.views import alert_rows, links, words
from keepwell.web.views.alert_rows import AlertRow, SeverityMark

CADENCES = {"immediate": "with every evaluation", "daily": "once a day", "weekly": "once a week"}


@dataclass(frozen=True)
class RuleRow:
    """One rule. Numbers are of the last 90 days."""

    id: str
    href: str
    title: str
    what: str
    ends: str
    severity: SeverityMark
    cadence: str
    respond: str
    off: bool
    fired: str
    useful: str
    false: str
    expected: str
    open: str
    params: Sequence[tuple[str, str]]
    alerts_href: str


@dataclass(frozen=True)
class IncidentRow:
    """One incident."""

    id: int
    href: str
    about: str
    because: str
    opened: str
    ended: str
    held: str
    number: int
    open: bool


@dataclass(frozen=True)
class IncidentView:
    """An incident with its evidence and the alerts that it holds."""

    row: IncidentRow
    evidence: Sequence[tuple[str, str]]
    alerts: Sequence[AlertRow]
    more: str


def rule(line: RuleLine) -> RuleRow:
    hours = " of business hours" if line.office_hours else ""
    return RuleRow(
        id=line.id, href=links.rule(line.id), title=line.title, what=line.what, ends=line.ends,
        severity=alert_rows.severity(line.severity), cadence=CADENCES.get(line.cadence, line.cadence),
        respond=f"{alert_rows.span(line.respond_s * SECOND_US)}{hours}", off=not line.enabled,
        fired=f"{line.fired:,}", useful=f"{line.useful:,}", false=f"{line.false:,}", expected=f"{line.expected:,}",
        open=f"{line.open:,}", params=[(name, f"{value:g}") for name, value in line.params.items()],
        alerts_href=links.alerts(rule=line.id),
    )  # fmt: skip


def incident(line: IncidentLine) -> IncidentRow:
    return IncidentRow(
        id=line.id, href=links.incident(line.id), about=alert_rows.ABOUT.get(line.kind, line.kind),
        because=line.because,
        opened=words.moment(line.opened_at),
        ended="still open" if line.ended_at is None else words.moment(line.ended_at),
        held=words.count(line.held, "alert"), number=line.held, open=line.ended_at is None,
    )  # fmt: skip


def incident_page(page: IncidentPage, now: int) -> IncidentView:
    rest = page.line.held - len(page.alerts)
    more = f"The most pressing are listed; it holds {words.count(rest, 'alert')} more." if rest > 0 else ""
    rows = [alert_rows.row(each, now) for each in page.alerts]
    return IncidentView(incident(page.line), page.line.evidence, rows, more)
