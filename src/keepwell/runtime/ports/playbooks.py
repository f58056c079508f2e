"""What is told of playbooks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from keepwell.base.errors import KeepwellError


class Previewed(msgspec.Struct, frozen=True, kw_only=True):
    """What one playbook would have done.

    Attributes:
        customers: who would have entered it, or been held out; `who` are their own ids.
        entered, held_out: runs with contact, and without.
        not_begun: triggers that started nothing, as another run was active or the last one too recent.
        tasks: for colleagues.
        messages: to customers, by template.
    """

    playbook: str
    title: str
    enabled: bool
    customers: int
    entered: int
    held_out: int
    not_begun: int
    tasks: int
    messages: Mapping[str, int]
    who: Sequence[str]


class Collision(msgspec.Struct, frozen=True):
    """Two messages of different playbooks to one customer within a day; `at` is that of the later one."""

    customer_id: str
    first: str
    second: str
    at: int


class Preview(msgspec.Struct, frozen=True):
    """What all playbooks would have done in [since, until), microseconds; of the collisions the first are listed."""

    since: int
    until: int
    playbooks: Sequence[Previewed]
    collisions: int
    colliding: Sequence[Collision]


class PlaybookRefusedError(KeepwellError):
    """Something that cannot be told of a playbook."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"{problem}. Nothing was changed")


class FunnelStep(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one step in all runs of 180 days: `open` have not ended; `ends` counts by how they did."""

    id: str
    action: str
    audience: str
    delay_s: int
    level: str
    condition: str
    message: str
    reached: int
    open: int
    ends: Mapping[str, int]


class ArmLine(msgspec.Struct, frozen=True):
    """Customers assigned alike: how many, and how many of them recovered."""

    customers: int
    recovered: int
    share: float


class EffectLine(msgspec.Struct, frozen=True, kw_only=True):
    """What contact brought, of runs opened 30 to 120 days ago, as they were assigned.

    Attributes:
        treated, held_out: the two arms; None when nobody is held out.
        difference, low, high: of their shares, with the 95 % interval; None without two arms.
        finding: what may be said, in words, as `no effect shown`.
        is_success: whether the word may be used.
        mismatch: chance of arms at least as uneven; None without two arms.
        needed: held-out customers that it takes to see a difference of `worth` from their share; None when unknown.
        naive: share recovered of everybody who was contacted: what says nothing by itself.
    """

    treated: ArmLine
    held_out: ArmLine | None
    difference: float | None
    low: float | None
    high: float | None
    finding: str
    is_success: bool
    mismatch: float | None
    needed: int | None
    worth: float
    naive: float | None


class PlaybookLine(msgspec.Struct, frozen=True, kw_only=True):
    """A playbook in force.

    Attributes:
        trigger: in words.
        own: whether it is the installation's own and not the shipped one.
        active, runs: runs that are active, and all of 180 days.
        outcomes: how those ended that did.
    """

    id: str
    title: str
    purpose: str
    version: str
    trigger: str
    enabled: bool
    own: bool
    holdout: float
    active: int
    runs: int
    held_out: int
    outcomes: Mapping[str, int]


class PlaybookPage(msgspec.Struct, frozen=True):
    """A playbook with its funnel and its effect."""

    line: PlaybookLine
    steps: Sequence[FunnelStep]
    effect: EffectLine


class Playbooks(Protocol):
    """What is known of playbooks."""

    def all(self) -> Sequence[PlaybookLine]: ...

    def playbook(self, name: str) -> PlaybookPage | None:
        """A playbook in force; None when there is none of this name."""
        ...
