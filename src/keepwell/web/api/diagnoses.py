"""What is technically wrong with a customer, as the Expert reads it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from starlette.responses import Response

from keepwell.base.time import to_datetime
from keepwell.expert.answer import answer
from keepwell.runtime.ports.desk import Desk
from keepwell.runtime.ports.expert import Diagnosed
from keepwell.web.api.asked import CustomerId, Moment, past
from keepwell.web.api.register import Instant, Register, Spec, reply
from keepwell.web.needs import Role, Scope, needs
from keepwell.web.pages import NoSuchCustomer


class CustomerDiagnosis(msgspec.Struct, frozen=True):
    """A diagnosis: `findings` hold, `unknown` lists what is undecided and what would decide it.

    `scopes` says of each topic who has trouble: the customer, everybody, both or nobody. Only findings that
    `may_tell_customer` are meant for the customer's eyes.
    """

    customer_id: str
    as_of: Instant
    events: int
    compared_with: int
    scopes: dict[str, str]
    findings: Sequence[dict[str, Any]]
    explained: Sequence[dict[str, Any]]
    unknown: Sequence[dict[str, Any]]
    set_aside: Sequence[dict[str, Any]]
    unobserved: Sequence[str]


def add_routes(api: Register, desk: Desk) -> None:
    @api.add(Spec("GET", "/customers/{customer_id}/diagnosis", needs(Role.VIEWER, Scope.READ), CustomerDiagnosis))
    def get_diagnosis(customer_id: CustomerId, as_of: Moment = None) -> Response:
        """What is technically wrong with a customer: findings with evidence, causes, actions, and what is unknown."""
        found = desk.expert.diagnose(customer_id, past(as_of, "as_of", desk.clock()))
        if found is None:
            raise NoSuchCustomer(customer_id)
        return reply(_diagnosis(found))


def _diagnosis(found: Diagnosed) -> CustomerDiagnosis:
    told: dict[str, Any] = {**answer(found.diagnosis, found.knowledge), "as_of": to_datetime(found.diagnosis.now)}
    return CustomerDiagnosis(customer_id=found.customer_id, events=found.events, compared_with=found.others, **told)
