"""Integer aggregates over the rollups: one portable text for SQLite, PostgreSQL and DuckDB.

The statements read `day`, `day_part`, `fact`, `first_use`, `profile`, `set_item` and `scope`.
`scope` says which customer is looked at when: a = number of the moment, t = the moment in
microseconds, d = the last day before it, k = rows with `known_day < k` were known by then.
Every column of a result is a BIGINT, never NULL, so every engine gives the same bytes.
"""

from __future__ import annotations

from keepwell.metrics import aggregates_facts as facts
from keepwell.metrics.rollups import AMOUNT_CAP, ASSET, CHAIN, DAY_COLUMNS, DAY_WINDOW, ENDPOINT, FEATURE, METER, gather
from keepwell.metrics.statement import Statement, as_int, k

BUCKETS = (28, 56, 90, DAY_WINDOW)
"""Age in days at which a bucket of the wide rollup ends: [0, 28), [28, 56), [56, 90), [90, 120)."""

USES_CAP = 20  # uses of one feature on one day beyond this say nothing more about depth
SQUARE_CAP = 10**6  # more transactions than this on one chain say nothing more about spread; squares stay a BIGINT


PROFILE_COLUMNS = (
    "segment_id", "seats", "mrr", "has_plan", "single_chain", "contract", "addons_offered", "addons_active",
    "paused_until", "cancelled", "ends_day", "override_band", "override_until",
    "entitled_set", "limit_set", "set_since",
)  # fmt: skip
"""Integers of a profile version; 0 means not said (`override_band` counts from 1)."""

_PROFILE = ",\n  ".join(f"CAST(COALESCE(p.{name}, 0) AS BIGINT) AS {name}" for name in PROFILE_COLUMNS)

SCOPE = f"""
SELECT q.a AS a, f.customer AS customer, q.t AS t, q.d AS d, q.k AS k, f.first_day AS first_day, f.own_ever AS own_ever,
  {_PROFILE}
FROM asked q
JOIN (
  SELECT u.a AS a, r.customer AS customer,
    CAST(MIN(CASE WHEN r.part = '' THEN r.day END) AS BIGINT) AS first_day,
    CAST(MAX(CASE WHEN r.part = 'own' THEN 1 ELSE 0 END) AS BIGINT) AS own_ever
  FROM touched c JOIN first_use r ON r.customer = c.customer AND r.part IN ('', 'own')
  JOIN asked u ON r.known_at < u.t
  GROUP BY u.a, r.customer
) f ON f.a = q.a
LEFT JOIN profile p ON p.customer = f.customer AND p.known_at < q.t AND q.t <= p.until
"""
"""Builds `scope` from `asked(a, t, d, k)` and `touched(customer)`."""

SCOPE_COLUMNS = ("a", "customer", "t", "d", "k", "first_day", "own_ever", *PROFILE_COLUMNS)

_DAYS = {
    "own_days": "own",
    "defi_days": "defi",
    "docs_days": "docs",
    "forum_days": "forum",
    "api_days": "api_calls",
}
"""Days on which a column of the wide rollup is above 0; every other name is the sum of its column."""

_ENDS = ("last_own", "first_own")
EARLIER = (
    "own_days", "sign_ins", "sessions", "api_calls", "tx_ok", "tx_tried", "work_ok", "content", "community", "asked",
    "replied", *_ENDS,
)  # fmt: skip
"""What is asked of every bucket."""

DAY_AGGREGATES = (
    *EARLIER, "defi_days", "docs_days", "forum_days", "api_days", "session_s", "session_actions", "work_bad", "began",
)  # fmt: skip
"""What is asked of the first bucket."""


def _day_join(low: int, high: int) -> str:
    """Rows of days of an age in [low, high)."""
    return f"r.customer = s.customer AND r.day > s.d - {high} AND r.day <= s.d - {low} AND r.known_day < s.k"


def _merged_day(low: int, high: int) -> str:
    """Rows of one customer-day that became known on different days, put together again."""
    sums = ", ".join(f"{gather(name)}(r.{name}) AS {name}" for name in DAY_COLUMNS)
    return (
        f"(SELECT s.a AS a, s.customer AS customer, s.d AS d, r.day AS day, {sums}\n"
        f"  FROM scope s JOIN day r ON {_day_join(low, high)} GROUP BY s.a, s.customer, s.d, r.day)"
    )


