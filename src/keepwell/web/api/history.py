"""The remembered daily scores of a customer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import msgspec
from starlette.responses import Response

from keepwell.base.time import DAY_US, day_of, day_to_date, to_datetime
from keepwell.runtime.ports.book import Days
from keepwell.runtime.ports.desk import Desk
from keepwell.web.api.asked import CustomerId, Moment, Unreadable, moment
from keepwell.web.api.register import Instant, Register, Spec, reply
from keepwell.web.needs import Role, Scope, needs
from keepwell.web.pages import NoSuchCustomer

YEAR_US = 365 * DAY_US
LONGEST_US = 5 * 366 * DAY_US


class Day(msgspec.Struct, frozen=True):
    """The score at the end of a UTC day."""

    day: dt.date
    score: float
    coverage: float
    band: str


class BandMoved(msgspec.Struct, frozen=True, rename={"start": "from", "end": "to"}):
    """The customer came into another band."""

    at: Instant
    start: str
    end: str
    because: str


class History(msgspec.Struct, frozen=True):
    """Daily scores, the oldest first, and the moves between bands."""

    customer_id: str
    days: Sequence[Day]
    moves: Sequence[BandMoved]


def add_routes(api: Register, desk: Desk) -> None:
    @api.add(Spec("GET", "/customers/{customer_id}/history", needs(Role.VIEWER, Scope.READ), History))
    def get_history(customer_id: CustomerId, since: Moment = None, until: Moment = None) -> Response:
        """Daily scores: of the last 365 days, or of the UTC days that hold `since` to `until`, at most five years."""
        end = moment(until, "until") or desk.clock()
        start = moment(since, "since") or max(end - YEAR_US, 0)
        if not 0 <= end - start <= LONGEST_US:
            raise Unreadable("query.since", "this must lie before `until`, and at most five years")
        found = desk.book.days(customer_id, day_of(start), day_of(end))
        if found is None:
            raise NoSuchCustomer(customer_id)
        return reply(_history(customer_id, found))


def _history(customer_id: str, found: Days) -> History:
    days = [Day(day_to_date(each.day), each.score, each.coverage, each.band) for each in found.days]
    moves = [BandMoved(to_datetime(each.at), each.start, each.end, each.because) for each in found.moves]
    return History(customer_id, days, moves)
