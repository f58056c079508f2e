"""What pages, the API and commands ask the Expert."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from keepwell.expert.diagnose import Diagnosis
from keepwell.expert.indicators.trends import Trend
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


@dataclass(frozen=True)
class Indicated:
    """The crypto indicators of one customer.

    Attributes:
        customer_id: whose.
        now: the moment the last week ends, microseconds.
        trends: all of them, in the order in which they are shown.
        events: telemetry events that were looked at.
    """

    customer_id: str
    now: int
    trends: tuple[Trend, ...]
    events: int

    @property
    def weeks(self) -> int:
        """How many weeks each trend has."""
        return len(self.trends[0].weeks)


class Expert(Protocol):
    """Diagnoses customers."""

    def diagnose(self, customer_id: str, as_of: int | None) -> Diagnosed | None:
        """What is technically wrong with a customer, as known before a moment; None for an unknown one."""
        ...

    def indicators(self, customer_id: str, as_of: int | None) -> Indicated | None:
        """How a customer fared week by week, as known before a moment; None for an unknown one."""
        ...
