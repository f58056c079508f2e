"""What can be done in a course. A move changes the state and says so; when to make it is decided in `decide`."""

from __future__ import annotations

from msgspec.structs import replace

from keepwell.interventions.due import expiry, planned_at
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
from keepwell.interventions.standing import improvement, is_good


class Moves:
    """The state so far and what was said."""

    def __init__(self, state: Course) -> None:
        self.state = state
        self.intents: list[Intent] = []

    @property
    def run(self) -> Run:
        """The last run, active or closed, which most moves are about.

        Raises:
            LookupError: there never was one.
        """
        if self.state.run is None:
            msg = "a move in a run before the first one"
            raise LookupError(msg)
        return self.state.run

    def set(self, **changes: object) -> None:
        """Change what outlives a run."""
        self.state = replace(self.state, **changes)

    def change(self, **changes: object) -> None:
        """Change the run."""
        self.set(run=replace(self.run, **changes))

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
                self.end(place, fact.at, End.CANCELLED, "held out, to learn what contact brings")

    def close(self, at: int, outcome: Outcome, because: str, by: str = "") -> None:
        """End the run, and with it every step that is not over."""
        for place, state in enumerate(self.run.steps):
            if state.end is None:
                self.end(place, at, End.CANCELLED, f"the run is over: {because}")
        self.change(closed_at=at, outcome=outcome)
        self.set(closed={**self.state.closed, self.run.playbook.id: at})
        self.intents.append(Closed(at, self.run.number, outcome, self.run.held_out, because, by))

    def skip(self, fact: Triggered, at: int, because: str) -> None:
        """Say that a playbook does not start."""
        self.intents.append(Skipped(at, fact.playbook.id, because))

    def note(self, at: int, because: str, by: str = "") -> None:
        """Write a line of the run's history."""
        self.intents.append(Noted(at, self.run.number, because, by))

    def hand_out(self, place: int, at: int) -> None:
        """Do with a step what is due: nothing more, ask for an approval, or hand it to whoever does it."""
        step = self.run.playbook.steps[place]
        self._change_step(place, planned_at=planned_at(self.run, place))
        improved = improvement(self.run) if step.condition is Condition.NO_IMPROVEMENT else ""
        if improved:
            self.end(place, at, End.CANCELLED, f"not needed: {improved}")
        elif step.asks:
            self._change_step(place, stage=Stage.ASKED, asked_at=at)
            self.intents.append(Prepare(at, *self._told(place), _why(self.run, step)))
        else:
            self.carry(place, at, _why(self.run, step))

    def carry(self, place: int, at: int, because: str) -> None:
        """Hand a step to whoever does it."""
        step = self.run.playbook.steps[place]
        self._change_step(place, stage=Stage.GOING, asked_at=None)
        if step.action in TASKS:
            self.assign(place, at, because, step.audience)
        elif step.action in ESCALATIONS:
            self.intents.append(Escalate(at, *self._told(place), because))
        else:
            self.intents.append(Carry(at, *self._told(place), because))

    def assign(self, place: int, at: int, because: str, audience: Audience) -> None:
        """Make a task of a step. What was asked before can still be approved."""
        self._change_step(place, stage=Stage.TASK)
        self.intents.append(Assign(at, *self._told(place), because, audience))

    def _told(self, place: int) -> tuple[int, str, Step, int, bool]:
        """What whoever is handed a step has to know: of which run it is, its name, all of it, its end, the arm."""
        run, step = self.run, self.run.playbook.steps[place]
        return run.number, step.id, step, expiry(run, place), run.held_out

    def withdraw(self, at: int, because: str) -> None:
        """Take back what goes to the customer and is not sent yet; it waits again."""
        for place, step in enumerate(self.run.playbook.steps):
            if step.to_customer and self.run.steps[place].stage in (Stage.ASKED, Stage.GOING):
                self._change_step(place, stage=Stage.WAITING, asked_at=None)
                self.intents.append(Withdraw(at, self.run.number, step.id, because))

    def end(self, place: int, at: int, end: End, because: str, by: str = "") -> None:
        """End a step, or learn better how it ended."""
        self._change_step(place, stage=Stage.ENDED, end=end, asked_at=None, ended_at=at, because=because)
        self.intents.append(StepEnded(at, self.run.number, self.run.playbook.steps[place].id, end, because, by))

    def _change_step(self, place: int, **changes: object) -> None:
        steps = self.run.steps
        self.change(steps=(*steps[:place], replace(steps[place], **changes), *steps[place + 1 :]))


def _why(run: Run, step: Step) -> str:
    """Why a step is due."""
    what = step.objective.replace("_", " ") or step.id.replace("_", " ")
    unless = ", no improvement since the start" if step.condition is Condition.NO_IMPROVEMENT else ""
    return f"{what}{unless}: {run.because}"
