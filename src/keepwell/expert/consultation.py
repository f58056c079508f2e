"""A consultation: a diagnosis and what is known of the score in, a written assessment out. Pure, and without a model.

`technical_issue_identification` names the most probable technical reasons and the first steps;
`comprehensive_issue_analysis` says everything. Causes stay hypotheses, and nothing is said that no finding carries.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from keepwell.expert import consultation_health as health_words
from keepwell.expert.consultation_record import (
    Assessment,
    Audience,
    Context,
    Group,
    Health,
    Part,
    Purpose,
    Quoted,
    Section,
    Statement,
    Urgency,
    quoted,
)
from keepwell.expert.diagnose import DRIFT, NAMED, NETWORK, OWN, Diagnosis, Undecided
from keepwell.expert.features import missing, worded
from keepwell.expert.finding import CERTAINTIES, OPENING, SEVERITIES, Counted, Evidence, Finding, Measured
from keepwell.expert.knowledge import Certainty, Entry, Knowledge, Severity
from keepwell.expert.scope import Topic, Whose

FEW: Final = 3
"""Findings, steps and open questions of a short answer."""
FOR_ALL: Final = Audience.CUSTOMER
NOTHING_SENT: Final = (
    "No telemetry of the last 29 days was received, so nothing can be said about technical causes: neither that there"
    " is one nor that there is none."
)
QUALITY: Final = frozenset(NAMED) - {OWN, NETWORK, DRIFT}
"""Entries about the data, and about nothing that is wrong."""
WHOSE: Final[Mapping[Whose, str]] = {
    Whose.CUSTOMER: "this customer stands out, others do not",
    Whose.NETWORK: "everybody has the same trouble",
    Whose.BOTH: "everybody has trouble, and this customer more than the others",
    Whose.NORMAL: "nothing out of the ordinary",
}
LIES: Final[Mapping[Whose, str]] = {
    Whose.CUSTOMER: "It concerns this customer, and is not everybody's trouble",
    Whose.NETWORK: "It is everybody's trouble, outside this customer",
    Whose.BOTH: "Everybody has it, and this customer more than others",
    Whose.NORMAL: "It is nobody's in particular",
    Whose.UNKNOWN: "Whether others have it too is not known",
}
DOES: Final[Mapping[Whose, str]] = {
    Whose.CUSTOMER: "Customer success, with the customer",
    Whose.NETWORK: "Our operations",
    Whose.BOTH: "Our operations, and the customer",
    Whose.NORMAL: "Technical support",
    Whose.UNKNOWN: "Technical support",
}
"""Who does what a finding asks for, by where its cause lies."""
TEAMS: Final[Mapping[str, str]] = {"compliance": "Our compliance team", "security": "Our security team"}
TO_SEND: Final = (
    ("transaction", "every transaction with its status, its error and its logs as they came"),
    ("api_called", "requests with their HTTP status"),
    ("swap_quoted", "quotes with what came out of them"),
    ("work", "shares, proofs and hardware of miners and provers"),
    ("lp_position_reported, loan_reported", "positions and loans, once a day"),
    ("bridge_message", "every state that a bridge message enters"),
)
"""What telemetry to begin with: `docs/telemetry.md` has the rest."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for."""

    purpose: Purpose
    context: Context = Context.GENERAL
    urgency: Urgency = Urgency.NORMAL


@dataclass(frozen=True, slots=True)
class Told:
    """What a consultation rests on: a diagnosis, what it was made with, and how the score moved, where that is known.

    Attributes:
        events: telemetry events that were looked at.
        others: customers that it was compared with.
    """

    diagnosis: Diagnosis
    knowledge: Knowledge
    events: int
    others: int
    health: Health | None = None


