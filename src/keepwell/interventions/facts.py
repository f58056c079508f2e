"""What may happen to the runs of a customer. Instants are microseconds."""

from __future__ import annotations

import msgspec

from keepwell.interventions.playbook import Playbook
from keepwell.interventions.stage import End
from keepwell.scores.bands import Band


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
News = BandMoved | ConditionBack | ConditionEnded | Behaved | Called | Looked | Replied
Fact = (
    Returned | Churned | Stopped | BandMoved | ConditionBack | ConditionEnded | Behaved | Called | Looked | Replied
    | Triggered | Reported | Done | Rejected | Approved
)  # fmt: skip
"""In the order in which facts of one instant are taken: what ends or holds a run comes before what goes on in it."""
