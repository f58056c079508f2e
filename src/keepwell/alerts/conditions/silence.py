"""Silence: nobody signs in."""

from __future__ import annotations

import numpy as np

from keepwell.alerts.conditions.registry import Found, Line, Params, condition, filled
from keepwell.alerts.seen import Seen, hours
from keepwell.base.time import DAY_US
from keepwell.metrics.rollups import DAY_WINDOW
from keepwell.metrics.table import Floats, Ints, Mask
from keepwell.statistics import silence


@condition("login_absence_72h", "signed_in")
def login_absence_72h(seen: Seen, params: Params) -> Found:
    """No sign-in for 72 hours and for longer than the own rhythm explains; only for those who sign in."""
    last = last_sign_in(seen)
    own, base = seen.sign_in_rhythm, seen.fleet.gap(seen.segment)
    limit, judged = _limit(seen, params)
    heard = np.minimum(seen.t, seen.horizon)
    silent = np.maximum(heard - last, 0) - _unheard(seen, last, heard)
    gap = silent / DAY_US
    usual = np.divide(own.total, own.n, out=np.full(len(seen), np.nan), where=own.n > 0)
    chance = silence.chance(gap, own.n, own.total, base)

    def because(row: int) -> str:
        return f"No sign-in for {gap[row]:.1f} days; usually {usual[row]:.1f} days pass between two"

    def evidence(row: int) -> list[Line]:
        return [
            ("Hours since the last sign-in", f"{hours(silent)[row]:.0f}"),
            ("Usual days between sign-ins", f"{usual[row]:.1f}"),
            ("Sign-ins a day", f"{own.rate[row]:.2f}"),
            ("Chance of such a silence under the own rhythm", f"{chance[row] * 100:.2f} %"),
        ]

    return Found(judged & (gap > limit) & ~seen.gone, gap, limit, "days", because, evidence)


def _limit(seen: Seen, params: Params) -> tuple[Floats, Mask]:
    """Days of silence that are too many under the own rhythm, and who is judged at all."""
    own = seen.sign_in_rhythm
    signs_in = seen.days("sign_ins").sum(axis=1) > 0
    least = params["hours"] / 24
    if params["strict"]:
        return filled(seen, least), signs_in
    p = np.where(own.rate >= params["often"], params["p_often"], params["p_seldom"])
    limit = np.maximum(silence.limit(p, own.n, own.total, seen.fleet.gap(seen.segment)), least)
    judged: Mask = signs_in & (own.n >= silence.LEAST_GAPS)
    return limit, judged


def _unheard(seen: Seen, last: Ints, heard: Ints) -> Ints:
    """How much of the time since the last sign-in fell into outages."""
    found = np.zeros(len(seen), np.int64)
    for began, ended in seen.unheard:
        found += np.maximum(np.minimum(ended, heard) - np.maximum(began, last), 0)
    return found


def last_sign_in(seen: Seen) -> Ints:
    """The moment of the last sign-in, 0 without one. Of days without a moment it is their end."""
    moments, counts = seen.days("signed_in_at"), seen.days("sign_ins")
    ends = (seen.d[:, None] - np.arange(DAY_WINDOW - 1, -1, -1) + 1) * DAY_US
    told = np.where(moments > 0, moments, np.where(counts > 0, np.minimum(ends, seen.t[:, None]), 0))
    latest: Ints = told.max(axis=1)
    return latest


def crosses_at(seen: Seen, params: Params) -> Ints:
    """When the silence becomes too long if nothing happens, in microseconds; 0 for who is not judged."""
    limit, judged = _limit(seen, params)
    last = last_sign_in(seen)
    moment = last + _unheard(seen, last, seen.t) + np.ceil(limit * DAY_US) + 1
    return np.where(judged & ~seen.gone, moment, 0).astype(np.int64)
