"""Folding events into rollups: one portable text for SQLite, PostgreSQL and DuckDB.

A fold reads a relation `event` and yields rows for `day`, `day_part`, `fact` and `first_use`.
All results are integers and short texts; adding rows of two folds gives the fold of both.
"""

from __future__ import annotations

from dataclasses import dataclass

from keepwell.base.time import DAY_US, HOUR_US
from keepwell.events.catalog import AREAS, CATALOG, KINDS, STATUSES, Stream, number

SESSION_SECONDS_CAP = 7200
SESSION_ACTIONS_CAP = 200
AMOUNT_CAP = 10**15  # a day's sum is held at this, so that sums over windows fit a BIGINT

DAY_WINDOW = 120  # days the wide rollup is kept: own rhythm, and whether a channel is used at all
PART_WINDOW = 62
FACT_WINDOW = 400
PULSE_WINDOW = 36

FEATURE, ENDPOINT, CHAIN, ASSET, METER = 1, 2, 3, 4, 5

_DEFI = ("swap", "lp", "lend", "borrow", "stake", "farm")
_K = {spec.key: spec.number for spec in CATALOG}
_DEFI_CODES = ", ".join(str(KINDS.index(kind)) for kind in _DEFI)
_OK = STATUSES.index("succeeded")
FACT_KINDS = tuple(spec.number for spec in CATALOG if spec.stream is Stream.FACT)
_FACTS = ", ".join(map(str, FACT_KINDS))
_STATES = ", ".join(str(spec.number) for spec in CATALOG if spec.stream is Stream.STATE)


def _when(key: str, then: str, extra: str = "") -> str:
    return f"CASE WHEN kind = {_K[key]}{extra} THEN {then} ELSE 0 END"


def _capped(column: str, cap: int) -> str:
    return f"CASE WHEN {column} > {cap} THEN {cap} ELSE COALESCE({column}, 0) END"


def _among(keys: tuple[str, ...]) -> str:
    return "CASE WHEN kind IN (" + ", ".join(str(_K[key]) for key in keys) + ") THEN 1 ELSE 0 END"


DAY_COLUMNS: dict[str, str] = {
    "own": "own",
    "sign_ins": _when("signed_in", "n"),
    "sessions": _when("session_ended", "1"),
    "session_s": _when("session_ended", _capped("v1", SESSION_SECONDS_CAP)),
    "session_actions": _when("session_ended", _capped("v2", SESSION_ACTIONS_CAP)),
    "feature_uses": _when("feature_used", "n"),
    "api_calls": _when("api_called", "n"),
    "tx_ok": _when("transaction", "n", f" AND code2 = {_OK}"),
    "tx_tried": _when("transaction", "n"),
    "defi": _when("transaction", "n", f" AND code2 = {_OK} AND code IN ({_DEFI_CODES})"),
    "work_ok": _when("work", "COALESCE(v1, 0)"),
    "work_bad": _when("work", "COALESCE(v2, 0)"),
    "docs": _when("page_viewed", "1", f" AND code = {AREAS.index('docs')}"),
    "forum": _when("page_viewed", "1", f" AND code = {AREAS.index('forum')}"),
    "help": _when("help_viewed", "1"),
    "content": _when("content_completed", "1"),
    "community": _among(("community_posted", "community_answered", "community_attended")),
    "began": _when("message_received", "1", " AND code = 0"),
    "asked": _when("message_sent", "1", " AND code = 1"),
    "replied": _when("message_replied", "1"),
    "api_errors": _when("api_called", "COALESCE(v1, 0)"),
    "signed_in_at": _when("signed_in", "occurred_at"),
}
"""Columns of `day`: what each counts, per customer and day, as an expression over an event row."""

LATEST = ("signed_in_at",)
"""Columns of `day` that hold the largest value of the day and not its sum: moments in microseconds, 0 without one."""

PART_COLUMNS = ("n", "amount", "value", "priced", "top")


@dataclass(frozen=True)
class Fold:
    """How one rollup comes out of events: its key, how columns combine, and the text."""

    table: str
    keys: tuple[str, ...]
    columns: tuple[str, ...]
    combine: str  # add, part, keep, least
    sql: str


def gather(name: str) -> str:
    """How a column of `day` comes together out of several rows."""
    return "MAX" if name in LATEST else "SUM"


def _day() -> str:
    sums = ",\n  ".join(f"CAST({gather(name)}({text}) AS BIGINT) AS {name}" for name, text in DAY_COLUMNS.items())
    return (
        f"SELECT customer, day, known_day,\n  {sums}\nFROM event\n"
        f"WHERE kind NOT IN ({_FACTS}, {_STATES}) AND customer > 0\nGROUP BY customer, day, known_day"
    )


def _held(expression: str) -> str:
    return f"CAST(CASE WHEN SUM({expression}) > {AMOUNT_CAP} THEN {AMOUNT_CAP} ELSE SUM({expression}) END AS BIGINT)"


