"""Keys of programs: write keys for events, API keys for everything else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec
from fastapi import Path
from starlette.requests import Request
from starlette.responses import Response

from keepwell.base.time import to_datetime
from keepwell.runtime.ports import keys
from keepwell.runtime.ports.desk import Desk
from keepwell.runtime.ports.keys import NoSuchKeyError
from keepwell.web.api.asked import AnyBody, JsonBody, Unreadable, read
from keepwell.web.api.register import Instant, Register, Spec, reply
from keepwell.web.api.writes import Asked, Key
from keepwell.web.needs import Role, Scope, needs

KeyId = Annotated[int, Path(ge=1, le=2**63 - 1)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")]


Entries = Annotated[Sequence[Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]], msgspec.Meta(max_length=100)]


class KeyWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A key to make. A write key only sends events and takes no scopes; an API key needs at least one.

    `events` and `customers` narrow a write key: to these events, and to customer ids that begin like this.
    """

    kind: Literal["write", "api"]
    name: Name
    scopes: Sequence[Scope] = ()
    events: Entries = ()
    customers: Entries = ()


class KeyMade(msgspec.Struct, frozen=True):
    """A new key. `key` is shown this once and kept nowhere."""

    id: int
    key: str


class KeyShown(msgspec.Struct, frozen=True):
    """A key, told by how it begins."""

    id: int
    kind: str
    name: str
    prefix: str
    scopes: Sequence[str]
    events: Sequence[str]
    customers: Sequence[str]
    created_at: Instant
    last_used_at: Instant | None
    revoked_at: Instant | None


class Keys(msgspec.Struct, frozen=True):
    """All keys."""

    keys: Sequence[KeyShown]


def add_routes(api: Register, desk: Desk) -> None:
    @api.add(Spec("GET", "/keys", needs(Role.ADMIN, Scope.ADMIN), Keys))
    def list_keys() -> Response:
        """All keys, without their secrets."""
        return reply(Keys(list(map(_shown, desk.keys.keys()))))

    @api.add(Spec("POST", "/keys", needs(Role.ADMIN, Scope.ADMIN), KeyMade, KeyWish, 201))
    def create_key(request: Request, body: JsonBody, key: Key) -> Response:
        """Make a key. Its secret is in the answer, and nowhere else."""
        wish = read(body, KeyWish)
        _check(wish)

        def act() -> Response:
            made = desk.keys.create(
                keys.KeyWish(wish.kind, wish.name, tuple(wish.scopes), tuple(wish.events), tuple(wish.customers))
            )
            return reply(KeyMade(made.id, made.key), 201)

        return Asked(request, body, key).once(desk.once, act)

    @api.add(Spec("DELETE", "/keys/{key_id}", needs(Role.ADMIN, Scope.ADMIN), None, status=204))
    def revoke_key(request: Request, key_id: KeyId, body: AnyBody, key: Key) -> Response:
        """Revoke a key, for ever."""

        def act() -> Response:
            if not desk.keys.revoke(key_id):
                raise NoSuchKeyError(key_id)
            return Response(status_code=204)

        return Asked(request, body, key).once(desk.once, act)


def _check(wish: KeyWish) -> None:
    if wish.kind == "write" and any(scope is not Scope.INGEST for scope in wish.scopes):
        raise Unreadable("body.scopes", "a write key can only send events")
    if wish.kind == "api" and not wish.scopes:
        raise Unreadable("body.scopes", "an API key needs at least one scope")


def _shown(line: keys.KeyLine) -> KeyShown:
    return KeyShown(
        line.id, line.kind, line.name, line.prefix, sorted(line.scopes), line.events, line.customers,
        to_datetime(line.created_at), _moment(line.last_used_at), _moment(line.revoked_at),
    )  # fmt: skip


def _moment(at: int | None) -> dt.datetime | None:
    return None if at is None else to_datetime(at)
