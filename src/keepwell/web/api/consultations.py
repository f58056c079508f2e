"""A written assessment of what is technically the matter with a customer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from fastapi import Query
from starlette.responses import Response

from keepwell.base.time import to_datetime
from keepwell.expert.consultation import Wish
from keepwell.expert.consultation_record import Context, Purpose, Urgency
from keepwell.expert.consultation_text import plain
from keepwell.runtime.ports.consultation import Consulted
from keepwell.runtime.ports.desk import Desk
from keepwell.web.api.asked import CustomerId, Moment, past
from keepwell.web.api.register import Instant, Register, Spec, reply
from keepwell.web.needs import Role, Scope, needs
from keepwell.web.pages import NoSuchCustomer


class CustomerAssessment(msgspec.Struct, frozen=True):
    """An assessment: sections of groups of statements, each with the findings it rests on in `cites`.

    Only statements whose `audience` is `customer` are meant for the customer's eyes.
    """

    customer_id: str
    as_of: Instant
    purpose: str
    context: str
    urgency: str
    events: int
    compared_with: int
    sections: Sequence[dict[str, Any]]


PurposeAsked = Annotated[Purpose, Query(description="What the assessment is for, as playbooks name it.")]
ContextAsked = Annotated[Context, Query(description="What led to it; a decline of health adds the way of the score.")]
UrgencyAsked = Annotated[Urgency, Query(description="In an emergency the actions come first.")]


def add_routes(api: Register, desk: Desk) -> None:
    @api.add(Spec("GET", "/customers/{customer_id}/consultation", needs(Role.VIEWER, Scope.READ), CustomerAssessment))
    def get_consultation(
        customer_id: CustomerId,
        purpose: PurposeAsked = Purpose.IDENTIFY,
        context: ContextAsked = Context.DECLINE,
        urgency: UrgencyAsked = Urgency.NORMAL,
        as_of: Moment = None,
    ) -> Response:
        """A written assessment: findings with evidence, causes as hypotheses, actions, and what is not known."""
        at = past(as_of, "as_of", desk.clock())
        found = desk.consultant.consult(customer_id, Wish(purpose, context, urgency), at)
        if found is None:
            raise NoSuchCustomer(customer_id)
        return reply(_assessment(found))


def _assessment(found: Consulted) -> CustomerAssessment:
    told: dict[str, Any] = {**plain(found.assessment), "as_of": to_datetime(found.assessment.as_of)}
    return CustomerAssessment(customer_id=found.customer_id, **told)
