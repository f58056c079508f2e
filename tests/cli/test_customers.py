"""Customers as a list."""

import json

from keepwell.base.time import DAY_US, to_rfc3339
from keepwell.runtime.clock import now_us


def test_churned_customers_are_listed_last(run, imported):
    def days_ago(days: int) -> str:
        return to_rfc3339(now_us() - days * DAY_US)

    gone = [f"gone,signed_in,{days_ago(day)}" for day in range(200, 260)]
    imported(*gone, *[f"here,signed_in,{days_ago(day)}" for day in range(1, 60)])
    rows = json.loads(run("customers", "--json"))

    assert [(row["id"], row["lifecycle"]) for row in rows] == [("here", "active"), ("gone", "churned")]
    assert rows[0]["score"] > rows[1]["score"]
