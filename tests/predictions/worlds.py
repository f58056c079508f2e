"""Logs of made-up customers, as diaries: arrays only, so that a test has thousands of days in milliseconds."""

import numpy as np

from keepwell.predictions.diary import Diary, arranged

START = 18_000


def diary(rows, customers=None, channels=(), ended=None):
    """From rows of (customer, day, known day), or with count and cents behind."""
    table = np.array([(*row, 1, 0)[:5] if len(row) == 3 else row for row in rows], np.int64).reshape(-1, 5)
    number = customers or int(table[:, 0].max(initial=-1)) + 1
    return Diary(
        np.arange(number),
        arranged(number, *table.T),
        {name: diary(each, number).own for name, each in dict(channels).items()},
        {name: diary(each, number).own for name, each in (ended or {}).items()},
    )


def fading(customers=480, days=420, seed=1):
    """Customers who come every few days, and come less and less often for four to ten weeks before they leave.

    Returns the log, and the day each left, after the log's end for those who stay.
    """
    rng = np.random.default_rng(seed)
    rate = rng.beta(4, 4, customers)[:, None]
    left = rng.exponential(350, customers)[:, None] + 60
    fades = rng.uniform(30, 75, customers)[:, None]
    day = np.arange(days)
    pace = rate * np.clip((left - day) / fades, 0.0, 1.0)
    owner, when = np.nonzero(rng.random((customers, days)) < pace)
    day = when + START
    log = Diary(np.arange(customers), arranged(customers, owner, day, day))
    return log, START + left[:, 0]


def leaving(customers=400, days=400, seed=1, *, signal=True):
    """Customers who come at a rate of their own, and leave for good at a hazard of their own.

    Without a signal everybody comes with the same chance on every day, and nobody leaves.
    """
    rng = np.random.default_rng(seed)
    rate = rng.gamma(1.2, 0.08, customers).clip(0.004, 0.9)[:, None] if signal else np.full((customers, 1), 0.012)
    begins = rng.integers(0, days // 2, customers)[:, None]
    lives = rng.exponential(220, customers)[:, None] if signal else np.full((customers, 1), 10**6)
    day = np.arange(days)
    active = (rng.random((customers, days)) < rate) & (day >= begins) & (day < begins + lives)
    active[np.arange(customers), begins[:, 0]] = True
    owner, when = np.nonzero(active)
    day = when + START
    money = rng.integers(100, 9000, len(owner))
    return Diary(np.arange(customers), arranged(customers, owner, day, day, np.ones_like(owner), money))
