"""Where a step stands, and how steps and runs end."""

from __future__ import annotations

from enum import StrEnum


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
