"""What is to be done, or written down, and why. Instants are microseconds.

Who is handed a step is told all of it, as the run has it, and until when it is wanted.
"""

from __future__ import annotations

import msgspec

from keepwell.interventions.playbook import Audience, Step
from keepwell.interventions.stage import End, Outcome


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
    what: Step
    expires_at: int
    held_out: bool
    because: str


class Carry(msgspec.Struct, frozen=True, tag=True):
    """An intent: carry a step out: send what was approved or needs no approval, or consult the Expert."""

    at: int
    run: int
    step: str
    what: Step
    expires_at: int
    held_out: bool
    because: str


class Assign(msgspec.Struct, frozen=True, tag=True):
    """An intent: make a task of a step, for the CSM, whoever it was addressed to, or for the roles that it names."""

    at: int
    run: int
    step: str
    what: Step
    expires_at: int
    held_out: bool
    because: str
    audience: Audience


class Escalate(msgspec.Struct, frozen=True, tag=True):
    """An intent: bring a brief to colleagues, for the held out as well."""

    at: int
    run: int
    step: str
    what: Step
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
