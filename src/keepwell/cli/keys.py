"""`keepwell keys`: what programs show instead of a password."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from keepwell.cli.options import Data, Json, emit, say, table, workspace

if TYPE_CHECKING:
    from keepwell.runtime.ports.keys import KeyLine

app = typer.Typer(help="Keys of programs. While `keepwell serve` runs, use its page /settings.", no_args_is_help=True)


@app.command("create")
def create(
    kind: Annotated[Literal["write", "api"], typer.Option(help="write takes events in; api reads and changes.")],
    name: Annotated[str, typer.Option(help="What it is for.")],
    scope: Annotated[
        list[str] | None,
        typer.Option(
            help="What an api key may do: scores:read, scores:write, ingest:write, letters:answer, admin. Repeatable."
        ),
    ] = None,
    event: Annotated[
        list[str] | None, typer.Option(help="An event that a write key may send; all when not given. Repeatable.")
    ] = None,
    customer_prefix: Annotated[
        list[str] | None,
        typer.Option(help="How the customer ids begin that a write key may send about. Repeatable."),
    ] = None,
    data: Data = None,
    *,
    json: Json = False,
) -> None:
    """Make a key and show it, this once."""
    from keepwell.runtime.clock import now_us
    from keepwell.runtime.keys import KeyRing
    from keepwell.runtime.ports.keys import KeyWish

    wish = KeyWish(kind, name, tuple(scope or ()), tuple(event or ()), tuple(customer_prefix or ()))
    with workspace(data, create=True) as space, space.writing():
        made = KeyRing(space, now_us).create(wish)
    if json:
        emit({"id": made.id, "key": made.key})
    else:
        print(f"{made.key}\nThis is key {made.id}. Copy it now: it cannot be shown again.")


@app.command("list")
def list_keys(data: Data = None, *, json: Json = False) -> None:
    """List all keys, without their secrets."""
    from keepwell.base.time import to_rfc3339
    from keepwell.runtime.clock import now_us
    from keepwell.runtime.keys import KeyRing

    def moment(instant: int | None) -> str | None:
        return None if instant is None else to_rfc3339(instant)

    with workspace(data) as space:
        found = KeyRing(space, now_us).keys()
    lines = [
        {
            "id": key.id,
            "kind": key.kind,
            "name": key.name,
            "prefix": key.prefix,
            "scopes": sorted(key.scopes),
            "events": key.events,
            "customers": key.customers,
            "created_at": moment(key.created_at),
            "last_used_at": moment(key.last_used_at),
            "revoked_at": moment(key.revoked_at),
        }
        for key in found
    ]
    if json:
        emit(lines)
        return
    columns = ("id", "kind", "name", "prefix", "may", "last_used_at", "revoked_at")
    shown = [{**line, "may": _may(key)} for line, key in zip(lines, found, strict=True)]
    table("Keys", columns, [[line[column] for column in columns] for line in shown])


def _may(key: KeyLine) -> str:
    """Scopes and limits of a key, in words."""
    parts = [", ".join(sorted(key.scopes))]
    if key.events:
        parts.append(f"only {', '.join(key.events)}")
    if key.customers:
        parts.append(f"only about {', '.join(f'{each}…' for each in key.customers)}")
    return "; ".join(parts)


@app.command("revoke")
def revoke(
    key_id: Annotated[int, typer.Argument(metavar="ID", help="The number of the key.")],
    data: Data = None,
    *,
    json: Json = False,
) -> None:
    """End a key for good."""
    from keepwell.runtime.clock import now_us
    from keepwell.runtime.keys import KeyRing
    from keepwell.runtime.ports.keys import NoSuchKeyError

    with workspace(data) as space, space.writing():
        if not KeyRing(space, now_us).revoke(key_id):
            raise NoSuchKeyError(key_id)
    if json:
        emit({"id": key_id, "revoked": True})
    else:
        say(f"key {key_id} opens nothing any more")