def _part(kind: int, event: str, part: str, extra: str = "", *, amounts: bool = False) -> str:
    amount = _held("COALESCE(v1, 0)") if amounts else "CAST(0 AS BIGINT)"
    value = _held("COALESCE(v2, 0)") if amounts else "CAST(0 AS BIGINT)"
    priced = _held("CASE WHEN v2 > 0 THEN COALESCE(v1, 0) ELSE 0 END") if amounts else "CAST(0 AS BIGINT)"
    top = "CAST(MAX(COALESCE(v1, 0)) AS BIGINT)" if kind == METER else "CAST(0 AS BIGINT)"
    return (
        f"SELECT customer, {kind} AS kind, {part} AS part, day, known_day,\n"
        f"  CAST(SUM(n) AS BIGINT) AS n, {amount} AS amount, {value} AS value, {priced} AS priced, {top} AS top\n"
        f"FROM event WHERE kind = {_K[event]} AND {part} IS NOT NULL AND customer > 0{extra}\n"
        f"GROUP BY customer, {part}, day, known_day"
    )


def _parts() -> str:
    ok = f" AND code2 = {_OK}"
    return "\nUNION ALL\n".join(
        (
            _part(FEATURE, "feature_used", "part"),
            _part(ENDPOINT, "api_called", "part"),
            _part(CHAIN, "transaction", "part", ok),
            _part(ASSET, "transaction", "part2", ok, amounts=True),
            _part(METER, "usage_reported", "part"),
        )
    )


FACT_COLUMNS = ("day", "known_at", "part", "part2", "code", "v1", "v2", "ref", "day2")
_FACT = (
    "SELECT customer, kind, source, key, occurred_at, day, known_at, part, part2, code, v1, v2, ref, day2\n"
    f"FROM event WHERE kind IN ({_FACTS})"
)


def _low(part: str, by: str, where: str, customer: str = "customer") -> str:
    """The earliest day of something, with every record low by the time it became known."""
    return (
        "SELECT customer, part, known_at, day FROM (\n"
        "  SELECT customer, part, known_at, day,\n"
        "    MIN(day) OVER (PARTITION BY customer, part ORDER BY known_at, day\n"
        "      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before\n"
        f"  FROM (SELECT {customer} AS customer, {part} AS part, day, MIN(known_at) AS known_at\n"
        f"    FROM event WHERE {where} GROUP BY {by}, day) AS days\n"
        ") AS lows WHERE before IS NULL OR day < before"
    )


def _firsts() -> str:
    states, feature, page = _STATES, _K["feature_used"], _K["page_viewed"]
    return "\nUNION ALL\n".join(
        (
            _low("''", "customer", f"customer > 0 AND kind NOT IN ({states})"),
            _low("'own'", "customer", "customer > 0 AND own = 1"),
            _low("'f:' || part", "customer, part", f"customer > 0 AND kind = {feature} AND part IS NOT NULL"),
            _low("'k:' || CAST(kind AS VARCHAR(20))", "kind", "kind > 0", "0"),
            _low("'area:' || CAST(code AS VARCHAR(20))", "code", f"kind = {page}", "0"),
        )
    )


PULSE_COLUMNS = ("events", "own", "sign_ins", "tx_tried", "tx_bad", "api_calls", "api_errors")
EVERYTHING, ON_CHAIN = "", "chain:"


def _pulse() -> str:
    """The platform's own pulse: all customers together by hour, as a whole and for each chain."""
    counts = {
        "events": "1", "own": "own", "sign_ins": DAY_COLUMNS["sign_ins"], "tx_tried": DAY_COLUMNS["tx_tried"],
        "tx_bad": f"({DAY_COLUMNS['tx_tried']}) - ({DAY_COLUMNS['tx_ok']})", "api_calls": DAY_COLUMNS["api_calls"],
        "api_errors": DAY_COLUMNS["api_errors"],
    }  # fmt: skip
    sums = ", ".join(f"CAST(SUM({text}) AS BIGINT) AS {name}" for name, text in counts.items())
    within = f"(occurred_at - day * {DAY_US})"
    hour = f"CAST(({within} - {within} % {HOUR_US}) / {HOUR_US} AS BIGINT)"  # `/` alone rounds in one engine only
    activity = f"customer > 0 AND kind NOT IN ({_FACTS}, {_STATES})"
    whole = (
        f"SELECT '{EVERYTHING}' AS part, day, {hour} AS hour, {sums} FROM event WHERE {activity} GROUP BY day, {hour}"
    )
    chain = (
        f"SELECT '{ON_CHAIN}' || part AS part, day, {hour} AS hour, {sums} FROM event"
        f" WHERE {activity} AND kind = {_K['transaction']} AND part IS NOT NULL GROUP BY part, day, {hour}"
    )
    return f"{whole}\nUNION ALL\n{chain}"


FOLDS: tuple[Fold, ...] = (
    Fold("day", ("customer", "day"), tuple(DAY_COLUMNS), "add", _day()),
    Fold("day_part", ("customer", "kind", "part", "day"), PART_COLUMNS, "part", _parts()),
    Fold("fact", ("customer", "kind", "source", "key", "occurred_at"), FACT_COLUMNS, "keep", _FACT),
    Fold("first_use", ("customer", "part"), ("day",), "least", _firsts()),
)
"""What scores are made from."""

PULSE = Fold("pulse", ("part", "day", "hour"), PULSE_COLUMNS, "add", _pulse())


def kind_label(key: str) -> str:
    """The name under which the platform's first event of a kind is remembered."""
    return f"k:{number(key)}"


def area_label(area: str) -> str:
    """The name under which the platform's first page view of an area is remembered."""
    return f"area:{AREAS.index(area)}"
