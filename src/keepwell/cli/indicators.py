"""`keepwell indicators`: how a customer fares with mining, trading and DeFi, week by week."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from keepwell.cli.options import AsOf, Data, Json, emit, moment, say, table, workspace

if TYPE_CHECKING:
    from keepwell.runtime.ports.expert import Indicated


def indicators(
    customer: Annotated[str, typer.Argument(help="The customer's id.")],
    as_of: AsOf = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Show the crypto indicators of a customer over twelve weeks: value, change, tested direction."""
    from keepwell.expert.indicators.answer import answer
    from keepwell.runtime.explain import UnknownCustomerError
    from keepwell.runtime.indicating import indicated

    at = moment(as_of)
    with workspace(data) as space:
        found = indicated(space, customer, at)
    if found is None:
        raise UnknownCustomerError(customer)
    if json:
        trends = [answer(each) for each in found.trends]
        emit({"customer_id": customer, "as_of": _rfc3339(at), "events": found.events, "indicators": trends})
    else:
        _tell(found)


def _rfc3339(at: int) -> str:
    from keepwell.base.time import to_rfc3339

    return to_rfc3339(at)


def _tell(found: Indicated) -> None:
    from keepwell.web.views.indicators import view

    told = view(found, found.customer_id)
    say(f"{found.customer_id}: {told.looked_at}")
    for group in told.groups:
        rows = [(row.title, row.read_as, row.value, row.change, row.direction, row.rests_on) for row in group.known]
        if rows:
            table(group.title, ("indicator", "read as", "latest", "change", "direction", "rests on"), rows)
    for row in told.unknown:
        say(f"Not observed: {row.title}. It needs {'; or '.join(row.needs)}.")
