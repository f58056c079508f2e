"""A diagnosis in words: findings, what was set aside, what could not be judged, and what is not known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from keepwell.expert.consultation import NOTHING_SENT
from keepwell.expert.diagnose import Diagnosis, SetAside
from keepwell.expert.features import missing
from keepwell.expert.finding import CERTAINTIES, Counted, Evidence, Finding, Measured
from keepwell.expert.knowledge import Knowledge, Severity
from keepwell.expert.scope import Topic, Whose
from keepwell.runtime.ports.expert import Diagnosed
from keepwell.runtime.ports.knowledge import VerdictLine
from keepwell.web.views import links, verdicts, words
from keepwell.web.views.alert_rows import Link, SeverityMark
from keepwell.web.views.observed import SEVERITIES, TOPICS, Part, linked

WHOSE = {
    Whose.CUSTOMER: "this customer",
    Whose.NETWORK: "everybody",
    Whose.BOTH: "this customer, and everybody",
    Whose.NORMAL: "nobody in particular",
    Whose.UNKNOWN: "not known whose",
}
UNTOLD = "not for the customer"
NOTHING = "Nothing was found to be technically wrong, as far as it is known."
SHOWN = 3  # findings on the page of the customer
SHOWN_UNDECIDED = 12  # groups


@dataclass(frozen=True)
class EvidenceRow:
    """What a finding rests on: in words, the name of the feature, and by what it can be looked up."""

    text: str
    name: str
    reference: str


@dataclass(frozen=True)
class FindingRow:
    """One finding. `key` is its place in the page, `href` its entry; `form` is None where nothing is asked."""

    id: str
    key: str
    href: str
    title: str
    about: str
    severity: SeverityMark
    certainty: str
    whose: str
    sentence: str
    evidence: Sequence[EvidenceRow]
    causes: Sequence[str]
    actions: Sequence[str]
    references: Sequence[Sequence[Part]]
    also: Sequence[str]
    form: verdicts.VerdictForm | None


@dataclass(frozen=True)
class Reservation:
    """Something that could not be judged, and what would help; `about` are the topics it holds of."""

    id: str
    title: str
    href: str
    severity: SeverityMark
    about: str
    sentence: str
    actions: Sequence[str]


@dataclass(frozen=True)
class Missing:
    """What was not sent, in words, and the entries that it would decide."""

    what: Sequence[str]
    titles: Sequence[Link]


@dataclass(frozen=True)
class DiagnosisView:
    """All the page shows. `href` is the whole page, `looked_at` what the diagnosis rests on.

    `nothing` is said where events were looked at and none tells of trouble. `reserved_open` says that something among
    what could not be judged needs to be mended.
    """

    name: str
    customer_href: str
    href: str
    knowledge_href: str
    looked_at: str
    nothing: str
    findings: Sequence[FindingRow]
    more: int
    reserved: Sequence[Reservation]
    reserved_open: bool
    undecided: Sequence[Missing]
    undecided_more: int
    set_aside: Sequence[tuple[str, str]]

    @property
    def few(self) -> Sequence[FindingRow]:
        """Those that the panel shows."""
        return self.findings[:SHOWN]


def view(
    found: Diagnosed, name: str, said: Sequence[VerdictLine] = (), asking: verdicts.Asking | None = None
) -> DiagnosisView:
    """The view of a diagnosis; with `asking` each finding has a form, filled with what was `said`."""
    told = found.diagnosis
    rows = [_row(each, found, said, asking) for each in told.heads if not each.is_reservation]
    reserved = [each for each in told.findings if each.is_reservation]
    groups = undecided(told, found.knowledge)
    return DiagnosisView(
        name=name, customer_href=links.customer(found.customer_id), href=links.expert(found.customer_id),
        knowledge_href=links.KNOWLEDGE, looked_at=_looked_at(found),
        nothing=NOTHING if found.events and not rows else "", findings=rows, more=max(len(rows) - SHOWN, 0),
        reserved=_reserved(reserved), reserved_open=any(each.severity is not Severity.INFO for each in reserved),
        undecided=groups[:SHOWN_UNDECIDED], undecided_more=max(len(groups) - SHOWN_UNDECIDED, 0),
        set_aside=[_set_aside(each) for each in told.set_aside],
    )  # fmt: skip


def _looked_at(found: Diagnosed) -> str:
    if not found.events:
        return NOTHING_SENT
    events, others = words.count(found.events, "telemetry event"), words.count(found.others, "other customer")
    return f"{events} of 29 days, compared with {others}."


def _row(finding: Finding, found: Diagnosed, said: Sequence[VerdictLine], asking: verdicts.Asking | None) -> FindingRow:
    sure = CERTAINTIES[finding.certainty]
    topic = finding.topic or ""
    also = [each.title for each in found.diagnosis.findings if each.explained_by == finding.id]
    about = found.customer_id, finding.id, str(topic)
    return FindingRow(
        id=finding.id, key=verdicts.key(finding.id, topic), href=links.entry(finding.id), title=finding.title,
        about=TOPICS[finding.topic] if finding.topic else "", severity=SEVERITIES[finding.severity],
        certainty=sure if finding.may_tell_customer else f"{sure}, {UNTOLD}", whose=WHOSE[finding.scope],
        sentence=finding.diagnosis, evidence=[_evidence(each) for each in finding.evidence],
        causes=finding.causes, actions=finding.actions, references=[linked(each) for each in finding.references],
        also=also, form=verdicts.form(about, said, asking) if asking else None,
    )  # fmt: skip


def _evidence(each: Evidence) -> EvidenceRow:
    """Evidence with its reference apart, so that it can be copied, and the name of a feature beneath."""
    if isinstance(each, Counted):
        return EvidenceRow(each.text, "", "")
    name = each.feature.name if isinstance(each, Measured) else ""
    return EvidenceRow(each.text.removesuffix(f", {each.reference}"), name, each.reference)


def _reserved(found: Sequence[Finding]) -> Sequence[Reservation]:
    """Each entry once, with all topics that it holds of."""
    topics: dict[str, list[Topic]] = {}
    for each in found:
        topics.setdefault(each.id, []).extend([each.topic] if each.topic else [])
    first = {each.id: each for each in reversed(found)}
    return [
        Reservation(
            name, first[name].title, links.entry(name), SEVERITIES[first[name].severity],
            ", ".join(TOPICS[topic] for topic in about), first[name].diagnosis, first[name].actions,
        )
        for name, about in topics.items()
    ]  # fmt: skip


def undecided(told: Diagnosis, knowledge: Knowledge) -> Sequence[Missing]:
    """What is undecided, grouped by what would decide it, the most urgent first."""
    groups: dict[tuple[str, ...], dict[str, Link]] = {}
    for each in told.undecided:
        groups.setdefault(_missing(each.missing, knowledge), {})[each.id] = (each.title, links.entry(each.id))
    return [Missing(what, list(titles.values())) for what, titles in groups.items()]


def _missing(names: Sequence[str], knowledge: Knowledge) -> tuple[str, ...]:
    """What is missing in words, each thing once."""
    return tuple(dict.fromkeys(missing(name, knowledge.features) for name in names))


def _set_aside(each: SetAside) -> tuple[str, str]:
    return each.title, each.because.replace("`", "")
