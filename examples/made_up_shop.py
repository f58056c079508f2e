#!/usr/bin/env python3
"""A year of orders of made-up customers, as the CSV that `keepwell import events` takes.

Everybody orders at a pace of their own, and some leave for good without saying so. Equal seeds give equal orders.

    python3 examples/made_up_shop.py > orders.csv
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import random
import sys

DAYS = 365
STAYS_DAYS = 220  # on average, from the first order on


def orders(dice: random.Random, until: dt.date) -> list[dt.datetime]:
    """When one customer orders."""
    pace = min(max(dice.gammavariate(1.2, 0.08), 0.005), 0.9)
    begins = dice.randrange(DAYS // 2)
    ends = min(begins + dice.expovariate(1 / STAYS_DAYS), DAYS)
    days = [day for day in range(begins, DAYS) if day == begins or (day < ends and dice.random() < pace)]
    midnight = dt.datetime.combine(until, dt.time()) - dt.timedelta(days=DAYS)
    return [midnight + dt.timedelta(days=day, minutes=dice.randrange(8 * 60, 20 * 60)) for day in days]


def main() -> None:
    """Print the orders, the oldest first."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=300)
    parser.add_argument("--until", type=dt.date.fromisoformat, default=dt.date(2026, 9, 1), help="the day after")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    dice = random.Random(asked.seed)  # noqa: S311 - made-up orders, no secret
    rows = [
        (f"{at:%Y-%m-%dT%H:%M:%SZ}", str(1001 + who), f'{{"amount": {dice.lognormvariate(3.3, 0.8):.2f}}}')
        for who in range(asked.customers)
        for at in orders(dice, asked.until)
    ]
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(("customer_id", "event", "timestamp", "properties"))
    out.writerows((who, "order_placed", at, properties) for at, who, properties in sorted(rows))


if __name__ == "__main__":
    main()
