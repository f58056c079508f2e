"""What can be done in a course. A move changes the state and says so; when to make it is decided in `decide`."""

from __future__ import annotations

from msgspec.structs import replace

from keepwell.interventions.due import expiry, improvement, is_good, planned_at
from keepwell.interventions.facts import Triggered
from keepwell.interventions.holdout import may_hold_out
from keepwell.interventions.intents import (
    Assign,
    Carry,
    Closed,
    Escalate,
    Intent,
    Noted,
    Opened,
    Prepare,
    Skipped,
    StepEnded,
    Withdraw,
)
from keepwell.interventions.playbook import ESCALATIONS, TASKS, Audience, Condition, Step
from keepwell.interventions.run import Course, Run, StepState
from keepwell.interventions.stage import End, Outcome, Stage


class Moves:
    """The state so far and what was said."""

    def __init__(self, state: Course) -> None:
        self.state = state
        self.intents: list[Intent] = []

    def set(self, **changes: object) -> None:
        """Change what outlives a run."""
        self.state = replace(self.state, **changes)

    def open(self, fact: Triggered) -> None:
        """Begin a run at the moment of the fact."""
        playbook = fact.playbook
        number = self.state.run.number + 1 if self.state.run else 1
        held_out = fact.held_out and may_hold_out(playbook)
        band = playbook.trigger.band or fact.band or self.state.band
        calm = fact.at if is_good(playbook, band) else None
        steps = (StepState(),) * len(playbook.steps)
        run = Run(number, playbook, fact.at, fact.because, steps, held_out, fact.propensity, calm)
        self.set(run=run, band=band, waiting=None)
        what = playbook.id, playbook.version, held_out, fact.propensity
        self.intents.append(Opened(fact.at, number, *what, fact.because))
        for place, step in enumerate(playbook.steps):
            if held_out and step.contacts:
                self.end(
                    run, place, ended(run, place, fact.at, End.CANCELLED, "held out, to learn what contact brings")
                )

    def close(self, run: Run, at: int, outcome: Outcome, because: str, by: str = "") -> None:
        """End a run, and with it every step that is not over."""
        for place, state in enumerate(run.steps):
            if state.end is None:
                run = self.end(run, place, ended(run, place, at, End.CANCELLED, f"the run is over: {because}"))
        self._keep(replace(run, closed_at=at, outcome=outcome))
        self.set(closed={**self.state.closed, run.playbook.id: at})
        self.intents.append(Closed(at, run.number, outcome, run.held_out, because, by))

    def skip(self, fact: Triggered, at: int, because: str) -> None:
        self.intents.append(Skipped(at, fact.playbook.id, because))

    def note(self, run: Run, at: int, because: str, by: str = "") -> None:
        """Keep a run, and write a line of its history."""
        self.intents.append(Noted(at, self._keep(run).number, because, by))

    def learn(self, run: Run, behaviour: float) -> None:
        """Keep what behaviour brought, without a line: it comes with every score."""
        self._keep(replace(run, behaviour=behaviour))

    def hand_out(self, run: Run, place: int, at: int) -> None:
        """Do with a step what is due: nothing more, ask for an approval, or hand it to whoever does it."""
        step = run.playbook.steps[place]
        run = self._step(run, place, planned_at=planned_at(run, place))
        improved = improvement(run) if step.condition is Condition.NO_IMPROVEMENT else ""
        if improved:
            self.end(run, place, ended(run, place, at, End.CANCELLED, f"not needed: {improved}"))
        elif step.asks:
            self._step(run, place, stage=Stage.ASKED, asked_at=at)
            what = step.action, step.auto_after, expiry(run, place), run.held_out, _why(run, step)
            self.intents.append(Prepare(at, run.number, step.id, *what))
        else:
            self.carry(run, place, at, _why(run, step))

    def carry(self, run: Run, place: int, at: int, because: str) -> None:
        """Hand a step to whoever does it."""
        step = run.playbook.steps[place]
        run = self._step(run, place, asked_at=None)
        if step.action in TASKS:
            self.assign(run, place, at, because, step.audience)
            return
        self._step(run, place, stage=Stage.GOING)
        end, out = expiry(run, place), run.held_out
        if step.action in ESCALATIONS:
            self.intents.append(Escalate(at, run.number, step.id, step.action, step.roles, end, out, because))
        else:
            self.intents.append(Carry(at, run.number, step.id, step.action, end, out, because))

    def assign(self, run: Run, place: int, at: int, because: str, audience: Audience) -> None:
        """Make a task of a step. What was asked before can still be approved."""
        step = run.playbook.steps[place]
        roles = step.roles if audience is Audience.ROLES else ()
        self._step(run, place, stage=Stage.TASK)
        whom = step.action, audience, roles, expiry(run, place), run.held_out
        self.intents.append(Assign(at, run.number, step.id, *whom, because))

    def withdraw(self, at: int, because: str) -> None:
        """Take back what goes to the customer and is not sent yet; it waits again."""
        run = self.state.active
        for place, state in enumerate(run.steps if run else ()):
            if run and run.playbook.steps[place].to_customer and state.stage in (Stage.ASKED, Stage.GOING):
                run = self._step(run, place, stage=Stage.WAITING, asked_at=None)
                self.intents.append(Withdraw(at, run.number, run.playbook.steps[place].id, because))

    def end(self, run: Run, place: int, intent: StepEnded) -> Run:
        """End a step, or learn better how it ended."""
        self.intents.append(intent)
        changes = {"stage": Stage.ENDED, "end": intent.end, "ended_at": intent.at, "because": intent.because}
        return self._step(run, place, asked_at=None, **changes)

    def _step(self, run: Run, place: int, **changes: object) -> Run:
        steps = (*run.steps[:place], replace(run.steps[place], **changes), *run.steps[place + 1 :])
        return self._keep(replace(run, steps=steps))

    def _keep(self, run: Run) -> Run:
        self.set(run=run)
        return run


def ended(run: Run, place: int, at: int, end: End, because: str) -> StepEnded:
    return StepEnded(at, run.number, run.playbook.steps[place].id, end, because)


def _why(run: Run, step: Step) -> str:
    """Why a step is due."""
    what = step.objective.replace("_", " ") or step.id.replace("_", " ")
    unless = ", no improvement since the start" if step.condition is Condition.NO_IMPROVEMENT else ""
    return f"{what}{unless}: {run.because}"
