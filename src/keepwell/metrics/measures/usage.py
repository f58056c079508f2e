"""Measures of use: how often, how much is transacted, and what is adopted."""

from __future__ import annotations

import numpy as np

from keepwell.metrics.measures.registry import (
    EXPECTED_DAYS,
    RATIO_K,
    RATIO_TENURE,
    SETTLED_DAYS,
    SILENT_WHEN,
    USE,
    Value,
    floats,
    measure,
    ratio,
)
from keepwell.metrics.references import share
from keepwell.metrics.rollups import kind_label
from keepwell.metrics.view import View

# --- usage frequency -------------------------------------------------------------------------


@measure("Active days", 28, *USE)
def active_days(x: View) -> Value:
    """Days with own activity in 28 / (20 / 28 of the exposure). None below 7 days of tenure."""
    expected = EXPECTED_DAYS * x.exposure(28) / 28.0
    return Value(x.now("own_days") / expected, x.connected(*USE) & (x.tenure >= SETTLED_DAYS))


@measure("Active days against own baseline", 28, *USE)
def active_days_own(x: View) -> Value:
    """Days with own activity in 28, filled to the window, / own days 29-90 brought to 28; none below 56 days."""
    expected = x.prior("own_days") * 28.0 / x.prior_exposure
    value = x.now("own_days") * x.filled(28) / np.maximum(expected, 1.0)
    return Value(value, x.connected(*USE) & (x.tenure >= RATIO_TENURE))


@measure("Features used of those entitled", 28, kind_label("feature_used"))
def feature_utilization(x: View) -> Value:
    """Distinct features used in 28 days / features entitled."""
    entitled, _ = x.sets()
    return Value(
        share(x.one("1.parts"), entitled),
        x.connected(kind_label("feature_used")) & (entitled > 0) & (x.tenure >= SETTLED_DAYS),
    )


@measure("Endpoints used of those entitled", 28, kind_label("api_called"))
def endpoint_utilization(x: View) -> Value:
    """Distinct endpoints called in 28 days / features entitled."""
    entitled, _ = x.sets()
    return Value(
        share(x.one("2.parts"), entitled),
        x.connected(kind_label("api_called")) & (entitled > 0) & (x.tenure >= SETTLED_DAYS),
    )


@measure("Session length and actions against peers", 28, kind_label("session_ended"))
def session_depth(x: View) -> Value:
    """Mean of (capped minutes per session / peers) and (capped actions per session / peers).

    0 without a session in 28 days; none without one in 120.
    """
    sessions = x.now("sessions")
    minutes = share(x.now("session_s") / 60.0, sessions) / x.peer("session_minutes")
    actions = share(x.now("session_actions"), sessions) / x.peer("session_actions")
    return Value((minutes + actions) / 2.0, x.ever("sessions") > 0)


@measure("API calls against own mean", 28, kind_label("api_called"))
def api_call_rate(x: View) -> Value:
    """(calls in 28 days, filled, + 5) / (calls of days 29-90 brought to 28 + 5); none below 56 days of tenure."""
    now = x.now("api_calls") * x.filled(28)
    before = x.prior("api_calls") * 28.0 / x.prior_exposure
    value, fixed = ratio(now, before, RATIO_K)
    return Value(value, (x.ever("api_calls") > 0) & (x.tenure >= RATIO_TENURE), fixed)


# --- transaction volume ----------------------------------------------------------------------


def _trend(x: View, column: str, used: str) -> Value:
    now = x.now(column) * x.filled(28)
    value, fixed = ratio(now, floats(x.before(column)), RATIO_K)
    return Value(value, (x.ever(used) > 0) & (x.tenure >= RATIO_TENURE), fixed)


@measure("Successful transactions against the 28 days before", 28, kind_label("transaction"))
def transaction_trend(x: View) -> Value:
    """(succeeded in 28 days, filled, + 5) / (succeeded in the 28 before + 5)."""
    return _trend(x, "tx_ok", "tx_tried")


@measure("Accepted work against the 28 days before", 28, kind_label("work"))
def work_trend(x: View) -> Value:
    """(accepted in 28 days, filled, + 5) / (accepted in the 28 before + 5)."""
    return _trend(x, "work_ok", "work_ok")


