"""Runs as people see them, and what they do with them: stop one, and say that a reply was looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from keepwell.base.time import DAY_US
from keepwell.interventions.due import Due, Kind, first_due, planned_at
from keepwell.interventions.facts import Stopped
from keepwell.interventions.playbook import Step
from keepwell.interventions.run import Course, Run, StepState
from keepwell.interventions.stage import Stage
from keepwell.interventions.standing import held
from keepwell.runtime import courses, replies
from keepwell.runtime.courses import Office
from keepwell.runtime.ports import runs as port
from keepwell.runtime.ports.runs import RunRefusedError
from keepwell.store import lines, messages, runs, tasks
from keepwell.store.customers import ids_of, number_of
from keepwell.store.database import Database, Session
from keepwell.store.lines import Words
from keepwell.store.runs import Line, Row

MOST = 5000
"""Runs that a list looks at."""
CLOSED_DAYS = 30
LONGEST = 500


@dataclass(frozen=True)
class StoredRuns:
    """Implements the `Runs` port. `changed` is called once something is committed."""

    database: Database
    office: Office
    clock: Callable[[], int]
    changed: Callable[[], object]

    # ------------------------------------------------------------------ reading

    def counts(self) -> port.RunCounts:
        now = self.clock()
        with self.database.read() as session:
            found = runs.listed(session, MOST, active=True)
            states = runs.courses(session, sorted({each.customer for each in found}))
            closed = runs.outcomes(session, now - CLOSED_DAYS * DAY_US)
            overdue = runs.overdue(session, now - runs.OVERDUE_US)
        waits = sum(bool(held(course, now)) for course in states.values() if course.active)
        return port.RunCounts(len(found), sum(each.held_out for each in found), waits, overdue, closed)

    def part(self, wanted: port.RunsWanted, start: int, limit: int) -> port.RunsPart:
        with self.database.read() as session:
            found = self._listed(session, wanted)
            told = self._lines(session, found)
        told.sort(key=lambda each: (each.closed_at is not None, each.next_at or runs.NEVER, -each.started_at))
        return port.RunsPart(told[start : start + limit], len(told))

    def _listed(self, session: Session, wanted: port.RunsWanted) -> list[Row]:
        if wanted.customer_id is not None:
            number = number_of(session, wanted.customer_id)
            found = [] if number is None else runs.of_customer(session, number)
        else:
            found = runs.listed(session, MOST, active=wanted.active, playbook=wanted.playbook or None)
        return [each for each in found if _is_wanted(each, wanted)]

    def _lines(self, session: Session, found: Sequence[Row]) -> list[port.RunLine]:
        customers = sorted({each.customer for each in found})
        names = ids_of(session, customers)
        said = {number: lines.words(document) for number, document in lines.documents(session, customers)}
        states = runs.courses(session, customers)
        return [self._line(each, names, said, states) for each in found]

    def _line(
        self, row: Row, names: Mapping[int, str], said: Mapping[int, Words], states: Mapping[runs.Name, Course]
    ) -> port.RunLine:
        name, words = names.get(row.customer, ""), said.get(row.customer)
        course = states.get((row.customer, row.purpose))
        run = course.run if course is not None and course.run and course.run.number == row.number else None
        active = run is not None and row.closed_at is None
        due = first_due(course) if active and course is not None else None
        steps = run.steps if run is not None else ()
        return port.RunLine(
            id=row.id, customer_id=name, customer_name=(words.name if words is not None else "") or name,
            purpose=row.purpose, playbook=row.playbook, title=self._title(row, run), version=row.version,
            because=row.because, started_at=row.started_at, held_out=bool(row.held_out), propensity=row.propensity,
            done=sum(each.end is not None for each in steps), steps=len(steps),
            waits=held(course, self.clock()) if active and course is not None else "",
            next_at=due.at if due is not None else None,
            next_step=_what_next(run, due),
            behaviour=run.behaviour if run is not None else 0.0, closed_at=row.closed_at, outcome=row.outcome,
            reply_at=course.reply_at if active and course is not None else None,
        )  # fmt: skip

    def _title(self, row: Row, run: Run | None) -> str:
        if run is not None:
            return run.playbook.title
        return self.office.playbooks[row.playbook].title if row.playbook in self.office.playbooks else row.playbook

    def run(self, number: int) -> port.RunPage | None:
        with self.database.read() as session:
            row = runs.find(session, number)
            if row is None:
                return None
            (told,) = self._lines(session, [row])
            course = runs.courses(session, [row.customer]).get((row.customer, row.purpose))
            run = course.run if course is not None and course.run and course.run.number == row.number else None
            of_run = row.customer, row.purpose, row.number
            written = {each.step: each.id for each in messages.of_run(session, *of_run)}
            given = {each.step: each.id for each in tasks.of_run(session, *of_run)}
            history = [each for each in runs.lines_of(session, row.customer, MOST) if _is_of(each, row)]
        playbook = self.office.playbooks.get(row.playbook)
        if run is not None:
            pairs = [(place, step, run.steps[place]) for place, step in enumerate(run.playbook.steps)]
            steps = [_step(run, *each, (written, given)) for each in pairs]
        else:
            steps = _told_steps(playbook.steps if playbook is not None else (), history, (written, given))
        numbers = {(row.customer, row.purpose, row.number): row.id}
        return port.RunPage(told, steps, [_history(each, numbers, told.playbook) for each in history])

    def history(self, customer_id: str, limit: int) -> Sequence[port.RunHistory]:
        with self.database.read() as session:
            number = number_of(session, customer_id)
            if number is None:
                return []
            found = runs.lines_of(session, number, limit)
            numbers = runs.numbered(session, [number])
            playbooks = {row.id: row.playbook for row in runs.of_customer(session, number)}
        return [
            _history(each, numbers, playbooks.get(numbers.get((each.customer, each.purpose, each.run), 0), ""))
            for each in found
        ]

    # ------------------------------------------------------------------ what people do

    def stop(self, number: int, by: str, reason: str) -> bool:
        because = " ".join(reason.split())[:LONGEST]
        if not because:
            raise RunRefusedError("a reason is needed")
        now = self.clock()
        with self.database.write() as session:
            row = self._row(session, number)
            name = row.customer, row.purpose
            before = runs.courses(session, [row.customer]).get(name)
            courses.apply(session, self.office, {name: [Stopped(now, row.number, by, because)]}, now)
            session.afterwards.append(self.changed)
        return before is not None and before.active is not None and before.active.number == row.number

    def looked(self, number: int, by: str) -> bool:
        now = self.clock()
        with self.database.write() as session:
            row = self._row(session, number)
            before = runs.courses(session, [row.customer])
            courses.apply(session, self.office, replies.looked(session, row.customer, by, now), now)
            session.afterwards.append(self.changed)
        return any(course.reply_at is not None for course in before.values())

    def _row(self, session: Session, number: int) -> Row:
        """A run.

        Raises:
            RunRefusedError: there is none of this number.
        """
        row = runs.find(session, number)
        if row is None:
            raise RunRefusedError(f"no run has the number {number}")
        return row


def _what_next(run: Run | None, due: Due | None) -> str:
    """What happens next by itself, in words; empty when nothing does."""
    if run is None or due is None:
        return ""
    step = run.playbook.steps[due.place].id if due.place >= 0 else ""
    return {
        Kind.HANDING: step,
        Kind.PATIENCE: f"a task, unless {step} is approved",
        Kind.EXPIRY: f"{step} expires",
        Kind.RECOVERY: "recovered, if it lasts",
        Kind.GIVING_UP: "the end, as not recovered",
        Kind.REENTRY: "a new run",
    }[due.kind]


def _is_wanted(row: Row, wanted: port.RunsWanted) -> bool:
    return (
        (wanted.active is None or (row.closed_at is None) == wanted.active)
        and wanted.playbook in ("", row.playbook)
        and (wanted.held_out is None or bool(row.held_out) == wanted.held_out)
        and wanted.outcome in ("", row.outcome)
    )


def _is_of(each: Line, row: Row) -> bool:
    return each.run == row.number and each.purpose == row.purpose


Made = tuple[Mapping[str, int], Mapping[str, int]]
"""Numbers of messages and of tasks, by step."""


def _step(run: Run, place: int, step: Step, state: StepState, made: Made) -> port.StepLine:
    stage = str(state.stage)
    return _line_of(step, stage, (None if state.end is None else str(state.end), state.because), made, (
        planned_at(run, place) if state.stage is not Stage.ENDED or state.planned_at else None, state.ended_at,
    ))  # fmt: skip


def _told_steps(steps: Sequence[Step], history: Sequence[Line], made: Made) -> list[port.StepLine]:
    """The steps of a run of which only the history is known, the newest line first."""
    found = []
    for step in steps:
        last = next((each for each in history if each.step == step.id), None)
        end = (None, "") if last is None else (last.kind, last.because)
        at = None if last is None else last.at
        found.append(_line_of(step, "ended", end, made, (None, at)))
    return found


def _line_of(
    step: Step, stage: str, end: tuple[str | None, str], made: Made, moments: tuple[int | None, int | None]
) -> port.StepLine:
    return port.StepLine(
        id=step.id, action=str(step.action), audience=str(step.audience), roles=step.roles,
        objective=step.objective.replace("_", " "), priority=str(step.priority), condition=str(step.condition),
        stage=stage, end=end[0], planned_at=moments[0], ended_at=moments[1], because=end[1],
        message=made[0].get(step.id), task=made[1].get(step.id),
    )  # fmt: skip


def _history(each: Line, numbers: Mapping[tuple[int, str, int], int], playbook: str) -> port.RunHistory:
    return port.RunHistory(
        run=numbers.get((each.customer, each.purpose, each.run)), playbook=playbook, at=each.at, kind=each.kind,
        step=each.step, because=each.because, by=each.by,
    )  # fmt: skip
