"""How a customer fares with mining, trading and DeFi, week by week."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from starlette.responses import Response

from keepwell.base.time import to_datetime
from keepwell.expert.indicators.answer import answer
from keepwell.runtime.ports.desk import Desk
from keepwell.web.api.asked import CustomerId, Moment, past
from keepwell.web.api.register import Instant, Register, Spec, reply
from keepwell.web.needs import Role, Scope, needs
from keepwell.web.pages import NoSuchCustomer


class CustomerIndicators(msgspec.Struct, frozen=True):
    """The crypto indicators of a customer over twelve weeks that end at `as_of`.

    Each has its `latest` value with `n`, the number of things it rests on, its `change` since the first known week,
    and a `direction` that was tested. The `value` of a week without observations is null and never 0; what would make
    an unknown indicator known stands in `needs`. Parts that are not `may_tell_customer` are not for the customer's
    eyes.
    """

    customer_id: str
    as_of: Instant
    events: int
    indicators: Sequence[dict[str, Any]]


def add_routes(api: Register, desk: Desk) -> None:
    @api.add(Spec("GET", "/customers/{customer_id}/indicators", needs(Role.VIEWER, Scope.READ), CustomerIndicators))
    def get_indicators(customer_id: CustomerId, as_of: Moment = None) -> Response:
        """How a customer fares with mining and proving, on Solana and with DeFi: twelve trends of weeks."""
        found = desk.expert.indicators(customer_id, past(as_of, "as_of", desk.clock()))
        if found is None:
            raise NoSuchCustomer(customer_id)
        trends = [answer(each) for each in found.trends]
        return reply(CustomerIndicators(customer_id, to_datetime(found.now), found.events, trends))
