"""Consulting: a diagnosis and the way of the score become an assessment, and a model may say parts of it.

The model gets no store, no channel and no other customer: it gets the statements of one assessment, and tools that
look things up in them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import structlog

from keepwell.base.time import DAY_US, last_day_before
from keepwell.expert.consultation import Told, Wish, consult
from keepwell.expert.consultation_check import Checked, Pool, Sentence, check
from keepwell.expert.consultation_record import Assessment, Audience, Context, Fall, Health, Part, Purpose, Statement
from keepwell.expert.knowledge import Certainty, Entry, Knowledge
from keepwell.runtime.book import StoredBook
from keepwell.runtime.diagnosing import StoredExpert
from keepwell.runtime.ports.book import Book, Explanation, HistoryDay
from keepwell.runtime.ports.changes import by_indicator
from keepwell.runtime.ports.consultation import QUESTION, Consulted, NoModelError, Said
from keepwell.runtime.ports.expert import Diagnosed, Expert
from keepwell.runtime.ports.writer import Fact, Tool, Writer, WriterFailedError
from keepwell.runtime.workspace import Workspace

BACK = 28
"""Days over which a decline is looked at: as far as telemetry goes."""
MOVED = 0.05
NOTHING_LEFT = "nothing of what it said is a statement of the assessment"
CUT = "what it said leaves out what the assessment says first"

log = structlog.get_logger("keepwell.consulting")


@dataclass(frozen=True)
class Reading:
    """Where assessments come from: `past` diagnoses earlier moments, apart from what is asked all day."""

    expert: Expert
    past: Expert
    book: Book
    clock: Callable[[], int]


class Consulting:
    """Implements the `Consultant` port over the ports of the expert and of the book."""

    def __init__(self, reading: Reading, writer: Writer | None = None) -> None:
        self._reading = reading
        self._writer = writer

    @property
    def has_model(self) -> bool:
        return self._writer is not None

    def consult(self, customer_id: str, wish: Wish, as_of: int | None) -> Consulted | None:
        made = self._assessed(customer_id, wish, as_of)
        return None if made is None else Consulted(customer_id, made[0])

    def phrase(self, customer_id: str, wish: Wish) -> Consulted | None:
        made = self._assessed(customer_id, wish, None)
        if made is None:
            return None
        assessment, writer = made[0], self._model()
        pool = Pool(assessment.statements())
        first = _facts(assessment.statements(Part.SUMMARY), pool)
        rest = _facts(assessment.statements(Part.HEALTH, Part.FINDINGS, Part.CAUSES, Part.ACTIONS), pool)
        said = _said(lambda: writer.phrase(first, rest), pool)
        if not said.problem and not {each.id for each in first} <= {each.statement.id for each in said.kept}:
            said = Said((), said.dropped, CUT)
        return Consulted(customer_id, assessment, said)

    def answer(self, customer_id: str, wish: Wish, question: str) -> Consulted | None:
        made = self._assessed(customer_id, wish, None)
        if made is None:
            return None
        (assessment, found), writer = made, self._model()
        pool = Pool(assessment.statements())
        tools = tools_of(assessment, found.knowledge, pool)
        return Consulted(customer_id, assessment, _said(lambda: writer.answer(question[:QUESTION], tools), pool))

    def _model(self) -> Writer:
        if self._writer is None:
            raise NoModelError
        return self._writer

    def _assessed(self, customer_id: str, wish: Wish, as_of: int | None) -> tuple[Assessment, Diagnosed] | None:
        at = self._reading.clock() if as_of is None else as_of
        found = self._reading.expert.diagnose(customer_id, at) if "\x00" not in customer_id else None
        if found is None:
            return None
        asks = wish.purpose is Purpose.ANALYSE or wish.context is Context.DECLINE
        way = health(self._reading, customer_id, at) if asks else None
        told = Told(found.diagnosis, found.knowledge, found.events, found.others, way)
        return consult(wish, told), found


def opened(workspace: Workspace, clock: Callable[[], int]) -> Consulting:
    """A consultant of a data folder, without a model."""
    book, expert = StoredBook(workspace, clock), StoredExpert(workspace, clock)
    return Consulting(Reading(expert, StoredExpert(workspace, clock), book, clock))


# --- the way of the score --------------------------------------------------------------------


def health(reading: Reading, customer_id: str, at: int) -> Health | None:
    """How the score moved in the last 28 days: since its highest day, and what held before its steepest fall."""
    last = last_day_before(at)
    kept = reading.book.days(customer_id, last - BACK, last)
    days = kept.days if kept is not None else ()
    peak = max(days, key=lambda each: (each.score, each.day)).day if days else last - BACK
    since = (peak + 1) * DAY_US
    since = since if since < at else at - DAY_US  # the highest day is the last one: then since a day ago
    found = reading.book.explain(customer_id, at, since)
    if found is None:
        return None
    steepest = _steepest([each for each in days if each.day >= peak], found, at)
    before = None if steepest is None else reading.past.diagnose(customer_id, steepest[0])
    held = frozenset(each.id for each in before.diagnosis.findings) if before is not None and before.events else None
    was = None if found.change is None else found.change.score_from
    return Health(since, found.score, was, _falls(found), steepest, held)


def _falls(found: Explanation) -> tuple[Fall, ...]:
    moved = by_indicator(found.change.parts) if found.change is not None else []
    return tuple(Fall(each.label, each.points) for each in moved if each.points <= -MOVED)


def _steepest(days: Sequence[HistoryDay], found: Explanation, at: int) -> tuple[int, float] | None:
    """The day with the largest fall against the day before, today among them; None where none fell."""
    scores = {each.day: each.score for each in days}
    if found.score is not None:
        scores[last_day_before(at) + 1] = found.score
    falls = [(scores[day] - scores[day - 1], day) for day in scores if day - 1 in scores]
    deepest = min(falls, default=(0.0, 0))
    return (deepest[1] * DAY_US, deepest[0]) if deepest[0] <= -MOVED else None


# --- what a model gets, and what is left of what it says --------------------------------------


def tools_of(assessment: Assessment, knowledge: Knowledge, pool: Pool) -> tuple[Tool, ...]:
    """Everything a model may look up, bound to one assessment: no tool takes a customer, and none writes."""

    def some(parts: Sequence[Part], name: str = "") -> Sequence[Fact]:
        return _facts((each for each in assessment.statements(*parts) if not name or name in each.cites), pool)

    def entry(name: str) -> Sequence[Fact]:
        found = knowledge.entries.get(name)
        made = () if found is None else _in_general(found)
        pool.add(made)
        return _facts(made, pool)

    said = (Part.FINDINGS, Part.CAUSES, Part.ACTIONS)
    of = "the id of a finding, as TX-04"
    return (
        Tool("findings", "the summary, and every finding in a sentence", "",
             lambda _: _facts(_heads(assessment), pool)),
        Tool("finding", "what is said of one finding: causes and actions too", of, lambda name: some(said, name)),
        Tool("evidence", "the evidence of one finding", of,
             lambda name: [each for each in some((Part.FINDINGS,), name) if "/evidence-" in each.id]),
        Tool("knowledge", "what an entry means in general, whoever is asked about", "the id of an entry, as TX-04",
             entry),
        Tool("what_is_unknown", "what is not known, and what would decide it", "",
             lambda _: some((Part.UNKNOWN, Part.ASIDE))),
    )  # fmt: skip


def _heads(assessment: Assessment) -> Iterable[Statement]:
    yield from assessment.statements(Part.SUMMARY, Part.HEALTH)
    yield from (each for each in assessment.statements(Part.FINDINGS) if "/" not in each.id)


def _in_general(entry: Entry) -> tuple[Statement, ...]:
    """What an entry means; said so that nobody takes it for something that was found."""
    told = not entry.confidential and entry.certainty is not Certainty.HINT
    audience = Audience.CUSTOMER if told else Audience.STAFF
    said: Mapping[str, str] = {
        "meaning": f"In general, {entry.id} means: {entry.diagnosis}",
        "threshold": f"In general, {entry.id} is raised from there on because: {entry.threshold.why}.",
    }
    return tuple(
        Statement(f"knowledge/{entry.id}/{part}", (text,), (f"knowledge/{entry.id}",), audience)
        for part, text in said.items()
    )


def _facts(statements: Iterable[Statement], pool: Pool) -> tuple[Fact, ...]:
    return tuple(Fact(each.id, pool.masked(each)) for each in statements)


def _said(ask: Callable[[], Sequence[Sentence]], pool: Pool) -> Said:
    """What is left of what a model says; whatever it does, the assessment stands."""
    try:
        sentences = ask()
    except WriterFailedError as failed:
        log.warning("a model gave no answer", problem=failed.problem)
        return Said((), 0, failed.problem)
    checked: Checked = check(sentences, pool)
    said = Said(checked.kept, len(checked.dropped))
    return said if checked.kept else replace(said, problem=NOTHING_LEFT)
