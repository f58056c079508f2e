"""The engine: a case and the knowledge base in, a diagnosis out. It is pure, and the same case gives the same answer.

The order matters. First the quality of the data: what a feed cannot show is taken for unknown from then on. Then the
scope of each topic: whether the customer stands out, or everybody has the same trouble. Then single events and windows
that entail something, then what is likely, then hints. While a topic is bad for everybody, nothing that is merely
likely is put on a customer; what is entailed stays, as it is a fact, but its causes are left open.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from keepwell.expert.case import Case, Kind, Seen, gathered
from keepwell.expert.features import STANDING, Value, known
from keepwell.expert.finding import Counted, Evidence, Finding, Observed, measured, observed
from keepwell.expert.knowledge import Certainty, Entry, Knowledge, Severity
from keepwell.expert.scope import GOVERNS, RATES, Standing, Topic, Whose, verdict
from keepwell.expert.signal import Look, Truth, Weighed, weigh

FEW, NO_FAILURES, NO_SENDS, UNDECODED = "META-03", "META-04", "META-05", "META-07"
OWN, NETWORK, DRIFT = "META-01", "META-02", "META-06"
NAMED: Final = (OWN, NETWORK, FEW, NO_FAILURES, NO_SENDS, DRIFT, UNDECODED)
"""Entries that the engine knows by id: the knowledge base must have them, and no others of their domain."""
HIDES: Final[Mapping[str, tuple[frozenset[str], Topic]]] = {
    NO_FAILURES: (frozenset({"tx.failed", "tx.fail_rate"}), Topic.TRANSACTIONS),
    NO_SENDS: (frozenset({"tx.attempted", "tx.landing_rate"}), Topic.LANDING),
}
"""What is not known where a feed cannot show it: features, and the standing of a topic."""
INNER: Final = frozenset({Kind.ERROR, Kind.TRANSACTION, Kind.INSTRUCTION})
_MILDEST: Final = {each: place for place, each in enumerate(Severity)}
_SUREST: Final = {each: place for place, each in enumerate(Certainty)}


@dataclass(frozen=True, slots=True)
class Explained:
    """Observations that an entry explains though it is not raised: each is understood, together they are not enough."""

    id: str
    title: str
    events: tuple[Observed, ...]


@dataclass(frozen=True, slots=True)
class Undecided:
    """An entry that holds in part: `missing` are the features, or parts of readings, that would decide it."""

    id: str
    title: str
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SetAside:
    """An entry that holds and is not said, and why."""

    id: str
    title: str
    because: str


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What can be said of one customer at one moment.

    Attributes:
        now: the moment.
        findings: the worst first; those that another one explains come right after it.
        scopes: whose the trouble of each topic is, in the order of the topics.
        explained: single events that are understood without a finding.
        undecided: what further observation would decide.
        set_aside: what holds and is not said.
        unobserved: entries of which nothing at all was observed: neither present nor excluded.
    """

    now: int
    findings: tuple[Finding, ...]
    scopes: tuple[tuple[Topic, Whose], ...]
    explained: tuple[Explained, ...]
    undecided: tuple[Undecided, ...]
    set_aside: tuple[SetAside, ...]
    unobserved: tuple[str, ...]

    @property
    def heads(self) -> tuple[Finding, ...]:
        """Findings that stand by themselves."""
        return tuple(each for each in self.findings if not each.explained_by)


class _Answer(NamedTuple):
    entry: Entry
    topic: Topic | None
    look: Look
    found: Weighed

    @property
    def holds(self) -> bool:
        return self.found.truth is Truth.YES


@dataclass(frozen=True, slots=True)
class _Facts:
    """What is known, with what cannot be known left out."""

    knowledge: Knowledge
    values: Mapping[str, Value]
    readings: Mapping[Kind, list[Seen]]
    crowd: Mapping[Topic, Standing]
    looks: dict[Topic | None, dict[str, Value]] = field(default_factory=dict)

    def ask(self, name: str, topic: Topic | None = None) -> _Answer:
        """How the case answers one entry; `topic` is the one asked about where the entry names none."""
        entry = self.knowledge.entries[name]
        about = entry.topic or topic
        known, kinds = self._known(about), self.knowledge.kinds[name]
        if known.keys().isdisjoint(self.knowledge.asks[name]) and self.readings.keys().isdisjoint(kinds):
            return _Answer(entry, about, known.get, self.knowledge.blanks[name])
        return _Answer(entry, about, known.get, weigh(entry.signal, kinds, self.readings, known.get))

    def _known(self, topic: Topic | None) -> Mapping[str, Value]:
        """The values, with those of the topic's standing; made once for each topic."""
        if topic not in self.looks:
            standing = None if topic is None else self.crowd.get(topic)
            stats = {f"{STANDING}{name}": getattr(standing, name, None) for name in _STATS}
            self.looks[topic] = {**self.values, **{name: value for name, value in stats.items() if value is not None}}
        return self.looks[topic]

    def without(self, names: frozenset[str], topics: frozenset[Topic]) -> _Facts:
        values = {name: value for name, value in self.values.items() if name not in names}
        crowd = {topic: Standing(n=each.n) if topic in topics else each for topic, each in self.crowd.items()}
        return replace(self, values=values, crowd=crowd, looks={})


