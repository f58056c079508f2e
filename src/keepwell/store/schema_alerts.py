"""The tables of alerts, incidents and messages on their way out."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    Index,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

from keepwell.store.columns import integer, text


def add_tables(metadata: MetaData) -> None:
    _states(metadata)
    _alerts(metadata)
    _incidents(metadata)
    _outbox(metadata)


def _states(metadata: MetaData) -> None:
    alert_state = Table(
        "alert_state",
        metadata,
        integer("customer"),
        text("rule"),
        text("status"),
        text("state"),
        integer("due_at"),
        PrimaryKeyConstraint("customer", "rule"),
    )
    Index("alert_state_by_due", alert_state.c.due_at)
    Index("alert_state_by_status", alert_state.c.status)


def _alerts(metadata: MetaData) -> None:
    alert = Table(
        "alert",
        metadata,
        Column("id", BigInteger, primary_key=True, autoincrement=False),
        integer("customer"),
        text("rule"),
        integer("episode"),
        text("status"),
        text("severity"),
        integer("opened_at"),
        *(
            integer(name, optional=True)
            for name in ("respond_by", "responded_at", "ended_at", "snoozed_until", "incident", "shown_on")
        ),
        *(text(name, optional=True) for name in ("owner", "verdict", "note")),
        *(Column(name, Float, nullable=True) for name in ("measure", "threshold")),
        *(text(name) for name in ("unit", "because", "evidence")),
        integer("updated_at"),
        UniqueConstraint("customer", "rule", "episode"),
    )
    Index("alert_by_status", alert.c.status, alert.c.opened_at)
    alert_change = Table(
        "alert_change",
        metadata,
        integer("alert"),
        integer("place"),
        integer("at"),
        text("kind"),
        text("by", optional=True),
        text("because"),
        PrimaryKeyConstraint("alert", "place"),
    )
    Index("alert_change_by_moment", alert_change.c.at)


def _incidents(metadata: MetaData) -> None:
    incident = Table(
        "incident",
        metadata,
        Column("id", BigInteger, primary_key=True, autoincrement=False),
        text("kind"),
        text("part"),
        integer("opened_at"),
        integer("ended_at", optional=True),
        text("because"),
        text("evidence"),
        integer("began_at"),
    )
    Index("incident_by_end", incident.c.ended_at)
    Table(
        "suppression",
        metadata,
        integer("day"),
        integer("alert"),
        text("owner"),
        text("because"),
        PrimaryKeyConstraint("day", "alert"),
    )


def _outbox(metadata: MetaData) -> None:
    outbox = Table(
        "outbox",
        metadata,
        Column("key", Text, primary_key=True),
        *(text(name) for name in ("state", "audience", "channel", "recipient")),
        *(integer(name) for name in ("urgent", "repeat", "held")),
        *(text(name) for name in ("payload", "because")),
        *(integer(name) for name in ("created_at", "due_at")),
        integer("expires_at", optional=True),
        *(integer(name) for name in ("attempts", "fence")),
        *(integer(name, optional=True) for name in ("claimed_at", "lease_until", "settled_at")),
        *(text(name, optional=True) for name in ("error", "reference")),
    )
    Index("outbox_by_due", outbox.c.state, outbox.c.due_at)
    Index("outbox_by_receiver", outbox.c.channel, outbox.c.recipient, outbox.c.claimed_at)
    Index("outbox_by_age", outbox.c.created_at)
