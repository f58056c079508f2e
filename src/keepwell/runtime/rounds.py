"""Rounds of the Expert: who sent telemetry is diagnosed within seconds, everybody else as windows move on.

A round reads the telemetry of all who are due at once, diagnoses them one by one, and writes what began, went on and
ended. Customers of whom something began or ended are scored anew, and with it their alerts are looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from keepwell.config.expert import OWN, in_use
from keepwell.events.catalog import number
from keepwell.expert.episode import AGAIN_US, again, decide, news
from keepwell.expert.telemetry.observe import KINDS
from keepwell.runtime.clock import elapsed_s
from keepwell.runtime.diagnosing import (
    Beside,
    CrowdOfTheHour,
    Known,
    diagnose_all,
    senders,
    telemetry,
)
from keepwell.runtime.sent import Sent
from keepwell.runtime.turning import Turning
from keepwell.runtime.workspace import Workspace
from keepwell.store import evaluations, findings
from keepwell.store.database import Session
from keepwell.store.log import mark, set_mark

AT_ONCE = 500
"""Customers in one round: few enough that the worker is never kept waiting for long."""
MANY = 10_000
"""Customers in one round while nobody serves."""
REST_S = 4.0
"""Between rounds, at least."""
SHARE = 3.0
"""A round is followed by this many times its length of rest: receiving and scoring come first."""
AFTER_A_FAILURE_S = 60.0
_ALL = "diagnose_all"
_NUMBERS = frozenset(number(each) for each in KINDS)

log = structlog.get_logger("keepwell.rounds")


@dataclass(frozen=True)
class Round:
    """What a round did: customers diagnosed, and those of whom something began or ended."""

    customers: int
    changed: Sequence[int]


def diagnose_everybody(session: Session) -> None:
    """Events were brought that no round has seen: the next one calls everybody."""
    set_mark(session, _ALL, 1)


def go_round(workspace: Workspace, crowds: CrowdOfTheHour, now: int, at_once: int = AT_ONCE) -> Round:
    """Diagnose those who are due."""
    customers = _due(workspace, now, at_once)
    if not customers:
        return Round(0, [])
    beside = Beside(crowds.at(now), in_use(workspace.folder / OWN)[0])
    sent = telemetry(workspace, customers, now)
    changed: list[int] = []
    for start in range(0, len(customers), AT_ONCE):
        part = customers[start : start + AT_ONCE]
        known = _diagnosed(sent, part, now, beside)
        changed += _written(workspace, part, known, now)
    return Round(len(customers), changed)


def _due(workspace: Workspace, now: int, at_once: int) -> list[int]:
    with workspace.database.read() as session:
        everybody = bool(mark(session, _ALL))
    called = senders(workspace, now) if everybody else []
    with workspace.database.write() as session:
        if everybody:
            findings.call(session, called, now - 1)
            set_mark(session, _ALL, 0)
        findings.note(session, _NUMBERS, now)
        return findings.due(session, now, at_once)


def _diagnosed(sent: Sent, customers: Sequence[int], now: int, beside: Beside) -> list[Known]:
    """Their diagnoses. Of a group that fails, those that fail alone are left out until they are due again."""
    try:
        return diagnose_all(sent, customers, now, beside)
    except Exception as error:
        if len(customers) == 1:
            log.exception("a customer could not be diagnosed", customer=customers[0], exc_info=error)
            return []
        middle = len(customers) // 2
        halves = (customers[:middle], customers[middle:])
        return [known for half in halves for known in _diagnosed(sent, half, now, beside)]


def _written(workspace: Workspace, customers: Sequence[int], known: Sequence[Known], now: int) -> list[int]:
    """Let the diagnoses decide what began and ended; of whom something did. Who could not be diagnosed waits."""
    with workspace.database.write() as session:
        before = findings.open_episodes(session, customers)
        done = {each.customer: decide(before[each.customer], [each.diagnosis], now) for each in known}
        findings.write(session, {each: decision.intents for each, decision in done.items()})
        events = {each.customer: each.events for each in known}
        dues = {each: again(done[each].state, now) if each in done else now + AGAIN_US for each in customers}
        findings.settle(session, [findings.Settled(each, now, dues[each], events.get(each, 0)) for each in dues])
        changed = [each for each, decision in done.items() if news(decision.intents)]
        evaluations.touch(session, changed, now)
    return changed


def catch_up(workspace: Workspace, now: int) -> int:
    """Rounds until nobody is due, while nobody serves; how many customers were diagnosed."""
    crowds, total = CrowdOfTheHour(workspace), 0
    while done := go_round(workspace, crowds, now, MANY).customers:
        total += done
    return total


class Rounds:
    """Goes round in a thread of its own while a server runs.

    Args:
        workspace: the folder.
        clock: microseconds.
        crowds: what is shared with those who ask for single diagnoses.
        changed: called when findings began or ended.
    """

    def __init__(
        self,
        workspace: Workspace,
        clock: Callable[[], int],
        crowds: CrowdOfTheHour,
        changed: Callable[[], object],
    ) -> None:
        self._workspace = workspace
        self._clock = clock
        self._crowds = crowds
        self._changed = changed
        self._turning = Turning("rounds", self._turn)

    def start(self) -> None:
        self._turning.start()

    def stop(self) -> None:
        """End after the round that is under way."""
        self._turning.stop()

    def _turn(self) -> float:
        began = elapsed_s()
        well = self._once()
        return max(SHARE * (elapsed_s() - began), REST_S) if well else AFTER_A_FAILURE_S

    def _once(self) -> bool:
        """Whatever fails in a round is tried again later; receiving and scoring go on."""
        try:
            done = go_round(self._workspace, self._crowds, self._clock())
        except Exception as error:
            log.exception("a round of diagnoses failed; it is tried again", exc_info=error)
            return False
        if done.changed:
            self._changed()
        return True
