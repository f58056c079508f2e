"""Made-up events as columns: the mix of a crypto platform, drawn by DuckDB straight in the log's schema.

Every draw is a hash of the row's number, so the same sizes give the same rows on every machine.
"""

# ruff: noqa: E501, S608 - lines of SQL read better whole, and are put together from our own names

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from keepwell.base.time import DAY_US
from keepwell.events.catalog import BY_KEY
from keepwell.store.batch import SCHEMA

END_DAY = 20_700
"""The last day of every made-up history."""

NOW = (END_DAY + 1) * DAY_US
MONTH, QUARTER = 30, 90
VISIT = 2  # activity events of one customer on one day
FEATURES, ENTITLED = 24, 8
SEGMENTS = ("trader", "miner", "developer", "institution", "protocol")
LATE = 0.02  # share of the events that arrive up to two days late

ACTIVITY = {
    "feature_used": 0.25, "signed_in": 0.15, "session_ended": 0.15, "transaction": 0.15, "page_viewed": 0.12,
    "api_called": 0.10, "help_viewed": 0.012, "usage_reported": 0.010, "email_delivered": 0.012, "email_opened": 0.008,
    "message_sent": 0.010, "message_replied": 0.006, "message_received": 0.005, "community_posted": 0.004,
    "community_answered": 0.002, "content_completed": 0.004, "login_failed": 0.002, "unknown": 0.005,
}  # fmt: skip
"""Share of each kind of activity. Miners work where others transact."""

FACTS = {
    "ticket_updated": 0.02, "survey_answered": 0.12, "feedback_given": 0.02, "reference_answered": 0.01,
    "renewal_intent": 0.03, "payment_failed": 0.02, "payment_method_expired": 0.01, "payment_method_changed": 0.01,
    "plan_changed": 0.02, "referral_made": 0.01, "expansion_discussed": 0.01, "forecast_published": 0.02,
}  # fmt: skip
"""Chance of each fact per customer and month, beside invoices and tickets."""


@dataclass(frozen=True)
class Size:
    """How much there is: `daily` events of activity on each of `days` days."""

    customers: int
    days: int
    daily: int

    @property
    def first_day(self) -> int:
        return END_DAY - self.days + 1


def connection() -> duckdb.DuckDBPyConnection:
    made = duckdb.connect(":memory:")
    made.execute("SET preserve_insertion_order = false")
    made.execute("CREATE MACRO u(i, salt) AS (hash(i * 2048 + salt) >> 11)::DOUBLE / 9007199254740992.0")
    made.execute(
        f"CREATE MACRO feature(c, x) AS 'feature-' || ((c * 7 + floor({ENTITLED} * x * x)::BIGINT) % {FEATURES})"
    )
    made.execute("CREATE MACRO pick(x, words) AS words[1 + floor(x * len(words))::BIGINT]")
    return made


def _number(key: str) -> int:
    return BY_KEY[key].number if key in BY_KEY else 0


def _kinds() -> str:
    """A CASE over a draw `x` that gives each kind its share."""
    whole, below, parts = sum(ACTIVITY.values()), 0.0, []
    for key, share in ACTIVITY.items():
        below += share / whole
        parts.append(f"WHEN x < {below:.6f} THEN {_number(key)}")
    return f"CASE {' '.join(parts)} ELSE 0 END"


def _case(values: dict[str, str], other: str = "NULL") -> str:
    cases = " ".join(f"WHEN {_number(key)} THEN {text}" for key, text in values.items())
    return f"CASE kind {cases} ELSE {other} END"


