"""A diagnosis in words: findings, what was set aside, and what is not known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from keepwell.expert.diagnose import Diagnosis, SetAside, Undecided
from keepwell.expert.finding import Finding
from keepwell.expert.knowledge import Certainty, Severity
from keepwell.expert.scope import Whose
from keepwell.runtime.ports.expert import Diagnosed
from keepwell.web.views import links, words
from keepwell.web.views.alert_rows import SeverityMark

SEVERITIES = {
    Severity.CRITICAL: SeverityMark("Critical", "critical"),
    Severity.WARN: SeverityMark("Warning", "at-risk"),
    Severity.WATCH: SeverityMark("Watch", "stable"),
    Severity.INFO: SeverityMark("Note", "unscored"),
}
CERTAINTIES = {
    Certainty.ENTAILED: "established",
    Certainty.INFERRED: "likely",
    Certainty.HINT: "a hint",
}
WHOSE = {
    Whose.CUSTOMER: "this customer",
    Whose.NETWORK: "everybody",
    Whose.BOTH: "this customer, and everybody",
    Whose.NORMAL: "nobody in particular",
    Whose.UNKNOWN: "not known whose",
}
UNTOLD = "not for the customer"
SHOWN = 3  # findings on the page of the customer
SHOWN_UNDECIDED = 12


@dataclass(frozen=True)
class FindingRow:
    """One finding."""

    id: str
    title: str
    severity: SeverityMark
    certainty: str
    whose: str
    sentence: str
    evidence: Sequence[str]
    causes: Sequence[str]
    actions: Sequence[str]
    references: Sequence[str]
    also: Sequence[str]


@dataclass(frozen=True)
class DiagnosisView:
    """All the page shows. `href` is the whole page, `looked_at` what the diagnosis rests on."""

    name: str
    customer_href: str
    href: str
    looked_at: str
    findings: Sequence[FindingRow]
    more: int
    undecided: Sequence[tuple[str, str]]
    undecided_more: int
    set_aside: Sequence[tuple[str, str]]

    @property
    def few(self) -> Sequence[FindingRow]:
        """Those that the panel shows."""
        return self.findings[:SHOWN]


def view(found: Diagnosed, name: str) -> DiagnosisView:
    """The view of a diagnosis."""
    told = found.diagnosis
    rows = [_row(each, told) for each in told.heads]
    return DiagnosisView(
        name=name, customer_href=links.customer(found.customer_id), href=links.expert(found.customer_id),
        looked_at=_looked_at(found), findings=rows, more=max(len(rows) - SHOWN, 0),
        undecided=[_undecided(each) for each in told.undecided[:SHOWN_UNDECIDED]],
        undecided_more=max(len(told.undecided) - SHOWN_UNDECIDED, 0),
        set_aside=[_set_aside(each) for each in told.set_aside],
    )  # fmt: skip


def _looked_at(found: Diagnosed) -> str:
    if not found.events:
        return "No telemetry of the last 29 days: nothing can be diagnosed."
    events, others = words.count(found.events, "telemetry event"), words.count(found.others, "other customer")
    return f"{events} of 29 days, compared with {others}."


def _row(finding: Finding, told: Diagnosis) -> FindingRow:
    sure = CERTAINTIES[finding.certainty]
    said = sure if finding.may_tell_customer else f"{sure}, {UNTOLD}"
    also = [each.title for each in told.findings if each.explained_by == finding.id]
    return FindingRow(
        finding.id, finding.title, SEVERITIES[finding.severity], said, WHOSE[finding.scope],
        finding.diagnosis, [each.text for each in finding.evidence], finding.causes, finding.actions,
        finding.references, also,
    )  # fmt: skip


def _undecided(each: Undecided) -> tuple[str, str]:
    return each.title, ", ".join(each.missing)


def _set_aside(each: SetAside) -> tuple[str, str]:
    return each.title, each.because
