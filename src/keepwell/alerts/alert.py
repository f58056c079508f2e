"""What an alert is, what may happen to it, and what is said of it. How one becomes the other is in `life`."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from keepwell.alerts.hours import Calendar
from keepwell.alerts.rota import Level
from keepwell.alerts.rule import Rule, Severity


class Status(StrEnum):
    """Where an alert stands. One that never opened is resolved too, with episode 0."""

    PENDING = "pending"
    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"


class Verdict(StrEnum):
    """What a person says of an alert they resolve."""

    USEFUL = "useful"
    FALSE = "false"
    EXPECTED = "expected"


class Deed(StrEnum):
    """What happened to an alert."""

    WAITING = "waiting"  # the condition holds, not yet for long enough, or too soon after the last opening
    DROPPED = "dropped"  # it ended before the alert opened
    OPENED = "opened"
    WORSENED = "worsened"
    REOPENED = "reopened"
    ESCALATED = "escalated"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    REASSIGNED = "reassigned"
    HELD = "held"
    RELEASED = "released"
    RESOLVED = "resolved"


class Alert(msgspec.Struct, frozen=True):
    """The state of the fold. Instants are microseconds.

    Attributes:
        status: where it stands.
        episode: the number of the last episode that opened; 0 before the first.
        severity: the worst so far in this episode, or while it is pending.
        told: the severity of the last episode; it tells whether a new one is worse.
        measure: what the condition measured last.
        because: why it fires, in words.
        first_true_at: when the condition of this episode began to hold.
        last_true_at: when it was last seen to hold.
        untrue_since: since when it does not hold; None while it does.
        latched: a person closed it, and the condition has not ended since.
        opened_at: when the last episode opened.
        respond_by: the deadline of the owner; None while nobody has to answer.
        responded_at: when a person reacted for the first time since the deadline was set.
        escalate_at: when the next level is told.
        level: how many levels were told.
        owner: who it was given to; empty means the owner of the customer.
        snoozed_until, snooze_reason: while it is snoozed.
        held_by: incidents that explain it; while there are any it has no deadlines.
        held_since: since when it is held.
        not_before: no wait is over before this instant: it was released, or got worse while it waited.
        resolved_at: when the last episode ended.
        verdict: of the person who ended it; None when it ended by itself.
        note: of that person.
        pages: how many letters it sent; with customer and rule it is the key of a letter.
    """

    status: Status = Status.RESOLVED
    episode: int = 0
    severity: Severity = Severity.LOW
    told: Severity = Severity.LOW
    measure: float = 0.0
    because: str = ""
    first_true_at: int | None = None
    last_true_at: int | None = None
    untrue_since: int | None = None
    latched: bool = False
    opened_at: int | None = None
    respond_by: int | None = None
    responded_at: int | None = None
    escalate_at: int | None = None
    level: int = 0
    owner: str = ""
    snoozed_until: int | None = None
    snooze_reason: str = ""
    held_by: tuple[str, ...] = ()
    held_since: int | None = None
    not_before: int = 0
    resolved_at: int | None = None
    verdict: Verdict | None = None
    note: str = ""
    pages: int = 0


class Fired(msgspec.Struct, frozen=True, tag=True):
    """A fact: the condition was looked at and holds."""

    at: int
    severity: Severity
    measure: float
    because: str


class Ended(msgspec.Struct, frozen=True, tag=True):
    """A fact: the condition was looked at and does not hold."""

    at: int
    because: str


class Acknowledged(msgspec.Struct, frozen=True, tag=True):
    """A fact: somebody takes care of it."""

    at: int
    by: str


class Snoozed(msgspec.Struct, frozen=True, tag=True):
    """A fact: somebody wants to hear of it later. An `until` that has passed changes nothing."""

    at: int
    by: str
    until: int
    reason: str


class Unsnoozed(msgspec.Struct, frozen=True, tag=True):
    """A fact: somebody wants to hear of it now after all."""

    at: int
    by: str


class Resolved(msgspec.Struct, frozen=True, tag=True):
    """A fact: somebody closes it."""

    at: int
    by: str
    verdict: Verdict
    note: str = ""


class Held(msgspec.Struct, frozen=True, tag=True):
    """A fact: an incident explains it."""

    at: int
    incident: str


class Released(msgspec.Struct, frozen=True, tag=True):
    """A fact: that incident is over, or explains it no longer."""

    at: int
    incident: str


class Reassigned(msgspec.Struct, frozen=True, tag=True):
    """A fact: it is somebody else's now."""

    at: int
    by: str
    owner: str


Fact = Held | Ended | Fired | Released | Reassigned | Unsnoozed | Acknowledged | Snoozed | Resolved
"""In the order in which facts of one instant are taken: an incident first, so that it comes before the alarm."""


class Noted(msgspec.Struct, frozen=True, tag=True):
    """An intent: write a line of the alert's history. Every change of status is one."""

    at: int
    deed: Deed
    start: Status
    end: Status
    episode: int
    severity: Severity
    because: str
    by: str = ""


class Paged(msgspec.Struct, frozen=True, tag=True):
    """An intent: put a letter to staff into the outbox.

    Attributes:
        number: counts the letters of this alert; the same letter has the same number in every run.
        level: place in the chain of the rota: 0 is the owner.
        role: whom the level names; a person the alert was given to is named by key.
        urgent: whether it may wake somebody.
    """

    at: int
    number: int
    episode: int
    level: int
    role: str
    severity: Severity
    urgent: bool
    because: str


Intent = Noted | Paged


class Terms(msgspec.Struct, frozen=True):
    """What the life of an alert depends on besides facts: the rule, the owner's hours, the levels of escalation."""

    rule: Rule
    calendar: Calendar | None = None
    levels: tuple[Level, ...] = ()
