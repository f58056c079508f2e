"""`keepwell events`: the newest events of the log."""

from __future__ import annotations

from typing import Annotated

import typer

from keepwell.cli.options import Data, Json, count, emit, table, workspace


def events(
    customer: Annotated[str | None, typer.Option("--customer", help="Only events of this customer.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most this many.")] = 100,
    data: Data = None,
    json: Json = False,
) -> None:
    """List events, the newest first."""
    from keepwell.base.time import to_rfc3339
    from keepwell.runtime.book import StoredBook
    from keepwell.runtime.clock import now_us

    with workspace(data) as space:
        found = StoredBook(space, now_us).events(customer, limit)
    if json:
        emit(
            [
                {
                    "message_id": line.message_id,
                    "customer_id": line.customer_id,
                    "event": line.event,
                    "occurred_at": to_rfc3339(line.occurred_at),
                    "received_at": to_rfc3339(line.received_at),
                    "properties": line.properties,
                }
                for line in found
            ]
        )
        return
    rows = [(to_rfc3339(line.occurred_at), line.customer_id, line.event, line.message_id) for line in found]
    table(count(len(rows), "newest event"), ("occurred", "customer", "event", "message id"), rows)
