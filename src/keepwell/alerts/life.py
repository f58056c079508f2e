"""The life of an alert: one fold for one customer and rule, from the first sign to the end of the last episode.

A condition that holds is pending, then open; a person acknowledges, snoozes or resolves it, or it ends by itself.
Deadlines are part of the state and of `due`, so they are rows and survive a restart.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import groupby
from operator import attrgetter
from typing import Any, assert_never

from msgspec.structs import astuple, replace

from keepwell.alerts.alert import (
    Acknowledged,
    Alert,
    Deed,
    Ended,
    Fact,
    Fired,
    Held,
    Intent,
    Noted,
    Paged,
    Reassigned,
    Released,
    Resolved,
    Snoozed,
    Status,
    Terms,
    Unsnoozed,
)
from keepwell.alerts.hours import after
from keepwell.alerts.rota import OWNER
from keepwell.alerts.rule import Severity
from keepwell.base.decision import Decision
from keepwell.base.time import SECOND_US

SEVERITIES: tuple[Severity, ...] = tuple(Severity)
_ORDER = {kind: place for place, kind in enumerate(Fact.__args__)}
_QUIET: dict[str, Any] = {"escalate_at": None, "snoozed_until": None, "snooze_reason": ""}
"""Who answered is not asked again, and no snooze outlives what came after it. The deadline stays on record."""
_FRESH: dict[str, Any] = {"resolved_at": None, "verdict": None, "note": ""}
"""What opens has not ended."""

Decide = Callable[[Alert | None, Sequence[Fact], int], Decision[Alert | None, Intent]]


def decider(terms: Terms) -> Decide:
    """The decision under these terms."""
    return partial(_decide, terms)


def _decide(terms: Terms, state: Alert | None, facts: Sequence[Fact], now: int) -> Decision[Alert | None, Intent]:
    """Fold new facts (at or before `now`, none seen before) into the state.

    What happens at an instant comes before what is due at it: who answers at the deadline answers in time.
    """
    if state is None and not facts:
        return Decision(None)
    life = _Life(terms, state or Alert())
    for at, simultaneous in groupby(sorted(facts, key=_order), attrgetter("at")):
        life.elapse(at - 1)
        for fact in simultaneous:
            life.take(fact)
    life.elapse(now)
    return Decision(life.state, tuple(life.intents), life.due())


def _order(fact: Fact) -> tuple[int, int, tuple[object, ...]]:
    return fact.at, _ORDER[type(fact)], astuple(fact)


def _worse(one: Severity, other: Severity) -> bool:
    return SEVERITIES.index(one) > SEVERITIES.index(other)


class _Life:
    """One run of the fold: the state so far and what was said."""

    def __init__(self, terms: Terms, state: Alert) -> None:
        self.terms, self.rule = terms, terms.rule
        self.state = state
        self.intents: list[Intent] = []

    def due(self) -> int | None:
        """When the state changes by itself."""
        state = self.state
        if state.held_by:
            return None
        match state.status:
            case Status.PENDING:
                return self._opens_at()
            case Status.OPEN:
                return min((each for each in (state.escalate_at, self._calm_at()) if each is not None), default=None)
            case Status.ACKNOWLEDGED:
                return self._calm_at()
            case Status.SNOOZED:
                return max(state.snoozed_until or 0, state.not_before, self._calm_at() or 0)
            case Status.RESOLVED:
                return None
            case _:
                assert_never(state.status)

    def elapse(self, now: int) -> None:
        """Let everything happen that is due by `now`."""
        while (due := self.due()) is not None and due <= now:
            if self.state.status is Status.PENDING:
                self._open(due)
            elif self.state.status is Status.SNOOZED:
                self._wake(due)
            elif due == self._calm_at():
                self._end(due, "the condition ended")
            else:
                self._escalate(due)

    def _opens_at(self) -> int:
        state = self.state
        at = max((state.first_true_at or 0) + self.rule.hold_s * SECOND_US, state.not_before)
        return at if self._is_reopening(at) else max(at, self._again_at())

    def _is_reopening(self, at: int) -> bool:
        """Whether what opens at this instant is the last episode, grown worse before a new one may open."""
        return at < self._again_at() and _worse(self.state.severity, self.state.told)

    def _again_at(self) -> int:
        opened = self.state.opened_at
        return 0 if opened is None else opened + self.rule.once_s * SECOND_US

    def _calm_at(self) -> int | None:
        since = self.state.untrue_since
        return None if since is None else since + self.rule.calm_s * SECOND_US

    def _open(self, at: int) -> None:
        if self._is_reopening(at):
            self._reopen(at, f"worse than before: {self.state.because}")
            return
        episode = self.state.episode + 1
        fresh = _FRESH | {"episode": episode, "opened_at": at, "owner": ""}
        self._note(at, Deed.OPENED, self.state.because, status=Status.OPEN, **fresh)
        self._ask(at)

    def _reopen(self, at: int, because: str, by: str = "") -> None:
        self._note(at, Deed.REOPENED, because, by, status=Status.OPEN, latched=False, **_QUIET, **_FRESH)
        self._ask(at)

    def _ask(self, at: int) -> None:
        """Set the deadline and tell the owner; while the alert is held, do neither."""
        by = None if self.state.held_by else self._passed(at, self.rule.respond_s)
        self._set(told=self.state.severity, respond_by=by, escalate_at=by, responded_at=None, level=0)
        self._page(at, self.state.because)

    def _passed(self, at: int, seconds: int) -> int:
        """When so many seconds have passed. Those of a critical alert pass around the clock."""
        office = self.rule.office_hours and self.state.severity is not Severity.CRITICAL
        return after(at, seconds, self.terms.calendar if office else None)

    def _escalate(self, at: int) -> None:
        level, levels = self.state.level, self.terms.levels
        if level >= len(levels):
            self._set(escalate_at=None)
            return
        following = self._passed(at, levels[level].wait_s) if level + 1 < len(levels) else None
        because = f"nobody answered in time: {self.state.because}"
        self._note(at, Deed.ESCALATED, because, level=level + 1, escalate_at=following)
        self._page(at, because)

    def _wake(self, at: int) -> None:
        """A snooze is over. A condition that does not hold was waited for: it is gone for as long as any ending."""
        if self.state.untrue_since is None:
            self._reopen(at, "the snooze ended")
        else:
            self._end(at, "the snooze ended, and the condition is gone")

    def _end(self, at: int, because: str, by: str = "") -> None:
        self._note(at, Deed.RESOLVED, because, by, status=Status.RESOLVED, resolved_at=at, **_QUIET)

    def take(self, fact: Fact) -> None:
        match fact:
            case Fired():
                self._fired(fact)
            case Ended():
                self._ended(fact)
            case Held() | Released():
                self._explained(fact)
            case Reassigned() | Unsnoozed() | Acknowledged() | Snoozed() | Resolved():
                self._answered(fact)
            case _:
                assert_never(fact)

    def _fired(self, fact: Fired) -> None:
        state, since = self.state, self.state.untrue_since
        seen = {"measure": fact.measure, "because": fact.because, "last_true_at": fact.at, "untrue_since": None}
        if state.status is Status.RESOLVED and self._is_new(fact.at, since):
            self._set(severity=fact.severity, first_true_at=fact.at, latched=False, **seen)
            self._begin(fact)
            return
        if state.status is Status.SNOOZED and since is not None:
            self._set(not_before=fact.at)  # a snooze that ended meanwhile waited for the condition
        worse = _worse(fact.severity, state.severity)
        self._set(severity=fact.severity if worse else state.severity, **seen)
        if worse:
            self._worsen(fact)
        elif self.rule.counts and fact.measure > state.measure:
            self._add(fact)

    def _is_new(self, at: int, untrue_since: int | None) -> bool:
        """Whether a resolved alert fires anew: what a person closed has to end first, for as long as any ending."""
        calm = self.rule.calm_s * SECOND_US
        return not self.state.latched or (untrue_since is not None and at - untrue_since >= calm)

    def _begin(self, fact: Fired) -> None:
        if not self.state.held_by and self._opens_at() <= fact.at:
            self._open(fact.at)
        else:
            self._note(fact.at, Deed.WAITING, fact.because, status=Status.PENDING)

    def _worsen(self, fact: Fired) -> None:
        match self.state.status:
            case Status.PENDING:
                self._set(not_before=fact.at)
            case Status.OPEN:
                self._note(fact.at, Deed.WORSENED, fact.because, told=fact.severity)
                self._hurry(fact.at)
                self._page(fact.at, f"it got worse: {fact.because}")
            case Status.ACKNOWLEDGED | Status.SNOOZED | Status.RESOLVED:
                self._reopen(fact.at, f"worse than before: {fact.because}")
            case _:
                assert_never(self.state.status)

    def _add(self, fact: Fired) -> None:
        """One more of what the rule counts: news for whoever took care of the others, and on record for the rest."""
        if self.state.status is Status.ACKNOWLEDGED:
            self._reopen(fact.at, f"more than before: {fact.because}")
        elif self.state.status is Status.OPEN:
            self._note(fact.at, Deed.WORSENED, f"more than before: {fact.because}")

    def _hurry(self, at: int) -> None:
        """Worse may mean around the clock, so the deadline may come earlier, but never later."""
        by = self.state.respond_by
        if by is not None and self.state.level == 0 and self.state.escalate_at is not None:
            sooner = min(by, self._passed(at, self.rule.respond_s))
            self._set(respond_by=sooner, escalate_at=sooner)

    def _ended(self, fact: Ended) -> None:
        if self.state.untrue_since is None:
            self._set(untrue_since=fact.at)
        if self.state.status is Status.PENDING:
            self._note(fact.at, Deed.DROPPED, fact.because, status=Status.RESOLVED)

    def _explained(self, fact: Held | Released) -> None:
        incidents = set(self.state.held_by) - {fact.incident}
        if isinstance(fact, Held):
            incidents.add(fact.incident)
        held_by = tuple(sorted(incidents))
        if held_by == self.state.held_by:
            return
        began, over = not self.state.held_by, not held_by
        self._set(held_by=held_by)
        if began:
            self._hold(fact)
        elif over:
            self._release(fact)

    def _hold(self, fact: Held | Released) -> None:
        asked = self.state.status is Status.OPEN
        self._set(held_since=fact.at, respond_by=None if asked else self.state.respond_by, escalate_at=None)
        if self.state.status is not Status.RESOLVED:
            self._note(fact.at, Deed.HELD, f"{fact.incident} explains it")

    def _release(self, fact: Held | Released) -> None:
        self._set(held_since=None, not_before=fact.at)
        status, gone = self.state.status, self.state.untrue_since is not None
        if status is Status.RESOLVED:
            return
        self._note(fact.at, Deed.RELEASED, f"{fact.incident} explains it no longer")
        if gone and status in (Status.OPEN, Status.ACKNOWLEDGED):
            self._end(fact.at, "the condition ended while it was held")
        elif status is Status.OPEN:
            self._ask(fact.at)

    def _answered(self, fact: Reassigned | Unsnoozed | Acknowledged | Snoozed | Resolved) -> None:
        """What a person did. It counts only for what a person sees: an alert that is open, taken or snoozed."""
        if self.state.status in (Status.PENDING, Status.RESOLVED):
            return
        match fact:
            case Reassigned():
                self._reassign(fact)
            case Unsnoozed():
                self._unsnooze(fact)
            case Acknowledged():
                if self.state.status is not Status.ACKNOWLEDGED:
                    self._respond(fact, Deed.ACKNOWLEDGED, "somebody takes care of it", status=Status.ACKNOWLEDGED)
            case Snoozed():
                if fact.until > fact.at:
                    until = {"snoozed_until": fact.until, "snooze_reason": fact.reason}
                    self._respond(fact, Deed.SNOOZED, fact.reason, status=Status.SNOOZED, **until)
            case Resolved():
                said = {"verdict": fact.verdict, "note": fact.note, "resolved_at": fact.at, "latched": True}
                self._respond(fact, Deed.RESOLVED, fact.note or fact.verdict, status=Status.RESOLVED, **said)
            case _:
                assert_never(fact)

    def _unsnooze(self, fact: Unsnoozed) -> None:
        if self.state.status is not Status.SNOOZED:
            return
        if self.state.untrue_since is None:
            self._reopen(fact.at, f"{fact.by} ended the snooze", fact.by)
        else:
            self._end(fact.at, "the snooze was ended, and the condition is gone", fact.by)

    def _reassign(self, fact: Reassigned) -> None:
        if fact.owner != self.state.owner:
            self._note(fact.at, Deed.REASSIGNED, f"given to {fact.owner}", fact.by, owner=fact.owner)
            if self.state.status is Status.OPEN:
                self._page(fact.at, f"{fact.by} gave it to you: {self.state.because}", level=0)

    def _respond(self, fact: Acknowledged | Snoozed | Resolved, deed: Deed, because: str, /, **changes: object) -> None:
        first = fact.at if self.state.responded_at is None else self.state.responded_at
        self._note(fact.at, deed, because.strip() or deed, fact.by, **(_QUIET | {"responded_at": first} | changes))

    def _set(self, **changes: object) -> None:
        self.state = replace(self.state, **changes)

    def _note(self, at: int, deed: Deed, because: str, by: str = "", /, **changes: object) -> None:
        start = self.state.status
        self._set(**changes)
        state = self.state
        self.intents.append(Noted(at, deed, start, state.status, state.episode, state.severity, because, by))

    def _page(self, at: int, because: str, level: int | None = None) -> None:
        """Tell the level that has it now, or the one given; nobody while it is held."""
        state = self.state
        if state.held_by:
            return
        self._set(pages=state.pages + 1)
        level = min(state.level if level is None else level, len(self.terms.levels))
        role = self.terms.levels[level - 1].role if level else state.owner or OWNER
        urgent = level > 0 or state.severity is Severity.CRITICAL
        self.intents.append(Paged(at, state.pages + 1, state.episode, level, role, state.severity, urgent, because))