@measure("Volume at constant prices against the 28 days before", 28, kind_label("transaction"))
def volume_growth(x: View) -> Value:
    """(volume, filled, + k) / (volume before + k), each asset at one price, k = 5 mean transactions.

    An asset nobody has given a value for counts at 1 per unit of its scale.
    """
    rows, size = x.rows("assets"), len(x)
    moments = x.scope("a")[rows.row].tolist()
    assets = rows["asset"].tolist()
    prices = np.array(
        [x.references[a].prices.get(asset, 1.0) for a, asset in zip(moments, assets, strict=True)], np.float64
    )
    volume = np.bincount(rows.row, rows["amount_now"] * prices, minlength=size)
    before = np.bincount(rows.row, rows["amount_before"] * prices, minlength=size)
    number = np.bincount(rows.row, floats(rows["n_now"] + rows["n_before"]), minlength=size)
    k = RATIO_K * share(volume + before, number)
    now = volume * x.filled(28)
    value = np.where(k > 0, share(now + k, before + k), 1.0)
    silent = (x.now("tx_ok") == 0) & (x.before("tx_ok") >= SILENT_WHEN)
    has = (x.ever("tx_tried") > 0) & (x.tenure >= RATIO_TENURE)
    return Value(value, has, np.where(silent, 0.0, np.nan))


@measure("Effective number of chains", 28, kind_label("transaction"))
def cross_chain_activity(x: View) -> Value:
    """(sum of n)^2 / sum of n^2 over chains, n succeeded transactions in 28 days; 0 without any.

    None when transactions do not say on which chain they were.
    """
    n, squares = floats(x.one("3.n")), floats(x.one("3.n_squared"))
    named = (n > 0) | (x.now("tx_ok") == 0)
    return Value(share(n * n, squares), named & (x.ever("tx_tried") > 0) & (x.scope("single_chain") == 0))


@measure("Transactions that succeeded", 28, kind_label("transaction"))
def success_share(x: View) -> Value:
    """Succeeded / attempted transactions in 28 days; none without an attempt."""
    return Value(share(x.now("tx_ok"), x.now("tx_tried")), x.now("tx_tried") > 0)


@measure("Active days with DeFi", 28, kind_label("transaction"))
def defi_participation(x: View) -> Value:
    """Days with a succeeded swap, lp, lend, borrow, stake or farm / days with own activity, in 28 days."""
    own = x.now("own_days")
    return Value(share(x.now("defi_days"), own), x.connected(kind_label("transaction")) & (own > 0))


@measure("Work accepted", 28, kind_label("work"))
def acceptance_rate(x: View) -> Value:
    """Accepted / (accepted + rejected) work in 28 days; none without work."""
    done = x.now("work_ok") + x.now("work_bad")
    return Value(share(x.now("work_ok"), done), done > 0)


# --- feature adoption ------------------------------------------------------------------------


@measure("Features used on three days or more", 28, kind_label("feature_used"))
def features_active(x: View) -> Value:
    """Features used on >= 3 days in 28 / features entitled."""
    entitled, _ = x.sets()
    return Value(
        share(x.one("1.parts_3d"), entitled),
        x.connected(kind_label("feature_used")) & (entitled > 0) & (x.tenure >= SETTLED_DAYS),
    )


@measure("Endpoints used on three days or more", 28, kind_label("api_called"))
def endpoints_active(x: View) -> Value:
    """Endpoints called on >= 3 days in 28 / features entitled."""
    entitled, _ = x.sets()
    return Value(
        share(x.one("2.parts_3d"), entitled),
        x.connected(kind_label("api_called")) & (entitled > 0) & (x.tenure >= SETTLED_DAYS),
    )


@measure("Advanced features used", 28, kind_label("feature_used"))
def advanced_share(x: View) -> Value:
    """Advanced features used in 28 days / advanced features entitled."""
    _, advanced = x.sets()
    return Value(
        share(x.one("1.advanced"), advanced),
        x.connected(kind_label("feature_used")) & (advanced > 0) & (x.tenure >= SETTLED_DAYS),
    )


@measure("New features taken up within 30 days", 180, kind_label("feature_released"))
def adoption_speed(x: View) -> Value:
    """Entitled releases 30-180 days old used within 30 days of release or of being sold; none below 2 releases."""
    return Value(share(x.one("releases_used"), x.one("releases")), x.one("releases") >= 2)


@measure("Uses per feature and day against peers", 28, kind_label("feature_used"))
def feature_depth(x: View) -> Value:
    """Capped uses (20) per feature and day of use / peers; none without a feature used."""
    days = x.one("1.part_days")
    return Value(share(x.one("1.uses"), days) / x.peer("feature_depth"), days > 0)


@measure("Calls per endpoint and day against peers", 28, kind_label("api_called"))
def endpoint_depth(x: View) -> Value:
    """Capped calls (20) per endpoint and day of use / peers; none without a call."""
    days = x.one("2.part_days")
    return Value(share(x.one("2.uses"), days) / x.peer("endpoint_depth"), days > 0)
