"""The runs of a customer for one purpose, as one fold: what starts, which step is due, what holds it, how it ends.

Steps, holds and ends are part of the state and of `due`, so they are rows and survive a restart.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter
from typing import Final, assert_never

import msgspec
from msgspec.structs import replace

from keepwell.base.decision import Decision
from keepwell.base.time import HOUR_US, SECOND_US
from keepwell.interventions.due import Due, Kind, dues, expiry, improvement, is_good, is_held, planned_at
from keepwell.interventions.playbook import ESCALATIONS, TASKS, Audience, Condition, Step
from keepwell.interventions.run import (
    Answer,
    Approved,
    Assign,
    BandMoved,
    Behaved,
    Called,
    Carry,
    Churned,
    Closed,
    ConditionBack,
    ConditionEnded,
    Course,
    Done,
    End,
    Escalate,
    Fact,
    Intent,
    Looked,
    News,
    Noted,
    Opened,
    Outcome,
    Prepare,
    Rejected,
    Replied,
    Reported,
    Returned,
    Run,
    Skipped,
    Stage,
    StepEnded,
    StepState,
    Stopped,
    Triggered,
    Withdraw,
)

CALL_US: Final = 24 * HOUR_US
"""A call holds what goes to the customer for so long."""

_ORDER = {kind: place for place, kind in enumerate(Fact.__args__)}
_LATE = {End.UNCERTAIN: (End.SENT, End.FAILED, End.DONE)} | dict.fromkeys(
    (End.EXPIRED, End.CANCELLED), (End.SENT, End.UNCERTAIN)
)
"""What may still be learnt of a step that ended: it was on its way already."""


def decide(state: Course | None, facts: Sequence[Fact], now: int) -> Decision[Course | None, Intent]:
    """Fold new facts (at or before `now`, none seen before) into the runs of one customer for one purpose.

    What happens at an instant comes before what is due at it: who replies when a message is due holds it.
    """
    if state is None and not facts:
        return Decision(None)
    course = _Course(state or Course())
    for at, simultaneous in groupby(sorted(facts, key=_order), attrgetter("at")):
        course.elapse(at - 1)
        for fact in simultaneous:
            course.take(fact)
    course.elapse(now)
    return Decision(course.state, tuple(course.intents), course.due())


def _order(fact: Fact) -> tuple[int, int, int, bytes]:
    """Of triggers of one instant, what supersedes others comes first, so that nothing starts only to be ended."""
    rank = -len(fact.playbook.supersedes) if isinstance(fact, Triggered) else 0
    return fact.at, _ORDER[type(fact)], rank, msgspec.json.encode(fact)


class _Course:
    """One run of the fold: the state so far and what was said."""

    def __init__(self, state: Course) -> None:
        self.state = state
        self.intents: list[Intent] = []

    @property
    def run(self) -> Run | None:
        """The active run."""
        run = self.state.run
        return None if run is None or run.outcome else run

    def due(self) -> int | None:
        """When the state changes by itself."""
        first = self._first()
        return None if first is None else first.at

    def elapse(self, now: int) -> None:
        """Let everything happen that is due by `now`."""
        while (run := self.run) and (due := self._first()) is not None and due.at <= now:
            if due.kind == Kind.RECOVERY:
                self._close(run, due.at, Outcome.RECOVERED, _recovery(run))
            elif due.kind == Kind.GIVING_UP:
                self._close(run, due.at, Outcome.NOT_RECOVERED, f"no recovery within {_days(run)} days")
            elif due.kind == Kind.EXPIRY:
                self._end(run, due.place, StepEnded(due.at, *_name(run, due.place), End.EXPIRED, "not done in time"))
            elif due.kind == Kind.PATIENCE:
                self._assign(run, due.place, due.at, "nobody approved it within 4 hours", Audience.CSM)
            else:
                self._hand_out(run, due.place, due.at)

    def _first(self) -> Due | None:
        run = self.run
        return None if run is None else min(dues(run), default=None)

    def take(self, fact: Fact) -> None:
        match fact:
            case Triggered():
                self._triggered(fact)
            case Churned() | Returned():
                self._left(fact)
            case Stopped():
                if self.run and self.run.number == fact.run:
                    because = fact.reason.strip() or f"stopped by {fact.by}"
                    self._close(self.run, fact.at, Outcome.STOPPED, because, fact.by)
            case Reported() | Done() | Rejected() | Approved():
                self._answered(fact)
            case Looked() | Replied():
                self._talked(fact)
            case BandMoved() | ConditionBack() | ConditionEnded() | Behaved() | Called():
                self._heard(fact)
            case _:
                assert_never(fact)

    def _triggered(self, fact: Triggered) -> None:
        because = self._hindrance(fact)
        if because:
            self.intents.append(Skipped(fact.at, fact.playbook.id, because))
            return
        if self.run:
            self._close(self.run, fact.at, Outcome.SUPERSEDED, f"superseded by {fact.playbook.title}: {fact.because}")
        self._open(fact)

    def _hindrance(self, fact: Triggered) -> str:
        """Why a playbook does not start, or nothing."""
        playbook = fact.playbook
        if self.state.gone:
            return "the customer has left"
        if self.run and self.run.playbook.id not in playbook.supersedes:
            return f"{self.run.playbook.title} is running"
        wait = playbook.exits.reentry_s * SECOND_US
        for name, at in self.state.closed.items():
            if name not in playbook.supersedes and fact.at < at + wait:
                return f"the last run of {name} ended less than {playbook.exits.reentry_s // 86400} days ago"
        return ""

    def _open(self, fact: Triggered) -> None:
        playbook = fact.playbook
        number = self.state.run.number + 1 if self.state.run else 1
        held_out = fact.held_out and playbook.holdout > 0
        band = playbook.trigger.band or fact.band
        run = Run(
            number, playbook, fact.at, fact.because, (StepState(),) * len(playbook.steps), held_out, fact.propensity,
            band, fact.at if band and is_good(playbook, band) else None,
        )  # fmt: skip
        self._keep(run)
        opened = Opened(fact.at, number, playbook.id, playbook.version, held_out, fact.propensity, fact.because)
        self.intents.append(opened)
        for place, step in enumerate(playbook.steps):
            if held_out and step.contacts:
                because = "held out, to learn what contact brings"
                run = self._end(run, place, StepEnded(fact.at, number, step.id, End.CANCELLED, because))

    def _hand_out(self, run: Run, place: int, at: int) -> None:
        step = run.playbook.steps[place]
        run = self._step(run, place, planned_at=planned_at(run, place))
        improved = improvement(run) if step.condition is Condition.NO_IMPROVEMENT else ""
        if improved:
            self._end(run, place, StepEnded(at, run.number, step.id, End.CANCELLED, f"not needed: {improved}"))
        elif step.asks:
            self._step(run, place, stage=Stage.ASKED, asked_at=at)
            what = step.action, step.auto_after, expiry(run, place), run.held_out, _why(run, step)
            self.intents.append(Prepare(at, run.number, step.id, *what))
        else:
            self._carry(run, place, at, _why(run, step))

    def _carry(self, run: Run, place: int, at: int, because: str) -> None:
        """Hand a step to whoever does it."""
        step = run.playbook.steps[place]
        if step.action in TASKS:
            self._assign(run, place, at, because, step.audience)
            return
        self._step(run, place, stage=Stage.GOING)
        end, out = expiry(run, place), run.held_out
        if step.action in ESCALATIONS:
            self.intents.append(Escalate(at, run.number, step.id, step.action, step.roles, end, out, because))
        else:
            self.intents.append(Carry(at, run.number, step.id, step.action, end, out, because))

    def _assign(self, run: Run, place: int, at: int, because: str, audience: Audience) -> None:
        step = run.playbook.steps[place]
        roles = step.roles if audience is Audience.ROLES else ()
        self._step(run, place, stage=Stage.TASK)
        whom = step.action, audience, roles, expiry(run, place), run.held_out
        self.intents.append(Assign(at, run.number, step.id, *whom, because))

    def _left(self, fact: Churned | Returned) -> None:
        self.state = replace(self.state, gone=isinstance(fact, Churned))
        if self.run and isinstance(fact, Churned):
            self._close(self.run, fact.at, Outcome.CHURNED, fact.because.strip() or "the customer left")

    def _talked(self, fact: Looked | Replied) -> None:
        run = self.run
        if run is None:
            return
        if isinstance(fact, Replied):
            said = {"replied_well": True} if not fact.leaving else {"speaks_of_leaving": True}
            self._note(replace(run, reply_at=run.reply_at or fact.at, **said), fact.at, _REPLIED[fact.leaving])
            self._hold(fact.at, "a reply waits for a person to look at it")
        elif run.reply_at is not None:
            run = replace(run, reply_at=None, free_from=fact.at)
            self._note(run, fact.at, "somebody looked at the reply", fact.by)

    def _heard(self, fact: News) -> None:
        run = self.run
        if run is None:
            return
        match fact:
            case BandMoved():
                good = is_good(run.playbook, fact.end)
                since = (fact.at if run.calm_since is None else run.calm_since) if good else None
                self._note(replace(run, band=fact.end, calm_since=since), fact.at, f"the band is {fact.end} now")
            case ConditionBack():
                if run.over_since is not None:
                    self._note(replace(run, over_since=None), fact.at, "the condition that opened the run holds again")
            case ConditionEnded():
                if run.over_since is None:
                    because = fact.because.strip() or "the condition that opened the run ended"
                    self._note(replace(run, over_since=fact.at), fact.at, because)
            case Behaved():
                self._keep(replace(run, behaviour=fact.points))
            case Called():
                run = replace(run, call_until=max(run.call_until, fact.at + CALL_US))
                self._note(run, fact.at, "a call was held" if fact.held else "a call is booked")
                self._hold(fact.at, "a call holds messages for 24 hours")
            case _:
                assert_never(fact)

    def _hold(self, at: int, because: str) -> None:
        """Take back what goes to the customer and is not sent yet."""
        run = self.run
        for place, state in enumerate(run.steps if run else ()):
            if run and run.playbook.steps[place].to_customer and state.stage in (Stage.ASKED, Stage.GOING):
                run = self._step(run, place, stage=Stage.WAITING, asked_at=None)
                self.intents.append(Withdraw(at, *_name(run, place), because))

    def _answered(self, fact: Answer) -> None:
        """What became of a step, or what a person said of it. Of a run before, only its end is written down."""
        run = self.state.run
        ended = _ended(fact)
        if run is None or fact.run != run.number:
            if run and ended and fact.run < run.number:
                self.intents.append(ended)
            return
        place = next((place for place, step in enumerate(run.playbook.steps) if step.id == fact.step), None)
        if place is None:
            return
        if isinstance(fact, Approved):
            self._approve(run, place, fact)
        elif ended and _may_end(run.steps[place], fact):
            self._end(run, place, ended)

    def _approve(self, run: Run, place: int, fact: Approved) -> None:
        """Only what was prepared can be approved, in time or as the task that it became."""
        step, state = run.playbook.steps[place], run.steps[place]
        if state.asked_at is None or state.stage not in (Stage.ASKED, Stage.TASK):
            return
        if step.to_customer and is_held(run, fact.at):
            self._note(run, fact.at, f"{step.id} was approved and does not go: the customer was in touch", fact.by)
            return
        run = self._step(run, place, asked_at=None)
        self._note(run, fact.at, f"{step.id} was approved", fact.by)
        self._carry(run, place, fact.at, f"approved by {fact.by}")

    def _close(self, run: Run, at: int, outcome: Outcome, because: str, by: str = "") -> None:
        for place, state in enumerate(run.steps):
            if state.end is None:
                why = f"the run is over: {because}"
                run = self._end(run, place, StepEnded(at, *_name(run, place), End.CANCELLED, why))
        self._keep(replace(run, closed_at=at, outcome=outcome))
        self.state = replace(self.state, closed={**self.state.closed, run.playbook.id: at})
        self.intents.append(Closed(at, run.number, outcome, run.held_out, because, by))

    def _end(self, run: Run, place: int, ended: StepEnded) -> Run:
        self.intents.append(ended)
        changes = {"stage": Stage.ENDED, "end": ended.end, "ended_at": ended.at, "because": ended.because}
        return self._step(run, place, **changes)

    def _step(self, run: Run, place: int, **changes: object) -> Run:
        steps = (*run.steps[:place], replace(run.steps[place], **changes), *run.steps[place + 1 :])
        return self._keep(replace(run, steps=steps))

    def _note(self, run: Run, at: int, because: str, by: str = "") -> None:
        self.intents.append(Noted(at, self._keep(run).number, because, by))

    def _keep(self, run: Run) -> Run:
        self.state = replace(self.state, run=run)
        return run


_REPLIED = ("the customer replied", "the customer replied and speaks of leaving")


def _name(run: Run, place: int) -> tuple[int, str]:
    return run.number, run.playbook.steps[place].id


def _recovery(run: Run) -> str:
    exits = run.playbook.exits
    if exits.band is None:
        return "the condition that opened the run has ended"
    return f"the band is {exits.band} or better for {exits.stable_s / 86400:g} days"


def _days(run: Run) -> str:
    return f"{run.playbook.exits.give_up_s / 86400:g}"


def _why(run: Run, step: Step) -> str:
    """Why a step is due."""
    what = step.objective.replace("_", " ") or step.id.replace("_", " ")
    unless = ", no improvement since the start" if step.condition is Condition.NO_IMPROVEMENT else ""
    return f"{what}{unless}: {run.because}"


def _ended(fact: Answer) -> StepEnded | None:
    match fact:
        case Reported():
            return StepEnded(fact.at, fact.run, fact.step, fact.end, fact.because.strip() or f"reported as {fact.end}")
        case Done():
            return StepEnded(fact.at, fact.run, fact.step, End.DONE, f"done by {fact.by}", fact.by)
        case Rejected():
            because = fact.reason.strip() or f"rejected by {fact.by}"
            return StepEnded(fact.at, fact.run, fact.step, End.CANCELLED, because, fact.by)
        case Approved():
            return None
        case _:
            assert_never(fact)


def _may_end(state: StepState, fact: Answer) -> bool:
    """Whether a step ends like that: a report needs a step that was handed out, a rejection one that was prepared."""
    if isinstance(fact, Rejected):
        return state.end is None and state.asked_at is not None
    if isinstance(fact, Done):
        return state.end in (None, End.UNCERTAIN)
    if isinstance(fact, Reported):
        return state.planned_at is not None and (state.end is None or fact.end in _LATE.get(state.end, ()))
    return False
