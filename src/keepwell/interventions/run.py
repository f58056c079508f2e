"""The runs of one customer for one purpose: their state, what may happen to them, and what is to be done.

How one becomes the other is in `decide`. Instants are microseconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from keepwell.interventions.playbook import Action, Audience, Playbook
from keepwell.scores.bands import Band


class Stage(StrEnum):
    """Where a step stands."""

    WAITING = "waiting"  # for its time, for the step before it, or for the end of a hold
    ASKED = "asked"  # prepared, for a person to approve
    GOING = "going"  # handed to the machine
    TASK = "task"  # handed to a person
    ENDED = "ended"


class End(StrEnum):
    """How a step ended. What the machine carried out for staff is sent as well."""

    SENT = "sent"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    SUPPRESSED = "suppressed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    DONE = "done by a person"


class Outcome(StrEnum):
    """How a run ended."""

    RECOVERED = "recovered"
    CHURNED = "churned"
    STOPPED = "stopped"
    NOT_RECOVERED = "not recovered"
    SUPERSEDED = "superseded"


class StepState(msgspec.Struct, frozen=True):
    """Where one step stands.

    Attributes:
        stage: where.
        end: how it ended; None before.
        planned_at: when it was to be handed out; None as long as it never was.
        asked_at: since when it waits for an approval.
        ended_at: when it ended.
        because: why it ended.
    """

    stage: Stage = Stage.WAITING
    end: End | None = None
    planned_at: int | None = None
    asked_at: int | None = None
    ended_at: int | None = None
    because: str = ""


class Run(msgspec.Struct, frozen=True):
    """One run of a playbook.

    Attributes:
        number: counts the runs of this customer and purpose, from 1.
        playbook: the copy it began with.
        started_at: when.
        because: what triggered it.
        held_out: whether the customer gets no contact.
        propensity: the share of customers who are held out.
        steps: where each stands, in the order of the playbook.
        band: the effective band, as far as it is known.
        calm_since: since when the band is good enough to have recovered; None while it is not.
        over_since: since when the condition that opened the run has ended; None while it holds.
        behaviour: points that the customer's behaviour brought to the score since the start.
        replied_well: whether a reply did not speak of leaving.
        speaks_of_leaving: whether a reply did.
        reply_at: since when a reply waits for a person to look at it.
        call_until: until when a call holds what goes to the customer.
        free_from: when a person looked at the last reply.
        closed_at: when it ended; None while it is active.
        outcome: how.
    """

    number: int
    playbook: Playbook
    started_at: int
    because: str
    steps: tuple[StepState, ...]
    held_out: bool = False
    propensity: float = 0.0
    band: Band | None = None
    calm_since: int | None = None
    over_since: int | None = None
    behaviour: float = 0.0
    replied_well: bool = False
    speaks_of_leaving: bool = False
    reply_at: int | None = None
    call_until: int = 0
    free_from: int = 0
    closed_at: int | None = None
    outcome: Outcome | None = None


class Course(msgspec.Struct, frozen=True):
    """The state of the fold for one customer and purpose.

    Attributes:
        run: the last run, active or closed; None before the first.
        closed: when the last run of each playbook ended.
        gone: whether the customer left.
    """

    run: Run | None = None
    closed: Mapping[str, int] = {}
    gone: bool = False


class Returned(msgspec.Struct, frozen=True, tag=True):
    """A fact: the customer is one again."""

    at: int


class Churned(msgspec.Struct, frozen=True, tag=True):
    """A fact: the customer left."""

    at: int
    because: str = ""


class Stopped(msgspec.Struct, frozen=True, tag=True):
    """A fact: a person stopped the run."""

    at: int
    run: int
    by: str
    reason: str = ""


class BandMoved(msgspec.Struct, frozen=True, tag=True):
    """A fact: the effective band is another one."""

    at: int
    end: Band


class ConditionBack(msgspec.Struct, frozen=True, tag=True):
    """A fact: the condition that opened the run holds again."""

    at: int


class ConditionEnded(msgspec.Struct, frozen=True, tag=True):
    """A fact: the condition that opened the run ended: signed in again, paid, solved, failures back to normal."""

    at: int
    because: str = ""


class Behaved(msgspec.Struct, frozen=True, tag=True):
    """A fact: what behaviour brought to the score since the start, in points. Never roll-off or configuration."""

    at: int
    points: float


class Called(msgspec.Struct, frozen=True, tag=True):
    """A fact: a call was booked, or held."""

    at: int
    held: bool


class Looked(msgspec.Struct, frozen=True, tag=True):
    """A fact: a person looked at the replies."""

    at: int
    by: str


class Replied(msgspec.Struct, frozen=True, tag=True):
    """A fact: the customer replied, speaking of leaving or not."""

    at: int
    leaving: bool


class Triggered(msgspec.Struct, frozen=True, tag=True):
    """A fact: what starts a playbook happened.

    Attributes:
        playbook: as it is in force now.
        because: what happened, in words.
        held_out: whether the customer was assigned to get no contact.
        propensity: with which share.
        band: the effective band, if it is known.
    """

    at: int
    playbook: Playbook
    because: str
    held_out: bool = False
    propensity: float = 0.0
    band: Band | None = None


class Reported(msgspec.Struct, frozen=True, tag=True):
    """A fact: what became of a step that was handed to the machine."""

    at: int
    run: int
    step: str
    end: End
    because: str = ""


class Done(msgspec.Struct, frozen=True, tag=True):
    """A fact: a person did the step."""

    at: int
    run: int
    step: str
    by: str


class Rejected(msgspec.Struct, frozen=True, tag=True):
    """A fact: a person does not want the step."""

    at: int
    run: int
    step: str
    by: str
    reason: str = ""


class Approved(msgspec.Struct, frozen=True, tag=True):
    """A fact: a person approved what was prepared, or the playbook's earlier approvals did."""

    at: int
    run: int
    step: str
    by: str


