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
from keepwell.metrics.rollups import DAY_COLUMNS, PART_COLUMNS

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


def _int(name: str, *, optional: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=optional)


def _text(name: str, *, optional: bool = False) -> Column[str]:
    return Column(name, Text, nullable=optional)


def _event_columns() -> list[Column[int] | Column[str]]:
    ints = [_int(name, optional=name in _OPTIONAL) for name in EVENT_INTS]
    return [*ints, *(_text(name, optional=name in _OPTIONAL) for name in EVENT_TEXTS)]


setting = Table("setting", metadata, Column("name", Text, primary_key=True), _text("value"))
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
    _int("source"),
    _int("hour"),
    _int("key"),
    _int("body"),
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
    _int("failures"),
    _int("since"),
    _int("last_at"),
    _text("reason"),
)
link = Table("link", metadata, _text("kind"), _text("name"), _text("owner"), PrimaryKeyConstraint("kind", "name"))
source_hour = Table(
    "source_hour",
    metadata,
    _int("source"),
    _int("hour"),
    *(_int(name) for name in ("accepted", "duplicates", "rejected", "last_at")),
    PrimaryKeyConstraint("source", "hour"),
)
segment = Table(
    "segment",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    _text("path"),
    _text("stream"),
    _int("rows"),
    _int("bytes"),
    _text("sha256"),
    _int("min_known"),
    _int("max_known"),
    _int("rolled"),
    _int("retired"),
)
payload = Table(
    "payload",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    _int("source"),
    _int("received_at"),
    _text("headers"),
    Column("body", LargeBinary, nullable=False),
)
Index("payload_by_moment", payload.c.received_at)

day = Table(
    "day",
    metadata,
    _int("customer"),
    _int("day"),
    _int("known_day"),
    *(_int(name) for name in DAY_COLUMNS),
    PrimaryKeyConstraint("customer", "day"),
    sqlite_with_rowid=False,
)
day_part = Table(
    "day_part",
    metadata,
    _int("customer"),
    _int("kind"),
    _text("part"),
    _int("day"),
    _int("known_day"),
    *(_int(name) for name in PART_COLUMNS),
    PrimaryKeyConstraint("customer", "kind", "part", "day"),
    sqlite_with_rowid=False,
)
fact = Table(
    "fact",
    metadata,
    _int("customer"),
    _int("kind"),
    _int("source"),
    _int("key"),
    _int("occurred_at"),
    _int("day"),
    _int("known_at"),
    _text("part", optional=True),
    _text("part2", optional=True),
    _int("code", optional=True),
    _int("v1", optional=True),
    _int("v2", optional=True),
    _text("ref", optional=True),
    _int("day2", optional=True),
    PrimaryKeyConstraint("customer", "kind", "source", "key", "occurred_at"),
    sqlite_with_rowid=False,
)
first_use = Table(
    "first_use",
    metadata,
    _int("customer"),
    _text("part"),
    _int("known_at"),
    _int("day"),
    PrimaryKeyConstraint("customer", "part"),
    sqlite_with_rowid=False,
)

state_event = Table("state_event", metadata, *_event_columns(), PrimaryKeyConstraint("customer", "kind", "key"))
profile = Table(
    "profile",
    metadata,
    _int("customer"),
    _int("known_at"),
    _int("until"),
    *(_int(name) for name in PROFILE_COLUMNS),
    _text("doc"),
    PrimaryKeyConstraint("customer", "known_at"),
)
set_item = Table(
    "set_item",
    metadata,
    _int("set_id"),
    _text("item"),
    _int("number"),
    PrimaryKeyConstraint("set_id", "item"),
)

