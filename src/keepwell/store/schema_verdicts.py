"""The table of what people said of findings."""

from __future__ import annotations

from sqlalchemy import Index, MetaData, PrimaryKeyConstraint, Table

from keepwell.store.columns import integer, text


def add_tables(metadata: MetaData) -> None:
    verdict = Table(
        "verdict",
        metadata,
        integer("customer"),
        *(text(name) for name in ("entry", "topic", "person")),
        integer("day"),
        *(text(name) for name in ("verdict", "note")),
        integer("at"),
        *(text(name) for name in ("certainty", "digest", "told")),
        PrimaryKeyConstraint("customer", "entry", "topic", "person", "day"),
    )
    Index("verdict_by_entry", verdict.c.entry, verdict.c.at)
