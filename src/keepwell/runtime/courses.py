"""Runs of playbooks in the database: facts change courses, and what is decided is done in the same transaction.

Nothing slow is done here: what has to be written, sent or asked of the Expert is left as a row for whoever does it.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from keepwell.base.decision import Decision
from keepwell.channels.letter import name_of
from keepwell.interventions import intents as meant
from keepwell.interventions.decide import decide
from keepwell.interventions.facts import Approved, Fact, Reported
from keepwell.interventions.intents import Intent
from keepwell.interventions.playbook import ESCALATIONS, Action, Audience, Playbook, Priority
from keepwell.interventions.run import Course
from keepwell.interventions.stage import End
from keepwell.runtime.briefing import Briefing
from keepwell.store import messages, outbox, runs, tasks
from keepwell.store.database import Session
from keepwell.store.messages import Message, State
from keepwell.store.runs import Name
from keepwell.store.tasks import Closing, Task

MESSAGES: Final = (Action.OUTREACH, Action.VALUE_DEMONSTRATION)
"""Actions that write to the customer."""
EXPERT: Final = "expert"
"""The audience of a task that the Expert does."""
EARLIER: Final = "earlier approvals"
"""Who approves what people have approved unchanged so often."""
_TAKEN_BACK = (End.CANCELLED, End.EXPIRED, End.DONE)

Given = meant.Prepare | meant.Carry | meant.Assign | meant.Escalate


@dataclass(frozen=True)
class Office:
    """What decisions are carried out with: the playbooks in force by id, and who writes to colleagues."""

    playbooks: Mapping[str, Playbook]
    briefing: Briefing

    def of_purpose(self, purpose: str) -> list[Playbook]:
        """Playbooks of a purpose."""
        return [each for each in self.playbooks.values() if each.purpose == purpose]

    @property
    def events(self) -> set[str]:
        """Events that start one."""
        return {each.trigger.event for each in self.playbooks.values() if each.trigger.event}

    @property
    def purposes(self) -> set[str]:
        return {each.purpose for each in self.playbooks.values()}


def apply(session: Session, office: Office, facts: Mapping[Name, Sequence[Fact]], now: int) -> dict[Name, Course]:
    """Fold facts into courses and do what follows, in the caller's transaction; the courses afterwards.

    A name without facts lets happen what is due.
    """
    states = runs.courses(session, sorted({customer for customer, _ in facts}))
    after: dict[Name, tuple[Course, int | None]] = {}
    for name, told in facts.items():
        decision = _decided(_Hand(session, office, name, now), states.get(name), told)
        if decision.state is not None:
            after[name] = decision.state, decision.due
    runs.save(session, after)
    return {name: course for name, (course, _) in after.items()}


def _decided(hand: _Hand, state: Course | None, told: Sequence[Fact]) -> Decision[Course | None, Intent]:
    """Decide, and again with what is known at once of what was decided, until nothing more is."""
    facts = list(told)
    while True:
        decision = decide(state, facts, hand.now)
        runs.record(hand.session, hand.name, decision.intents)
        facts = [answer for each in decision.intents for answer in hand.do(each)]
        if not facts:
            return decision
        state = decision.state


@dataclass(frozen=True)
class _Hand:
    """Does what was decided of one customer and purpose."""

    session: Session
    office: Office
    name: Name
    now: int

    def do(self, intent: Intent) -> Iterator[Fact]:
        """Do it; what is known of it at once."""
        match intent:
            case meant.Prepare() | meant.Carry() if intent.what.action in MESSAGES:
                yield from self._write(intent, needs_approval=isinstance(intent, meant.Prepare))
            case meant.Carry():
                self._give(intent, EXPERT)
            case meant.Prepare():
                self._give(intent, str(intent.what.audience))
            case meant.Assign():
                self._give(intent, str(intent.audience))
            case meant.Escalate():
                yield self._escalate(intent)
            case meant.Withdraw():
                self._take_back(self._step(intent), State.CANCELLED, f"held: {intent.because}")
                self._drop(intent, "held for now")
            case meant.StepEnded():
                self._end(intent)
            case meant.Opened() | meant.Skipped() | meant.Noted() | meant.Closed():
                return

    # ------------------------------------------------------------------ messages

    def _write(self, given: meant.Prepare | meant.Carry, *, needs_approval: bool) -> Iterator[Fact]:
        """Ask for a message, or let the one that was approved go."""
        known = messages.of_step(self.session, self._step(given))
        if known is not None and known.state in messages.ARRIVED:
            return
        if not needs_approval and known is not None and known.state == State.ASKED:
            self._post(known)
            return
        if known is None or known.state != State.POSTED:
            messages.put(self.session, self._wanted(given, known, needs_approval=needs_approval))
        if needs_approval and self._is_trusted(given):
            yield Approved(self.now, given.run, given.step, EARLIER)

    def _is_trusted(self, given: meant.Prepare | meant.Carry) -> bool:
        """Whether people have approved so many of these unchanged that they go by themselves."""
        after = given.what.auto_after
        playbook = self._playbook(given)
        return after is not None and messages.approved_unchanged(self.session, playbook, given.step) >= after

    def _wanted(self, given: meant.Prepare | meant.Carry, known: Message | None, *, needs_approval: bool) -> Message:
        customer, purpose = self.name
        key = f"message:{customer}:{purpose}:{given.run}:{given.step}"
        return Message(
            id=0,
            key=key,
            name=name_of(key),
            token=secrets.token_urlsafe(24) if known is None else known.token,
            customer=customer,
            purpose=purpose,
            run=given.run,
            step=given.step,
            playbook=self._playbook(given),
            template=given.what.message,
            parts=",".join(given.what.includes),
            because=given.because,
            needs_approval=int(needs_approval),
            made_at=self.now,
            due_at=given.at,
            expires_at=given.expires_at,
        )

    def _post(self, known: Message) -> None:
        """Into the outbox with exactly the bytes that were approved; late is counted from now."""
        posted = msgspec.structs.replace(known, state=State.POSTED, due_at=self.now, because="approved")
        messages.save(self.session, posted)
        self.office.briefing.post(self.session, posted, self.now)

    def _take_back(self, step: messages.Step, state: State, because: str) -> None:
        """What is not on its way is not sent."""
        known = messages.of_step(self.session, step)
        if known is None or known.state not in messages.OPEN:
            return
        if known.state == State.POSTED and not outbox.withdraw(self.session, known.key):
            return  # it is on its way: what became of it is told later
        ended = msgspec.structs.replace(known, state=state, because=because, ended_at=self.now)
        messages.save(self.session, ended)

    # ------------------------------------------------------------------ tasks

    def _give(self, given: Given, audience: str) -> None:
        """Make a task of a step; who has to act at once is told."""
        what, (customer, purpose) = given.what, self.name
        task = Task(
            customer=customer,
            purpose=purpose,
            run=given.run,
            step=given.step,
            action=str(what.action),
            audience=audience,
            roles=",".join(what.roles),
            priority=str(what.priority),
            objective=what.objective.replace("_", " "),
            message=what.message,
            because=given.because,
            held_out=int(given.held_out),
            created_at=self.now,
            expires_at=given.expires_at,
        )
        tasks.put(self.session, task)
        if what.priority is not Priority.NORMAL and audience != EXPERT and what.action not in ESCALATIONS:
            self.office.briefing.call(self.session, self._step(given), self.now)

    def _escalate(self, given: meant.Escalate) -> Fact:
        """A brief for colleagues: a task, and a letter for those who are known by name."""
        self._give(given, str(Audience.ROLES))
        told = self.office.briefing.brief(self.session, self._step(given), self.now)
        return Reported(self.now, given.run, given.step, End.SENT, told)

    def _drop(self, ended: meant.StepEnded | meant.Withdraw, because: str) -> None:
        tasks.close(self.session, self._step(ended), Closing(tasks.State.DROPPED, self.now, "", because))

    # ------------------------------------------------------------------ ends

    def _end(self, ended: meant.StepEnded) -> None:
        """What is left of a step that is over goes with it; a brief stays until somebody has read it."""
        step = self._step(ended)
        if ended.end in _TAKEN_BACK:
            state = State.EXPIRED if ended.end is End.EXPIRED else State.CANCELLED
            self._take_back(step, state, ended.because)
        if ended.end is End.DONE:
            tasks.close(self.session, step, Closing(tasks.State.DONE, self.now, ended.by))
        elif ended.end is not End.SENT:
            self._drop(ended, ended.because)
        elif messages.of_step(self.session, step) is not None:
            tasks.close(self.session, step, Closing(tasks.State.DONE, self.now, ended.by, "the message was sent"))

    def _step(self, intent: Given | meant.Withdraw | meant.StepEnded) -> tasks.Step:
        return (*self.name, intent.run, intent.step)

    def _playbook(self, given: Given) -> str:
        return runs.playbook_of(self.session, self.name, given.run)
