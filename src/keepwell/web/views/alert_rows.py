"""One alert as a line of a list, and the words that all pages of alerts share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from keepwell.alerts.alert import Status, Verdict
from keepwell.alerts.incident import name_of
from keepwell.alerts.outage import Kind
from keepwell.alerts.rule import Severity
from keepwell.base.time import DAY_US, HOUR_US, SECOND_US
from keepwell.runtime.ports.alerts import AlertLine, AlertsPart, Counts, IncidentLine
from keepwell.web.views import links, words

MINUTE_US = 60 * SECOND_US
SEVERITIES = (
    (Severity.CRITICAL.value, "Critical", "critical"),
    (Severity.HIGH.value, "High", "at-risk"),
    (Severity.NORMAL.value, "Normal", "stable"),
    (Severity.LOW.value, "Low", "unscored"),
)
"""The worst first: key, name, and the style class of its sign, the same signs as those of bands."""
STATES = {
    Status.OPEN.value: "open",
    Status.ACKNOWLEDGED.value: "acknowledged",
    Status.SNOOZED.value: "snoozed",
    Status.RESOLVED.value: "resolved",
}
VERDICTS = {
    Verdict.USEFUL.value: "useful",
    Verdict.FALSE.value: "false alarm",
    Verdict.EXPECTED.value: "expected",
}
ABOUT = {
    Kind.SOURCE.value: "a source",
    Kind.JOIN.value: "joining",
    Kind.FLEET.value: "everybody",
    Kind.CHAIN.value: "a chain",
    Kind.SEGMENT.value: "a segment",
    Kind.BREAKER.value: "bands",
}
"""What incidents are about."""
Link = tuple[str, str]
"""Words, and the address they lead to."""


@dataclass(frozen=True)
class SeverityMark:
    """A severity never shows by colour alone."""

    label: str
    css: str


@dataclass(frozen=True)
class AlertRow:
    """One alert. `when` is what matters in its state: by when to react, until when it is snoozed, how it ended.

    `aside` says why the budget of the day holds it back, `snoozed` why somebody wants to hear of it later.
    """

    id: int
    href: str
    title: str
    because: str
    severity: SeverityMark
    state: str
    customer: str
    customer_href: str
    revenue: str
    opened: str
    when: str
    late: bool
    owner: str
    held: Link | None
    aside: str
    snoozed: str


def row(line: AlertLine, now: int, held: Mapping[str, Link] | None = None) -> AlertRow:
    """One alert; `held` names incidents and where they are."""
    return AlertRow(
        id=line.id, href=links.alert(line.id), title=line.title, because=line.because, severity=severity(line.severity),
        state=STATES.get(line.state, line.state), customer=line.customer_name,
        customer_href=links.customer(line.customer_id), revenue=revenue(line), opened=ago(line.opened_at, now),
        when=when(line, now), late=is_late(line, now), owner=line.owner,
        held=_held(line, held or {}), aside=line.suppressed or "",
        snoozed=line.snooze_reason,
    )  # fmt: skip


def _held(line: AlertLine, found: Mapping[str, Link]) -> Link | None:
    """The incident that explains an alert; the list of all of them when several do."""
    if not line.held_by:
        return None
    if len(line.held_by) > 1:
        return f"held by {len(line.held_by)} incidents", links.INCIDENTS
    because, href = found.get(line.held_by[0], ("an incident", links.INCIDENTS))
    return f"held: {because}", href


def severity(key: str) -> SeverityMark:
    return next((SeverityMark(label, css) for name, label, css in SEVERITIES if name == key), SeverityMark(key, ""))


def revenue(line: AlertLine) -> str:
    return "" if line.mrr is None else f"{words.money(round(line.mrr))}/month"


def is_late(line: AlertLine, now: int) -> bool:
    """Whether somebody should have reacted by now."""
    return line.state == Status.OPEN.value and line.due_at is not None and line.due_at < now


def when(line: AlertLine, now: int) -> str:
    """The moment that matters in the state of an alert, as a person says it."""
    if line.state == Status.RESOLVED.value:
        ended = "" if line.ended_at is None else ago(line.ended_at, now)
        return " · ".join(filter(None, (VERDICTS.get(line.verdict or "", "by itself"), ended)))
    if line.state == Status.SNOOZED.value and line.snoozed_until is not None:
        return f"in {span(line.snoozed_until - now)}"
    if line.state == Status.ACKNOWLEDGED.value:
        return "" if line.responded_at is None else ago(line.responded_at, now)
    if line.due_at is None:
        return "no deadline"
    passed = now - line.due_at
    return f"overdue by {span(passed)}" if passed > 0 else f"in {span(-passed)}"


def span(length_us: int) -> str:
    """How long, in the largest unit of which there is one: "5 minutes", "3 hours", "2 days"."""
    for size, noun in ((DAY_US, "day"), (HOUR_US, "hour"), (MINUTE_US, "minute")):
        if length_us >= size * (2 if noun == "day" else 1):
            return words.count(length_us // size, noun)
    return "less than a minute"


def ago(instant: int, now: int) -> str:
    return f"{span(now - instant)} ago" if now - instant >= MINUTE_US else "just now"


def quantity(value: float, unit: str) -> str:
    """A measure with its unit: "3.5 days", "1 day", "62 %"."""
    number = f"{value:,.2f}".rstrip("0").rstrip(".").replace("-", words.MINUS)
    gap = "\N{NO-BREAK SPACE}" if unit.startswith("%") else " "
    return f"{number}{gap}{unit.removesuffix('s') if value == 1 else unit}" if unit else number


def shown(counts: Counts) -> int:
    """Open alerts that the budget of the day does not hold back."""
    return max(0, counts.states.get(Status.OPEN.value, 0) - counts.suppressed)


@dataclass(frozen=True)
class Badge:
    """How many alerts need attention: the number beside the navigation, and a sentence."""

    number: str
    said: str


def badge(number: int) -> Badge:
    verb = "needs" if number == 1 else "need"
    return Badge(f"{number:,}" if number else "", f"{words.count(number, 'alert')} {verb} attention" if number else "")


@dataclass(frozen=True)
class Card:
    """The alerts of one customer that are not over, and where all of theirs are."""

    rows: Sequence[AlertRow]
    more: str
    href: str


LIVING = (Status.OPEN.value, Status.ACKNOWLEDGED.value, Status.SNOOZED.value)
SHOWN_ON_CARD = 6


def card(part: AlertsPart, customer_id: str, now: int) -> Card:
    rest = part.total - len(part.lines)
    more = f"and {words.count(rest, 'alert')} more" if rest else ""
    return Card([row(each, now) for each in part.lines], more, links.alerts(customer=customer_id))


def incident_links(incidents: Sequence[IncidentLine]) -> dict[str, Link]:
    """Where incidents are, by the names under which alerts know them."""
    return {
        name_of(Kind(each.kind), each.part): (each.because, links.incident(each.id))
        for each in incidents
        if each.ended_at is None
    }
