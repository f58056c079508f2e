"""A playbook: data about when something is done for a customer, which steps, and when it ends. `decide` follows it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final

import msgspec

from keepwell.base.ids import hash63
from keepwell.base.time import DAY_US, SECOND_US
from keepwell.scores.bands import BANDS, Band

DAY_S: Final = DAY_US // SECOND_US


class Action(StrEnum):
    """What a step does."""

    OUTREACH = "outreach"
    PHONE_CALL = "phone_call"
    EXPERT_CONSULTATION = "expert_consultation"
    VALUE_DEMONSTRATION = "value_demonstration"
    EXECUTIVE_ESCALATION = "executive_escalation"
    EXECUTIVE_INVOLVEMENT = "executive_involvement"
    CUSTOM_SOLUTION = "custom_solution"
    TASK = "task"


TASKS: Final = (Action.PHONE_CALL, Action.CUSTOM_SOLUTION, Action.TASK)
"""What only a person can do."""
ESCALATIONS: Final = (Action.EXECUTIVE_ESCALATION, Action.EXECUTIVE_INVOLVEMENT)
CONTACTS: Final = (Action.OUTREACH, Action.VALUE_DEMONSTRATION, Action.PHONE_CALL, Action.TASK)
"""What reaches the customer, or may, whoever does it."""


class Audience(StrEnum):
    """To whom a step is addressed."""

    CUSTOMER = "customer"
    CSM = "csm"
    ROLES = "roles"


ROLES: Final = ("senior_leadership", "vp_customer_success", "cto", "ceo", "cross_functional")
"""Roles of colleagues that the shipped playbooks name."""


class Condition(StrEnum):
    """What must hold when a step is due; otherwise it is cancelled."""

    ALWAYS = "always"
    NO_IMPROVEMENT = "no_improvement_24h"


class Priority(StrEnum):
    """How much a step presses."""

    NORMAL = "normal"
    URGENT = "urgent"
    EMERGENCY = "emergency"


REPLY: Final = "reply"
"""The name of the task to read a reply; no step has it."""
AUTO_AFTER: Final = "auto_after_"
Approval = Annotated[str, msgspec.Meta(pattern=rf"^(ask|auto|{AUTO_AFTER}[1-9][0-9]{{0,3}})$")]
"""`ask`, `auto`, or `auto_after_N`: by itself once N were approved unchanged."""


class Step(msgspec.Struct, frozen=True, omit_defaults=True):
    """One step of a playbook.

    Attributes:
        id: its name, of which a playbook has one only.
        action: what is done.
        delay_s: seconds from the start of the run.
        audience: to whom it is addressed.
        condition: what must hold when it is due.
        roles: to whom exactly, when the audience is roles.
        approval: who has to agree; empty is `ask` for what goes to the customer, and `auto` for the rest.
        message: the template of a message or a script, or empty.
        includes: parts of the message that are wanted.
        objective: what it is for.
        priority: how much it presses.
        gap_s: seconds from the end of the step to the customer before it; None is the difference of their delays.
        deadline_s: seconds from when it is planned; a step that is not over by then expires.
    """

    id: str
    action: Action
    delay_s: int
    audience: Audience
    condition: Condition = Condition.ALWAYS
    roles: tuple[str, ...] = ()
    approval: Approval | None = None
    message: str = ""
    includes: tuple[str, ...] = ()
    objective: str = ""
    priority: Priority = Priority.NORMAL
    gap_s: int | None = None
    deadline_s: int = 3 * DAY_S

    @property
    def to_customer(self) -> bool:
        """Whether it is addressed to the customer: then it is held by replies and waits for the one before it."""
        return self.audience is Audience.CUSTOMER

    @property
    def contacts(self) -> bool:
        """Whether the customer hears of it: then it is left out for who is held out."""
        return self.to_customer or self.action in CONTACTS

    @property
    def level(self) -> str:
        """The level of approval that holds: `ask`, `auto` or `auto_after_N`."""
        return self.approval or ("ask" if self.to_customer else "auto")

    @property
    def asks(self) -> bool:
        """Whether it waits for an approval."""
        return self.level != "auto"

    @property
    def auto_after(self) -> int | None:
        """How many must have been approved unchanged before it goes by itself; None when that changes nothing."""
        return int(self.level.removeprefix(AUTO_AFTER)) if self.level.startswith(AUTO_AFTER) else None


class Trigger(msgspec.Struct, frozen=True, omit_defaults=True):
    """What starts a run, exactly one of: the effective band entered from above, an alert opened, an event happened."""

    band: Band | None = None
    rule: str = ""
    event: str = ""


class Exits(msgspec.Struct, frozen=True, omit_defaults=True):
    """When a run ends by itself.

    Attributes:
        band: recovered when the effective band is this one or a better one; None when the condition that opened the
            run has ended.
        stable_s: seconds for which that must hold.
        give_up_s: seconds from the start after which the customer counts as not recovered.
        reentry_s: seconds from the end of a run in which the playbook does not start again.
    """

    band: Band | None = None
    stable_s: int = 3 * DAY_S
    give_up_s: int = 30 * DAY_S
    reentry_s: int = 14 * DAY_S


class Playbook(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is done, when and for whom. A run keeps the copy it began with.

    Attributes:
        id: its name.
        title: a few words for lists.
        purpose: one run at a time for a customer and a purpose.
        trigger: what starts it.
        steps: in the order of their delays.
        exits: when it ends.
        supersedes: ids of playbooks of the same purpose whose run it ends and takes the place of.
        holdout: share of customers who get no contact, so that its effect can be measured.
        enabled: whether it starts at all.
    """

    id: str
    title: str
    purpose: str
    trigger: Trigger
    steps: tuple[Step, ...]
    exits: Exits = Exits()
    supersedes: tuple[str, ...] = ()
    holdout: float = 0.0
    enabled: bool = True

    @property
    def version(self) -> str:
        """A hash of its content."""
        return f"{hash63(msgspec.json.encode(self)):016x}"


class BandEntered(msgspec.Struct, frozen=True, tag=True):
    """The effective band moved; without a start it is the first that is known."""

    at: int
    end: Band
    start: Band | None = None


class AlertOpened(msgspec.Struct, frozen=True, tag=True):
    """An alert of this rule opened."""

    at: int
    rule: str


class AlertEnded(msgspec.Struct, frozen=True, tag=True):
    """An alert of this rule ended."""

    at: int
    rule: str


class EventHappened(msgspec.Struct, frozen=True, tag=True):
    """An event of the tracking plan happened."""

    at: int
    event: str


Happening = BandEntered | AlertOpened | AlertEnded | EventHappened


def fires(playbook: Playbook, happening: Happening) -> bool:
    """Whether this starts the playbook. Rising into a band starts nothing: from critical to at_risk is good news."""
    trigger = playbook.trigger
    if not playbook.enabled:
        return False
    match happening:
        case BandEntered(end=end, start=start):
            return trigger.band is end and (start is None or BANDS.index(start) > BANDS.index(end))
        case AlertOpened(rule=rule):
            return trigger.rule == rule
        case EventHappened(event=event):
            return trigger.event == event
        case AlertEnded():
            return False