_STATS: Final = ("p_own", "p_peer", "p_net", "n", "cusum")


def diagnose(case: Case, knowledge: Knowledge) -> Diagnosis:
    """What is the matter with a customer."""
    facts = _facts(case, knowledge)
    topics = tuple(topic for topic in Topic if topic in facts.crowd)
    quality = [facts.ask(name) for name in (NO_FAILURES, NO_SENDS, UNDECODED)]
    few = [facts.ask(FEW, topic) for topic in topics if topic in RATES]
    hidden = [HIDES[each.entry.id] for each in quality if each.holds and each.entry.id in HIDES]
    facts = facts.without(frozenset().union(*(names for names, _ in hidden)), frozenset(each for _, each in hidden))
    scoped = _scope(facts, topics, {each.topic for each in few if each.holds})
    whose = _whose(facts.crowd, topics, scoped)
    rest = [facts.ask(name) for name in knowledge.entries if name not in NAMED]
    return _assembled(case, [*quality, *few, *scoped, *rest], whose, knowledge)


def _facts(case: Case, knowledge: Knowledge) -> _Facts:
    """The features that are known; what no entry may ask, and what would be taken for a standing, is left out."""
    values = {
        name: value
        for name, given in case.features.items()
        if not name.startswith(STANDING)
        and (feature := knowledge.features.get(name)) is not None
        and (value := known(given, feature)) is not None
    }
    return _Facts(knowledge, values, gathered(case.readings), case.crowd)


def _scope(facts: _Facts, topics: Iterable[Topic], few: Iterable[Topic | None]) -> list[_Answer]:
    """Customer, network or drift, topic by topic; with too few trials the customer is not asked about."""
    asked = [(name, topic) for topic in topics for name in (OWN, NETWORK, DRIFT) if name != OWN or topic not in few]
    return [facts.ask(name, topic) for name, topic in asked]


def _whose(
    crowd: Mapping[Topic, Standing], topics: Iterable[Topic], scoped: Iterable[_Answer]
) -> dict[Topic | None, Whose]:
    """Whose the trouble of each topic is: as the entries on scope say, else as the tests do."""
    said = {
        (each.topic, each.entry.id): Whose.NETWORK if each.entry.id == NETWORK else Whose.CUSTOMER
        for each in scoped
        if each.holds and each.entry.id != DRIFT
    }
    return {topic: said.get((topic, NETWORK)) or said.get((topic, OWN)) or verdict(crowd[topic]) for topic in topics}


def _assembled(
    case: Case, answers: list[_Answer], whose: Mapping[Topic | None, Whose], knowledge: Knowledge
) -> Diagnosis:
    findings, aside = [], []
    common = {domain: topic for topic, each in whose.items() if each is Whose.NETWORK and topic is not None
              for domain in GOVERNS[topic]}  # fmt: skip
    for each in (answer for answer in answers if answer.holds):
        hit = _hit_by(each, whose, common)
        if hit is not None and each.entry.certainty is not Certainty.ENTAILED:
            because = (
                f"`{hit.value}` is bad for {_whom(case, hit)}, so nothing that is merely likely is put on a customer"
            )
            aside.append(SetAside(each.entry.id, each.entry.title, because))
        else:
            findings.append(_finding(case, each, knowledge, _place(each, whose, hit)))
    findings = _ordered([_grouped(each, findings, knowledge, common) for each in findings])
    open_ = [each for each in answers if each.found.truth is Truth.UNKNOWN]
    partly = [each for each in open_ if each.found.held or knowledge.kinds[each.entry.id]]
    unseen = [each for each in open_ if not (each.found.held or knowledge.kinds[each.entry.id])]
    return Diagnosis(
        now=case.now,
        findings=tuple(findings),
        scopes=tuple((topic, each) for topic, each in whose.items() if topic is not None),
        explained=tuple(_explained(each) for each in answers if _is_explained(each)),
        undecided=tuple(_undecided(each) for each in sorted(partly, key=_urgency)),
        set_aside=tuple(aside),
        unobserved=tuple(each.entry.id for each in unseen if each.entry.id not in NAMED),
    )


def _whom(case: Case, topic: Topic) -> str:
    """Everybody, or the others who use the same."""
    standing = case.crowd.get(topic)
    if standing is None or not standing.among:
        return "everybody"
    return f"{standing.others} others who use `{standing.among}` as well"


def _hit_by(answer: _Answer, whose: Mapping[Topic | None, Whose], common: Mapping[str, Topic]) -> Topic | None:
    """The topic that is bad for everybody and covers this, where this would be put on the customer."""
    if answer.entry.scope or answer.entry.id in (FEW, NO_FAILURES, NO_SENDS, UNDECODED):
        return None
    if answer.topic is not None and whose.get(answer.topic) is Whose.NETWORK:
        return answer.topic
    return common.get(answer.entry.domain)


