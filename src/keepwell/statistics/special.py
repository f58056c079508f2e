"""Special functions, from SciPy, which is imported when the first of them is called: it takes .1 s and 20 MB."""

from __future__ import annotations

import numpy as np

from keepwell.statistics.arrays import Floats, Numbers


def normal(z: Numbers) -> Floats:
    """P(a standard normal is below z)."""
    return _call("ndtr", z)


def normal_quantile(p: Numbers) -> Floats:
    return _call("ndtri", p)


def student_quantile(freedom: Numbers, p: Numbers) -> Floats:
    return _call("stdtrit", freedom, p)


def log_beta(a: Numbers, b: Numbers) -> Floats:
    """Logarithm of the beta function."""
    return _call("betaln", a, b)


def beta_share(a: Numbers, b: Numbers, x: Numbers) -> Floats:
    """P(beta(a, b) is below x): the regularised incomplete beta function."""
    return _call("betainc", a, b, x)


def poisson(k: Numbers, mean: Numbers) -> Floats:
    """P(a Poisson number of this mean is k or fewer)."""
    return _call("pdtr", k, mean)


def binomial(k: Numbers, n: Numbers, p: Numbers) -> Floats:
    """P(k or fewer of n, each with chance p)."""
    whole = np.asarray(k, np.float64), np.asarray(n, np.float64)
    return np.where(whole[0] >= whole[1], 1.0, _call("betainc", whole[1] - whole[0], whole[0] + 1, 1 - np.asarray(p)))


def _call(name: str, *given: Numbers) -> Floats:
    from scipy import special  # type: ignore[import-untyped]

    return np.asarray(getattr(special, name)(*given), np.float64)
