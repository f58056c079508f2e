"""Aggregates over facts: tickets, ratings, surveys, invoices, plans and releases."""

from __future__ import annotations

from keepwell.events.catalog import SEVERITIES, TOPICS
from keepwell.metrics.statement import Statement, as_int, k

GRACE_DAYS = 3
REPLACE_DAYS = 7

_FACT_JOIN = "f.customer = s.customer AND f.known_at < s.t"


def _since(days: int) -> str:
    return f"f.day > s.d - {days}"


_TICKET = "COALESCE(f.ref, '#' || CAST(f.key AS VARCHAR(20)))"
"""The name of a ticket; an event without one is a ticket of its own."""


def tickets() -> Statement:
    opened, updated = k("ticket_opened"), k("ticket_updated")
    urgent = SEVERITIES.index("urgent")
    billing = TOPICS.index("billing")
    weight = "CASE g.severity WHEN 0 THEN 1 WHEN 1 THEN 2 WHEN 2 THEN 4 ELSE 8 END"
    return Statement(
        "tickets",
        (
            "ticket_weight",
            "opened_90",
            "escalated_90",
            "billing_180",
            "urgent_open",
            "quality_n",
            "quality_sum",
        ),
        f"""SELECT g.a AS a, g.customer AS customer,
  {as_int(f"SUM(CASE WHEN g.opened > g.d - 28 THEN {weight} ELSE 0 END)", "ticket_weight")},
  {as_int("SUM(CASE WHEN g.opened > g.d - 90 THEN 1 ELSE 0 END)", "opened_90")},
  {as_int("SUM(CASE WHEN g.opened > g.d - 90 AND g.escalated > 0 THEN 1 ELSE 0 END)", "escalated_90")},
  {as_int("SUM(CASE WHEN g.opened > g.d - 180 AND g.billing > 0 THEN 1 ELSE 0 END)", "billing_180")},
  {as_int("SUM(CASE WHEN g.urgent_at > COALESCE(g.solved_at, 0) AND g.urgent_at >= COALESCE(g.calmed_at, 0) THEN 1 ELSE 0 END)", "urgent_open")},
  {as_int("SUM(CASE WHEN COALESCE(g.rating, g.mood) IS NOT NULL THEN 1 ELSE 0 END)", "quality_n")},
  {as_int("SUM(COALESCE(g.rating, g.mood, 0))", "quality_sum")}
FROM (
  SELECT s.a AS a, s.customer AS customer, s.d AS d, {_TICKET} AS ticket,
    MIN(CASE WHEN f.kind = {opened} THEN f.day END) AS opened,
    MAX(CASE WHEN f.kind IN ({opened}, {updated}) THEN f.code END) AS severity,
    SUM(CASE WHEN f.kind = {k("ticket_escalated")} THEN 1 ELSE 0 END) AS escalated,
    SUM(CASE WHEN f.kind = {opened} AND f.v1 = {billing} THEN 1 ELSE 0 END) AS billing,
    MAX(CASE WHEN f.kind IN ({opened}, {updated}) AND f.code = {urgent} THEN f.occurred_at END) AS urgent_at,
    MAX(CASE WHEN f.kind IN ({opened}, {updated}) AND f.code < {urgent} THEN f.occurred_at END) AS calmed_at,
    MAX(CASE WHEN f.kind = {k("ticket_solved")} THEN f.occurred_at END) AS solved_at,
    MAX(CASE WHEN f.kind = {k("ticket_rated")} AND {_since(90)} THEN f.v1 END) AS rating,
    MAX(CASE WHEN f.kind = {opened} AND {_since(90)} THEN f.v2 END) AS mood
  FROM scope s JOIN fact f ON {_FACT_JOIN} AND f.kind BETWEEN {opened} AND {k("ticket_rated")} AND {_since(365)}
  GROUP BY s.a, s.customer, s.d, {_TICKET}
) g GROUP BY g.a, g.customer""",
    )


