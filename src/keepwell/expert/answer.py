"""A diagnosis as plain data, for programs: what `keepwell diagnose CUSTOMER --json` and the API say."""

from __future__ import annotations

import math

from keepwell.base.time import to_rfc3339
from keepwell.expert.diagnose import Diagnosis, Undecided
from keepwell.expert.features import Value
from keepwell.expert.finding import Counted, Evidence, Finding, Measured
from keepwell.expert.knowledge import Knowledge

Plain = Value | None | dict[str, "Plain"] | list["Plain"]


def answer(diagnosis: Diagnosis, knowledge: Knowledge) -> dict[str, Plain]:
    """The findings, and what is not known: what is undecided, and which observations would decide it."""
    return {
        "as_of": to_rfc3339(diagnosis.now),
        "scopes": {topic.value: whose.value for topic, whose in diagnosis.scopes},
        "findings": [_finding(each) for each in diagnosis.findings],
        "explained": [
            {"id": each.id, "title": each.title, "evidence": [_evidence(event) for event in each.events]}
            for each in diagnosis.explained
        ],
        "unknown": [_unknown(each, knowledge) for each in diagnosis.undecided],
        "set_aside": [{"id": each.id, "title": each.title, "because": each.because} for each in diagnosis.set_aside],
        "unobserved": list(diagnosis.unobserved),
    }


def _finding(finding: Finding) -> dict[str, Plain]:
    return {
        "id": finding.id,
        "title": finding.title,
        "domain": finding.domain,
        "severity": finding.severity.value,
        "certainty": finding.certainty.value,
        "scope": finding.scope.value,
        "topic": finding.topic.value if finding.topic else None,
        "diagnosis": finding.sentence,
        "evidence": [_evidence(each) for each in finding.evidence],
        "causes": list(finding.causes),
        "actions": list(finding.actions),
        "reference": list(finding.references),
        "basis": finding.basis,
        "explained_by": finding.explained_by or None,
        "may_tell_customer": finding.may_tell_customer,
    }


def _evidence(evidence: Evidence) -> dict[str, Plain]:
    if isinstance(evidence, Measured):
        return {
            "text": evidence.text,
            "feature": evidence.feature.name,
            "value": _finite(evidence.value),
            "operator": evidence.operator,
            "bound": _finite(evidence.bound),
            "against": evidence.against.name if evidence.against else None,
            "reference": evidence.reference or None,
        }
    if isinstance(evidence, Counted):
        told = evidence.trials
        return {
            "text": evidence.text,
            **{name: getattr(told, name) for name in ("failed", "trials", "failed_before", "trials_before")},
            "since": to_rfc3339(told.since) if told.since else None,
        }
    return {
        "text": evidence.text,
        "kind": evidence.kind.value,
        "said": evidence.said,
        "program": evidence.program or None,
        "count": evidence.count,
        "first": to_rfc3339(evidence.first) if evidence.first else None,
        "last": to_rfc3339(evidence.last) if evidence.last else None,
        "reference": evidence.reference or None,
    }


def _finite(value: Value) -> Value | None:
    """JSON has no infinity; the text says it."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _unknown(undecided: Undecided, knowledge: Knowledge) -> dict[str, Plain]:
    """What would decide it, each with what it means; parts of readings say it themselves."""
    missing: list[Plain] = [
        {"name": name, "meaning": knowledge.features[name].meaning if name in knowledge.features else name}
        for name in undecided.missing
    ]
    return {"id": undecided.id, "title": undecided.title, "missing": missing}
