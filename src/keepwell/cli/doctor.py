"""`keepwell doctor`: whether everything is as it should be."""

from __future__ import annotations

import sys

from keepwell.cli.options import Data, Json, emit, table, workspace


def doctor(data: Data = None, json: Json = False) -> None:
    """Check the data folder: database, segments against their checksums, scorecards, scores, forecasts, solana.toml."""
    from keepwell.runtime.clock import now_us
    from keepwell.runtime.doctor import checks

    with workspace(data) as space:
        found = checks(space, now_us())
    if json:
        emit(found)
    else:
        table(
            "Checks",
            ("check", "ok", "detail"),
            [(each.check, "yes" if each.ok else "NO", each.detail) for each in found],
        )
    if not all(each.ok for each in found):
        sys.exit(1)
