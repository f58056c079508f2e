"""What became of playbooks: the funnel of their steps, how runs ended, and what contact brought."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from keepwell.base.time import DAY_US
from keepwell.config.playbooks import OWN
from keepwell.interventions.playbook import Playbook, Step, Trigger
from keepwell.interventions.stage import End, Outcome
from keepwell.runtime.ports import playbooks as port
from keepwell.statistics.effect import Arm, Finding, effect, needed
from keepwell.store import runs
from keepwell.store.database import Database, Session
from keepwell.store.runs import Row

DAYS: Final = 180
"""Runs that the funnel counts, by their start."""
RIPE: Final = (30, 120)
"""Days since the start of the runs whose success is told (domain.md, 12): long enough ago to have ended."""
WORTH: Final = 0.05
"""The difference that would be worth knowing."""
FEW: Final = 20
"""Held-out customers below which their share says too little to reckon with."""
_ENDS: Final = {str(each) for each in End}


@dataclass(frozen=True)
class StoredPlaybooks:
    """Implements the `Playbooks` port."""

    database: Database
    playbooks: Mapping[str, Playbook]
    folder: Path
    clock: Callable[[], int]

    def all(self) -> Sequence[port.PlaybookLine]:
        with self.database.read() as session:
            return [self._line(each, self._runs(session, each.id)) for each in self.playbooks.values()]

    def playbook(self, name: str) -> port.PlaybookPage | None:
        playbook = self.playbooks.get(name)
        if playbook is None:
            return None
        with self.database.read() as session:
            found = self._runs(session, name)
            ends = runs.step_ends(session, name, self.clock() - DAYS * DAY_US)
        steps = [_funnel(each, ends.get(each.id, {})) for each in playbook.steps]
        ripe = [each for each in found if self._is_ripe(each)]
        return port.PlaybookPage(self._line(playbook, found), steps, effect_of(ripe))

    def _runs(self, session: Session, name: str) -> list[Row]:
        return runs.of_playbook(session, name, self.clock() - DAYS * DAY_US)

    def _is_ripe(self, row: Row) -> bool:
        first, last = RIPE
        return first * DAY_US <= self.clock() - row.started_at <= last * DAY_US

    def _line(self, playbook: Playbook, found: Sequence[Row]) -> port.PlaybookLine:
        outcomes = Counter(each.outcome for each in found if each.outcome is not None)
        return port.PlaybookLine(
            id=playbook.id,
            title=playbook.title,
            purpose=playbook.purpose,
            version=playbook.version,
            trigger=trigger_in_words(playbook.trigger),
            enabled=playbook.enabled,
            own=(self.folder / OWN / f"{playbook.id}.toml").is_file(),
            holdout=playbook.holdout,
            active=sum(each.closed_at is None for each in found),
            runs=len(found),
            held_out=sum(each.held_out for each in found),
            outcomes=dict(sorted(outcomes.items())),
        )


def trigger_in_words(trigger: Trigger) -> str:
    """What starts a playbook."""
    if trigger.band is not None:
        return f"the band falls to {trigger.band}"
    return f"the alert {trigger.rule} opens" if trigger.rule else f"the event {trigger.event} happens"


def _funnel(step: Step, told: Mapping[str, int]) -> port.FunnelStep:
    ends = {kind: count for kind, count in sorted(told.items()) if kind in _ENDS}
    reached = told.get("reached", 0)
    return port.FunnelStep(
        id=step.id,
        action=str(step.action),
        audience=str(step.audience),
        delay_s=step.delay_s,
        level=step.level,
        condition=str(step.condition),
        message=step.message,
        reached=reached,
        open=max(reached - sum(ends.values()), 0),
        ends=ends,
    )


def effect_of(found: Sequence[Row]) -> port.EffectLine:
    """What contact brought in some runs, each customer counted once, by the first of its runs, as it was assigned."""
    first: dict[int, Row] = {}
    for row in sorted(found, key=lambda each: each.started_at):
        first.setdefault(row.customer, row)
    assigned = [each for each in first.values() if each.propensity > 0]
    contacted = [each for each in first.values() if not each.held_out]
    naive = _arm(contacted)
    by_arm: dict[bool, list[Row]] = defaultdict(list)
    for each in assigned:
        by_arm[bool(each.held_out)].append(each)
    if not by_arm[True]:
        return _without_arms(naive)
    treated, held_out = _arm(by_arm[False]), _arm(by_arm[True])
    share = sum(each.propensity for each in assigned) / len(assigned)
    measured = effect(treated, held_out, share)
    return port.EffectLine(
        treated=_told(treated),
        held_out=_told(held_out),
        difference=measured.difference,
        low=measured.low,
        high=measured.high,
        finding=_in_words(measured.finding),
        is_success=measured.is_success,
        mismatch=measured.mismatch,
        needed=_needed(held_out, share),
        worth=WORTH,
        naive=naive.share if naive.number else None,
    )


def _without_arms(naive: Arm) -> port.EffectLine:
    return port.EffectLine(
        treated=_told(naive),
        held_out=None,
        difference=None,
        low=None,
        high=None,
        finding="nobody was held out: what contact brought is not known",
        is_success=False,
        mismatch=None,
        needed=None,
        worth=WORTH,
        naive=naive.share if naive.number else None,
    )


def _arm(rows: Sequence[Row]) -> Arm:
    return Arm(sum(each.outcome == Outcome.RECOVERED for each in rows), len(rows))


def _told(arm: Arm) -> port.ArmLine:
    return port.ArmLine(arm.number, arm.hits, arm.share)


def _needed(held_out: Arm, share: float) -> int | None:
    """Held-out customers that it takes to see a difference worth knowing, upward, or downward from high shares.

    None where there are too few to tell from which share.
    """
    if held_out.number < FEW:
        return None
    base = held_out.share
    other = base + WORTH if base + WORTH <= 1 else base - WORTH
    return needed(base, other, (1 - share) / share)[1] if 0 < share < 1 else None


def _in_words(finding: Finding) -> str:
    return {
        Finding.BETTER: "better with contact",
        Finding.WORSE: "worse with contact",
        Finding.NOTHING: "no effect shown",
        Finding.MISMATCH: "the two groups are not as they were assigned: nothing is said",
    }[finding]
