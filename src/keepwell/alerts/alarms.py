"""What alerts depend on besides the customers: the rules, the staff, and what is the matter with everybody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from keepwell.alerts.rota import Rota
from keepwell.alerts.rule import Cadence, Rule


@dataclass(frozen=True)
class Explaining:
    """An open incident, and the customers it may explain something of; None means all of them."""

    name: str
    number: int
    customers: frozenset[int] | None = None

    def concerns(self, customer: int) -> bool:
        return self.customers is None or customer in self.customers


@dataclass(frozen=True)
class Alarms:
    """Rules by id, staff, and open incidents."""

    rules: Mapping[str, Rule]
    rota: Rota
    incidents: Sequence[Explaining] = ()

    def of(self, *cadences: Cadence) -> list[Rule]:
        """The rules that are looked at with these cadences."""
        return [each for each in self.rules.values() if each.enabled and each.cadence in cadences]