reference = Table("reference", metadata, Column("day", BigInteger, primary_key=True, autoincrement=False), _text("doc"))
_SCORE = ("as_of", "band", "computed_band", "cap", "provisional", "lifecycle")
score = Table(
    "score",
    metadata,
    Column("customer", BigInteger, primary_key=True, autoincrement=False),
    *(_int(name) for name in _SCORE),
    *(Column(name, Float, nullable=False) for name in ("score", "uncapped", "coverage", "connectable")),
    _text("scorecard"),
    _int("watermark"),
    *(Column(name, BigInteger, nullable=False, server_default="0") for name in ("due_at", "late_at")),
)
Index("score_by_due", score.c.due_at)
Index("score_by_moment", score.c.as_of)
snapshot = Table(
    "snapshot",
    metadata,
    _int("customer"),
    _int("day"),
    Column("score", Float, nullable=False),
    Column("coverage", Float, nullable=False),
    _int("band"),
    _int("lifecycle"),
    _text("scorecard"),
    PrimaryKeyConstraint("customer", "day"),
    sqlite_with_rowid=False,
)
Index("snapshot_by_day", snapshot.c.day)
figure = Table(
    "figure",
    metadata,
    Column("day", BigInteger, primary_key=True, autoincrement=False),
    _int("customers"),
    Column("total", Float, nullable=False),
    *(_int(name) for name in ("healthy", "at_risk_mrr")),
)
standing = Table(
    "standing",
    metadata,
    Column("customer", BigInteger, primary_key=True, autoincrement=False),
    _text("state"),
)
band_change = Table(
    "band_change",
    metadata,
    _int("customer"),
    _int("at"),
    _text("was"),
    _text("became"),
    Column("score", Float, nullable=False),
    _text("because"),
    PrimaryKeyConstraint("customer", "at", "became"),
)
scorecard = Table(
    "scorecard",
    metadata,
    _int("published_at"),
    _text("version"),
    _text("doc"),
    PrimaryKeyConstraint("published_at", "version"),
)

reject = Table(
    "reject",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    _text("source"),
    _text("file"),
    _int("row"),
    _text("reason"),
    _text("detail"),
    _text("raw"),
    _int("truncated"),
    _int("recorded_at"),
    _int("replayed_at", optional=True),
)
import_run = Table(
    "import_run",
    metadata,
    Column("fingerprint", Text, primary_key=True),
    _text("path"),
    _int("rows_done"),
    _int("accepted"),
    _int("duplicates"),
    _int("conflicts"),
    _text("reasons"),
    _int("finished_at", optional=True),
)
idempotency = Table(
    "idempotency",
    metadata,
    Column("name", Text, primary_key=True),
    _text("request"),
    _int("status"),
    _text("sealed"),
    _int("expires_at"),
)
Index("idempotency_by_end", idempotency.c.expires_at)
login = Table(
    "login",
    metadata,
    Column("hash", Text, primary_key=True),
    _text("kind"),  # link, session or device
    _int("expires_at"),
    _int("person", optional=True),  # nobody: opened by a link
    _int("seen_at", optional=True),
)
person = Table(
    "person",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False, unique=True),
    _int("role"),
    _text("password", optional=True),
    _text("issuer", optional=True),
    _text("subject", optional=True),
    _int("created_at"),
    _int("last_login_at", optional=True),
    UniqueConstraint("issuer", "subject"),
)
api_key = Table(
    "api_key",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    _text("kind"),
    _text("name"),
    _text("prefix"),
    Column("hash", Text, nullable=False, unique=True),
    _text("scopes"),
    _text("events"),
    _text("customers"),
    _int("created_at"),
    _int("last_used_at", optional=True),
    _int("revoked_at", optional=True),
)
outbox = Table(
    "outbox",
    metadata,
    Column("key", Text, primary_key=True),
    *(_text(name) for name in ("state", "audience", "channel", "recipient")),
    *(_int(name) for name in ("urgent", "repeat", "held")),
    *(_text(name) for name in ("payload", "because")),
    *(_int(name) for name in ("created_at", "due_at")),
    _int("expires_at", optional=True),
    *(_int(name) for name in ("attempts", "fence")),
    *(_int(name, optional=True) for name in ("claimed_at", "lease_until", "settled_at")),
    *(_text(name, optional=True) for name in ("error", "reference")),
)
Index("outbox_by_due", outbox.c.state, outbox.c.due_at)
Index("outbox_by_receiver", outbox.c.channel, outbox.c.recipient, outbox.c.claimed_at)
Index("outbox_by_age", outbox.c.created_at)
