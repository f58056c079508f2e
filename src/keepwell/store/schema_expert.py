"""The tables of diagnoses and their findings."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, MetaData, PrimaryKeyConstraint, Table

from keepwell.store.columns import integer, text

_SAID = ("domain", "title", "severity", "certainty", "scope", "explained_by", "sentence")


def add_tables(metadata: MetaData) -> None:
    diagnosis = Table(
        "diagnosis",
        metadata,
        Column("customer", BigInteger, primary_key=True, autoincrement=False),
        integer("at"),
        integer("due_at"),
        integer("events"),
    )
    Index("diagnosis_by_due", diagnosis.c.due_at)
    Index("diagnosis_by_at", diagnosis.c.at)
    finding = Table(
        "finding",
        metadata,
        integer("customer"),
        *(text(name) for name in ("entry", "topic")),
        *(integer(name) for name in ("since", "until")),
        *(text(name) for name in _SAID),
        *(integer(name) for name in ("may_tell_customer", "observed")),
        PrimaryKeyConstraint("customer", "entry", "topic", "since"),
    )
    counted = ("until", "explained_by", "entry", "severity", "certainty", "scope", "topic", "since", "customer")
    Index("finding_by_end", *(finding.c[name] for name in counted))  # the fleet is counted in it alone
