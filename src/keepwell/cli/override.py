"""`keepwell override`: the customer-success manager's own judgement of a band."""

from __future__ import annotations

from typing import Annotated

import typer

from keepwell.cli.customers import BAND_CHOICE, band_name
from keepwell.cli.options import Data, Json, emit, moment, say, workspace


def override(
    customer: Annotated[str, typer.Argument(help="The customer's id.")],
    band: Annotated[
        str | None,
        typer.Option(help="The band to show instead of the computed one.", parser=band_name, metavar=BAND_CHOICE),
    ] = None,
    reason: Annotated[str | None, typer.Option(help="Why; it is kept and shown.")] = None,
    until: Annotated[str | None, typer.Option(help="When it ends; 30 days from now when not given.")] = None,
    clear: Annotated[bool, typer.Option("--clear", help="End the override.")] = False,
    data: Data = None,
    *,
    json: Json = False,
) -> None:
    """Override a customer's band for a while. The computed score stays visible beside it."""
    from keepwell.runtime.clock import now_us
    from keepwell.runtime.overriding import Override, clear_override, set_override

    if not clear and (band is None or not reason):
        raise typer.BadParameter("an override needs --band and --reason; --clear ends one")
    cleared = False
    with workspace(data) as space:
        if clear:
            cleared = clear_override(space, customer, now_us())
        else:
            ends = None if until is None else moment(until, "--until")
            set_override(space, Override(customer, str(band), str(reason), ends), now_us())
    if clear and not cleared and not json:
        say(f"{customer} has no override; nothing was changed")
    elif json:
        emit({"customer_id": customer, "band": None if clear else str(band)})
    else:
        say(f"the band of {customer} is computed again" if clear else f"{customer} is shown as {band}")
