"""Customers: the list, one of them, and the whole base at a glance."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec
from fastapi import Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from keepwell.base.time import day_to_date, to_datetime
from keepwell.runtime.ports.book import CustomerLine, Overview, Place, Wanted
from keepwell.runtime.ports.desk import Desk
from keepwell.web.api import cursors
from keepwell.web.api.asked import CustomerId
from keepwell.web.api.cursors import BadCursor
from keepwell.web.api.register import Instant, Register, Spec, reply
from keepwell.web.needs import Role, Scope, needs
from keepwell.web.pages import NoSuchCustomer

Band = Literal["healthy", "stable", "at_risk", "critical"]
Stage = Literal["onboarding", "active", "paused", "churned", "returned"]
Sort = Literal[
    "score", "-score", "name", "-name", "mrr", "-mrr", "change", "-change", "coverage", "-coverage", "id", "-id"
]
TEXTS = ("name", "id")  # orders by text; the others are by number


class Customer(msgspec.Struct, frozen=True):
    """A customer and its score now. `band` is the one to show, `computed_band` what it would be without an override."""

    id: str
    name: str
    segment: str
    plan: str
    owner: str
    mrr_cents: int | None
    lifecycle: str
    score: float | None
    coverage: float
    connectable: float
    band: str | None
    computed_band: str | None
    provisional: bool
    change_7d: float | None


class Customers(msgspec.Struct, frozen=True):
    """A part of the list. `next` is the cursor of the part after it, null at the end."""

    customers: Sequence[Customer]
    next: str | None


class OverviewDay(msgspec.Struct, frozen=True):
    """The base on one UTC day."""

    day: dt.date
    average: float | None
    healthy_share: float | None
    at_risk_mrr_cents: int


class Base(msgspec.Struct, frozen=True):
    """The whole base at a glance. Churned customers are counted apart and in no figure."""

    as_of: Instant | None
    customers: int
    churned: int
    bands: dict[str, int]
    average: float | None
    average_change_7d: float | None
    improvement_rate: float | None
    improvement_base: int
    at_risk_mrr_cents: int
    at_risk_mrr_change_7d: int | None
    average_coverage: float | None
    days: Sequence[OverviewDay]
    simulated: bool


class Asked(BaseModel):
    """The parameters of the address of a list."""

    band: Band | None = Field(None, description="The band that is shown.")
    q: str | None = Field(None, max_length=200, description="Part of a name or an id, in any case.")
    segment: str | None = Field(None, max_length=200)
    owner: str | None = Field(None, max_length=200)
    lifecycle: Stage | None = None
    sort: Sort = Field("score", description="With `-` the other way round.")
    cursor: str | None = Field(None, max_length=4000, description="`next` of the part before.")
    limit: int = Field(100, ge=1, le=500, description="At most this many.")

    def wanted(self) -> Wanted:
        order, descending = self.sort.lstrip("-"), self.sort.startswith("-")
        return Wanted(self.band, self.q, self.segment, self.owner, self.lifecycle, order, descending)


def add_routes(api: Register, desk: Desk) -> None:
    @api.add(Spec("GET", "/customers", needs(Role.VIEWER, Scope.READ), Customers))
    def list_customers(asked: Annotated[Asked, Query()]) -> Response:
        """Customers with their scores now, the lowest first; those without a value of the order come last."""
        wanted = asked.wanted()
        found = desk.book.customers_part(wanted, _place(asked.cursor, wanted), asked.limit)
        return reply(Customers([_customer(line) for line in found.lines], cursors.write(found.next, wanted)))

    @api.add(Spec("GET", "/customers/{customer_id}", needs(Role.VIEWER, Scope.READ), Customer))
    def get_customer(customer_id: CustomerId) -> Response:
        """One customer and its score now."""
        line = desk.book.line(customer_id)
        if line is None:
            raise NoSuchCustomer(customer_id)
        return reply(_customer(line))

    @api.add(Spec("GET", "/overview", needs(Role.VIEWER, Scope.READ), Base))
    def get_overview() -> Response:
        """The whole base at a glance, with its last 90 days."""
        return reply(_base(desk.book.overview()))


def _place(cursor: str | None, wanted: Wanted) -> Place | None:
    place = cursors.read(cursor, Place, wanted)
    kind = str if wanted.sort in TEXTS else float
    if place is not None and place.value is not None and not isinstance(place.value, kind):
        raise BadCursor
    return place


def _customer(line: CustomerLine) -> Customer:
    return Customer(*(getattr(line, name) for name in Customer.__struct_fields__))


def _base(found: Overview) -> Base:
    same = {name: getattr(found, name) for name in Base.__struct_fields__ if name not in {"as_of", "days"}}
    days = [OverviewDay(day_to_date(day), mean, healthy, mrr) for day, mean, healthy, mrr in found.series]
    return Base(as_of=to_datetime(found.as_of) if found.as_of else None, days=days, **same)