_N = _case(
    {"feature_used": "1 + floor(4 * a)::BIGINT", "api_called": "1 + floor(-40 * ln(a + 1e-9))::BIGINT"}, other="1"
)
_V1 = _case(
    {
        "session_ended": "floor(-700 * ln(a + 1e-9))::BIGINT",
        "api_called": "floor(3 * b)::BIGINT",
        "transaction": "floor(1e4 * exp(9 * a))::BIGINT",
        "work": "1 + floor(50 * a)::BIGINT",
        "usage_reported": "floor(1.1e9 * a)::BIGINT",
    }
)
_V2 = _case(
    {
        "session_ended": "floor(-14 * ln(b + 1e-9))::BIGINT",
        "api_called": "20 + floor(400 * b * b)::BIGINT",
        "transaction": "floor(1e4 * exp(9 * a) * (1 + asset * 9))::BIGINT",
        "work": "floor(2 * b)::BIGINT",
    }
)
_PART = _case(
    {
        "feature_used": "feature(customer, b)",
        "api_called": "pick(b, ['/v1/orders', '/v1/quotes', '/v1/balances', '/v1/blocks', '/v1/logs', '/v1/fees'])",
        "transaction": "pick(b * b, ['ethereum', 'arbitrum', 'solana'])",
        "usage_reported": "'api_calls'",
    }
)
_PART2 = _case({"transaction": "pick((asset + 0.5) / 4.0, ['USDC', 'ETH', 'SOL', 'ARB'])"})
_CODE = _case(
    {"page_viewed": "[0, 0, 1, 1, 2, 3][1 + floor(6 * a)::BIGINT]", "transaction": "floor(9 * b)::BIGINT",
     "message_sent": "(a < 0.5)::BIGINT", "message_received": "floor(3 * a)::BIGINT"}
)  # fmt: skip
_CODE2 = _case({"transaction": "CASE WHEN b < 0.96 THEN 0 ELSE 1 END"})
_REF = _case({"message_sent": "'conv-' || customer", "message_received": "'conv-' || customer"})
_OWN = ", ".join(str(spec.number) for spec in BY_KEY.values() if spec.own)
_PROPERTIES = _case(
    {
        "signed_in": """'{"method":"wallet","device":"desktop"}'""",
        "session_ended": """'{"duration_s":' || v1 || ',"actions":' || v2 || '}'""",
        "feature_used": """'{"feature":"' || part || '","count":' || n || '}'""",
        "api_called":
            """'{"endpoint":"' || part || '","count":' || n || ',"errors":' || v1 || ',"latency_ms":' || v2 || '}'""",
        "page_viewed": """'{"area":"' || ['app', 'docs', 'forum', 'education'][code + 1] || '","path":"/p/' || key % 500 || '"}'""",
        "transaction":
            """'{"chain":"' || part || '","asset":"' || part2 || '","kind":"' || ['transfer', 'swap', 'bridge', 'stake',"""
            """ 'lend', 'borrow', 'lp', 'farm', 'mint'][code + 1] || '","status":"' || ['succeeded', 'failed'][code2 + 1]"""
            """ || '","amount":' || v1 / 1e6 || ',"value_usd":' || v2 / 1e6 || '}'""",
        "work": """'{"accepted":' || v1 || ',"rejected":' || v2 || '}'""",
        "usage_reported": """'{"meter":"api_calls","value":' || v1 / 1e6 || '}'""",
        "message_sent": """'{"conversation":"' || ref || '","answerable":' || (code = 1) || '}'""",
        "message_received":
            """'{"conversation":"' || ref || '","started_by":"' || ['customer', 'us', 'complaint'][code + 1] || '"}'""",
    },
    other="'{}'",
)  # fmt: skip


def activity(size: Size, day: int, days: int = 1) -> str:
    """The activity of a day, or of some from it on, in the columns of the log."""
    first = (day - size.first_day) * size.daily
    miner = f"customer % {len(SEGMENTS)} = 1 AND kind = {_number('transaction')}"
    drawn = f"""SELECT i, 1 + floor({size.customers} * pow(u(i // {VISIT}, 0), 2))::BIGINT AS customer,
      u(i, 1) AS x, u(i, 2) AS a, u(i, 3) AS b, floor(4 * u(i, 4))::BIGINT AS asset,
      ({size.first_day} + i // {size.daily}) * {DAY_US} + floor(u(i, 5) * {DAY_US})::BIGINT AS occurred_at,
      CASE WHEN u(i, 6) < {LATE} THEN floor(u(i, 7) * {2 * DAY_US})::BIGINT ELSE 900000 END AS delay,
      (hash(i * 2048 + 8) >> 1)::BIGINT AS key
    FROM range({first}, {first + days * size.daily}) AS r(i)"""
    kinds = f"SELECT * REPLACE (CASE WHEN {miner} THEN {_number('work')} ELSE kind END AS kind) FROM (SELECT *, {_kinds()} AS kind FROM ({drawn}))"
    slots = f"""SELECT *, {_N} AS n, {_V1} AS v1, {_V2} AS v2, {_PART} AS part, {_PART2} AS part2, {_CODE} AS code,
      {_CODE2} AS code2, {_REF} AS ref, CAST(NULL AS BIGINT) AS day2, (kind IN ({_OWN}))::BIGINT AS own FROM ({kinds})"""
    return f"SELECT *, {_PROPERTIES} AS properties FROM ({slots})"