@dataclass(frozen=True, slots=True)
class _Told:
    """A finding, and the name under which it is cited: entries that are asked of several topics come more than once."""

    name: str
    finding: Finding

    @property
    def audience(self) -> Audience:
        return Audience.CUSTOMER if self.finding.may_tell_customer else Audience.STAFF

    def say(self, of: str, *pieces: str | Quoted, audience: Audience | None = None) -> Statement:
        made = tuple(each for each in pieces if not isinstance(each, str) or each)
        return Statement(f"{self.name}{of}", made, (self.name,), audience or self.audience)


def consult(wish: Wish, told: Told) -> Assessment:
    """The assessment of one customer."""
    short = wish.purpose is Purpose.IDENTIFY
    findings = _named(told.diagnosis.findings)
    raised = [each for each in findings if each.finding.id not in QUALITY]
    heads = [each for each in raised if not each.finding.explained_by]
    meant = heads[:FEW] if short else raised
    made = {
        Part.SUMMARY: (Group("", tuple(_summary(told, heads))),),
        Part.HEALTH: _health(wish, told, heads),
        Part.FINDINGS: (*(_finding(each, told) for each in meant), *(() if short else _explained(told.diagnosis))),
        Part.CAUSES: tuple(group for each in meant for group in _causes(each)),
        Part.ACTIONS: _actions(meant, FEW if short else None),
        Part.UNKNOWN: _unknown(told, findings, FEW if short else None),
        Part.ASIDE: () if short else _aside(told),
        Part.SOURCES: _sources(meant if short else findings),
    }
    order = list(Part)
    if wish.urgency is Urgency.EMERGENCY:
        order.remove(Part.ACTIONS)
        order.insert(1, Part.ACTIONS)
    sections = tuple(Section(part, groups) for part in order if (groups := made[part]))
    return Assessment(
        wish.purpose, wish.context, wish.urgency, told.diagnosis.now, told.events, told.others, sections
    )  # fmt: skip


def _named(findings: Iterable[Finding]) -> list[_Told]:
    found = list(findings)
    often = Counter(each.id for each in found)
    names = [f"{each.id}:{each.topic}" if often[each.id] > 1 else each.id for each in found]
    return [_Told(name, each) for name, each in zip(names, found, strict=True)]


# --- in short --------------------------------------------------------------------------------


def _summary(told: Told, heads: Sequence[_Told]) -> Iterator[Statement]:
    if not told.events:
        yield _fact("telemetry", NOTHING_SENT, audience=FOR_ALL)
    else:
        events, others = _count(told.events, "telemetry event"), _count(told.others, "other customer")
        yield _fact("telemetry", f"Looked at: {events} of the last 29 days, beside {others}.")
        yield _verdict(heads)
        for each in heads[:FEW]:
            yield _headline(each)
    for topic, whose in told.diagnosis.scopes:
        if whose not in (Whose.NORMAL, Whose.UNKNOWN):
            yield _fact(_about(topic), f"Of {topic.value}: {WHOSE[whose]}.", audience=FOR_ALL)


def _fact(name: str, *pieces: str | Quoted, audience: Audience = Audience.STAFF) -> Statement:
    return Statement(name, pieces, (name,), audience)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _about(topic: Topic) -> str:
    return f"scope/{topic.value}"


def _verdict(heads: Sequence[_Told]) -> Statement:
    """Whether there is a technical cause, by the surest of those that are more than a note."""
    grave = [each for each in heads if each.finding.severity is not Severity.INFO]
    for certainty, said in (
        (Certainty.ENTAILED, "Something is technically wrong: it is established"),
        (Certainty.INFERRED, "Likely something is technically wrong: it is the best explanation of what was observed"),
        (Certainty.HINT, "Whether something is technically wrong is open: there are hints only"),
    ):
        resting = tuple(each.name for each in grave if each.finding.certainty is certainty)
        if resting:
            return Statement("verdict", (f"{said} ({', '.join(resting)}).",), resting, _all_may(heads, resting))
    if heads:
        noted = tuple(each.name for each in heads)
        said = f"Nothing worse than a note was found ({', '.join(noted)})."
        return Statement("verdict", (said,), noted, _all_may(heads, noted))
    return _fact("verdict", "Nothing was found to be technically wrong, as far as it is known.", audience=FOR_ALL)


