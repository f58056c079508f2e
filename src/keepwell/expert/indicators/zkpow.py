"""Mining and proving: how much of the work counts, how steady it is, and what the Expert would improve."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np

from keepwell.base.time import DAY_US
from keepwell.expert.formulas import proof_efficiency, rate_efficiency
from keepwell.expert.indicators.indicator import Better, Part, Point, Unit, Way
from keepwell.expert.indicators.week import WORKING, Week
from keepwell.expert.knowledge import Severity
from keepwell.expert.reading.work import FAILED, SUCCEEDED
from keepwell.expert.scope import Topic
from keepwell.expert.telemetry.record import Occurrence
from keepwell.expert.telemetry.values import Properties, amount, text, whole
from keepwell.expert.telemetry.work import is_proof
from keepwell.statistics.failures import Counts

DOMAIN: Final = "zkpow"
"""Of the entries that say what could be better."""


def _accepted(week: Week) -> Point | None:
    tally = week.tallies.get(Topic.STALE)
    accepted, stale = week.number("mine.shares_accepted"), week.number("mine.shares_stale")
    if tally is None or not isinstance(tally.now, Counts) or accepted is None or stale is None:
        return None
    handed_in = int(np.asarray(tally.now.trials).item())
    value = proof_efficiency(int(accepted), int(stale), handed_in - int(accepted + stale), 0)
    return None if value is None else Point(value, handed_in, _arrived(week))


def _arrived(week: Week) -> tuple[Part, ...]:
    found = _rates(week)
    return () if found is None else (Part("of the reported rate arrives", found.value),)


def _rates(week: Week) -> Point | None:
    effective, reported = week.number("mine.effective_rate"), week.number("mine.reported_rate")
    value = None if effective is None or reported is None else rate_efficiency(effective, reported)
    rows = [row for row in week.rows("work") if amount(row.properties, "reported_rate") is not None]
    return None if value is None else Point(value, len(rows))


ACCEPTED: Final = Way(
    title="shares accepted",
    unit=Unit.SHARE,
    better=Better.UP,
    says="Of the shares and solutions that were handed in, so many were accepted.",
    source="accepted / (accepted + stale + invalid); `formulas.proof_efficiency`",
    counted="shares handed in",
    needs=("work: accepted and rejected, or result",),
    read=_accepted,
    high=1.0,
)
RATE: Final = Way(
    title="rate that arrives",
    unit=Unit.SHARE,
    better=Better.UP,
    says="So much of the rate that the miner reports is paid for; by luck it can be more than all of it.",
    source="effective rate / reported rate, by accepted shares; `formulas.rate_efficiency`, ironfish mining/pool.ts",
    counted="reports of a rate",
    needs=("work: reported_rate, with effective_rate, or accepted, difficulty and duration_s",),
    read=_rates,
)


def _proven(week: Week) -> Point | None:
    ends = _ends(week.rows("work"))
    value = proof_efficiency(sum(ends), 0, ends.count(False), 0)
    return None if value is None else Point(value, len(ends))


def _ends(rows: Iterable[Occurrence]) -> list[bool]:
    """Whether each proof that ended was a success; of rows with the same job the last that says so counts."""
    jobs: dict[str, bool] = {}
    for place, row in enumerate(row for row in rows if is_proof(row.properties)):
        end = _end(row.properties)
        if end is not None:
            jobs[text(row.properties, "job_id") or f"\0{place}"] = end
    return list(jobs.values())


def _end(properties: Properties) -> bool | None:
    said = text(properties, "outcome")
    if said in SUCCEEDED or said in FAILED:
        return said in SUCCEEDED
    return {"accepted": True, "rejected": False}.get(text(properties, "result") or "") if said is None else None


PROVEN: Final = Way(
    title="proofs that succeed",
    unit=Unit.SHARE,
    better=Better.UP,
    says="Of the proof requests that ended, so many were fulfilled.",
    source="fulfilled / ended; outcomes of Boundless and Succinct, `formulas.proof_efficiency`",
    counted="proofs that ended",
    needs=("work: kind proof, with outcome or result",),
    read=_proven,
    high=1.0,
)


def _active(week: Week) -> Point | None:
    """A day is one of the seven that end with the week, so that all have the same length."""
    told = [(row.at, each) for row in week.rows("work") if (each := _worked(row.properties)) is not None]
    days = {(at - week.start) // DAY_US for at, worked in told if worked}
    return Point(len(days), len(told)) if told else None


def _worked(properties: Properties) -> bool | None:
    """Whether a row says that work was accepted; None when it says nothing of what became of work."""
    if is_proof(properties):
        return _end(properties)
    if "accepted" in properties:
        accepted = whole(properties["accepted"])
        return None if accepted is None else accepted > 0
    return {"accepted": True, "rejected": False}.get(text(properties, "result") or "")


ACTIVE: Final = Way(
    title="days with accepted work",
    unit=Unit.COUNT,
    better=Better.UP,
    says="On so many of seven days the network or the pool accepted work.",
    source="days with an accepted share, solution or proof; a definition",
    counted="reports of work",
    needs=("work: accepted, result or outcome",),
    read=_active,
    high=7.0,
)


def _improvable(week: Week) -> Point | None:
    if not week.rows("work") or not week.knows(WORKING):
        return None
    found = [each for each in week.diagnosis.heads if each.domain == DOMAIN and each.severity is not Severity.INFO]
    parts = tuple(Part(each.title, value=True) for each in found)
    return Point(len(found), len(week.rows("work")), parts)


IMPROVABLE: Final = Way(
    title="things to improve",
    unit=Unit.COUNT,
    better=Better.DOWN,
    says="So many findings about mining, proving and hardware stand, each with what to do; mere notes do not count.",
    source="findings of the Expert for the week by itself, compared with the customer's own four weeks before",
    counted="reports of work",
    needs=("work: shares, proofs or hw",),
    read=_improvable,
)