Answer = Reported | Done | Rejected | Approved
News = BandMoved | ConditionBack | ConditionEnded | Behaved | Called
Fact = (
    Returned | Churned | Stopped | BandMoved | ConditionBack | ConditionEnded | Behaved | Called | Looked | Replied
    | Triggered | Reported | Done | Rejected | Approved
)  # fmt: skip
"""In the order in which facts of one instant are taken: what ends or holds a run comes before what goes on in it."""


class Opened(msgspec.Struct, frozen=True, tag=True):
    """An intent: a run begins."""

    at: int
    run: int
    playbook: str
    version: str
    held_out: bool
    propensity: float
    because: str


class Skipped(msgspec.Struct, frozen=True, tag=True):
    """An intent: write down that a playbook was triggered and did not start."""

    at: int
    playbook: str
    because: str


class Prepare(msgspec.Struct, frozen=True, tag=True):
    """An intent: prepare a step and ask for its approval; `auto_after` may give it at once."""

    at: int
    run: int
    step: str
    action: Action
    auto_after: int | None
    expires_at: int
    held_out: bool
    because: str


class Carry(msgspec.Struct, frozen=True, tag=True):
    """An intent: carry a step out: send what was approved or needs no approval, or consult the Expert."""

    at: int
    run: int
    step: str
    action: Action
    expires_at: int
    held_out: bool
    because: str


class Assign(msgspec.Struct, frozen=True, tag=True):
    """An intent: make a task of a step, for the CSM or for roles."""

    at: int
    run: int
    step: str
    action: Action
    audience: Audience
    roles: tuple[str, ...]
    expires_at: int
    held_out: bool
    because: str


class Escalate(msgspec.Struct, frozen=True, tag=True):
    """An intent: bring a brief to colleagues, for the held out as well."""

    at: int
    run: int
    step: str
    action: Action
    roles: tuple[str, ...]
    expires_at: int
    held_out: bool
    because: str


class Withdraw(msgspec.Struct, frozen=True, tag=True):
    """An intent: take back what was prepared or not sent yet; the step waits again."""

    at: int
    run: int
    step: str
    because: str


class StepEnded(msgspec.Struct, frozen=True, tag=True):
    """An intent: write down how a step ended; what is left of it is taken back when it is cancelled or expired."""

    at: int
    run: int
    step: str
    end: End
    because: str
    by: str = ""


class Noted(msgspec.Struct, frozen=True, tag=True):
    """An intent: write a line of the run's history."""

    at: int
    run: int
    because: str
    by: str = ""


class Closed(msgspec.Struct, frozen=True, tag=True):
    """An intent: a run is over."""

    at: int
    run: int
    outcome: Outcome
    held_out: bool
    because: str
    by: str = ""


Intent = Opened | Skipped | Prepare | Carry | Assign | Escalate | Withdraw | StepEnded | Noted | Closed