def counts() -> Statement:
    def tally(key: str, days: int, name: str) -> str:
        return as_int(f"SUM(CASE WHEN f.kind = {k(key)} AND {_since(days)} THEN 1 ELSE 0 END)", name)

    rated = f"f.kind = {k('ticket_rated')} AND {_since(180)}"
    methods = ", ".join(
        str(k(key)) for key in ("invoice_paid", "payment_failed", "payment_method_added", "payment_method_changed")
    )
    kinds = ", ".join(
        str(k(key))
        for key in (
            "ticket_rated", "invoice_paid", "payment_failed", "payment_method_added",
            "payment_method_changed", "plan_changed", "referral_made", "expansion_discussed",
        )
    )  # fmt: skip
    return Statement(
        "counts",
        (
            "rated_180",
            "rated_sum_180",
            "failed_180",
            "methods",
            "plan_changes",
            "referrals_365",
            "expansion_180",
        ),
        f"""SELECT s.a AS a, s.customer AS customer,
  {as_int(f"SUM(CASE WHEN {rated} THEN 1 ELSE 0 END)", "rated_180")},
  {as_int(f"SUM(CASE WHEN {rated} THEN f.v1 ELSE 0 END)", "rated_sum_180")},
  {tally("payment_failed", 180, "failed_180")},
  {as_int(f"SUM(CASE WHEN f.kind IN ({methods}) THEN 1 ELSE 0 END)", "methods")},
  {tally("plan_changed", 365, "plan_changes")},
  {tally("referral_made", 365, "referrals_365")},
  {tally("expansion_discussed", 180, "expansion_180")}
FROM scope s JOIN fact f ON {_FACT_JOIN} AND f.kind IN ({kinds}) AND {_since(365)}
GROUP BY s.a, s.customer""",
    )


SURVEY, MOOD, INVOICE = 1, 2, 3


def aged() -> Statement:
    """Answers, texts and due invoices by age in days; their weights are applied by whoever reads this."""
    texts = ", ".join(str(k(key)) for key in ("ticket_opened", "ticket_rated", "survey_answered", "feedback_given"))
    invoices = ", ".join(str(k(key)) for key in ("invoice_issued", "invoice_paid", "invoice_voided"))
    return Statement(
        "aged",
        ("what", "age", "n", "total"),
        f"""SELECT s.a AS a, s.customer AS customer, CAST({SURVEY} AS BIGINT) AS what, CAST(s.d - f.day AS BIGINT) AS age,
  {as_int("COUNT(*)", "n")}, {as_int("SUM(f.v1)", "total")}
FROM scope s JOIN fact f ON {_FACT_JOIN} AND f.kind = {k("survey_answered")} AND {_since(180)}
GROUP BY s.a, s.customer, s.d, f.day
UNION ALL
SELECT s.a AS a, s.customer AS customer, CAST({MOOD} AS BIGINT) AS what, CAST(s.d - f.day AS BIGINT) AS age,
  {as_int("COUNT(*)", "n")}, {as_int("SUM(f.v2)", "total")}
FROM scope s JOIN fact f ON {_FACT_JOIN} AND f.kind IN ({texts}) AND f.v2 IS NOT NULL AND {_since(90)}
GROUP BY s.a, s.customer, s.d, f.day
UNION ALL
SELECT g.a AS a, g.customer AS customer, CAST({INVOICE} AS BIGINT) AS what, CAST(g.d - g.due AS BIGINT) AS age,
  {as_int("COUNT(*)", "n")}, {as_int(f"SUM(CASE WHEN g.paid <= g.due + {GRACE_DAYS} THEN 1 ELSE 0 END)", "total")}
FROM (
  SELECT s.a AS a, s.customer AS customer, s.d AS d, f.ref AS ref, MIN(f.day2) AS due,
    MIN(CASE WHEN f.kind = {k("invoice_paid")} THEN f.day END) AS paid,
    SUM(CASE WHEN f.kind = {k("invoice_voided")} THEN 1 ELSE 0 END) AS voided
  FROM scope s JOIN fact f ON {_FACT_JOIN} AND f.kind IN ({invoices}) AND f.ref IS NOT NULL AND {_since(400)}
  GROUP BY s.a, s.customer, s.d, f.ref
) g
WHERE g.voided = 0 AND g.due IS NOT NULL AND g.due + {GRACE_DAYS} < g.d AND g.due > g.d - 365
GROUP BY g.a, g.customer, g.d, g.due""",
        single=False,
    )


WILLING, INTENT, FORECAST = 1, 2, 3


