"""Playbooks as documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from keepwell.runtime.ports.playbooks import EffectLine, PlaybookLine, PlaybookPage
from keepwell.web.documents.told import told


class PlaybookTold(msgspec.Struct, frozen=True):
    """A playbook in force. `runs`, `held_out` and `outcomes` are of the last 180 days."""

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


class PlaybookList(msgspec.Struct, frozen=True):
    """All playbooks in force."""

    playbooks: Sequence[PlaybookTold]


class PlaybookStep(msgspec.Struct, frozen=True):
    """A step, due `delay_s` seconds after the start, and what became of it in 180 days."""

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


class Arm(msgspec.Struct, frozen=True):
    """Customers assigned alike, and how many of them recovered."""

    customers: int
    recovered: int
    share: float


class Effect(msgspec.Struct, frozen=True):
    """What contact brought, as customers were assigned: only `is_success` may be called a success.

    `difference` with its 95 % interval is null without two groups; `mismatch` is the chance of groups so uneven,
    `needed` how many customers each group needs to see a difference of `worth`. `naive` says nothing by itself.
    """

    treated: Arm
    held_out: Arm | None
    difference: float | None
    low: float | None
    high: float | None
    finding: str
    is_success: bool
    mismatch: float | None
    needed: int | None
    worth: float
    naive: float | None


class PlaybookDetails(msgspec.Struct, frozen=True):
    """A playbook with its steps and its effect."""

    playbook: PlaybookTold
    steps: Sequence[PlaybookStep]
    effect: Effect


def playbook(line: PlaybookLine) -> PlaybookTold:
    return told(PlaybookTold, line)


def page(found: PlaybookPage) -> PlaybookDetails:
    return PlaybookDetails(
        playbook(found.line), [told(PlaybookStep, each) for each in found.steps], _effect(found.effect)
    )


def _effect(line: EffectLine) -> Effect:
    held_out = None if line.held_out is None else told(Arm, line.held_out)
    return told(Effect, line, treated=told(Arm, line.treated), held_out=held_out)
