"""Tails of discrete distributions, for many rows at once.

A tail is summed term by term near the point where it begins and near its end; what lies between, where there are
more terms than that, is smooth and integrated by Gauss and Legendre on a logarithmic scale. It agrees with sums of
all terms to 1e-5 of the value.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Final

import numpy as np

from keepwell.statistics.arrays import Floats, Numbers
from keepwell.statistics.special import log_beta

NEAR: Final = 64
FAR: Final = 16
NODES: Final = 64
ROWS: Final = 4096  # at a time, so that the terms fit into the cache
LogTerm = Callable[..., Floats]


def beta_binomial(k: Numbers, n: Numbers, a: Numbers, b: Numbers) -> Floats:
    """P(k or more of n fail) when the share of failures is beta(a, b)."""
    k, n, a, b = _rows(k, n, a, b)
    middle = n * a / (a + b)
    return _at_least(_beta_binomial_term, k, (np.zeros_like(n), n, middle), (n, a, b))


def hypergeometric(k: Numbers, drawn: Numbers, bad: Numbers, total: Numbers) -> Floats:
    """P(k or more of those drawn are bad) when `bad` of all are."""
    k, drawn, bad, total = _rows(k, drawn, bad, total)
    low, high = np.maximum(drawn + bad - total, 0), np.minimum(drawn, bad)
    middle = (drawn + 1) * (bad + 1) / (total + 2)
    return _at_least(_hypergeometric_term, k, (low, high, middle), (drawn, bad, total))


def _rows(*given: Numbers) -> list[Floats]:
    return [np.array(each, np.float64) for each in np.broadcast_arrays(*(np.atleast_1d(each) for each in given))]


def _at_least(term: LogTerm, k: Floats, support: tuple[Floats, Floats, Floats], shape: tuple[Floats, ...]) -> Floats:
    """The upper tail; where k lies below the middle, one minus the lower tail. Equal rows are summed once."""
    table = np.stack([k, *support, *shape], axis=1)
    distinct, back = np.unique(table, axis=0, return_inverse=True)
    found = np.concatenate(
        [_of_rows(term, distinct[start : start + ROWS]) for start in range(0, len(distinct), ROWS)] or [np.zeros(0)]
    )
    return np.asarray(found[back.reshape(-1)], np.float64)


def _of_rows(term: LogTerm, table: Floats) -> Floats:
    k, low, high, middle = table[:, :4].T
    shape = table[:, 4:]
    upper = k > middle
    first = np.clip(np.where(upper, k, k - 1), low, high)
    last = np.where(upper, high, low)
    tail = _tail(term, shape, first, last)
    found = np.where(upper, tail, 1 - tail)
    return np.clip(np.where(k <= low, 1.0, np.where(k > high, 0.0, found)), 0.0, 1.0)


def _tail(term: LogTerm, shape: Floats, first: Floats, last: Floats) -> Floats:
    """The sum from `first` to `last`, in whichever direction."""
    way = np.where(last >= first, 1.0, -1.0)
    number = np.abs(last - first)[:, None] + 1
    steps = np.arange(min(NEAR + FAR, int(number.max(initial=1))), dtype=np.float64)
    offsets = np.where(steps < NEAR, steps, np.maximum(steps, number - NEAR - FAR + steps))
    wanted = offsets < number
    values = _terms(term, shape, first[:, None] + way[:, None] * np.where(wanted, offsets, 0.0))
    total = np.where(wanted, values, 0.0).sum(axis=1)
    long = np.flatnonzero(number[:, 0] > NEAR + FAR)
    if long.size:
        total[long] += _between(term, shape[long], (first[long], way[long], number[long, 0]))
    return np.asarray(total, np.float64)


def _between(term: LogTerm, shape: Floats, span: tuple[Floats, Floats, Floats]) -> Floats:
    """The terms after the near and before the far ones, as an integral over the logarithm of the distance."""
    first, way, number = span
    nodes, weights = _legendre()
    start = np.log(NEAR - 0.5)
    width = np.log(number - FAR - 0.5) - start
    distance = np.exp(start + width[:, None] * nodes)
    values = _terms(term, shape, first[:, None] + way[:, None] * distance) * distance
    return np.asarray((values @ weights) * width)


def _terms(term: LogTerm, shape: Floats, places: Floats) -> Floats:
    with np.errstate(under="ignore"):
        return np.asarray(np.exp(term(places, *(column[:, None] for column in shape.T))))


@cache
def _legendre() -> tuple[Floats, Floats]:
    """Nodes and weights on 0 to 1."""
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    return (nodes + 1) / 2, weights / 2


def _beta_binomial_term(i: Floats, n: Floats, a: Floats, b: Floats) -> Floats:
    return np.asarray(_log_choose(n, i) + log_beta(i + a, n - i + b) - log_beta(a, b))


def _hypergeometric_term(i: Floats, drawn: Floats, bad: Floats, total: Floats) -> Floats:
    return _log_choose(bad, i) + _log_choose(total - bad, drawn - i) - _log_choose(total, drawn)


def _log_choose(n: Floats, k: Floats) -> Floats:
    return np.asarray(-log_beta(n - k + 1, k + 1) - np.log1p(n))
