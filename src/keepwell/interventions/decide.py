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
from keepwell.base.time import HOUR_US
from keepwell.interventions.due import Due, Kind, first_due, startable_at
from keepwell.interventions.facts import (
    Answer,
    Approved,
    BandMoved,
    Behaved,
    Called,
    Churned,
    ConditionBack,
    ConditionEnded,
    Done,
    Fact,
    Looked,
    News,
    Rejected,
    Replied,
    Reported,
    Returned,
    Stopped,
    Triggered,
)
from keepwell.interventions.intents import Intent, StepEnded
from keepwell.interventions.moves import Moves
from keepwell.interventions.playbook import DAY_S, Audience
from keepwell.interventions.run import Course, Run, StepState
from keepwell.interventions.stage import End, Outcome
from keepwell.interventions.standing import held, is_good

CALL_US: Final = 24 * HOUR_US
"""A call holds what goes to the customer for so long."""

_ORDER = {kind: place for place, kind in enumerate(Fact.__args__)}
_LATE = {End.UNCERTAIN: (End.SENT, End.FAILED, End.DONE)} | dict.fromkeys(
    (End.EXPIRED, End.CANCELLED), (End.SENT, End.UNCERTAIN)
)
"""What may still be learnt of a step that ended: it was on its way already."""
_OUT = (End.SENT, End.UNCERTAIN)
_REPLIED = ("the customer replied", "the customer replied and speaks of leaving")


def decide(state: Course | None, facts: Sequence[Fact], now: int) -> Decision[Course | None, Intent]:
    """Fold new facts (at or before `now`, none seen before) into the runs of one customer for one purpose.

    What happens at an instant comes before what is due at it: who replies when a message is due holds it.
    """
    if state is None and not facts:
        return Decision(None)
    fold = _Fold(state or Course())
    for at, simultaneous in groupby(sorted(facts, key=_order), attrgetter("at")):
        fold.elapse(at - 1)
        for fact in simultaneous:
            fold.take(fact)
    due = fold.elapse(now)
    return Decision(fold.state, tuple(fold.moves.intents), due.at if due else None)


def _order(fact: Fact) -> tuple[int, int, int, bytes]:
    """Of triggers of one instant, what supersedes others comes first, so that nothing starts only to be ended."""
    rank = -len(fact.playbook.supersedes) if isinstance(fact, Triggered) else 0
    return fact.at, _ORDER[type(fact)], rank, msgspec.json.encode(fact)