def _day_source(low: int, high: int, *, merge: bool) -> str:
    if merge:
        return f"FROM {_merged_day(low, high)} r JOIN scope s ON s.a = r.a AND s.customer = r.customer"
    return f"FROM scope s JOIN day r ON {_day_join(low, high)}"


def _day_aggregate(name: str) -> str:
    if name in _ENDS:
        return as_int(f"{'MAX' if name == 'last_own' else 'MIN'}(CASE WHEN r.own > 0 THEN r.day END)", name)
    if name in _DAYS:
        return f"CAST(SUM(CASE WHEN r.{_DAYS[name]} > 0 THEN 1 ELSE 0 END) AS BIGINT) AS {name}"
    return f"CAST(SUM(r.{name}) AS BIGINT) AS {name}"


def _bucket(bucket: int, names: tuple[str, ...], *, merge: bool) -> str:
    """One bucket on its own: read in the order of the key, it needs no sorting."""
    low = BUCKETS[bucket - 1] if bucket else 0
    columns = ",\n  ".join(_day_aggregate(name) for name in names)
    return (
        f"SELECT s.a AS a, s.customer AS customer, CAST({bucket} AS BIGINT) AS bucket,\n  {columns}\n"
        f"{_day_source(low, BUCKETS[bucket], merge=merge)}\nGROUP BY s.a, s.customer"
    )


def _days(*, merge: bool) -> tuple[Statement, Statement]:
    """Sums over the wide rollup: all of the last 28 days, and few of what was before."""
    earlier = "\nUNION ALL\n".join(_bucket(each, EARLIER, merge=merge) for each in range(1, len(BUCKETS)))
    return (
        Statement("days", ("bucket", *DAY_AGGREGATES), _bucket(0, DAY_AGGREGATES, merge=merge), single=False),
        Statement("earlier", ("bucket", *EARLIER), earlier, single=False),
    )


def _help(*, merge: bool) -> Statement:
    tick = (
        "(SELECT DISTINCT s.a AS a, f.customer AS customer, f.day AS day FROM scope s JOIN fact f"
        f" ON f.customer = s.customer AND f.kind = {k('ticket_opened')} AND f.known_at < s.t AND f.day > s.d - 91)"
    )
    return Statement(
        "help",
        ("help_days", "help_ticket_days"),
        f"""SELECT s.a AS a, s.customer AS customer, {as_int("COUNT(*)", "help_days")},
  {as_int("SUM(CASE WHEN x.day IS NOT NULL OR y.day IS NOT NULL THEN 1 ELSE 0 END)", "help_ticket_days")}
{_day_source(0, 90, merge=merge)}
LEFT JOIN {tick} x ON x.a = s.a AND x.customer = s.customer AND x.day = r.day
LEFT JOIN {tick} y ON y.a = s.a AND y.customer = s.customer AND y.day = r.day + 1
WHERE r.help > 0 AND r.day < s.d
GROUP BY s.a, s.customer""",
    )


def _held(name: str) -> str:
    """A day's sum, held at the cap as the fold holds it."""
    return f"CASE WHEN SUM(r.{name}) > {AMOUNT_CAP} THEN {AMOUNT_CAP} ELSE SUM(r.{name}) END AS {name}"


def _part_source(kinds: str, days: int, *, merge: bool) -> str:
    join = (
        f"r.customer = s.customer AND r.kind IN ({kinds}) AND r.day > s.d - {days} AND r.day <= s.d"
        " AND r.known_day < s.k"
    )
    if not merge:
        return f"FROM scope s JOIN day_part r ON {join}"
    return (
        "FROM (SELECT s.a AS a, s.customer AS customer, r.kind AS kind, r.part AS part, r.day AS day,"
        f" SUM(r.n) AS n, {_held('amount')}, {_held('value')}, {_held('priced')}, MAX(r.top) AS top"
        f" FROM scope s JOIN day_part r ON {join} GROUP BY s.a, s.customer, r.kind, r.part, r.day) r"
        " JOIN scope s ON s.a = r.a AND s.customer = r.customer"
    )


