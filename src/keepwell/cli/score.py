"""`keepwell score`: everybody's score at any moment."""

from __future__ import annotations

from keepwell.base.shares import percent
from keepwell.cli.options import AsOf, Data, Json, emit, moment, shown, table, workspace

NONE = "-"  # a customer without an event before that moment has no score


def score(as_of: AsOf = None, data: Data = None, json: Json = False) -> None:
    """Score all customers from the log, as of now or any past moment: what was known then."""
    from keepwell.runtime.rows import score_rows

    at = moment(as_of)
    with workspace(data) as space:
        rows = score_rows(space, at)
    if json:
        emit(rows)
        return
    table(
        f"Scores as of {rows[0].as_of}" if rows else "No customers yet; import events first",
        ("customer", "score", "coverage", "band", ""),
        [
            (row.customer_id, NONE if row.score is None else shown(row.score),
             NONE if row.coverage is None else percent(row.coverage), row.band or NONE,
             "provisional" if row.provisional and row.score is not None else "")
            for row in rows
        ],
    )  # fmt: skip