def _place(answer: _Answer, whose: Mapping[Topic | None, Whose], hit: Topic | None) -> Whose:
    """Where the cause lies; not known where none of the topics that would tell could be compared."""
    if answer.entry.scope == "network":
        return Whose.NETWORK
    if answer.entry.id in (FEW, NO_FAILURES, NO_SENDS, UNDECODED):
        return Whose.UNKNOWN
    if answer.entry.scope == "either":
        return whose.get(answer.topic, Whose.UNKNOWN)
    if hit is not None:
        return Whose.NETWORK if answer.found.matched else Whose.UNKNOWN
    if whose.get(answer.topic) is Whose.BOTH:
        return Whose.BOTH
    asked = [whose[topic] for topic, domains in GOVERNS.items() if topic in whose and answer.entry.domain in domains]
    return Whose.UNKNOWN if asked and set(asked) == {Whose.UNKNOWN} else Whose.CUSTOMER


def _evidence(case: Case, answer: _Answer, knowledge: Knowledge) -> Iterator[Evidence]:
    """What a finding rests on; that nothing is out of the ordinary is no evidence of anything."""
    yield from (observed(seen, said) for seen, said in answer.found.matched)
    standing = case.crowd.get(answer.topic) if answer.topic else None
    if standing is not None and standing.plain is not None and answer.found.held:
        yield Counted(standing.plain if answer.entry.id == DRIFT else standing.plain._replace(since=None))
    for each in answer.found.held:
        if not (each.feature.startswith(STANDING) and each.operator == ">="):
            of = case.objects.get(each.feature, "")
            yield replace(measured(each, answer.look, knowledge.features), reference=of)


def _finding(case: Case, answer: _Answer, knowledge: Knowledge, scope: Whose) -> Finding:
    entry = answer.entry
    open_ = not entry.scope and scope in (Whose.NETWORK, Whose.UNKNOWN) and entry.id not in NAMED
    return Finding(
        id=entry.id,
        title=entry.title,
        domain=entry.domain,
        severity=entry.severity,
        certainty=entry.certainty,
        scope=scope,
        diagnosis=entry.diagnosis,
        evidence=tuple(_evidence(case, answer, knowledge)),
        causes=() if open_ else entry.causes,
        actions=entry.actions,
        references=knowledge.references[entry.id],
        basis=entry.threshold.basis.value,
        topic=answer.topic,
        confidential=entry.confidential,
    )


def _grouped(
    finding: Finding, findings: Iterable[Finding], knowledge: Knowledge, common: Mapping[str, Topic]
) -> Finding:
    """The finding, with the one that explains it: one the entry names, the error it wraps, or everybody's trouble."""
    entry, there = knowledge.entries[finding.id], {each.id for each in findings}
    by = next((name for name in entry.explained_by if name in there), "")
    if not by and entry.wraps:
        inner = [each for each in findings if any(isinstance(x, Observed) and x.kind in INNER for x in each.evidence)]
        by = next((each.id for each in sorted(inner, key=_rank) if each.id not in NAMED), "")
    if not by and finding.scope is Whose.NETWORK and not entry.scope and finding.domain in common:
        by = NETWORK if NETWORK in there else ""
    return replace(finding, explained_by=by)


def _ordered(findings: list[Finding]) -> list[Finding]:
    """By rank, with what is explained right after what explains it."""
    ranked = sorted(findings, key=_rank)
    beneath: dict[str, list[Finding]] = {}
    for each in ranked:
        beneath.setdefault(each.explained_by, []).append(each)
    found: list[Finding] = []

    def add(finding: Finding) -> None:
        found.append(finding)
        for each in beneath.pop(finding.id, ()):
            add(each)

    for head in beneath.pop("", ()):
        add(head)
    return found


def _rank(finding: Finding) -> tuple[int, int, int, str, str]:
    """The worst, the surest, the best supported first."""
    weight = sum(each.count if isinstance(each, Observed) else 1 for each in finding.evidence)
    return -_MILDEST[finding.severity], _SUREST[finding.certainty], -weight, finding.id, finding.topic or ""


def _urgency(answer: _Answer) -> tuple[int, int, str, str]:
    return (
        -_MILDEST[answer.entry.severity],
        _SUREST[answer.entry.certainty],
        answer.entry.id,
        answer.topic or "",
    )


def _is_explained(answer: _Answer) -> bool:
    """Whether its events are understood, though it is not raised; a state of a bridge is no failure by itself."""
    alone = [seen for seen, _ in answer.found.matched if seen.kind is not Kind.STATE]
    return bool(alone) and not answer.holds and answer.entry.certainty is Certainty.ENTAILED


def _explained(answer: _Answer) -> Explained:
    events = tuple(observed(seen, said) for seen, said in answer.found.matched)
    return Explained(answer.entry.id, answer.entry.title, events)


def _undecided(answer: _Answer) -> Undecided:
    return Undecided(answer.entry.id, answer.entry.title, answer.found.missing)
