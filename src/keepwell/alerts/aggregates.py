"""Integers that conditions need besides those of the score: one portable text for every engine.

The statements read `scope`, `day`, `day_part`, `fact`, `first_use`, `set_item` as those of `metrics.aggregates` do, and
`attempt(customer, occurred_at, tried, bad)`: the transactions of the last day.
"""

from __future__ import annotations

from keepwell.base.time import DAY_US
from keepwell.events.catalog import SEVERITIES, STATUSES
from keepwell.metrics.rollups import DAY_WINDOW, METER
from keepwell.metrics.statement import Statement, as_int, k

POPULAR_SHARE = 4  # one customer in so many uses what is called a popular feature
ADOPTED_WITHIN, ADOPTED_NOT_SINCE = 180, 45
METER_WINDOW = 56
COMPETITOR_NEW, COMPETITOR_OLD = 30, 120

TEMPO = ("own", "sign_ins", "signed_in_at", "tx_tried", "tx_bad", "api_calls", "api_errors")
"""What is known of each day of a customer."""

ATTEMPT = (
    f"SELECT customer, occurred_at, n AS tried, CASE WHEN code2 <> {STATUSES.index('succeeded')} THEN n ELSE 0 END AS bad"
    f" FROM event WHERE kind = {k('transaction')} AND occurred_at > {{since}} AND customer > 0"
)
"""Makes `attempt` from events; `since` is a moment."""


def statements() -> tuple[Statement, ...]:
    """All of them, for one moment."""
    return (_tempo(), _attempts(), _severe(), _payments(), _competitors(), _answers(), _adopted(), _meters())


SIGNED_WINDOW = 8


def signed() -> Statement:
    """The last sign-in of the last days, as a moment: who has one so fresh needs no closer look at silence."""
    end = f"(r.day + 1) * {DAY_US}"
    told = f"CASE WHEN r.signed_in_at > 0 THEN r.signed_in_at WHEN r.sign_ins > 0 THEN {end} ELSE 0 END"
    return Statement(
        "signed",
        ("signed_at",),
        f"""SELECT s.a AS a, s.customer AS customer, {as_int(f"MAX({told})", "signed_at")}
FROM scope s JOIN day r ON r.customer = s.customer AND r.day > s.d - {SIGNED_WINDOW} AND r.day <= s.d
GROUP BY s.a, s.customer""",
    )


def _tempo() -> Statement:
    columns = {name: f"r.{name}" for name in TEMPO} | {"tx_bad": "r.tx_tried - r.tx_ok"}
    texts = ", ".join(f"CAST({text} AS BIGINT) AS {name}" for name, text in columns.items())
    return Statement(
        "tempo",
        ("age", *TEMPO),
        f"SELECT s.a AS a, s.customer AS customer, CAST(s.d - r.day AS BIGINT) AS age, {texts}\n"
        f"FROM scope s JOIN day r ON r.customer = s.customer AND r.day > s.d - {DAY_WINDOW} AND r.day <= s.d",
        single=False,
    )


def _attempts() -> Statement:
    return Statement(
        "attempts",
        ("tried", "bad"),
        f"""SELECT s.a AS a, s.customer AS customer, {as_int("SUM(e.tried)", "tried")}, {as_int("SUM(e.bad)", "bad")}
FROM scope s JOIN attempt e ON e.customer = s.customer AND e.occurred_at > s.t - {DAY_US} AND e.occurred_at < s.t
GROUP BY s.a, s.customer""",
    )


_KNOWN = "f.customer = s.customer AND f.known_at < s.t"
_REF = "COALESCE(f.ref, '#' || CAST(f.key AS VARCHAR(20)))"


def _severe() -> Statement:
    """Tickets that became high or urgent, or were escalated, and are not solved or calmed since."""
    opened, updated, escalated = k("ticket_opened"), k("ticket_updated"), k("ticket_escalated")
    high, urgent = SEVERITIES.index("high"), SEVERITIES.index("urgent")
    told = f"f.kind IN ({opened}, {updated})"
    return Statement(
        "severe",
        ("severe", "severe_urgent", "severe_at"),
        f"""SELECT g.a AS a, g.customer AS customer, {as_int("COUNT(*)", "severe")},
  {as_int("SUM(g.urgent)", "severe_urgent")}, {as_int("MAX(g.severe_at)", "severe_at")}
FROM (
  SELECT s.a AS a, s.customer AS customer,
    MAX(CASE WHEN ({told} AND f.code >= {high}) OR f.kind = {escalated} THEN f.occurred_at ELSE 0 END) AS severe_at,
    MAX(CASE WHEN ({told} AND f.code >= {urgent}) OR f.kind = {escalated} THEN 1 ELSE 0 END) AS urgent,
    MAX(CASE WHEN f.kind = {k("ticket_solved")} OR ({told} AND f.code < {high}) THEN f.occurred_at ELSE 0 END) AS over_at
  FROM scope s JOIN fact f ON {_KNOWN} AND f.kind BETWEEN {opened} AND {k("ticket_solved")} AND f.day > s.d - 365
  GROUP BY s.a, s.customer, {_REF}
) g WHERE g.severe_at > 0 AND g.severe_at >= g.over_at
GROUP BY g.a, g.customer""",
    )


