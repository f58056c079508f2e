"""A score opened up: what it is made of, and why it moved."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import msgspec
from starlette.responses import Response

from keepwell.base.time import day_to_date, to_datetime
from keepwell.runtime.ports import book
from keepwell.runtime.ports.book import ChangePart, MetricLine
from keepwell.runtime.ports.desk import Desk
from keepwell.web.api.asked import CustomerId, Moment, Unreadable, past
from keepwell.web.api.register import Instant, Register, Spec, reply
from keepwell.web.needs import Role, Scope, needs
from keepwell.web.pages import NoSuchCustomer


class ScoreChange(msgspec.Struct, frozen=True, rename={"start": "from", "end": "to"}):
    """Why a score moved. The parts add up to `total`; there is none when one of the scores is missing."""

    start: Instant
    end: Instant
    score_from: float | None
    score_to: float | None
    total: float | None
    parts: Sequence[ChangePart]


class ScoreExplained(msgspec.Struct, frozen=True):
    """A score opened up. The contributions of the metrics add up to `uncapped_score`."""

    customer_id: str
    as_of: Instant
    score: float | None
    uncapped_score: float | None
    coverage: float
    connectable: float
    band: str | None
    computed_band: str | None
    provisional: bool
    scorecard: str
    cap: str | None
    cap_label: str | None
    override_reason: str | None
    override_until: dt.date | None
    metrics: Sequence[MetricLine]
    change: ScoreChange | None


def add_routes(api: Register, desk: Desk) -> None:
    @api.add(Spec("GET", "/customers/{customer_id}/explanation", needs(Role.VIEWER, Scope.READ), ScoreExplained))
    def get_explanation(customer_id: CustomerId, as_of: Moment = None, since: Moment = None) -> Response:
        """What a score is made of, down to the events; with `since` also why it moved since then."""
        now = desk.clock()
        at, start = past(as_of, "as_of", now), past(since, "since", now)
        if start is not None and start >= (at or now):
            raise Unreadable("query.since", "this must lie before `as_of`")
        found = desk.book.explain(customer_id, at, start) if "\x00" not in customer_id else None
        if found is None:
            raise NoSuchCustomer(customer_id)
        return reply(_explained(found))


def _explained(found: book.Explanation) -> ScoreExplained:
    fields = {name: getattr(found, name) for name in ScoreExplained.__struct_fields__}
    fields["as_of"] = to_datetime(found.as_of)
    fields["override_until"] = None if found.override_until is None else day_to_date(found.override_until)
    fields["change"] = None if found.change is None else _change(found.change)
    return ScoreExplained(**fields)


def _change(found: book.Change) -> ScoreChange:
    return ScoreChange(
        to_datetime(found.start), to_datetime(found.end), found.score_from, found.score_to, found.total, found.parts
    )
