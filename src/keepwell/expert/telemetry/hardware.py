"""Hardware of miners and provers, as DCGM reports it, worker by worker."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from keepwell.expert.telemetry.domain import Domain
from keepwell.expert.telemetry.record import Occurrence, Record
from keepwell.expert.telemetry.values import amount, at_rank, middle, most, ratio, table, text, whole

TAIL: Final = 0.95
BUSY: Final = 50
"""Percent of use from which a clock is that of a card under load."""
NANOSECONDS: Final = 1000


@dataclass(frozen=True, slots=True)
class Worker:
    """Reports of one worker in both windows: moments, and the table `hw`; and what it is called."""

    now: list[tuple[int, dict[str, object]]]
    past: list[tuple[int, dict[str, object]]]
    name: str = ""

    def share(self, counter: str) -> float | None:
        """Growth of a counter of nanoseconds over the time between its first and its last report.

        A counter that fell was set back, and then its growth is not known.
        """
        told = [(at, each) for at, hw in self.now if (each := amount(hw, counter)) is not None]
        if len(told) < 2 or any(later < earlier for (_, earlier), (_, later) in pairwise(told)):
            return None
        return ratio(told[-1][1] - told[0][1], (told[-1][0] - told[0][0]) * NANOSECONDS)

    @property
    def clock(self) -> float | None:
        """The clock under load now, against that of the past."""
        return ratio(_clock(self.now), _clock(self.past))


def _clock(reports: Iterable[tuple[int, dict[str, object]]]) -> float | None:
    return middle(amount(hw, "sm_clock") for _, hw in reports if (amount(hw, "util") or 0) >= BUSY)


@dataclass(frozen=True, slots=True)
class Hardware:
    """All workers of a customer."""

    workers: list[Worker]

    @property
    def reports(self) -> list[dict[str, object]]:
        """Those of the window."""
        return [hw for worker in self.workers for _, hw in worker.now]


def _hardware(record: Record) -> Hardware:
    now, past = _by_worker(record.now("work")), _by_worker(record.past("work"))
    return Hardware([Worker(now[name], past.get(name, []), name and f"worker {name}") for name in sorted(now)])


def _by_worker(rows: Iterable[Occurrence]) -> dict[str, list[tuple[int, dict[str, object]]]]:
    found: dict[str, list[tuple[int, dict[str, object]]]] = {}
    for row in rows:
        hw = table(row.properties, "hw")
        if hw:
            found.setdefault(text(row.properties, "worker") or "", []).append((row.at, dict(hw)))
    return found


HARDWARE = Domain("hardware", ("work",), _hardware)
feature = HARDWARE.feature


@feature("hw.gpu_util")
def _util(hardware: Hardware) -> float | None:
    """The mean; a report that says that there was no work does not count."""
    known = [each for hw in hardware.reports if hw.get("idle") is not True and (each := amount(hw, "util")) is not None]
    return sum(known) / len(known) if known else None


@feature("hw.gpu_temp")
def _temp(hardware: Hardware) -> float | None:
    return at_rank([each for hw in hardware.reports if (each := amount(hw, "temp")) is not None], TAIL)


@feature("hw.thermal_violation_share")
def _thermal(hardware: Hardware) -> float | None:
    return most(worker.share("thermal_violation_ns") for worker in hardware.workers)


@HARDWARE.of("hw.thermal_violation_share")
def _hottest(hardware: Hardware) -> str | None:
    known = [
        (share, each.name) for each in hardware.workers if (share := each.share("thermal_violation_ns")) is not None
    ]
    return max(known)[1] or None if known else None


@feature("hw.power_violation_share")
def _power(hardware: Hardware) -> float | None:
    return most(worker.share("power_violation_ns") for worker in hardware.workers)


@feature("hw.sm_clock_ratio")
def _clock_ratio(hardware: Hardware) -> float | None:
    """Of the worker that is held back most by its power, as both are asked together; else of the slowest."""
    held = [
        (share, worker.clock)
        for worker in hardware.workers
        if (share := worker.share("power_violation_ns")) is not None
    ]
    if held:
        return min(held, key=lambda each: (-each[0], each[1] is None, each[1] or 0))[1]
    known = [each for worker in hardware.workers if (each := worker.clock) is not None]
    return min(known, default=None)


@feature("hw.xid")
def _xid(hardware: Hardware) -> int | None:
    """The last of each worker; of several the largest, as 0 is none."""
    found = [_last_xid(worker) for worker in hardware.workers]
    known = [each for each in found if each is not None]
    return max(known, default=None)


def _last_xid(worker: Worker) -> int | None:
    told = [each for _, hw in worker.now if (each := whole(hw.get("xid"))) is not None]
    return told[-1] if told else None
