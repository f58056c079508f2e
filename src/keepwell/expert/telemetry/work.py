"""Mining: shares and solutions handed in, against what the reported rate should bring."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from keepwell.base.time import DAY_US, HOUR_US, SECOND_US
from keepwell.expert import formulas
from keepwell.expert.case import Kind, Seen
from keepwell.expert.reading.tables import Tables
from keepwell.expert.reading.work import MESSAGES, STRATUM_V2
from keepwell.expert.scope import Topic
from keepwell.expert.telemetry.domain import Domain
from keepwell.expert.telemetry.record import Occurrence, Record
from keepwell.expert.telemetry.seen import Mark, of_work
from keepwell.expert.telemetry.tally import Tally, Trial, counted, used
from keepwell.expert.telemetry.values import Number, Properties, amount, last, moment, positive, text, total, whole
from keepwell.statistics.arrays import Floats
from keepwell.statistics.work import Amounts, variation

NO_PEERS: Final = "Skipping an iteration of the puzzle (no connected peers)"
TOLD: Final = (*MESSAGES, NO_PEERS)
"""Lines of a snarkOS node that say what is the matter; nothing else of a message is taken over."""
STALE, DUPLICATE, LOW, INVALID, UNAUTHORISED = "stale", "duplicate", "low_difficulty", "invalid", "unauthorised"
REASONS: dict[str, str] = {
    "stale": STALE, "21": STALE, "404": STALE,
    "Solution does not match the expected epoch hash": STALE,
    "duplicate": DUPLICATE, "22": DUPLICATE,
    "low_difficulty": LOW, "23": LOW,
    "Solution does not meet the proof target requirement": LOW,
    "invalid": INVALID, "20": INVALID,
    "unauthorised": UNAUTHORISED, "unauthorized": UNAUTHORISED, "24": UNAUTHORISED, "25": UNAUTHORISED,
}  # fmt: skip
REASONS |= {text: REASONS[str(number)] for text, number in STRATUM_V2.items() if number is not None}
"""What a reason of a pool counts as; 20 is "other", which is neither stale nor a duplicate."""
WEEK_US: Final = 7 * DAY_US
SLACK_US: Final = DAY_US
"""How much older than a week a report may be to stand for the week before."""


@dataclass(frozen=True, slots=True)
class Shares:
    """What became of shares; each number is None when nothing was said of it.

    Attributes:
        accepted: by the pool or the network.
        rejected: by reason, once any reason was said.
        expected: as many as the rate and the difficulty of the same rows imply.
        delivered: accepted in rows with an expectation.
    """

    accepted: int | None
    rejected: Mapping[str, int] | None
    expected: float | None
    delivered: int

    @property
    def all(self) -> int | None:
        """Shares handed in."""
        return None if self.accepted is None or self.rejected is None else self.accepted + sum(self.rejected.values())


@dataclass(frozen=True, slots=True)
class Mined:
    """Rows and shares of both windows."""

    now: list[Properties]
    every: tuple[Occurrence, ...]
    rows: tuple[Occurrence, ...]
    shares: Shares
    before: Shares
    span: tuple[int, int]
    past: tuple[Occurrence, ...]


def is_proof(properties: Properties) -> bool:
    """Whether a row of work is about a proof, and not about shares."""
    return properties.get("kind") == "proof"


def _mined(record: Record) -> Mined:
    every = tuple(row for row in record.every("work") if not is_proof(row.properties))
    rows = tuple(row for row in record.now("work") if not is_proof(row.properties))
    past = tuple(row for row in record.past("work") if not is_proof(row.properties))
    return Mined(
        now=[row.properties for row in rows],
        every=every,
        rows=rows,
        shares=_shares([row.properties for row in rows]),
        before=_shares([row.properties for row in past]),
        span=(record.span.start, record.span.now),
        past=past,
    )


def _shares(rows: list[Properties]) -> Shares:
    reasons: dict[str, int] = {}
    told = False
    for row in rows:
        said = _rejected(row)
        told |= said is not None
        for reason, n in (said or {}).items():
            reasons[reason] = reasons.get(reason, 0) + n
    promised = [(row, each) for row in rows if (each := _expected(row)) is not None]
    return Shares(
        accepted=_sum(_accepted(row) for row in rows),
        rejected=reasons if told else None,
        expected=total(each for _, each in promised),
        delivered=sum(_accepted(row) or 0 for row, _ in promised),
    )


def _sum(values: Iterable[int | None]) -> int | None:
    found = total(values)
    return None if found is None else int(found)


def _accepted(row: Properties) -> int | None:
    """Accepted shares of a row: a count, or the one share it is about."""
    if "accepted" in row:
        return whole(row["accepted"])
    return {"accepted": 1, "rejected": 0}.get(str(row.get("result"))) if isinstance(row.get("result"), str) else None


def _rejected(row: Properties) -> dict[str, int] | None:
    """Rejected shares of a row by reason; a bare number says of none why. None when it says nothing."""
    given = row.get("rejected")
    if isinstance(given, Mapping):
        counts = [(_reason(reason), whole(n)) for reason, n in given.items()]
        found: dict[str, int] = {}
        for reason, n in counts:
            found[reason] = found.get(reason, 0) + (n or 0)
        return found
    result = row.get("result")
    if result == "accepted":
        return {}
    if result == "rejected":
        code = row.get("reason_code")
        return {_reason(text(row, "message") if code is None else code): 1}
    return None


def _reason(said: object) -> str:
    known = whole(said) if isinstance(said, int) else said
    return REASONS.get(str(known), "other") if isinstance(known, str | int) else "other"


def _expected(row: Properties) -> float | None:
    """Shares that a row should have brought: as it says, else by its rate, difficulty and duration."""
    given = amount(row, "expected")
    if given is not None:
        return given
    rate, difficulty, seconds = amount(row, "reported_rate"), positive(row, "difficulty"), amount(row, "duration_s")
    if rate is None or difficulty is None or seconds is None:
        return None
    return formulas.expected_shares(rate, difficulty, seconds, positive(row, "work_per_share") or 1.0)


WORK = Domain("work", ("work",), _mined)
feature = WORK.feature


@feature("mine.shares_accepted")
def _shares_accepted(mined: Mined) -> int | None:
    return mined.shares.accepted


@feature("mine.shares_expected")
def _shares_expected(mined: Mined) -> float | None:
    return mined.shares.expected


def _for(mined: Mined, reason: str) -> int | None:
    rejected = mined.shares.rejected
    return None if rejected is None else rejected.get(reason, 0)


@feature("mine.shares_stale")
def _stale(mined: Mined) -> int | None:
    return _for(mined, STALE)


@feature("mine.shares_dup")
def _duplicate(mined: Mined) -> int | None:
    return _for(mined, DUPLICATE)


@feature("mine.shares_lowdiff")
def _low(mined: Mined) -> int | None:
    return _for(mined, LOW)


@feature("mine.shares_auth")
def _unauthorised(mined: Mined) -> int | None:
    return _for(mined, UNAUTHORISED)


@feature("mine.reported_rate")
def _reported(mined: Mined) -> float | None:
    return _mean(amount(row, "reported_rate") for row in _rated(mined))


@feature("mine.effective_rate")
def _effective(mined: Mined) -> float | None:
    return _mean(_rate(row) for row in _rated(mined))


def _rated(mined: Mined) -> list[Properties]:
    """Rows that say both rates, so that the same time is compared; all rows when none does."""
    both = [row for row in mined.now if _rate(row) is not None and amount(row, "reported_rate") is not None]
    return both or mined.now


def _rate(row: Properties) -> float | None:
    """The rate that accepted shares imply: as the pool says, else by difficulty and duration."""
    given = amount(row, "effective_rate")
    accepted, difficulty, seconds = _accepted(row), positive(row, "difficulty"), positive(row, "duration_s")
    if given is not None or accepted is None or difficulty is None or seconds is None:
        return given
    return formulas.effective_rate(accepted, difficulty, seconds, positive(row, "work_per_share") or 1.0)


def _mean(values: Iterable[Number | None]) -> float | None:
    known = [each for each in values if each is not None]
    return sum(known) / len(known) if known else None


@feature("mine.network_rate_change")
def _network(mined: Mined) -> float | None:
    """The newest report against the newest that is a week older, or up to a day more."""
    told = [(row.at, each) for row in mined.every if (each := positive(row.properties, "network_rate")) is not None]
    if not told or told[-1][0] < mined.span[0]:
        return None
    at, now = told[-1]
    older = [each for when, each in told if at - WEEK_US - SLACK_US <= when <= at - WEEK_US]
    return now / older[-1] if older else None


@feature("mine.connected_peers")
def _peers(mined: Mined) -> float | None:
    return last(mined.now, "peers")


@feature("mine.stake")
def _stake(mined: Mined) -> float | None:
    return last(mined.now, "stake")


@feature("mine.stake_required")
def _stake_required(mined: Mined) -> float | None:
    """As it was said, else by the stake of one solution and the solutions of an epoch."""
    given = last(mined.now, "stake_required")
    one, solutions = last(mined.now, "stake_per_solution"), last(mined.now, "solutions_per_epoch")
    return one * solutions if given is None and one is not None and solutions is not None else given


@feature("mine.client_age_days")
def _client_age(mined: Mined) -> float | None:
    """How much older the version in use is than the newest release."""
    ages = [
        (newest - own) / DAY_US
        for row in mined.now
        if (own := moment(row, "client_released_at")) is not None
        and (newest := moment(row, "newest_released_at")) is not None
        and newest >= own
    ]
    return ages[-1] if ages else None


@WORK.readings
def _readings(mined: Mined, tables: Tables) -> Iterator[Seen]:
    for row in mined.rows:
        mark = Mark(row.at, reference=text(row.properties, "job_id") or "")
        yield from of_work(row.properties, tables, mark)
        yield from (
            mark.seen(Kind.MESSAGE, name=each) for each in TOLD if each in (text(row.properties, "message") or "")
        )
        given = row.properties.get("rejected")
        for code, n in given.items() if isinstance(given, Mapping) else ():
            if isinstance(code, str) and code in _NUMBERS and (many := whole(n)):
                document = {"kind": "share", "result": "rejected", "reason_code": _NUMBERS[code]}
                yield from of_work(document, tables, Mark(row.at, many, mark.reference))


_NUMBERS: Final = {reason: int(reason) for reason in REASONS if reason.isdecimal()} | {
    text: number for text, number in STRATUM_V2.items() if number is not None
}


def _tally_of(mined: Mined, *reasons: str) -> Tally | None:
    if mined.shares.all is None and mined.before.all is None:
        return None
    both = ((mined.rows, mined.shares), (mined.past, mined.before))
    return counted(*(_trials(rows if shares.all is not None else (), reasons) for rows, shares in both))


def _trials(rows: Iterable[Occurrence], reasons: tuple[str, ...]) -> Iterator[Trial]:
    for row in rows:
        why = _rejected(row.properties) or {}
        failed, handed_in = sum(why.get(each, 0) for each in reasons), (_accepted(row.properties) or 0)
        yield Trial(row.at, failed, handed_in + sum(why.values()), used(row.properties))


@WORK.tally(Topic.STALE)
def _of_stale(mined: Mined) -> Tally | None:
    return _tally_of(mined, STALE)


@WORK.tally(Topic.INVALID)
def _of_invalid(mined: Mined) -> Tally | None:
    return _tally_of(mined, LOW, INVALID)


@WORK.tally(Topic.DELIVERY)
def _of_delivery(mined: Mined) -> Tally | None:
    """Exposure is what was expected, in shares; both windows must expect something."""
    if not mined.shares.expected or not mined.before.expected:
        return None
    now, before = (Amounts(each.delivered, each.expected or 0) for each in (mined.shares, mined.before))
    return Tally(now, before)


@WORK.tally(Topic.WORK)
def _of_work(mined: Mined) -> Tally | None:
    """Exposure is hours; the past are the windows of the same weekdays since the first work.

    A silent window is a window without work. Amounts are divided by how much more than chance the own days vary, so
    that their rates stay and their weight does not deceive.
    """
    if mined.before.accepted is None:
        return None
    start, now = mined.span
    step = -(-(now - start) // WEEK_US) * WEEK_US
    like = sum(_accepted(row.properties) or 0 for row in mined.past if (now - row.at - 1) % step < now - start)
    since = mined.past[0].at
    exposure = sum(max(0, now - step * k - max(start - step * k, since)) for k in range(1, (now - since) // step + 2))
    if exposure < SECOND_US:
        return None
    varies = variation(_weeks(mined))
    hour = HOUR_US * varies
    return Tally(
        Amounts((mined.shares.accepted or 0) / varies, (now - start) / hour), Amounts(like / varies, exposure / hour)
    )


def _weeks(mined: Mined) -> Floats:
    """What was accepted on each whole day since the first work, the newest first, [W, 7]; NaN before."""
    start = mined.span[0]
    days = (start - mined.past[0].at) // DAY_US
    found = np.full(-(-days // 7) * 7, np.nan)
    found[:days] = 0
    for row in mined.past:
        if (place := (start - row.at - 1) // DAY_US) < days:
            found[place] += _accepted(row.properties) or 0
    return found.reshape(-1, 7)
