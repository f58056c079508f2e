"""The tables of forecasts: the chain, its rows in parts, what is to be scored, and salts."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, LargeBinary, MetaData, PrimaryKeyConstraint, Table

from keepwell.store.columns import integer, text


def add_tables(metadata: MetaData) -> None:
    entry = Table(
        "ledger_entry",
        metadata,
        Column("number", BigInteger, primary_key=True, autoincrement=False),
        text("kind"),
        integer("at"),
        *(text(name) for name in ("content", "link")),
    )
    Index("ledger_entry_by_kind", entry.c.kind, entry.c.number)
    part = Table(
        "ledger_part",
        metadata,
        *(integer(name) for name in ("entry", "part", "first")),
        Column("data", LargeBinary, nullable=False),
        PrimaryKeyConstraint("entry", "part"),
    )
    Index("ledger_part_by_first", part.c.entry, part.c.first)
    window = Table(
        "ledger_window",
        metadata,
        *(integer(name) for name in ("publication", "horizon", "ends_at")),
        integer("scored", optional=True),
        PrimaryKeyConstraint("publication", "horizon"),
    )
    Index("ledger_window_by_end", window.c.scored, window.c.ends_at)
    Table(
        "ledger_customer",
        metadata,
        Column("customer", BigInteger, primary_key=True, autoincrement=False),
        *(integer(name) for name in ("newest", "told_at", "told")),
        Column("salt", LargeBinary, nullable=False),
    )