def _all_may(heads: Sequence[_Told], names: Sequence[str]) -> Audience:
    told = all(each.finding.may_tell_customer for each in heads if each.name in names)
    return Audience.CUSTOMER if told else Audience.STAFF


def _headline(each: _Told) -> Statement:
    finding = each.finding
    return each.say("/headline", f"{OPENING[finding.certainty]}{finding.title} ({each.name}). {LIES[finding.scope]}.")


def _health(wish: Wish, told: Told, heads: Sequence[_Told]) -> tuple[Group, ...]:
    if told.health is None or (wish.purpose is Purpose.IDENTIFY and wish.context is not Context.DECLINE):
        return ()
    names = [(each.name, each.finding.id, each.finding.title) for each in heads[:FEW]]
    resting = "verdict" if told.events else "telemetry"
    return (Group("", tuple(health_words.statements(told.health, told.diagnosis.now, names, resting))),)


# --- findings --------------------------------------------------------------------------------


def _finding(each: _Told, told: Told) -> Group:
    finding = each.finding
    said = each.say("", f"{OPENING[finding.certainty]}{finding.diagnosis}")
    rests = [each.say(f"/evidence-{place}", *_evidence(one)) for place, one in enumerate(finding.evidence, 1)]
    why = told.knowledge.entries[finding.id].threshold.why if finding.id in told.knowledge.entries else ""
    told_why = f"Why from there on ({finding.basis}): {why}."
    bound = [each.say("/threshold", told_why, audience=Audience.STAFF)] if why else []
    beneath = f", explained by {finding.explained_by}" if finding.explained_by else ""
    note = f"{SEVERITIES[finding.severity]}, {CERTAINTIES[finding.certainty]}, {WHOSE_SHORT[finding.scope]}{beneath}"
    return Group(f"{each.name}: {finding.title}", (said, *rests, *bound), note)


WHOSE_SHORT: Final[Mapping[Whose, str]] = {
    Whose.CUSTOMER: "this customer's",
    Whose.NETWORK: "everybody's",
    Whose.BOTH: "this customer's and everybody's",
    Whose.NORMAL: "nobody's in particular",
    Whose.UNKNOWN: "not known whose",
}


def _evidence(evidence: Evidence) -> tuple[str | Quoted, ...]:
    if isinstance(evidence, Measured):
        return _measured(evidence)
    if isinstance(evidence, Counted):
        return (f"Counted: {evidence.text}.",)
    whose = (" of ", quoted(evidence.program)) if evidence.program else ()
    return ("Observed: ", evidence.said, *whose, evidence.counted, *_reference(evidence.reference), ".")


def _reference(reference: str) -> tuple[str | Quoted, ...]:
    return (", as ", quoted(reference)) if reference else ()


def _measured(evidence: Measured) -> tuple[str | Quoted, ...]:
    """What was measured; a value that is a text came from outside."""
    said = evidence.value
    value = quoted(said) if isinstance(said, str) else worded(said, evidence.feature)
    of = _reference(evidence.reference)
    return (f"Measured: {evidence.feature.meaning}: ", value, evidence.asked, *of, ".")


def _explained(diagnosis: Diagnosis) -> Iterator[Group]:
    for each in diagnosis.explained:
        made = [
            Statement(f"explained/{each.id}/{place}", _evidence(one), (each.id,))
            for place, one in enumerate(each.events, 1)
        ]
        yield Group(f"{each.id}: {each.title}", tuple(made), "understood, and too little to be raised")


def _causes(each: _Told) -> Iterator[Group]:
    finding = each.finding
    if not finding.causes:
        return
    made = [each.say(f"/cause-{place}", f"Possible cause: {cause}.") for place, cause in enumerate(finding.causes, 1)]
    yield Group(f"{each.name}: {finding.title}", tuple(made), "hypotheses, in the order worth checking")


