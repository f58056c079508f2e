"""What pages, the API and commands ask the Expert."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from keepwell.expert.diagnose import Diagnosis
from keepwell.expert.knowledge import Knowledge


@dataclass(frozen=True)
class Diagnosed:
    """A diagnosis of one customer.

    Attributes:
        customer_id: whose.
        diagnosis: the findings, and what is not known.
        knowledge: what it rests on.
        events: telemetry events that were looked at.
        others: customers that it was compared with.
    """

    customer_id: str
    diagnosis: Diagnosis
    knowledge: Knowledge
    events: int
    others: int


class Expert(Protocol):
    """Diagnoses customers."""

    def diagnose(self, customer_id: str, as_of: int | None) -> Diagnosed | None:
        """What is technically wrong with a customer, as known before a moment; None for an unknown one."""
        ...
