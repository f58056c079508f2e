"""Who is held out: some customers get no contact, so that what contact brings can be measured.

Assignment is by a hash, so it can be computed again by anybody, does not depend on what else was decided, and is the
same for a customer and a playbook throughout an epoch. A larger share holds out the same customers and more.
"""

from __future__ import annotations

from typing import Final

import msgspec

from keepwell.base.ids import hash63
from keepwell.base.time import day_of
from keepwell.interventions.playbook import Playbook
from keepwell.scores.bands import Band

MOST: Final = 0.5
"""The largest share that may be held out."""
EPOCH_DAYS: Final = 182
"""Half a year: nobody is held out of the same playbook for ever."""
NEVER: Final = ("billing", "security")
"""Purposes whose customers all get what the playbook says."""
NEVER_ABOUT: Final = (
    "payment_failure", "payment_failed", "payment_method_expired", "security_concern", "login_failed",
    "compliance_issue", "screening_hit", "kyc_expiring",
)  # fmt: skip
"""Rules and events of the same kind, or that nobody may speak of, whatever purpose a playbook says it has."""


class Assignment(msgspec.Struct, frozen=True):
    """Whether a customer is held out, and the share of customers who are: both are logged."""

    held_out: bool
    propensity: float


def may_hold_out(playbook: Playbook) -> bool:
    """Whether anybody may be held out of it: never when it is critical, or about billing or security."""
    trigger = playbook.trigger
    about = trigger.band is Band.CRITICAL or trigger.rule in NEVER_ABOUT or trigger.event in NEVER_ABOUT
    return not about and playbook.purpose not in NEVER


def epoch_of(at: int) -> int:
    """The number of the epoch of an instant in microseconds."""
    return day_of(at) // EPOCH_DAYS


def place(customer: str, playbook: str, epoch: int) -> float:
    """Where a customer stands between 0 and 1, evenly spread and unrelated to other playbooks and epochs."""
    return hash63(msgspec.json.encode((customer, playbook, epoch))) / 2**63


def assign(customer: str, playbook: Playbook, at: int) -> Assignment:
    """Whether a customer whose run is triggered at this instant is held out."""
    share = min(playbook.holdout, MOST) if may_hold_out(playbook) else 0.0
    return Assignment(place(customer, playbook.id, epoch_of(at)) < share, share)