class _Fold:
    """One run of the fold."""

    def __init__(self, state: Course) -> None:
        self.moves = Moves(state)

    @property
    def state(self) -> Course:
        return self.moves.state

    def elapse(self, now: int) -> Due | None:
        """Let everything happen that is due by `now`, and say what is next."""
        while (due := first_due(self.state)) is not None and due.at <= now:
            run, waiting = self.state.active, self.state.waiting
            if run:
                self._happen(run, due)
            elif waiting:
                self.moves.open(replace(waiting, at=due.at))
        return due

    def _happen(self, run: Run, due: Due) -> None:
        at, kind, place = due
        if kind is Kind.RECOVERY:
            self.moves.close(at, Outcome.RECOVERED, _recovery(run))
        elif kind is Kind.GIVING_UP:
            because = f"no recovery within {_days(run.playbook.exits.give_up_s)}"
            self.moves.close(at, Outcome.NOT_RECOVERED, because)
        elif kind is Kind.EXPIRY:
            self.moves.end(place, at, End.EXPIRED, "not done in time")
        elif kind is Kind.PATIENCE:
            self.moves.assign(place, at, "nobody approved it within 4 hours", Audience.CSM)
        else:
            self.moves.hand_out(place, at)

    def take(self, fact: Fact) -> None:
        match fact:
            case Triggered():
                self._triggered(fact)
            case Churned() | Returned():
                self._left(fact)
            case Stopped():
                run = self.state.active
                if run and run.number == fact.run:
                    because = fact.reason.strip() or f"stopped by {fact.by}"
                    self.moves.close(fact.at, Outcome.STOPPED, because, fact.by)
            case Reported() | Done() | Rejected() | Approved():
                self._answered(fact)
            case BandMoved() | ConditionBack() | ConditionEnded() | Behaved() | Called() | Looked() | Replied():
                self._heard(fact)
            case _:
                assert_never(fact)

    def _triggered(self, fact: Triggered) -> None:
        """Begin a run, wait until one may begin, or neither."""
        playbook, run = fact.playbook, self.state.active
        if self.state.gone:
            self.moves.skip(fact, fact.at, "the customer has left")
        elif run and run.playbook.id not in playbook.supersedes:
            self.moves.skip(fact, fact.at, f"{run.playbook.title} is running")
        elif fact.at < startable_at(self.state, playbook):
            self._put_off(fact)
        else:
            if run:
                because = f"superseded by {playbook.title}: {fact.because}"
                self.moves.close(fact.at, Outcome.SUPERSEDED, because)
            self.moves.open(fact)

    def _put_off(self, fact: Triggered) -> None:
        """A band or an alert lasts, so it can wait; an event is over. What supersedes another waits in its place."""
        playbook, other = fact.playbook, self.state.waiting
        because = f"the last run ended less than {_days(playbook.exits.reentry_s)} ago"
        waits = not (self.state.active or playbook.trigger.event)
        if waits and not (other and playbook.id in other.playbook.supersedes):
            self.moves.set(waiting=fact)
            because += ", so it waits"
        self.moves.skip(fact, fact.at, because)

    def _wait_no_more(self, at: int, because: str) -> None:
        if self.state.waiting:
            self.moves.skip(self.state.waiting, at, because)
            self.moves.set(waiting=None)

    def _left(self, fact: Churned | Returned) -> None:
        self.moves.set(gone=isinstance(fact, Churned))
        if isinstance(fact, Churned):
            because = fact.because.strip() or "the customer left"
            self._wait_no_more(fact.at, because)
            if self.state.active:
                self.moves.close(fact.at, Outcome.CHURNED, because)

    def _heard(self, fact: News) -> None:
        match fact:
            case Called():
                self.moves.set(call_until=max(self.state.call_until, fact.at + CALL_US))
                self._note(fact.at, "a call was held" if fact.held else "a call is booked")
                self._hold(fact.at)
            case Replied():
                self._replied(fact)
            case Looked():
                if self.state.reply_at is not None:
                    self.moves.set(reply_at=None, free_from=fact.at)
                    self._note(fact.at, "somebody looked at the reply", fact.by)
            case Behaved():
                if self.state.active:
                    self.moves.change(behaviour=fact.points)
            case BandMoved() | ConditionBack() | ConditionEnded():
                self._condition(fact)
            case _:
                assert_never(fact)

    def _replied(self, fact: Replied) -> None:
        if self.state.reply_at is None:
            self.moves.set(reply_at=fact.at)
        if self.state.active:
            self.moves.change(**{"speaks_of_leaving" if fact.leaving else "replied_well": True})
        self._note(fact.at, _REPLIED[fact.leaving])
        self._hold(fact.at)

    def _condition(self, fact: BandMoved | ConditionBack | ConditionEnded) -> None:
        """What opened the run, or is to open one, is or is not the case any more."""
        run, waiting = self.state.active, self.state.waiting
        band = waiting.playbook.trigger.band if waiting else None
        match fact:
            case BandMoved():
                self.moves.set(band=fact.end)
                good = run is not None and is_good(run.playbook, fact.end)
                self._recover(fact.at, f"the band is {fact.end} now", "calm_since", good=good)
                over = band is not None and band is not fact.end
            case ConditionEnded():
                because = fact.because.strip() or "the condition that opened the run ended"
                self._recover(fact.at, because, "over_since", good=True)
                over = band is None
            case ConditionBack():
                self._recover(fact.at, "the condition that opened the run holds again", "over_since", good=False)
                over = False
            case _:
                assert_never(fact)
        if over:
            self._wait_no_more(fact.at, "what triggered it is over")

    def _recover(self, at: int, because: str, field: str, *, good: bool) -> None:
        """Since when it is good stands in a field of the run. While the run recovers, nothing goes to the customer."""
        run = self.state.active
        if run is None or (field == "over_since" and good == (run.over_since is not None)):
            return
        was = run.recovering_since is not None
        since = (at if getattr(run, field) is None else getattr(run, field)) if good else None
        self.moves.change(**{field: since})
        self.moves.note(at, because)
        if self.moves.run.recovering_since is not None:
            self._hold(at)
        elif was:
            self.moves.set(free_from=at)

    def _hold(self, at: int) -> None:
        if self.state.active:
            self.moves.withdraw(at, held(self.state, at))

    def _note(self, at: int, because: str, by: str = "") -> None:
        if self.state.active:
            self.moves.note(at, because, by)

    def _answered(self, fact: Answer) -> None:
        """What became of a step, or what a person said of it. Of a run before, what went out all the same is told."""
        run = self.state.run
        end = _ended(fact)
        if run is None or fact.run != run.number:
            if run and fact.run < run.number and end and isinstance(fact, Reported) and fact.end in _OUT:
                self.moves.intents.append(end)
            return
        place = next((place for place, step in enumerate(run.playbook.steps) if step.id == fact.step), None)
        if place is None:
            return
        if isinstance(fact, Approved):
            self._approve(run, place, fact)
        elif end and _may_end(run.steps[place], fact):
            self.moves.end(place, end.at, end.end, end.because, end.by)

    def _approve(self, run: Run, place: int, fact: Approved) -> None:
        """Only what was prepared can be approved, in time or as the task that it became."""
        step = run.playbook.steps[place]
        if run.steps[place].asked_at is None:
            return
        because = held(self.state, fact.at) if step.to_customer else ""
        if because:
            self.moves.note(fact.at, f"{step.id} was approved and does not go: {because}", fact.by)
            return
        self.moves.note(fact.at, f"{step.id} was approved", fact.by)
        self.moves.carry(place, fact.at, f"approved by {fact.by}")


def _recovery(run: Run) -> str:
    exits = run.playbook.exits
    if exits.band is None:
        return "the condition that opened the run has ended"
    return f"the band is {exits.band} or better for {_days(exits.stable_s)}"


def _days(seconds: int) -> str:
    days = seconds / DAY_S
    return f"{days:g} day{'' if days == 1 else 's'}"


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
        return state.asked_at is not None
    if isinstance(fact, Done):
        return state.end in (None, End.UNCERTAIN)
    if isinstance(fact, Reported):
        return state.planned_at is not None and (state.end is None or fact.end in _LATE.get(state.end, ()))
    return False
