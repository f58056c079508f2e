"""Acting: what happened to customers is folded into their runs, and what runs ask for is written, asked and told.

A thread of its own goes round: what became of messages, what happened, what is due; then drafts and consultations,
which may take long; then what was sent becomes events of the log. Whatever is to be done is a row before it is done, so
what is interrupted is taken up again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import structlog
from msgspec.structs import replace

from keepwell.base.time import SECOND_US
from keepwell.expert.consultation import Wish
from keepwell.expert.consultation_record import Context, Part, Purpose, Urgency
from keepwell.interventions.due import planned_at
from keepwell.interventions.facts import Behaved, Fact, Reported
from keepwell.interventions.playbook import Condition, Priority
from keepwell.interventions.run import Course, Run
from keepwell.interventions.stage import End, Stage
from keepwell.runtime import courses, hearing, replies
from keepwell.runtime.courses import EXPERT, Office
from keepwell.runtime.hearing import Heard
from keepwell.runtime.ports.book import Book
from keepwell.runtime.ports.consultation import Consultant
from keepwell.runtime.speaking import CannotWriteError, Speaker, draft_of
from keepwell.runtime.turning import Turning
from keepwell.scores.attribution import Cause
from keepwell.store import messages, runs, tasks
from keepwell.store.customers import ids_of
from keepwell.store.database import Database, Session
from keepwell.store.messages import Message, State, Unwanted
from keepwell.store.runs import Name
from keepwell.store.tasks import Closing, Task

AT_ONCE: Final = 500
LOOKED_INTO: Final = 20
"""Customers in a turn whose score is opened up, which takes a tenth of a second each."""
WRITTEN: Final = 10
CONSULTED: Final = 5
TOLD: Final = 100
APART_US: Final = 600 * SECOND_US
"""When what failed because of a fault is tried again."""
KNOWN_WITHIN_US: Final = 30 * SECOND_US
"""What came together with the trigger, as the contact, is in the customer's profile within this time."""
AGAIN_US: Final = 5 * SECOND_US
REST_S: Final = 1.0
AFTER_A_FAILURE_S: Final = 5.0

log = structlog.get_logger("keepwell.acting")


@dataclass(frozen=True)
class Tools:
    """What acting works with.

    Attributes:
        book: opens scores up.
        consultant: the Expert.
        tell: takes what was sent into the log of events; it is told once, or again after an interruption.
    """

    database: Database
    office: Office
    speaker: Speaker
    book: Book
    consultant: Consultant
    tell: Callable[[Sequence[tuple[Message, str]]], object]


def go_round(tools: Tools, now: int) -> int:
    """One round of everything; how many things were done."""
    done = report(tools, now) + turn(tools, now)
    return done + write(tools, now) + consult(tools, now) + tell(tools)


# ---------------------------------------------------------------------- folding


def report(tools: Tools, now: int) -> int:
    """Let runs know what became of messages in the outbox; of how many."""
    with tools.database.read() as session:
        if not messages.settled(session, 1):
            return 0
    with tools.database.write() as session:
        found = messages.settled(session, AT_ONCE)
        facts: dict[Name, list[Fact]] = defaultdict(list)
        for message, state, because in found:
            ended = replace(message, state=state, because=because or message.because, ended_at=now)
            messages.save(session, ended)
            facts[message.customer, message.purpose].append(
                Reported(now, message.run, message.step, End(state), because)
            )  # fmt: skip
        courses.apply(session, tools.office, facts, now)
    return len(found)


def turn(tools: Tools, now: int) -> int:
    """Fold what happened and what is due; how many customers were looked at."""
    with tools.database.read() as session:
        found = hearing.gather(session, tools.office, now, AT_ONCE)
        if not found.customers and found.mark == hearing.marked(session):
            return 0
        known = runs.courses(session, found.customers)
        names = ids_of(session, found.customers)
    wanted = {name for name, course in known.items() if _conditional_at(course, now) is not None}
    opened = _chosen(wanted, {*found.happenings, *found.facts})
    found = found.without(frozenset(customer for customer, _ in wanted - opened))
    behaved = {name: _behaved(tools, names[name[0]], known[name], now) for name in opened if name[0] in names}
    return _folded(tools, found, (names, behaved), now)