def _payments() -> Statement:
    """Invoices whose last payment failed. A failure that names none is over with any payment after it."""
    paid, failed = k("invoice_paid"), k("payment_failed")
    ended = f"{paid}, {k('invoice_voided')}"
    return Statement(
        "payments",
        ("failed", "failures", "failed_at", "failed_since"),
        f"""SELECT g.a AS a, g.customer AS customer, {as_int("COUNT(*)", "failed")}, {as_int("SUM(g.failures)", "failures")},
  {as_int("MAX(g.failed_at)", "failed_at")}, {as_int("MIN(g.failed_since)", "failed_since")}
FROM (
  SELECT s.a AS a, s.customer AS customer, COUNT(*) AS failures,
    MAX(f.occurred_at) AS failed_at, MIN(f.occurred_at) AS failed_since
  FROM scope s JOIN fact f ON {_KNOWN} AND f.kind = {failed} AND f.day > s.d - 60
  WHERE NOT EXISTS (
    SELECT 1 FROM fact p WHERE p.customer = s.customer AND p.known_at < s.t AND p.occurred_at >= f.occurred_at
      AND ((p.kind IN ({ended}) AND p.ref = f.ref) OR (p.kind = {paid} AND f.ref IS NULL))
  )
  GROUP BY s.a, s.customer, COALESCE(f.ref, '')
) g GROUP BY g.a, g.customer""",
    )


def _competitors() -> Statement:
    def window(low: int, high: int) -> str:
        return f"f.day <= s.d - {low} AND f.day > s.d - {high}"

    new, old = window(0, COMPETITOR_NEW), window(COMPETITOR_NEW, COMPETITOR_OLD)
    return Statement(
        "competitors",
        ("competitor_seen", "competitor_share", "competitor_before", "competitor_at"),
        f"""SELECT s.a AS a, s.customer AS customer,
  {as_int(f"SUM(CASE WHEN {new} THEN 1 ELSE 0 END)", "competitor_seen")},
  {as_int(f"MAX(CASE WHEN {new} THEN COALESCE(f.v1, 0) ELSE 0 END)", "competitor_share")},
  {as_int(f"MAX(CASE WHEN {old} THEN COALESCE(f.v1, 0) ELSE 0 END)", "competitor_before")},
  {as_int("MAX(f.occurred_at)", "competitor_at")}
FROM scope s JOIN fact f ON {_KNOWN} AND f.kind = {k("competitor_seen")} AND f.day > s.d - {COMPETITOR_OLD}
GROUP BY s.a, s.customer""",
    )


def _answers() -> Statement:
    """Answers to surveys by age in days; `scale` is the place in `catalog.SURVEYS` counted from 1, 0 when not known."""
    return Statement(
        "answers",
        ("age", "n", "total", "lowest", "scale"),
        f"""SELECT s.a AS a, s.customer AS customer, CAST(s.d - f.day AS BIGINT) AS age, {as_int("COUNT(*)", "n")},
  {as_int("SUM(f.v1)", "total")}, {as_int("MIN(f.v1)", "lowest")}, {as_int("MAX(f.code + 1)", "scale")}
FROM scope s JOIN fact f ON {_KNOWN} AND f.kind = {k("survey_answered")} AND f.v1 IS NOT NULL AND f.day > s.d - 180
GROUP BY s.a, s.customer, s.d, f.day, f.code""",
        single=False,
    )


def _adopted() -> Statement:
    """First uses of features, and how many popular or entitled ones are not used."""
    since = f"g.d - {ADOPTED_NOT_SINCE}"
    return Statement(
        "adopted",
        ("adopted", "adopted_lately", "adopted_day", "popular_unused"),
        f"""SELECT g.a AS a, g.customer AS customer,
  {as_int(f"SUM(CASE WHEN g.day <= {since} AND g.day > {since} - {ADOPTED_WITHIN} THEN 1 ELSE 0 END)", "adopted")},
  {as_int(f"SUM(CASE WHEN g.day > {since} THEN 1 ELSE 0 END)", "adopted_lately")},
  {as_int("MAX(g.day)", "adopted_day")},
  CAST((SELECT COUNT(*) FROM ({_POPULAR}) p)
    - SUM(CASE WHEN o.part IS NOT NULL THEN 1 ELSE 0 END) AS BIGINT) AS popular_unused
FROM (
  SELECT s.a AS a, s.customer AS customer, s.d AS d, r.part AS part, MIN(r.day) AS day
  FROM scope s JOIN first_use r ON r.customer = s.customer AND r.part LIKE 'f:%' AND r.known_at < s.t
  GROUP BY s.a, s.customer, s.d, r.part
) g LEFT JOIN ({_POPULAR}) o ON o.part = g.part
GROUP BY g.a, g.customer""",
    )


_POPULAR = (
    "SELECT u.part AS part FROM first_use u WHERE u.customer > 0 AND u.part LIKE 'f:%'"
    f" GROUP BY u.part HAVING COUNT(DISTINCT u.customer) * {POPULAR_SHARE} >="
    " (SELECT COUNT(DISTINCT w.customer) FROM first_use w WHERE w.customer > 0 AND w.part = 'own')"
)


def _meters() -> Statement:
    """What meters reported by age in days, with the limit of the plan. `meter` tells meters of one customer apart."""
    return Statement(
        "usage",
        ("meter", "age", "top", "limit_value"),
        f"""SELECT s.a AS a, s.customer AS customer,
  CAST(DENSE_RANK() OVER (PARTITION BY s.a, s.customer ORDER BY r.part) AS BIGINT) AS meter,
  CAST(s.d - r.day AS BIGINT) AS age, CAST(r.top AS BIGINT) AS top, CAST(i.number AS BIGINT) AS limit_value
FROM scope s JOIN day_part r ON r.customer = s.customer AND r.kind = {METER}
  AND r.day > s.d - {METER_WINDOW} AND r.day <= s.d
JOIN set_item i ON i.set_id = s.limit_set AND i.item = r.part AND i.number > 0""",
        single=False,
    )