def _actions(meant: Sequence[_Told], most: int | None) -> tuple[Group, ...]:
    """What to do, by whom: the worst finding's steps first, no step twice; of a short answer one step a finding.

    They are written for staff: an entry does not say which of its steps a customer could be told.
    """
    steps: dict[str, Statement] = {}
    for each in meant:
        finding = each.finding
        who = TEAMS.get(finding.domain) or DOES[finding.scope]
        for place, action in enumerate(finding.actions if most is None else finding.actions[:1], 1):
            made = each.say(f"/action-{place}", f"{who}: {action}.", audience=Audience.STAFF)
            steps.setdefault(made.text, made)
    return (Group("", tuple(steps.values())[:most]),) if steps else ()


# --- what is not known, not said, and where it stands ------------------------------------------


def _unknown(told: Told, findings: Iterable[_Told], most: int | None) -> tuple[Group, ...]:
    groups: list[Group] = []
    if not told.events:
        sent = [_fact(f"send/{name.partition(',')[0]}", f"Send `{name}`: {what}.") for name, what in TO_SEND]
        groups.append(Group("What to send", tuple(sent)))
    groups += [_finding(each, told) for each in findings if each.finding.id in QUALITY]
    open_ = told.diagnosis.undecided[:most]
    if open_:
        made = {each.text: each for each in (_undecided(*one, told.knowledge) for one in enumerate(open_, 1))}
        groups.append(Group("Open, and what would decide it", tuple(made.values())))
    vague = [topic.value for topic, whose in told.diagnosis.scopes if whose is Whose.UNKNOWN]
    if vague:
        said = f"Whose trouble it is, if there is any, cannot be told of: {', '.join(vague)}."
        groups.append(Group("", (_fact("scope/unknown", said, audience=FOR_ALL),)))
    if told.events and told.diagnosis.unobserved and most is None:
        unseen = len(told.diagnosis.unobserved)
        said = f"Of {unseen} further diagnoses nothing at all was observed: they are neither present nor excluded."
        groups.append(Group("", (_fact("unobserved", said),)))
    return tuple(groups)


def _undecided(place: int, each: Undecided, knowledge: Knowledge) -> Statement:
    """An open question; what would decide it in words."""
    meant = dict.fromkeys(missing(name, knowledge.features) for name in each.missing)
    said = f"{each.title} ({each.id}) could hold too. What would decide it: {'; '.join(meant)}."
    return Statement(f"unknown/{place}", (said,), (each.id,), _may(knowledge.entries.get(each.id)))


def _may(entry: Entry | None) -> Audience:
    told = entry is not None and not entry.confidential and entry.certainty is not Certainty.HINT
    return Audience.CUSTOMER if told else Audience.STAFF


def _aside(told: Told) -> tuple[Group, ...]:
    made = tuple(
        Statement(f"aside/{place}", (f"{each.title} ({each.id}) holds, and is not said: {each.because}.",), (each.id,))
        for place, each in enumerate(told.diagnosis.set_aside, 1)
    )
    return (Group("", made),) if made else ()


def _sources(findings: Iterable[_Told]) -> tuple[Group, ...]:
    """Each source once, with the findings that rest on it."""
    resting: dict[str, list[_Told]] = {}
    for each in findings:
        for reference in each.finding.references:
            resting.setdefault(reference, []).append(each)
    made = []
    for place, (reference, by) in enumerate(resting.items(), 1):
        names = tuple(each.name for each in by)
        audience = Audience.CUSTOMER if all(each.finding.may_tell_customer for each in by) else Audience.STAFF
        made.append(Statement(f"source/{place}", (f"{', '.join(names)}: {reference}",), names, audience))
    return (Group("", tuple(made)),) if made else ()
