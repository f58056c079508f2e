"""Calls of the API and of nodes: how they were answered, and how quickly."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from statistics import median
from typing import Final, NamedTuple

from keepwell.base.time import DAY_US
from keepwell.expert.case import Seen
from keepwell.expert.reading.tables import Tables
from keepwell.expert.scope import Topic
from keepwell.expert.telemetry.domain import Domain
from keepwell.expert.telemetry.record import Occurrence, Record
from keepwell.expert.telemetry.seen import ANSWERS, LOGS, Mark, of_answer
from keepwell.expert.telemetry.tally import Tally, Trial, counted, used
from keepwell.expert.telemetry.values import Properties, amount, at_rank, middle, ratio, table, text, times, whole
from keepwell.statistics.failures import Counts

LEAST_DAYS: Final = 7
"""Days with a latency of their own that make a past: one of each weekday."""
TAIL: Final = 0.95
TOO_MANY: Final = 429
_MILLISECOND: Final = 1000


class Answer(NamedTuple):
    """So many requests, answered with one status at one moment."""

    at: int
    status: int
    n: int
    single: bool
    used: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Calls:
    """Requests of a customer: rows of both windows, and the answers in them."""

    now: tuple[Occurrence, ...]
    past: tuple[Occurrence, ...]
    answers: list[Answer]
    before: list[Answer]


def _calls(record: Record) -> Calls:
    now, past = record.now("api_called"), record.past("api_called")
    return Calls(now, past, list(_answers(now)), list(_answers(past)))


def _answers(rows: Iterable[Occurrence]) -> Iterator[Answer]:
    """A row says one status for all its requests, or how many were answered with each."""
    for row in rows:
        status, n = whole(row.properties.get("http_status")), times(row.properties)
        if status is not None:
            yield Answer(row.at, status, n, n == 1, used(row.properties))
            continue
        many = [(whole(code), whole(given)) for code, given in table(row.properties, "http_statuses").items()]
        through = used(row.properties)
        yield from (
            Answer(row.at, code, n, single=False, used=through)
            for code, n in many
            if code is not None and n is not None
        )


CALLS = Domain("calls", ("api_called",), _calls)
feature = CALLS.feature


def _counted(answers: Iterable[Answer], wanted: Callable[[int], bool]) -> Counts:
    found = [(each.n, wanted(each.status)) for each in answers]
    return Counts(sum(n for n, bad in found if bad), sum(n for n, _ in found))


def _share(calls: Calls, wanted: Callable[[int], bool]) -> float | None:
    counts = _counted(calls.answers, wanted)
    return ratio(counts.failed, counts.trials)  # type: ignore[arg-type]


@feature("rpc.requests")
def _requests(calls: Calls) -> int:
    """Those whose status is not known as well."""
    silent = sum(times(row.properties) for row in calls.now if not _has_status(row.properties))
    return sum(each.n for each in calls.answers) + silent


def _has_status(properties: Properties) -> bool:
    return whole(properties.get("http_status")) is not None or bool(table(properties, "http_statuses"))


@feature("rpc.http_429_share")
def _too_many(calls: Calls) -> float | None:
    return _share(calls, lambda status: status == TOO_MANY)


@feature("rpc.http_401_403_share")
def _refused(calls: Calls) -> float | None:
    return _share(calls, lambda status: status in (401, 403))


@feature("rpc.http_5xx_share")
def _broken(calls: Calls) -> float | None:
    return _share(calls, _is_5xx)


def _is_5xx(status: int) -> bool:
    return 500 <= status <= 599


@feature("rpc.p95_latency_ratio")
def _latency(calls: Calls) -> float | None:
    """Against the median of the days of the past, so that one bad day there is no excuse."""
    days: dict[int, list[float]] = {}
    for row in calls.past:
        taken = amount(row.properties, "latency_ms")
        if taken is not None:
            days.setdefault(row.at // DAY_US, []).append(taken)
    now = at_rank([each for row in calls.now if (each := amount(row.properties, "latency_ms")) is not None], TAIL)
    tails = [each for day in days.values() if (each := at_rank(day, TAIL)) is not None]
    return ratio(now, median(tails)) if len(tails) >= LEAST_DAYS else None


@feature("rpc.retry_gap_ms")
def _retry_gap(calls: Calls) -> float | None:
    """From a refusal to the next request that came later; rows that stand for several requests have no order."""
    single = [each for each in calls.answers if each.single]
    return middle(_gaps(single))


def _gaps(answers: list[Answer]) -> Iterator[float]:
    later: int | None = None
    moment: int | None = None
    for each in reversed(answers):
        if moment is not None and each.at < moment:
            later = moment
        moment = each.at
        if each.status == TOO_MANY and later is not None:
            yield (later - each.at) / _MILLISECOND


@CALLS.readings
def _readings(calls: Calls, tables: Tables) -> Iterator[Seen]:
    """Single answers by their row; statuses that are only counted, by their number."""
    for row in calls.now:
        if any(name in row.properties for name in _TOLD):
            mark = Mark(row.at, times(row.properties), text(row.properties, "request_id") or "")
            yield from of_answer(row.properties, tables, mark)
    for each in _answers(row for row in calls.now if "http_status" not in row.properties):
        yield from of_answer({"http_status": each.status}, tables, Mark(each.at, each.n))


_TOLD: Final = (*ANSWERS, *LOGS)


@CALLS.tally(Topic.CALLS)
def _of_calls(calls: Calls) -> Tally | None:
    if not calls.answers and not calls.before:
        return None
    return counted(_trials(calls.answers), _trials(calls.before))


def _trials(answers: Iterable[Answer]) -> Iterator[Trial]:
    return (Trial(each.at, each.n if _is_5xx(each.status) else 0, each.n, each.used) for each in answers)
