"""The customer-success manager's own judgement of a band."""

from __future__ import annotations

from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from keepwell.base.time import from_datetime
from keepwell.runtime.ports.desk import Desk
from keepwell.web.api.asked import ENDS, AnyBody, CustomerId, JsonBody, Unreadable, read
from keepwell.web.api.customers import Band
from keepwell.web.api.register import Instant, Register, Spec, reply
from keepwell.web.api.writes import Asked, Key
from keepwell.web.needs import Role, Scope, needs
from keepwell.web.pages import NoSuchCustomer

Reason = Annotated[str, msgspec.Meta(min_length=1, max_length=500, pattern=r"\S")]


class OverrideWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A band to show instead of the computed one, and why; for 30 days when `until` is not given."""

    band: Band
    reason: Reason
    until: Instant | None = None


class Override(msgspec.Struct, frozen=True):
    """An override that has begun. It ends with the UTC day of `until`."""

    customer_id: str
    band: str
    reason: str
    until: Instant | None


def add_routes(api: Register, desk: Desk) -> None:
    path = "/customers/{customer_id}/override"

    @api.add(Spec("PUT", path, needs(Role.CSM, Scope.WRITE), Override, OverrideWish))
    def set_override(request: Request, customer_id: CustomerId, body: JsonBody, key: Key) -> Response:
        """Show another band for a while. The computed score stays visible beside it."""
        wish = read(body, OverrideWish)

        def act() -> Response:
            if not _known(customer_id) or not desk.overrides.set(customer_id, wish.band, wish.reason, _end(wish)):
                raise NoSuchCustomer(customer_id)
            return reply(Override(customer_id, wish.band, wish.reason, wish.until))

        return Asked(request, body, key).once(desk.once, act)

    @api.add(Spec("DELETE", path, needs(Role.CSM, Scope.WRITE), None, status=204))
    def clear_override(request: Request, customer_id: CustomerId, body: AnyBody, key: Key) -> Response:
        """Show the computed band again."""

        def act() -> Response:
            if not _known(customer_id) or not desk.overrides.clear(customer_id):
                raise NoSuchCustomer(customer_id)
            return Response(status_code=204)

        return Asked(request, body, key).once(desk.once, act)


def _known(customer_id: str) -> bool:
    """Whether it can be an id at all: no id holds the character that PostgreSQL cannot store."""
    return "\x00" not in customer_id


def _end(wish: OverrideWish) -> int | None:
    if wish.until is None:
        return None
    found = from_datetime(wish.until)
    if not 0 < found < ENDS:
        raise Unreadable("body.until", "this lies before 1970, or after 9999")
    return found