def _fact(key: str, draw: str, **slots: str) -> str:
    """One fact for each row of `visit` for which a draw says so."""
    empty = {"part": "NULL", "part2": "NULL", "code": "NULL", "v1": "NULL", "v2": "NULL", "ref": "NULL", "day2": "NULL"}
    given = {**empty, "offset": "floor(u(i, 20) * 30)", "properties": "'{}'", **slots}
    columns = ", ".join(f"{text} AS {name}" for name, text in given.items())
    return f"SELECT i, customer, month_start, {_number(key)} AS kind, {columns} FROM visit WHERE {draw}"


_INVOICE, _TICKET = "'inv-' || i", "'tick-' || i"
_HAS_TICKET = "u(i, 30) < 0.15"
_OTHERS = {
    "ticket_updated": {"ref": _TICKET, "code": "3", "offset": "floor(u(i, 31) * 25)"},
    "survey_answered": {"v1": "floor(1000 * sqrt(u(i, 40)))", "v2": "floor(1000 * sqrt(u(i, 41)))"},
    "feedback_given": {"v2": "floor(1000 * sqrt(u(i, 42)))"},
    "reference_answered": {"code": "floor(3 * u(i, 43))"},
    "renewal_intent": {"v1": "floor(1000 * sqrt(u(i, 44)))"},
    "forecast_published": {"v1": "floor(300 * u(i, 45))"},
    "plan_changed": {"part": "'pro'", "part2": "'basic'", "v1": "10000 + floor(40000 * u(i, 46))", "v2": "20000"},
}


def facts(size: Size) -> str:
    """All facts of a history: invoices every month, tickets, answers, and rarer things."""
    months = size.days // MONTH
    parts = [
        _fact("invoice_issued", "TRUE", ref=_INVOICE, offset="0", v1="49900", day2="month_start + 14"),
        _fact("invoice_paid", "u(i, 21) < 0.96", ref=_INVOICE, v1="49900", offset="5 + floor(u(i, 22) * 15)"),
        _fact("ticket_opened", _HAS_TICKET, ref=_TICKET, code="floor(4 * u(i, 32))", v1="floor(3 * u(i, 33))",
              v2="floor(1000 * u(i, 34))", offset="floor(u(i, 31) * 25)"),
        _fact("ticket_solved", f"{_HAS_TICKET} AND u(i, 35) < 0.9", ref=_TICKET, offset="floor(u(i, 31) * 25) + 2"),
        _fact("ticket_rated", f"{_HAS_TICKET} AND u(i, 35) < 0.4", ref=_TICKET, v1="250 * floor(5 * sqrt(u(i, 36)))",
              offset="floor(u(i, 31) * 25) + 3"),
        _fact("ticket_escalated", f"{_HAS_TICKET} AND u(i, 37) < 0.08", ref=_TICKET, offset="floor(u(i, 31) * 25) + 1"),
        _fact("payment_method_added", f"i < {size.customers}"),
        *(_fact(key, f"u(i, {50 + place}) < {share}", **_OTHERS.get(key, {}))
          for place, (key, share) in enumerate(FACTS.items())),
    ]  # fmt: skip
    visit = (
        f"SELECT i, 1 + i % {size.customers} AS customer, {size.first_day} + {MONTH} * (i // {size.customers}) AS month_start"
        f" FROM range({size.customers * months}) AS r(i)"
    )
    return f"""WITH visit AS MATERIALIZED ({visit})
    SELECT *, (month_start + "offset") * {DAY_US} + floor(u(i, 60 + kind) * {DAY_US})::BIGINT AS occurred_at, 900000 AS delay,
      (hash(i * 2048 + 1000 + kind) >> 1)::BIGINT AS key, 1 AS n, NULL AS code2, 0 AS own
    FROM ({" UNION ALL ".join(parts)}) WHERE month_start + "offset" <= {END_DAY}"""


