"""Findings: what the Expert says, with the evidence it rests on. All of it is our own words, names and numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from keepwell.base.time import SECOND_US, to_rfc3339
from keepwell.expert.case import Kind, Seen
from keepwell.expert.features import Feature, Value, worded
from keepwell.expert.knowledge import Certainty, Severity
from keepwell.expert.scope import Plain, Topic, Whose
from keepwell.expert.signal import Comparison, Look

OPENING: Final[Mapping[Certainty, str]] = {
    Certainty.ENTAILED: "",
    Certainty.INFERRED: "Likely: ",
    Certainty.HINT: "A hint, not established: ",
}
"""How each sort of sentence begins."""
SEVERITIES: Final[Mapping[Severity, str]] = {
    Severity.CRITICAL: "critical",
    Severity.WARN: "warning",
    Severity.WATCH: "watch",
    Severity.INFO: "note",
}
CERTAINTIES: Final[Mapping[Certainty, str]] = {
    Certainty.ENTAILED: "established",
    Certainty.INFERRED: "likely",
    Certainty.HINT: "a hint",
}
WORDS: Final = {"<": "below", "<=": "at most", ">": "above", ">=": "at least", "==": "as asked", "!=": "other than"}
RESERVED: Final = "meta"
"""The domain of entries on scope and on the quality of the data."""
SHOWN: Final = 4
"""Lines of evidence that are repeated in the sentence."""
LARGEST: Final = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class Measured:
    """A feature that meets a condition.

    Attributes:
        against: the other feature, when it was compared with one.
        reference: what it is of, in the sender's words.
    """

    feature: Feature
    value: Value
    operator: str
    bound: Value
    against: Feature | None = None
    reference: str = ""

    @property
    def text(self) -> str:
        of = f", {self.reference}" if self.reference else ""
        return f"{self.feature.meaning}: {worded(self.value, self.feature)}{self.asked}{of}"

    @property
    def asked(self) -> str:
        """What was asked of the value, behind a comma; nothing where the value itself was."""
        if self.operator == "==":
            return ""
        bound = worded(self.bound, self.feature)
        return f", {WORDS[self.operator]} {f'{self.against.meaning} ({bound})' if self.against else bound}"


@dataclass(frozen=True, slots=True)
class Observed:
    """An observation that an entry explains: what was recognised, how often, when, and where to look it up."""

    kind: Kind
    said: str
    program: str
    count: int
    first: int
    last: int
    reference: str

    @property
    def text(self) -> str:
        whose = f" of {self.program}" if self.program else ""
        return f"{self.said}{whose}{self.counted}{f', {self.reference}' if self.reference else ''}"

    @property
    def counted(self) -> str:
        """How often, and when last."""
        when = f", last {to_rfc3339(self.last // SECOND_US * SECOND_US)}" if self.last else ""
        if self.kind is Kind.STATE:
            return f", {self.count:,} of them, the longest" if self.count > 1 else ""
        return f"{', once' if self.count == 1 else f', {self.count:,} times'}{when}"


@dataclass(frozen=True, slots=True)
class Counted:
    """Trials of a topic, in the last day and in the 28 days before, as they were counted."""

    trials: Plain

    @property
    def text(self) -> str:
        told = self.trials
        now = f"{told.failed:,} of {told.trials:,} in the last day"
        before = f"{told.failed_before:,} of {told.trials_before:,} in the 28 days before"
        since = f"; more often since {to_rfc3339(told.since // SECOND_US * SECOND_US)}" if told.since else ""
        return f"{now}, {before}{since}"


Evidence = Measured | Observed | Counted


@dataclass(frozen=True, slots=True)
class Finding:
    """One diagnosis of one customer.

    Attributes:
        id: of the entry.
        title: a few words.
        domain: what it is about.
        severity: how bad it is.
        certainty: entailed, inferred or a hint.
        scope: where the cause lies; unknown while everybody has trouble and this may be part of it.
        diagnosis: the entry's sentence.
        evidence: what it rests on; never empty.
        causes: hypotheses; none while the trouble is everybody's.
        actions: what to do or to check.
        references: sources, never empty.
        basis: where its threshold comes from: source, statistics or policy.
        topic: which counts it is about, where it is about counts.
        explained_by: the finding that says the same and more; empty for one that stands by itself.
        confidential: never in words to the customer.
    """

    id: str
    title: str
    domain: str
    severity: Severity
    certainty: Certainty
    scope: Whose
    diagnosis: str
    evidence: tuple[Evidence, ...]
    causes: tuple[str, ...]
    actions: tuple[str, ...]
    references: tuple[str, ...]
    basis: str = ""
    topic: Topic | None = None
    explained_by: str = ""
    confidential: bool = False

    @property
    def may_tell_customer(self) -> bool:
        """Whether it may be said to the customer: never a hint, never what touches sanctions."""
        return self.certainty is not Certainty.HINT and not self.confidential

    @property
    def observed(self) -> int:
        """Observations it rests on; 0 where it rests on measurements alone."""
        return sum(each.count for each in self.evidence if isinstance(each, Observed))

    @property
    def is_reservation(self) -> bool:
        """Whether it says what could not be judged, and nothing of the customer."""
        return self.domain == RESERVED and self.scope is Whose.UNKNOWN

    @property
    def blames_customer(self) -> bool:
        """Whether it puts a cause on the customer's side."""
        return self.scope in (Whose.CUSTOMER, Whose.BOTH)

    @property
    def sentence(self) -> str:
        """The diagnosis, with how sure it is, and the evidence in numbers."""
        told = "; ".join(each.text for each in self.evidence[:SHOWN])
        more = len(self.evidence) - SHOWN
        of = f" ({self.topic.value})" if self.topic else ""
        return (
            f"{OPENING[self.certainty]}{self.diagnosis} Evidence{of}: {told}{f'; and {more} more' if more > 0 else ''}."
        )


def observed(seen: Seen, said: str) -> Observed:
    """The evidence of an observation: what we recognised in it, never what a stranger wrote."""
    return Observed(seen.kind, said, seen.program, seen.count, seen.first, seen.last, seen.reference)


def measured(asked: Comparison, look: Look, features: Mapping[str, Feature]) -> Measured:
    """The evidence of a comparison that holds."""
    value = look(asked.feature)
    bound = look(str(asked.value)) if asked.other else asked.value
    assert value is not None and bound is not None  # noqa: PT018, S101 - it holds, so both are known
    against = features[str(asked.value)] if asked.other else None
    return Measured(features[asked.feature], _storable(value), asked.operator, _storable(bound), against)


def _storable(value: Value) -> Value:
    """Allowances of 256 bits are shown as floats: JSON has no such integers."""
    return float(value) if isinstance(value, int) and abs(value) > LARGEST else value
