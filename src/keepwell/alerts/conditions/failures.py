"""Failures: of transactions and of API calls, this customer's and not everybody's."""

from __future__ import annotations

import numpy as np

from keepwell.alerts.conditions.registry import Found, Line, Params, condition, filled, percent
from keepwell.alerts.seen import Seen
from keepwell.metrics.table import Floats
from keepwell.statistics.failures import OVERDISPERSION, Counts, Scope, against_past, evidence, scopes

PAST_DAYS = 28
API_DAYS = 7


@condition("transaction_failure_rate_50", "transaction")
def transaction_failure_rate_50(seen: Seen, params: Params) -> Found:
    """Half of at least 10 attempts in 24 hours failed, unlikely under the own baseline and not the network's fault."""
    bad, tried = seen.one["bad"], seen.one["tried"]
    now = Counts(bad, tried)
    past = _past(seen, "tx_bad", "tx_tried", slice(-PAST_DAYS - 1, -1))
    everybody = seen.crowd.transactions
    others, others_past = everybody.now.without(now), everybody.past.without(past)
    tests = evidence(now, past, others, others_past)
    scope = scopes(tests, others.trials)
    share, usual, elsewhere = _share(now), _share(past), _share(others)
    alone = (scope == Scope.UNKNOWN) & (tests.own < params["p"])
    mine = (scope == Scope.CUSTOMER) | (scope == Scope.BOTH) | alone
    holds = (tried >= params["attempts"]) & (np.nan_to_num(share) >= params["share"]) & mine

    def because(row: int) -> str:
        return f"{bad[row]} of {tried[row]} transactions failed in 24 hours, {percent(share[row])}"

    def told(row: int) -> list[Line]:
        return [
            ("Attempts in 24 hours", f"{tried[row]}"),
            ("Failed", f"{bad[row]}, {percent(share[row])}"),
            (f"Usually, over {PAST_DAYS} days", percent(usual[row])),
            ("Others in the same 24 hours", percent(float(elsewhere[row]))),
            ("Chance of this under the own past", f"{tests.own[row]:.5f}"),
        ]

    return Found(holds, share * 100, filled(seen, params["share"] * 100), "%", because, told)


@condition("api_error_rate_increase", "api_called")
def api_error_rate_increase(seen: Seen, params: Params) -> Found:
    """The share of API calls that fail rose, against the own past and beyond what rose for everybody."""
    now = _past(seen, "api_errors", "api_calls", slice(-API_DAYS - 1, -1))
    past = _past(seen, "api_errors", "api_calls", slice(-API_DAYS - PAST_DAYS - 1, -API_DAYS - 1))
    share, usual = _share(now), _share(past)
    own = against_past(now, past, OVERDISPERSION)
    everybody = seen.crowd.calls
    rose = _share(everybody.now) - _share(everybody.past)
    common = np.maximum(np.nan_to_num(rose), 0.0)
    rise = share - usual
    calls, calls_past = np.asarray(now.trials, np.int64), np.asarray(past.trials, np.int64)
    known = (calls >= params["calls"]) & (calls_past >= params["calls"])
    holds = known & (own < params["p"]) & (np.nan_to_num(rise - common) >= params["share"])

    def because(row: int) -> str:
        return f"{percent(share[row])} of the API calls of the last {API_DAYS} days failed, after {percent(usual[row])}"

    def told(row: int) -> list[Line]:
        return [
            (f"Calls in {API_DAYS} days", f"{calls[row]:,}"),
            ("Failed", percent(share[row])),
            (f"In the {PAST_DAYS} days before", percent(usual[row])),
            ("The share of all customers rose by", f"{float(common) * 100:.1f} points"),
            ("Chance of this under the own past", f"{own[row]:.5f}"),
        ]

    return Found(holds, rise * 100, filled(seen, params["share"] * 100), "points", because, told)


def _past(seen: Seen, failed: str, trials: str, days: slice) -> Counts:
    """Sums over some of the 120 days."""
    return Counts(seen.days(failed)[:, days].sum(axis=1), seen.days(trials)[:, days].sum(axis=1))


def _share(counts: Counts) -> Floats:
    """Failed / all, NaN where there is none."""
    failed, trials = np.asarray(counts.failed, np.float64), np.asarray(counts.trials, np.float64)
    found: Floats = np.divide(failed, trials, out=np.full(failed.shape, np.nan), where=trials > 0)
    return found
