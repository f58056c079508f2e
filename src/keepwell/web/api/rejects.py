"""Rows that were refused, and another try."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from keepwell.base.time import to_datetime
from keepwell.runtime.ports.book import Int64
from keepwell.runtime.ports.desk import Desk
from keepwell.runtime.ports.rejects import RejectLine, Replayed
from keepwell.web.api import cursors
from keepwell.web.api.asked import AnyBody, Cursor, Limit
from keepwell.web.api.register import Instant, Register, Spec, reply
from keepwell.web.api.writes import Asked, Key
from keepwell.web.needs import Role, Scope, needs

LISTED = "rejects"


class Reject(msgspec.Struct, frozen=True):
    """A refused row. `raw` is what was sent; a truncated one cannot be tried again."""

    id: int
    source: str
    file: str
    row: int
    reason: str
    detail: str
    raw: str
    truncated: bool
    recorded_at: Instant


class RejectList(msgspec.Struct, frozen=True):
    """A part of the list. `next` is the cursor of the part after it, null at the end."""

    rejects: Sequence[Reject]
    next: str | None


def add_routes(api: Register, desk: Desk) -> None:
    @api.add(Spec("GET", "/rejects", needs(Role.ADMIN, Scope.ADMIN), RejectList))
    def list_rejects(cursor: Cursor = None, limit: Limit = 100) -> Response:
        """Rows that were refused and not accepted since, the oldest first. They are shown as they were sent."""
        found = desk.rejects.after(cursors.read(cursor, Int64, LISTED) or 0, limit + 1)
        last = found[limit - 1].id if len(found) > limit else None
        return reply(RejectList([_reject(line) for line in found[:limit]], cursors.write(last, LISTED)))

    @api.add(Spec("POST", "/rejects/replay", needs(Role.ADMIN, Scope.ADMIN), Replayed))
    def replay_rejects(request: Request, body: AnyBody, key: Key) -> Response:
        """Try all refused rows again; those accepted now leave the list."""
        return Asked(request, body, key).once(desk.once, lambda: reply(desk.rejects.replay()))


def _reject(line: RejectLine) -> Reject:
    return Reject(**{**msgspec.structs.asdict(line), "recorded_at": to_datetime(line.recorded_at)})
