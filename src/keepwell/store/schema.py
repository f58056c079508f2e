"""The tables. Every integer is a BIGINT, so that SQLite and PostgreSQL hold the same."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    Index,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

from keepwell.metrics.aggregates import PROFILE_COLUMNS
from keepwell.metrics.rollups import DAY_COLUMNS, PART_COLUMNS, PULSE_COLUMNS
from keepwell.store import schema_alerts, schema_expert, schema_forecasts, schema_interventions, schema_verdicts
from keepwell.store.columns import integer, text

metadata = MetaData()

EVENT_INTS = (
    "customer",
    "kind",
    "own",
    "occurred_at",
    "known_at",
    "recorded_at",
    "sent_at",
    "flags",
    "source",
    "key",
    "n",
    "v1",
    "v2",
    "code",
    "code2",
    "day2",
    "day",
    "known_day",
)
EVENT_TEXTS = ("name", "message_id", "user_id", "part", "part2", "ref", "properties")
EVENT_COLUMNS = EVENT_INTS + EVENT_TEXTS
_OPTIONAL = {"sent_at", "v1", "v2", "code", "code2", "day2", *EVENT_TEXTS} - {"properties"}


def _event_columns() -> list[Column[int] | Column[str]]:
    ints = [integer(name, optional=name in _OPTIONAL) for name in EVENT_INTS]
    return [*ints, *(text(name, optional=name in _OPTIONAL) for name in EVENT_TEXTS)]


setting = Table("setting", metadata, Column("name", Text, primary_key=True), text("value"))
source = Table("source", metadata, Column("id", BigInteger, primary_key=True), Column("name", Text, unique=True))
customer = Table(
    "customer",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("external_id", Text, nullable=False, unique=True),
)

event = Table("event", metadata, Column("id", BigInteger, primary_key=True, autoincrement=False), *_event_columns())
Index("event_by_customer", event.c.customer, event.c.occurred_at)
seen = Table(
    "seen",
    metadata,
    integer("source"),
    integer("hour"),
    integer("key"),
    integer("body"),
    PrimaryKeyConstraint("source", "hour", "key"),
    sqlite_with_rowid=False,
)
dirty = Table(
    "dirty",
    metadata,
    Column("customer", BigInteger, primary_key=True, autoincrement=False),
    Column("since", BigInteger, nullable=False, server_default="0"),
)
quarantine = Table(
    "quarantine",
    metadata,
    Column("customer", BigInteger, primary_key=True, autoincrement=False),
    integer("failures"),
    integer("since"),
    integer("last_at"),
    text("reason"),
)
link = Table("link", metadata, text("kind"), text("name"), text("owner"), PrimaryKeyConstraint("kind", "name"))
chain_cursor = Table(
    "chain_cursor",
    metadata,
    *(text(name) for name in ("chain", "address", "signature")),
    integer("slot"),
    integer("block_at", optional=True),
    integer("moved_at"),
    PrimaryKeyConstraint("chain", "address"),
)
source_hour = Table(
    "source_hour",
    metadata,
    integer("source"),
    integer("hour"),
    *(integer(name) for name in ("accepted", "duplicates", "rejected", "last_at")),
    PrimaryKeyConstraint("source", "hour"),
)
segment = Table(
    "segment",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    text("path"),
    text("stream"),
    integer("rows"),
    integer("bytes"),
    text("sha256"),
    integer("min_known"),
    integer("max_known"),
    integer("rolled"),
    integer("retired"),
)
payload = Table(
    "payload",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    integer("source"),
    integer("received_at"),
    text("headers"),
    Column("body", LargeBinary, nullable=False),
)
Index("payload_by_moment", payload.c.received_at)

day = Table(
    "day",
    metadata,
    integer("customer"),
    integer("day"),
    integer("known_day"),
    *(integer(name) for name in DAY_COLUMNS),
    PrimaryKeyConstraint("customer", "day"),
    sqlite_with_rowid=False,
)
day_part = Table(
    "day_part",
    metadata,
    integer("customer"),
    integer("kind"),
    text("part"),
    integer("day"),
    integer("known_day"),
    *(integer(name) for name in PART_COLUMNS),
    PrimaryKeyConstraint("customer", "kind", "part", "day"),
    sqlite_with_rowid=False,
)
fact = Table(
    "fact",
    metadata,
    integer("customer"),
    integer("kind"),
    integer("source"),
    integer("key"),
    integer("occurred_at"),
    integer("day"),
    integer("known_at"),
    text("part", optional=True),
    text("part2", optional=True),
    integer("code", optional=True),
    integer("v1", optional=True),
    integer("v2", optional=True),
    text("ref", optional=True),
    integer("day2", optional=True),
    PrimaryKeyConstraint("customer", "kind", "source", "key", "occurred_at"),
    sqlite_with_rowid=False,
)
first_use = Table(
    "first_use",
    metadata,
    integer("customer"),
    text("part"),
    integer("known_at"),
    integer("day"),
    PrimaryKeyConstraint("customer", "part"),
    sqlite_with_rowid=False,
)

pulse = Table(
    "pulse",
    metadata,
    text("part"),
    integer("day"),
    integer("hour"),
    *(integer(name) for name in PULSE_COLUMNS),
    PrimaryKeyConstraint("part", "day", "hour"),
    sqlite_with_rowid=False,
)

state_event = Table("state_event", metadata, *_event_columns(), PrimaryKeyConstraint("customer", "kind", "key"))
profile = Table(
    "profile",
    metadata,
    integer("customer"),
    integer("known_at"),
    integer("until"),
    *(integer(name) for name in PROFILE_COLUMNS),
    text("doc"),
    PrimaryKeyConstraint("customer", "known_at"),
)
set_item = Table(
    "set_item",
    metadata,
    integer("set_id"),
    text("item"),
    integer("number"),
    PrimaryKeyConstraint("set_id", "item"),
)

reference = Table("reference", metadata, Column("day", BigInteger, primary_key=True, autoincrement=False), text("doc"))
fleet = Table("fleet", metadata, Column("day", BigInteger, primary_key=True, autoincrement=False), text("doc"))
_SCORE = ("as_of", "band", "computed_band", "cap", "provisional", "lifecycle")
score = Table(
    "score",
    metadata,
    Column("customer", BigInteger, primary_key=True, autoincrement=False),
    *(integer(name) for name in _SCORE),
    *(Column(name, Float, nullable=False) for name in ("score", "uncapped", "coverage", "connectable")),
    text("scorecard"),
    integer("watermark"),
    *(Column(name, BigInteger, nullable=False, server_default="0") for name in ("due_at", "late_at")),
)
Index("score_by_due", score.c.due_at)
Index("score_by_moment", score.c.as_of)
snapshot = Table(
    "snapshot",
    metadata,
    integer("customer"),
    integer("day"),
    Column("score", Float, nullable=False),
    Column("coverage", Float, nullable=False),
    integer("band"),
    integer("lifecycle"),
    text("scorecard"),
    PrimaryKeyConstraint("customer", "day"),
    sqlite_with_rowid=False,
)
Index("snapshot_by_day", snapshot.c.day)
figure = Table(
    "figure",
    metadata,
    Column("day", BigInteger, primary_key=True, autoincrement=False),
    integer("customers"),
    Column("total", Float, nullable=False),
    *(integer(name) for name in ("healthy", "at_risk_mrr")),
)
standing = Table(
    "standing",
    metadata,
    Column("customer", BigInteger, primary_key=True, autoincrement=False),
    text("state"),
)
band_change = Table(
    "band_change",
    metadata,
    integer("customer"),
    integer("at"),
    text("was"),
    text("became"),
    Column("score", Float, nullable=False),
    text("because"),
    PrimaryKeyConstraint("customer", "at", "became"),
)
scorecard = Table(
    "scorecard",
    metadata,
    integer("published_at"),
    text("version"),
    text("doc"),
    PrimaryKeyConstraint("published_at", "version"),
)

reject = Table(
    "reject",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    text("source"),
    text("file"),
    integer("row"),
    text("reason"),
    text("detail"),
    text("raw"),
    integer("truncated"),
    integer("recorded_at"),
    integer("replayed_at", optional=True),
)
import_run = Table(
    "import_run",
    metadata,
    Column("fingerprint", Text, primary_key=True),
    text("path"),
    integer("rows_done"),
    integer("accepted"),
    integer("duplicates"),
    integer("conflicts"),
    text("reasons"),
    integer("finished_at", optional=True),
)
idempotency = Table(
    "idempotency",
    metadata,
    Column("name", Text, primary_key=True),
    text("request"),
    integer("status"),
    text("sealed"),
    integer("expires_at"),
)
Index("idempotency_by_end", idempotency.c.expires_at)
login = Table(
    "login",
    metadata,
    Column("hash", Text, primary_key=True),
    text("kind"),  # link, session or device
    integer("expires_at"),
    integer("person", optional=True),  # nobody: opened by a link
    integer("seen_at", optional=True),
)
person = Table(
    "person",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False, unique=True),
    integer("role"),
    text("password", optional=True),
    text("issuer", optional=True),
    text("subject", optional=True),
    integer("created_at"),
    integer("last_login_at", optional=True),
    UniqueConstraint("issuer", "subject"),
)
api_key = Table(
    "api_key",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    text("kind"),
    text("name"),
    text("prefix"),
    Column("hash", Text, nullable=False, unique=True),
    text("scopes"),
    text("events"),
    text("customers"),
    integer("created_at"),
    integer("last_used_at", optional=True),
    integer("revoked_at", optional=True),
)

schema_alerts.add_tables(metadata)
schema_expert.add_tables(metadata)
schema_forecasts.add_tables(metadata)
schema_interventions.add_tables(metadata)
schema_verdicts.add_tables(metadata)
