"""Forecasts from the log: what is known at a moment is read into a diary, and the diary is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

import numpy as np

from keepwell.base.errors import KeepwellError
from keepwell.base.time import last_day_before
from keepwell.engines.activity import Activity, Rows
from keepwell.events.catalog import Stream, find
from keepwell.predictions.boosting import THREADS
from keepwell.predictions.diary import Days, Diary, arranged
from keepwell.predictions.explaining import Explained, explain
from keepwell.predictions.foretelling import Foresight, foretell, silent
from keepwell.predictions.landmarks import Question
from keepwell.predictions.qualifying import Span, span, watched
from keepwell.runtime.scoring import look
from keepwell.runtime.workspace import Workspace
from keepwell.statistics.arrays import Ints

WHOLE: Final[Mapping[str, int | None]] = {Stream.ACTIVITY: None, Stream.FACT: None, Stream.STATE: None}
_NAMED: Final = 3
_LIKE: Final = 0.6
_CONTRACTS: Final = ("subscription_renewed", "invoice_issued", "invoice_paid", "plan_changed")


@dataclass(frozen=True)
class Reading:
    """What the log says of everybody before a moment.

    Attributes:
        day: the day that forecasts begin at.
        diary: what was known.
        span: the part of the log that can be learned from.
        said: what a reader of the forecasts should know about them, as sentences.
        counts: names of the events whose absence is forecast; empty: own activity.
    """

    day: int
    diary: Diary
    span: Span
    said: tuple[str, ...]
    counts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Foreseen:
    """Forecasts, with what was read to make them."""

    reading: Reading
    foresight: Foresight

    def explained(self, customers: Sequence[int], horizon: int) -> dict[int, Explained]:
        """Why the forecasts of some customers are what they are; those without a forecast are left out."""
        return explain(self.foresight, self.reading.diary, customers, horizon)


def foresee(
    workspace: Workspace, as_of: int, question: Question, events: Sequence[str] = (), threads: int = THREADS
) -> Foreseen:
    """Forecasts of everybody at a moment, from what happened and was known before it.

    `events` are the names whose absence is forecast; own activity when there are none.
    """
    return foreseen(read(workspace, as_of, events), question, threads)


def foreseen(reading: Reading, question: Question, threads: int = THREADS) -> Foreseen:
    """Forecasts from what was read."""
    found = reading.span
    if found.problem:
        return Foreseen(reading, silent(reading.diary, found, reading.day, question))
    return Foreseen(reading, foretell(reading.diary, found.first, reading.day, question, threads))


def read(workspace: Workspace, as_of: int, events: Sequence[str] = ()) -> Reading:
    """The log before a moment, as a diary."""
    log = look(workspace, (as_of, as_of), [], WHOLE)
    day = last_day_before(as_of) + 1
    with Activity(log, as_of) as activity:
        rows, said, counts = _own(activity, events)
        found = span(np.unique(rows.day), day)
        keep = rows.day >= found.first
        customer = np.unique(rows.customer[keep])
        diary = Diary(customer, _days(rows, customer, found.first), _channels(activity, customer, found.first),
                      _contracts(activity, customer, found.first))  # fmt: skip
    return Reading(day, diary, found, tuple(each for each in (*said, found.note) if each), counts)


def _own(activity: Activity, events: Sequence[str]) -> tuple[Rows, list[str], tuple[str, ...]]:
    """Rows of what is forecast, what has to be said about it, and the names of its events."""
    if events:
        kinds = [spec.number for spec in map(find, events) if spec]
        return activity.named([name for name in events if not find(name)], kinds), [], tuple(events)
    days, named = activity.names()
    names = watched(days, named)
    if not names:
        return activity.own(), [], ()
    left = sorted(set(named) - set(names))
    told = f"watched by {', '.join(names)}: the tracking plan knows (next to) no own activity in this log"
    return activity.named(names), [told + (f"; not counted: {', '.join(left)}" if left else "")], names


class UnknownEventError(KeepwellError):
    """An event that a forecast was asked about is not in the log.

    Attributes:
        name: as it was given.
        instead: names that may have been meant, or the most frequent ones.
    """

    def __init__(self, name: str, found: Mapping[str, int]) -> None:
        near = {each.lower(): each for each in found}
        meant = [near[each] for each in get_close_matches(name.lower(), near, _NAMED, _LIKE)]
        self.name, self.instead = name, tuple(meant or sorted(found, key=lambda each: (-found[each], each))[:_NAMED])
        asked = "did you mean" if meant else "the most frequent are"
        told = f"; {asked} {', '.join(self.instead)}{'?' if meant else ''}" if found else ", nor any other"
        super().__init__(f"no event of the name `{name}` is in the log before this moment{told}")


def check_events(workspace: Workspace, as_of: int, events: Sequence[str]) -> None:
    """See that the log has all events that are named.

    Raises:
        UnknownEventError: one of them did not happen before the moment.
    """
    if not events:
        return
    with Activity(look(workspace, (as_of, as_of), [], WHOLE), as_of) as activity:
        found = activity.events()
    for name in events:
        spec = find(name)
        if (spec.key if spec else name) not in found:
            raise UnknownEventError(name, found)


def _channels(activity: Activity, customer: Ints, first: int) -> dict[str, Days]:
    rows = {
        "failed_payments": activity.of_kinds(["payment_failed"]),
        "tickets": activity.of_kinds(["ticket_opened"]),
        "failed_transactions": activity.of_kinds(["transaction"], failed=True),
        "features": activity.first_uses(),
    }
    return {name: _days(each, customer, first) for name, each in rows.items()}


def _contracts(activity: Activity, customer: Ints, first: int) -> dict[str, Days]:
    rows = {
        "cancellations": activity.of_kinds(["subscription_cancelled"]),
        "renewals": activity.of_kinds(["subscription_renewed"]),
        "contracts": activity.of_kinds(_CONTRACTS),
    }
    return {name: _days(each, customer, first) for name, each in rows.items()}


def _days(rows: Rows, customer: Ints, first: int) -> Days:
    """Rows of the customers of a diary, from its first day on."""
    place = np.searchsorted(customer, rows.customer)
    inside = (rows.day >= first) & (place < len(customer))
    inside &= np.append(customer, -1)[place] == rows.customer
    columns = (each[inside] for each in (place, rows.day, rows.known, rows.count, rows.cents))
    return arranged(len(customer), *columns)
