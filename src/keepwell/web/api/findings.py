"""What the Expert finds of everybody: diagnoses that hold now, and the customers of one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal
from urllib.parse import unquote

import msgspec
from fastapi import Path, Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from keepwell.base.time import to_datetime
from keepwell.expert.knowledge import Certainty, Severity
from keepwell.expert.library import entry_id
from keepwell.runtime.ports.desk import Desk
from keepwell.runtime.ports.findings import FindingLine, FindingPlace, Group, Wanted
from keepwell.web.api import cursors
from keepwell.web.api.asked import Cursor, Limit
from keepwell.web.api.register import Instant, Register, Spec, reply
from keepwell.web.expert import NoSuchFinding
from keepwell.web.needs import Role, Scope, needs

Entry = Annotated[str, Path(max_length=200, description="The id of an entry, such as `TX-04`.")]


class FindingGroup(msgspec.Struct, frozen=True):
    """One diagnosis about one topic, and of how many customers it is said now.

    `everybody` tells that its cause lies outside of any customer: it says nothing about single ones. `first_since` is
    since when the one has it who has it for longest, `last_since` the newest one.
    """

    entry: str
    topic: str
    title: str
    domain: str
    severity: str
    certainty: str
    everybody: bool
    customers: int
    first_since: Instant
    last_since: Instant


class FindingGroups(msgspec.Struct, frozen=True):
    """Diagnoses of everybody, the worst first, then those of the most customers.

    `diagnosed` counts customers that were ever diagnosed, `last_diagnosed_at` is null before the first; `waiting` are
    to be diagnosed as soon as there is time.
    """

    diagnosed: int
    last_diagnosed_at: Instant | None
    waiting: int
    groups: Sequence[FindingGroup]


class FindingCustomer(msgspec.Struct, frozen=True):
    """A customer of whom a diagnosis is said. `scope` is whose trouble it is; `observed` counts observations."""

    customer_id: str
    customer_name: str
    topic: str
    since: Instant
    severity: str
    certainty: str
    scope: str
    sentence: str
    may_tell_customer: bool
    observed: int


class FindingCustomers(msgspec.Struct, frozen=True):
    """A part of the customers of one diagnosis, the worst first, then who has it for longest.

    `total` counts all; `next` is the cursor of the part after it, null at the end.
    """

    entry: str
    title: str
    domain: str
    total: int
    customers: Sequence[FindingCustomer]
    next: str | None


class FindingsAsked(BaseModel):
    """The parameters of the address of the groups."""

    domain: str | None = Field(None, max_length=200, description="What the entry is about, such as `rpc_api`.")
    severity: Literal["info", "watch", "warn", "critical"] | None = None
    certainty: Literal["entailed", "inferred", "hint"] | None = None

    def wanted(self) -> Wanted:
        return Wanted(
            self.domain,
            None if self.severity is None else Severity(self.severity),
            None if self.certainty is None else Certainty(self.certainty),
        )


def add_routes(api: Register, desk: Desk) -> None:
    @api.add(Spec("GET", "/findings", needs(Role.VIEWER, Scope.READ), FindingGroups))
    def list_findings(asked: Annotated[FindingsAsked, Query()]) -> Response:
        """Which diagnoses hold now, of how many customers, and whether they are everybody's trouble."""
        found = desk.findings.fleet()
        last = None if found.last is None else to_datetime(found.last)
        groups = [_group(each) for each in asked.wanted().among(found.groups)]
        return reply(FindingGroups(found.diagnosed, last, found.waiting, groups))

    @api.add(Spec("GET", "/findings/{entry}", needs(Role.VIEWER, Scope.READ), FindingCustomers))
    def list_finding_customers(entry: Entry, cursor: Cursor = None, limit: Limit = 100) -> Response:
        """The customers of whom one diagnosis is said now."""
        name = entry_id(unquote(entry))
        part = desk.findings.part(name, cursors.read(cursor, FindingPlace, name), limit)
        if part is None:
            raise NoSuchFinding(name)
        lines, following = [_customer(each) for each in part.lines], cursors.write(part.next, name)
        return reply(FindingCustomers(part.entry, part.title, part.domain, part.customers, lines, following))


def _group(group: Group) -> FindingGroup:
    return FindingGroup(
        group.entry, group.topic, group.title, group.domain, group.severity, group.certainty, group.everybody,
        group.customers, to_datetime(group.first), to_datetime(group.last),
    )  # fmt: skip


def _customer(line: FindingLine) -> FindingCustomer:
    episode, said = line.episode, line.episode.said
    return FindingCustomer(
        line.customer_id, line.customer_name, episode.topic, to_datetime(episode.since), said.severity, said.certainty,
        said.scope, said.sentence, said.may_tell_customer, said.observed,
    )  # fmt: skip
