"""What is told of a customer's use: how much, how well it went, which features."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np

from keepwell.alerts.rule import Rule
from keepwell.base.time import DAY_US, SECOND_US
from keepwell.customers import traits
from keepwell.events.catalog import STATUSES
from keepwell.metrics.measures.registry import floats
from keepwell.metrics.rollups import DAY_WINDOW
from keepwell.metrics.table import Floats, Ints, Mask
from keepwell.outreach.catalog import Reading
from keepwell.runtime.facts_everybody import MONTH, WEEK, Everybody
from keepwell.runtime.facts_own import Own, readable
from keepwell.statistics import shift, silence
from keepwell.statistics.failures import ALERT, OVERDISPERSION, Counts, Scope, against_past, evidence, scopes

QUARTER: Final = 90
TRIED: Final = 14
"""Days within which a feature was tried lately."""
STEADY: Final = 3
"""Days of use in 28 from which a feature is in steady use, as the score counts it."""
_OK: Final = STATUSES.index("succeeded")
_MONEY: Final = 10_000  # millionths, as values are kept, in a hundredth

Told = Iterator[tuple[str, Reading]]


def usage(own: Own, beside: Everybody, rules: Mapping[str, Rule], unheard: Sequence[tuple[int, int]]) -> Told:
    """Facts of use; of a customer who was not there when the day began only what needs nobody else."""
    row = beside.row(own.customer)
    yield from _counts(own)
    yield from _features(own, beside)
    if row is not None:
        yield from _changes(own, beside, row)
        yield from _failures(own, beside, rules["transaction_failure_rate_50"])
        yield from _calls(own, beside, row, rules["api_error_rate_increase"])
        yield from _limit(own, beside, row)
        yield from _silence(own, beside, row, (rules["login_absence_72h"], unheard))


# --- how much --------------------------------------------------------------------------------


def _counts(own: Own) -> Told:
    active = own.columns["own"] > 0
    days = len(np.unique(own.columns["day"][active & own.whole(MONTH)]))
    done = own.over("transaction", MONTH) & (own.columns["code2"] == _OK)
    tried = own.over("transaction", WEEK)
    for name, count in (
        ("active_days", days),
        ("transactions", int(own.columns["n"][done].sum())),
        ("transactions_tried", int(own.columns["n"][tried].sum())),
    ):
        if count:
            yield name, Reading(count, own.begun)
    moved = own.over("transaction", QUARTER) & (own.columns["code2"] == _OK)
    value = int(own.columns["v2"][moved].sum()) // _MONEY
    if value:
        yield "volume_done", Reading(value, own.begun, "USD")


def _changes(own: Own, beside: Everybody, row: int) -> Told:
    if np.isfinite(beside.use[row]):
        yield "use_change", Reading(float(beside.use[row]), own.begun)
    change = volume_change(own, beside.prices)
    if np.isfinite(beside.trade[row]) and change * beside.trade[row] > 0:
        yield "volume_change", Reading(change, own.begun)


def volume_change(own: Own, prices: Mapping[str, float]) -> float:
    """Volume a day of the last 28 days against that of days 15-98, each asset at its one price; 0 without any."""
    done = own.columns["code2"] == _OK
    priced = np.array([prices.get(asset, 0.0) if asset else 0.0 for asset in own.columns["part2"]])
    worth = floats(own.columns["v1"]) * priced

    def volume(days: int, gap: int = 0) -> float:
        return float(worth[own.over("transaction", days, gap) & done].sum()) / days

    now, before = volume(MONTH), volume(shift.WINDOW, shift.LAG)
    return now / before - 1 if before > 0 else 0.0


# --- how well it went ------------------------------------------------------------------------


def _failures(own: Own, beside: Everybody, rule: Rule) -> Told:
    """The share that failed in a week, when it is more than usual and the customer's own, as the alert asks it.

    The own past says no more than a twentieth of its count: of many transactions any change would be unusual.
    """
    now, past = (_attempts(own, *days) for days in ((WEEK, 0), (MONTH, WEEK)))
    others, before = beside.crowd.now.without(now), beside.crowd.past.without(past)
    tests = evidence(now, past, others, before)
    scope = scopes(tests, others.trials)[0]
    alone = scope == Scope.UNKNOWN and tests.own[0] < rule.params["p"]
    mine = scope in (Scope.CUSTOMER, Scope.BOTH) or alone
    failed, tried = int(np.asarray(now.failed)[0]), int(np.asarray(now.trials)[0])
    if mine and tried >= rule.params["attempts"] and against_past(now, past, OVERDISPERSION)[0] < ALERT:
        yield "failure_share", Reading(failed / tried, own.begun)


def _attempts(own: Own, days: int, gap: int) -> Counts:
    tried = own.over("transaction", days, gap)
    failed = tried & (own.columns["code2"] != _OK)
    return Counts(*(np.array([own.columns["n"][each].sum()], np.int64) for each in (failed, tried)))


def _calls(own: Own, beside: Everybody, row: int, rule: Rule) -> Told:
    """The share of calls that failed, when the alert holds; else the share that succeeded, of enough of them."""
    if beside.rules[rule.id].holds[row]:
        failed, calls = _called(own, WEEK)
        yield "api_error_share", Reading(min(failed / max(calls, 1), 1.0), own.begun)
        return
    failed, calls = _called(own, MONTH)
    if calls >= rule.params["calls"]:
        yield "integration_uptime", Reading(1 - min(failed / calls, 1.0), own.begun)


def _called(own: Own, days: int) -> tuple[int, int]:
    made = own.over("api_called", days)
    return int(own.columns["v1"][made].sum()), int(own.columns["n"][made].sum())


def _limit(own: Own, beside: Everybody, row: int) -> Told:
    """Use of the tightest limit, when it is reached or will be in the time the rule of growth asks about."""
    found = beside.rules["expansion_indicators"]
    limits = own.profile.limits
    shares = [_top(own, meter) / limit for meter, limit in limits.items()]
    if shares and np.nan_to_num(found.measure[row], nan=np.inf) <= found.threshold[row]:
        yield "plan_use", Reading(min(max(shares), 1.0), own.begun)


def _top(own: Own, meter: str) -> int:
    reports = own.over("usage_reported", MONTH) & (own.columns["part"] == meter)
    return int(own.columns["v1"][reports].max(initial=0))


def _silence(own: Own, beside: Everybody, row: int, asked: tuple[Rule, Sequence[tuple[int, int]]]) -> Told:
    """How long ago the last sign-in was, when that is too long under the own rhythm, as the alert asks it."""
    rule, unheard = asked
    signed = own.of("signed_in")
    days = own.daily(signed)[None, :]
    rhythm = silence.rhythm(days, DAY_WINDOW - np.minimum(own.day - beside.first[row : row + 1] + 1, DAY_WINDOW))
    if beside.gone[row] or not signed.any() or (rhythm.n[0] < silence.LEAST_GAPS and not rule.params["strict"]):
        return
    last = int(own.columns["occurred_at"][signed].max())
    heard = own.now if beside.heard >= own.begun else beside.heard
    missed = sum(max(min(ended, heard) - max(began, last), 0) for began, ended in unheard)
    if max(heard - last, 0) - missed > _patience(rhythm, beside.gap[row : row + 1], rule) * DAY_US:
        yield "sign_in_gap", Reading((own.now - last) // SECOND_US, own.now)


def _patience(rhythm: silence.Rhythm, base: Floats, rule: Rule) -> float:
    """Days of silence that are not too many."""
    least = rule.params["hours"] / 24
    if rule.params["strict"]:
        return least
    p = rule.params["p_often"] if rhythm.rate[0] >= rule.params["often"] else rule.params["p_seldom"]
    return max(float(silence.limit(p, rhythm.n, rhythm.total, base)[0]), least)


# --- features --------------------------------------------------------------------------------


def _features(own: Own, beside: Everybody) -> Told:
    used = _used(own)
    if used:
        yield "features_used", Reading(len(used), own.begun)
        yield "feature_favourite", Reading(readable(max(used, key=lambda name: (*used[name], name))), own.begun)
    explored = {name: uses for name, uses in used.items() if uses[0] < STEADY and _last(own, name) >= own.day - TRIED}
    if explored:
        latest = max(explored, key=lambda name: (_last(own, name), *explored[name], name))
        yield "feature_explored", Reading(readable(latest), own.begun)
    firsts = beside.firsts.get(own.customer, {}).values()
    adopted = sum(own.day - QUARTER <= day < own.day for day in firsts)
    if adopted:
        yield "features_adopted", Reading(adopted, own.begun)
    plan = traits.word(own.profile.traits, "plan")
    if plan:
        yield "plan_name", Reading(readable(plan), own.now)


def _used(own: Own) -> dict[str, tuple[int, int]]:
    """Days and number of uses of each feature in 28 days. For developers endpoints that are theirs are features."""
    kinds = _uses(own, MONTH)
    days: dict[str, set[int]] = {}
    times: Counter[str] = Counter()
    for name, day, n in zip(*(own.columns[each][kinds].tolist() for each in ("part", "day", "n")), strict=True):
        days.setdefault(name, set()).add(day)
        times[name] += n
    return {name: (len(days[name]), times[name]) for name in days}


def _uses(own: Own, days: int) -> Mask:
    """Uses of features."""
    theirs = np.isin(own.columns["part"].astype(str), sorted(own.profile.entitled))
    named: Mask = own.over("feature_used", days) & (own.columns["part"] != None)  # noqa: E711 - by element
    found: Mask = named | (own.over("api_called", days) & theirs)
    return found


def _last(own: Own, name: str) -> int:
    days: Ints = own.columns["day"][_uses(own, MONTH) & (own.columns["part"] == name)]
    return int(days.max())
