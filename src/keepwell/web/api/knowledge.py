"""The knowledge base, and verdicts on what was found by it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec
from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from keepwell.base.time import day_of, from_datetime
from keepwell.expert.judging import Verdict
from keepwell.expert.library import brief, code, entry_id
from keepwell.runtime.ports.desk import Desk
from keepwell.runtime.ports.knowledge import Judged
from keepwell.web.api.asked import ENDS, CustomerId, JsonBody, Unreadable, read
from keepwell.web.api.register import Instant, Register, Spec, reply
from keepwell.web.api.writes import Asked, Key
from keepwell.web.knowledge import person_of
from keepwell.web.needs import Role, Scope, needs, visitor
from keepwell.web.pages import NoSuchCustomer

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class KnowledgeFound(msgspec.Struct, frozen=True):
    """What a query found, the best first: `entries` of the knowledge base, and `codes` of the tables of errors."""

    entries: Sequence[dict[str, Any]]
    codes: Sequence[dict[str, Any]]


class VerdictWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether a finding was right: its `id` as `entry`, its `topic` if it has one, and the `as_of` of its diagnosis.

    `withdrawn` takes back what the same person or program said of it today.
    """

    entry: Text
    verdict: Literal["right", "wrong", "withdrawn"]
    topic: Annotated[str, msgspec.Meta(max_length=100)] | None = None
    note: Annotated[str, msgspec.Meta(max_length=500)] = ""
    as_of: Instant | None = None


class VerdictTold(msgspec.Struct, frozen=True):
    """A verdict as it stands now; `told` is the sentence that was judged, null when it was withdrawn."""

    customer_id: str
    entry: str
    topic: str | None
    verdict: str
    person: str
    note: str
    told: str | None


def add_routes(api: Register, desk: Desk) -> None:
    _reading(api, desk)
    _judging(api, desk)


def _reading(api: Register, desk: Desk) -> None:
    @api.add(Spec("GET", "/knowledge", needs(Role.VIEWER, Scope.READ), KnowledgeFound))
    def search_knowledge(query: Annotated[str, Query(max_length=2000)] = "") -> Response:
        """Entries and errors found by an id, a name, a code in either notation, a message, or words; all without."""
        library = desk.knowledge.library()
        found = library.index.search(query)
        entries = [brief(each, library.knowledge) for each in found.entries]
        return reply(KnowledgeFound(entries, [code(each) for each in found.codes]))


def _judging(api: Register, desk: Desk) -> None:
    path = "/customers/{customer_id}/verdicts"

    @api.add(Spec("POST", path, needs(Role.CSM, Scope.WRITE), VerdictTold, VerdictWish))
    def judge_finding(request: Request, customer_id: CustomerId, body: JsonBody, key: Key) -> Response:
        """Say whether a finding was right, or take it back. One verdict a day counts of each person or program."""
        wish = read(body, VerdictWish)
        judged = Judged(customer_id, entry_id(wish.entry), wish.topic or "", person_of(visitor(request)))

        def act() -> Response:
            if "\x00" in customer_id or desk.book.line(customer_id) is None:
                raise NoSuchCustomer(customer_id)
            return reply(_withdrawn(desk, judged) if wish.verdict == "withdrawn" else _judged(desk, judged, wish))

        return Asked(request, body, key).once(desk.once, act)


def _withdrawn(desk: Desk, judged: Judged) -> VerdictTold:
    desk.knowledge.withdraw(judged, day_of(desk.clock()))
    return VerdictTold(judged.customer_id, judged.entry, judged.topic or None, "withdrawn", judged.person, "", None)


def _judged(desk: Desk, judged: Judged, wish: VerdictWish) -> VerdictTold:
    line = desk.knowledge.judge(judged, Verdict(wish.verdict), wish.note, _moment(wish.as_of))
    if line is None:
        raise NoSuchCustomer(judged.customer_id)
    return VerdictTold(
        line.customer_id, line.entry, line.topic or None, line.verdict.value, line.person, line.note, line.told
    )


def _moment(as_of: Instant | None) -> int | None:
    if as_of is None:
        return None
    found = from_datetime(as_of)
    if not 0 < found < ENDS:
        raise Unreadable("body.as_of", "this lies before 1970, or after 9999")
    return found
