"""The score of one customer, now or as it was known at a past moment."""

from __future__ import annotations

import msgspec
from starlette.responses import Response

from keepwell.base.time import to_datetime
from keepwell.runtime.ports.desk import Desk
from keepwell.web.api.asked import CustomerId, Moment, past
from keepwell.web.api.register import Instant, Register, Spec, reply
from keepwell.web.needs import Role, Scope, needs
from keepwell.web.pages import NoSuchCustomer


class Score(msgspec.Struct, frozen=True):
    """A score at a moment, from what was known before it; all null without an event before it."""

    customer_id: str
    as_of: Instant
    score: float | None
    uncapped_score: float | None
    coverage: float | None
    connectable: float | None
    band: str | None
    computed_band: str | None
    provisional: bool | None
    lifecycle: str | None


def add_routes(api: Register, desk: Desk) -> None:
    @api.add(Spec("GET", "/customers/{customer_id}/score", needs(Role.VIEWER, Scope.READ), Score))
    def get_score(customer_id: CustomerId, as_of: Moment = None) -> Response:
        """The score of a customer, now or as of a past moment."""
        found = desk.book.score(customer_id, past(as_of, "as_of", desk.clock()))
        if found is None:
            raise NoSuchCustomer(customer_id)
        fields = msgspec.structs.asdict(found)
        return reply(Score(**{**fields, "as_of": to_datetime(found.as_of)}))
