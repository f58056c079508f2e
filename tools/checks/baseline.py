"""The baseline: which excesses have a reason. It may only shrink."""

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tools.checks.rules import Finding


@dataclass(frozen=True)
class Excuse:
    """An excess we live with, and why."""

    rule: str
    where: str
    value: int
    reason: str


def read(text: str) -> list[Excuse]:
    """The excuses in a baseline; refuses one without a reason."""
    excuses = [Excuse(**entry) for entry in tomllib.loads(text).get("excess", [])]
    for excuse in excuses:
        if not excuse.reason.strip():
            message = f"no reason given: {excuse.rule} {excuse.where}"
            raise ValueError(message)
    return excuses


def complaints(findings: Iterable[Finding], excuses: Iterable[Excuse]) -> Iterator[str]:
    """What is left to mend: excesses without an excuse, and excuses larger than their excess."""
    worst: dict[tuple[str, str], int] = {}
    excused = {(excuse.rule, excuse.where): excuse.value for excuse in excuses}
    for finding in findings:
        place = (finding.rule, finding.where)
        worst[place] = max(worst.get(place, 0), finding.value)
        if finding.value > excused.get(place, 0):
            yield str(finding)
    for (rule, where), value in excused.items():
        found = worst.get((rule, where), 0)
        if found < value:
            yield f"baseline.toml: {rule} {where}: {value} can be lowered to {found}, or removed"