def releases() -> str:
    """The platform's features: most are old, some are new enough to be taken up."""
    return f"""SELECT i, 0 AS customer, {_number("feature_released")} AS kind, 'feature-' || i AS part, (i % 3 = 0)::BIGINT AS code,
      ({END_DAY} - 20 - i * 25) * {DAY_US} AS occurred_at, 900000 AS delay, 1000 + i AS key, 1 AS n, 0 AS own,
      NULL AS part2, NULL AS v1, NULL AS v2, NULL AS code2, NULL AS ref, NULL AS day2,
      '{{"feature":"feature-' || i || '"}}' AS properties FROM range({FEATURES}) AS r(i)"""


_TRAITS = f"""json_object('name', 'Customer ' || customer,
  'segment', ['{"', '".join(SEGMENTS)}'][1 + customer % {len(SEGMENTS)}], 'plan', ['basic', 'pro', 'enterprise'][1 + customer % 3],
  'seats', 1 + customer % 40, 'mrr', 199 + customer % 900 + i % 7, 'plan_limits', json_object('api_calls', 1000),
  'entitled_features', [feature(customer, sqrt(x / {ENTITLED}.0) + 1e-9) FOR x IN range({ENTITLED})],
  'offered_addons', 4, 'contract', customer % 2 = 0)"""


def states(size: Size, start: int, end: int) -> str:
    """What holds of some customers: traits with entitlements and limits, changed every quarter; for some an add-on."""
    quarters = -(-size.days // QUARTER)
    traits = f"""SELECT customer, {_number("customer_updated")} AS kind, i, NULL AS part, {_TRAITS} AS properties
      FROM range({start}, {end}) AS c(customer), range({quarters}) AS r(i)"""
    addons = f"""SELECT customer, {_number("addon_added")} AS kind, 0 AS i, 'priority-support' AS part,
      '{{"addon":"priority-support"}}' AS properties FROM range({start}, {end}) AS c(customer) WHERE customer % 3 = 0"""
    return f"""SELECT *, ({size.first_day} + {QUARTER} * i) * {DAY_US} + customer AS occurred_at, 0 AS delay,
      (hash(customer * 2048 + i * 100 + kind) >> 1)::BIGINT AS key, 1 AS n, 0 AS own, NULL AS part2, NULL AS code, NULL AS v1,
      NULL AS v2, NULL AS code2, NULL AS ref, NULL AS day2 FROM ({traits} UNION ALL {addons})"""


_DERIVED = {
    "known_at": f"least(occurred_at + delay, {NOW} - 1)",
    "recorded_at": f"least(occurred_at + delay, {NOW} - 1)",
    "sent_at": "NULL",
    "flags": "0",
    "source": "1",
    "day": f"occurred_at // {DAY_US}",
    "known_day": f"least(occurred_at + delay, {NOW} - 1) // {DAY_US}",
    "name": "CASE WHEN kind = 0 THEN 'custom_event' END",
    "message_id": "printf('%016x%016x', key::UBIGINT, hash(key))",
    "user_id": "CASE WHEN customer > 0 THEN 'user-' || customer * 3 + key % 3 END",
}


def table(made: duckdb.DuckDBPyConnection, sql: str) -> pa.Table:
    """The rows of a query as a table of the log."""
    columns = ", ".join(
        f"CAST({_DERIVED.get(field.name, field.name)} AS {'BIGINT' if field.type == pa.int64() else 'VARCHAR'}) AS {field.name}"
        for field in SCHEMA
    )
    found: pa.Table = made.sql(f"SELECT {columns} FROM ({sql}) AS drawn").to_arrow_table()
    return found.cast(SCHEMA)


def name(number: int) -> str:
    """The external id of a customer: in their order the log numbers them 1, 2, 3."""
    return f"c{number:07d}"


def names(customers: int) -> Sequence[str]:
    return [name(number) for number in range(1, customers + 1)]