def _parts(*, merge: bool) -> Statement:
    kinds = f"{FEATURE}, {ENDPOINT}, {CHAIN}"
    capped = f"CASE WHEN r.n > {USES_CAP} THEN {USES_CAP} ELSE r.n END"
    n = f"CASE WHEN SUM(r.n) > {SQUARE_CAP} THEN {SQUARE_CAP} ELSE SUM(r.n) END"
    return Statement(
        "parts",
        ("kind", "parts", "parts_3d", "part_days", "uses", "n", "n_squared", "advanced"),
        f"""SELECT g.a AS a, g.customer AS customer, CAST(g.kind AS BIGINT) AS kind, {as_int("COUNT(*)", "parts")},
  {as_int("SUM(CASE WHEN g.days >= 3 THEN 1 ELSE 0 END)", "parts_3d")}, {as_int("SUM(g.days)", "part_days")},
  {as_int("SUM(g.uses)", "uses")}, {as_int("SUM(g.n)", "n")}, {as_int(f"SUM(CASE WHEN g.kind = {CHAIN} THEN g.n * g.n ELSE 0 END)", "n_squared")},
  {as_int("SUM(CASE WHEN v.part IS NOT NULL THEN 1 ELSE 0 END)", "advanced")}
FROM (
  SELECT s.a AS a, s.customer AS customer, r.kind AS kind, r.part AS part, COUNT(*) AS days,
    SUM({capped}) AS uses, CAST({n} AS BIGINT) AS n
  {_part_source(kinds, 28, merge=merge)}
  GROUP BY s.a, s.customer, r.kind, r.part
) g
LEFT JOIN (
  SELECT DISTINCT q.a AS a, f.part AS part FROM asked q
  JOIN fact f ON f.customer = 0 AND f.kind = {k("feature_released")} AND f.code = 1 AND f.known_at < q.t
) v ON v.a = g.a AND v.part = g.part AND g.kind = {FEATURE}
GROUP BY g.a, g.customer, g.kind""",
        single=False,
    )


def _assets(*, merge: bool) -> Statement:
    def window(column: str, low: int, high: int, name: str) -> str:
        when = f"r.day <= s.d - {low} AND r.day > s.d - {high}"
        return as_int(f"SUM(CASE WHEN {when} THEN r.{column} ELSE 0 END)", name)

    return Statement(
        "assets",
        (
            "asset",
            "n_now",
            "amount_now",
            "n_before",
            "amount_before",
            "priced_now",
            "value_now",
            "priced_last",
            "value_last",
        ),
        f"""SELECT s.a AS a, s.customer AS customer, r.part AS asset,
  {window("n", 0, 28, "n_now")}, {window("amount", 0, 28, "amount_now")},
  {window("n", 28, 56, "n_before")}, {window("amount", 28, 56, "amount_before")},
  {window("priced", 0, 28, "priced_now")}, {window("value", 0, 28, "value_now")},
  {window("priced", 0, 1, "priced_last")}, {window("value", 0, 1, "value_last")}
{_part_source(str(ASSET), 56, merge=merge)}
GROUP BY s.a, s.customer, r.part""",
        single=False,
    )


def _meters(*, merge: bool) -> Statement:
    return Statement(
        "meters",
        ("top", "limit_value"),
        f"""SELECT s.a AS a, s.customer AS customer, {as_int("MAX(r.top)", "top")}, {as_int("MAX(i.number)", "limit_value")}
{_part_source(str(METER), 28, merge=merge)}
JOIN set_item i ON i.set_id = s.limit_set AND i.item = r.part
GROUP BY s.a, s.customer, r.part""",
        single=False,
    )


def statements(*, merge: bool) -> tuple[Statement, ...]:
    """All queries. `merge` is needed when rows of one day became known on different days."""
    return (
        *_days(merge=merge), _help(merge=merge), _parts(merge=merge), _assets(merge=merge), _meters(merge=merge), facts.tickets(),
        facts.counts(), facts.aged(), facts.latest(), facts.lapses(), facts.plans(), facts.releases(),
    )  # fmt: skip


CONNECTED = """
SELECT q.a AS a, r.part AS part FROM asked q
JOIN first_use r ON r.customer = 0 AND r.known_at < q.t GROUP BY q.a, r.part
"""
"""Which kinds of events the platform has ever sent, by each moment."""

ENTITLED_SETS = f"""
SELECT DISTINCT CAST(q.a AS BIGINT) AS a, s.entitled_set AS entitled_set, COUNT(DISTINCT i.item) AS items,
  COUNT(DISTINCT CASE WHEN f.code = 1 THEN i.item END) AS advanced
FROM asked q JOIN (SELECT DISTINCT a, entitled_set FROM scope) s ON s.a = q.a
JOIN set_item i ON i.set_id = s.entitled_set
LEFT JOIN fact f ON f.customer = 0 AND f.kind = {k("feature_released")} AND f.part = i.item AND f.known_at < q.t
GROUP BY q.a, s.entitled_set
"""
"""How many features, and advanced ones, each set of entitlements holds."""