def _folded(
    tools: Tools, found: Heard, told: tuple[Mapping[int, str], Mapping[Name, Sequence[Fact]]], now: int
) -> int:  # fmt: skip
    """Fold in one transaction; of many that fail, those that fail alone are set apart. How many were looked at."""
    customers = found.customers
    try:
        with tools.database.write() as session:
            _fold(session, tools, found, told, now)
    except Exception as error:
        if len(customers) > 1:
            halves = customers[: len(customers) // 2], customers[len(customers) // 2 :]
            done = sum(_folded(tools, found.only(frozenset(half)), told, now) for half in halves)
            with tools.database.write() as session:
                hearing.forget(session, found)
            return done
        log.exception("the runs of a customer cannot go on; they are set apart", exc_info=error, customer=customers)
        with tools.database.write() as session:
            runs.put_off(session, customers, now + APART_US)
            hearing.forget(session, found)
        return 0
    return len(customers)


def _fold(
    session: Session,
    tools: Tools,
    found: Heard,
    told: tuple[Mapping[int, str], Mapping[Name, Sequence[Fact]]],
    now: int,
) -> None:
    names, behaved = told
    known = runs.courses(session, found.customers)
    facts = dict(hearing.facts_of(found, tools.office, names, known, now))
    after = courses.apply(session, tools.office, {name: [*behaved.get(name, ()), *facts[name]] for name in facts}, now)
    for reply in found.replies:
        replies.keep(session, tools.office.briefing, reply, after, now)
    for customer, address in found.refusals:
        _refuse(session, tools, customer, (address, now))
    hearing.forget(session, found)


def _refuse(session: Session, tools: Tools, customer: int, told: tuple[str, int]) -> None:
    """Write no more to an address that an event names, or else to the customer's contact."""
    address, now = told
    reached = None if address else tools.speaker.known.reached(session, customer, now)
    if address or reached is not None:
        address = address or (reached.address if reached is not None else "")
        messages.refuse(session, Unwanted(address, now, "an event says so", "the customer"))


def _chosen(wanted: set[Name], spoken: set[int]) -> set[Name]:
    """Of courses whose customers' scores are to be opened up, those of this turn: all that cannot wait, and some."""
    at_once = {name for name in wanted if name[0] in spoken}
    return at_once | set(sorted(wanted - at_once)[: max(LOOKED_INTO - len(at_once), 1)])


def _conditional_at(course: Course, now: int) -> int | None:
    """Since when a step is due that goes only when nothing improved; None when none is."""
    run = course.active
    if run is None:
        return None
    found = [_due_if_not_improved(run, place) for place in range(len(run.steps))]
    return min((at for at in found if at is not None and at <= now), default=None)


def _due_if_not_improved(run: Run, place: int) -> int | None:
    conditional = run.playbook.steps[place].condition is Condition.NO_IMPROVEMENT
    return planned_at(run, place) if conditional and run.steps[place].stage is Stage.WAITING else None


def _behaved(tools: Tools, customer: str, course: Course, now: int) -> list[Fact]:
    """What behaviour brought to the score since the run began, known before the step is; nothing if it is not."""
    run, at = course.active, _conditional_at(course, now)
    if run is None or at is None or run.started_at >= now:
        return []
    try:
        found = tools.book.explain(customer, now, run.started_at)
    except Exception as error:  # a step that goes without it is better than runs that stand still
        log.exception("a score could not be opened up", customer=customer, exc_info=error)
        return []
    if found is None or found.change is None or found.change.total is None:
        return []
    parts = [each.points for each in found.change.parts if each.kind == Cause.BEHAVIOUR.value]
    return [Behaved(at, float(sum(parts)))]


# ---------------------------------------------------------------------- what takes long


def write(tools: Tools, now: int) -> int:
    """Write messages that steps ask for; how many."""
    with tools.database.read() as session:
        wanted = messages.due(session, State.WANTED, now, WRITTEN)
    for message in wanted:
        try:
            _settle_draft(tools, message, tools.speaker.write(message, now), now)
        except CannotWriteError as error:
            if not error.reaches and now - message.made_at < KNOWN_WITHIN_US:
                _put_off(tools, message, now + AGAIN_US, str(error))
            else:
                _cannot(tools, message, error, now)
        except Exception as error:
            log.exception("a message could not be written; it is tried again", message=message.id, exc_info=error)
            because = "it could not be written because of a fault; it is tried again"
            _put_off(tools, message, now + APART_US, because)
    return len(wanted)


def _put_off(tools: Tools, message: Message, until: int, because: str) -> None:
    """What fails for one message must not keep the others waiting."""
    with tools.database.write() as session:
        if _is_still(session, message):
            messages.save(session, replace(message, due_at=until, because=because))


def _settle_draft(tools: Tools, message: Message, written: Message, now: int) -> None:
    """Keep a draft: it goes at once when nobody has to approve it, else somebody is asked."""
    blocked = tools.speaker.told(written, now).blocked(draft_of(written)) if not written.needs_approval else ()
    with tools.database.write() as session:
        if not _is_still(session, message):
            return
        if written.needs_approval or blocked:
            because = f"the check found: {blocked[0].reason.value}" if blocked else written.because
            written = replace(written, needs_approval=1, because=because)
            messages.save(session, written)
            tools.office.briefing.ask(session, written, now)
        else:
            written = replace(written, state=State.POSTED, due_at=now)
            messages.save(session, written)
            tools.office.briefing.post(session, written, now)


def _cannot(tools: Tools, message: Message, error: CannotWriteError, now: int) -> None:
    """A message that cannot be written ends its step, with the reason."""
    end = End.FAILED if error.reaches else End.SUPPRESSED
    with tools.database.write() as session:
        if not _is_still(session, message):
            return
        messages.save(session, replace(message, state=State(end.value), because=str(error), ended_at=now))
        fact = Reported(now, message.run, message.step, end, str(error))
        courses.apply(session, tools.office, {(message.customer, message.purpose): [fact]}, now)
        tasks.put(session, _by_hand(message, str(error), now))


def _by_hand(message: Message, because: str, now: int) -> Task:
    """A task for what Keepwell cannot write: somebody may know another way to the customer."""
    return Task(
        customer=message.customer, purpose=message.purpose, run=message.run, step=message.step, action="outreach",
        audience="csm", roles="", priority="normal", objective="reach the customer by hand", message="",
        because=because, held_out=0, created_at=now, expires_at=message.expires_at,
    )  # fmt: skip


def _is_still(session: Session, message: Message) -> bool:
    """Whether a message is still as it was when work on it began."""
    found = messages.find(session, message.id)
    return found is not None and found.state == message.state and found.made_at == message.made_at


def consult(tools: Tools, now: int) -> int:
    """Ask the Expert what runs want to know; how many were asked."""
    with tools.database.read() as session:
        found = tasks.for_audience(session, EXPERT, CONSULTED)
        names = ids_of(session, [each.customer for each in found])
    for task in found:
        end, note = _consulted(tools, task, names.get(task.customer, ""))
        with tools.database.write() as session:
            fact = Reported(now, task.run, task.step, end, note)
            courses.apply(session, tools.office, {(task.customer, task.purpose): [fact]}, now)
            state = tasks.State.DONE if end is End.SENT else tasks.State.DROPPED
            step = task.customer, task.purpose, task.run, task.step
            tasks.close(session, step, Closing(state, now, "the Expert", note))
    return len(found)


def _consulted(tools: Tools, task: Task, customer: str) -> tuple[End, str]:
    """What the Expert says, in its first sentences."""
    whole = task.objective.replace(" ", "_") == Purpose.ANALYSE
    urgency = Urgency.EMERGENCY if task.priority == Priority.EMERGENCY else Urgency.NORMAL
    wish = Wish(Purpose.ANALYSE if whole else Purpose.IDENTIFY, Context.DECLINE, urgency)
    try:
        found = tools.consultant.consult(customer, wish, None)
    except Exception as error:
        log.exception("the Expert could not be asked", customer=customer, exc_info=error)
        return End.FAILED, "the Expert could not be asked because of a fault"
    if found is None:
        return End.FAILED, "nothing is known of this customer"
    return End.SENT, " ".join(each.text for each in found.assessment.statements(Part.SUMMARY))


def tell(tools: Tools) -> int:
    """Let the log of events know what was sent; how many messages."""
    with tools.database.read() as session:
        found = messages.untold(session, TOLD)
        names = ids_of(session, [each.customer for each in found])
    if found:
        tools.tell([(each, names[each.customer]) for each in found if each.customer in names])
        with tools.database.write() as session:
            messages.were_told(session, [each.id for each in found])
    return len(found)


# ---------------------------------------------------------------------- the thread


class Acting:
    """Goes round in a thread of its own while a server runs. `changed` is called when something was done."""

    def __init__(self, tools: Tools, clock: Callable[[], int], changed: Callable[[], object]) -> None:
        self._tools = tools
        self._clock = clock
        self._changed = changed
        self._turning = Turning("acting", self._turn)

    def start(self) -> None:
        self._turning.start()

    def stop(self) -> None:
        """End after the round that is under way."""
        self._turning.stop()

    def _turn(self) -> float:
        """Whatever fails in a round is tried again later; receiving, scoring and alerts go on."""
        try:
            done = go_round(self._tools, self._clock())
        except Exception as error:
            log.exception("a round of acting failed; it is tried again", exc_info=error)
            return AFTER_A_FAILURE_S
        if not done:
            return REST_S
        self._changed()
        return 0.0