def latest() -> Statement:
    """The newest answer of a kind, of two at the same instant the one with the larger key; and its operating point."""
    kinds = {
        "reference_answered": (WILLING, 365),
        "renewal_intent": (INTENT, 90),
        "forecast_published": (FORECAST, 90),
    }
    what = "CASE f.kind " + " ".join(f"WHEN {k(key)} THEN {code}" for key, (code, _) in kinds.items()) + " END"
    fresh = " OR ".join(f"(f.kind = {k(key)} AND {_since(days)})" for key, (_, days) in kinds.items())
    return Statement(
        "latest",
        ("what", "answer", "point"),
        f"""SELECT g.a AS a, g.customer AS customer, CAST(g.what AS BIGINT) AS what, CAST(g.answer AS BIGINT) AS answer,
  CAST(g.point AS BIGINT) AS point
FROM (
  SELECT s.a AS a, s.customer AS customer, {what} AS what, COALESCE(f.code, f.v1, 0) AS answer,
    COALESCE(f.v2, 0) AS point,
    ROW_NUMBER() OVER (PARTITION BY s.a, s.customer, f.kind ORDER BY f.occurred_at DESC, f.key DESC) AS place
  FROM scope s JOIN fact f ON {_FACT_JOIN} AND ({fresh})
) g WHERE g.place = 1""",
        single=False,
    )


def lapses() -> Statement:
    replaced = f"{k('payment_method_added')}, {k('payment_method_changed')}"
    return Statement(
        "lapses",
        ("lapses_180",),
        f"""SELECT g.a AS a, g.customer AS customer, {as_int("SUM(CASE WHEN g.replaced = 0 THEN 1 ELSE 0 END)", "lapses_180")}
FROM (
  SELECT s.a AS a, s.customer AS customer, f.key AS key,
    SUM(CASE WHEN m.day IS NOT NULL THEN 1 ELSE 0 END) AS replaced
  FROM scope s
  JOIN fact f ON {_FACT_JOIN} AND f.kind = {k("payment_method_expired")} AND {_since(180)} AND f.day + {REPLACE_DAYS} < s.d
  LEFT JOIN fact m ON m.customer = s.customer AND m.known_at < s.t AND m.kind IN ({replaced})
    AND m.day >= f.day AND m.day <= f.day + {REPLACE_DAYS}
  GROUP BY s.a, s.customer, f.key
) g GROUP BY g.a, g.customer""",
    )


def plans() -> Statement:
    return Statement(
        "plans",
        ("mrr_moved", "mrr_base"),
        f"""SELECT g.a AS a, g.customer AS customer, {as_int("SUM(g.mrr - g.before)", "mrr_moved")},
  {as_int("MAX(CASE WHEN g.mrr > g.before THEN g.mrr ELSE g.before END)", "mrr_base")}
FROM (
  SELECT s.a AS a, s.customer AS customer, s.d AS d, f.day AS day, f.v1 AS mrr,
    COALESCE(f.v2, LAG(f.v1) OVER (PARTITION BY s.a, s.customer ORDER BY f.occurred_at, f.key)) AS before
  FROM scope s JOIN fact f ON {_FACT_JOIN} AND f.kind = {k("plan_changed")} AND f.v1 IS NOT NULL AND {_since(400)}
) g WHERE g.before IS NOT NULL AND g.day > g.d - 365
GROUP BY g.a, g.customer""",
    )


def releases() -> Statement:
    """Entitled releases 30-180 days old, and those used within 30 days of being available.

    A release is available from the last of three days: its own, the customer's first, and the one from which
    the feature counts as entitled (`number` days after the first feature of its set).
    """
    entitled = "(s.set_since + i.number)"
    available = (
        f"CASE WHEN r.day >= s.first_day AND r.day >= {entitled} THEN r.day"
        f" WHEN s.first_day >= {entitled} THEN s.first_day ELSE {entitled} END"
    )
    return Statement(
        "releases",
        ("releases", "releases_used"),
        f"""SELECT g.a AS a, g.customer AS customer, {as_int("COUNT(*)", "releases")},
  {as_int("SUM(CASE WHEN g.used <= g.available + 30 THEN 1 ELSE 0 END)", "releases_used")}
FROM (
  SELECT s.a AS a, s.customer AS customer, s.d AS d, r.part AS part, {available} AS available, MIN(u.day) AS used
  FROM scope s
  JOIN (
    SELECT q.a AS a, f.part AS part, MIN(f.day) AS day FROM asked q
    JOIN fact f ON f.customer = 0 AND f.kind = {k("feature_released")} AND f.known_at < q.t
    GROUP BY q.a, f.part
  ) r ON r.a = s.a AND r.day > s.d - 180 AND r.day <= s.d - 30
  JOIN set_item i ON i.set_id = s.entitled_set AND i.item = r.part
  LEFT JOIN first_use u ON u.customer = s.customer AND u.part = 'f:' || r.part AND u.known_at < s.t
  GROUP BY s.a, s.customer, s.d, s.first_day, s.set_since, i.number, r.part, r.day
) g WHERE g.available <= g.d - 30
GROUP BY g.a, g.customer""",
    )
