"""Random draws that all parts of a world share: streams, counts, wanderings, quotas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.random import Generator, SeedSequence
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
Words = NDArray[np.object_]

Key = TypeVar("Key")

NEVER = float("inf")


@dataclass(frozen=True)
class Streams:
    """Independent sources of chance, so that what we do to customers does not reshuffle their fate."""

    latent: SeedSequence
    observed: SeedSequence
    treatment: SeedSequence
    telemetry: SeedSequence


def streams(seed: int) -> Streams:
    """The streams of a seed."""
    return Streams(*SeedSequence(seed).spawn(4))


def generators(sequence: SeedSequence, names: Sequence[str]) -> Mapping[str, Generator]:
    """One generator a name. A name keeps its generator as long as it keeps its place."""
    return {name: np.random.default_rng(child) for name, child in zip(names, sequence.spawn(len(names)), strict=True)}


def counts(rng: Generator, mean: Floats, dispersion: float) -> Ints:
    """Negative binomial counts: variance = mean + dispersion x mean^2."""
    return rng.poisson(mean * rng.gamma(1 / dispersion, dispersion, mean.shape)).astype(np.int64)


def lognormal(rng: Generator, spread: float, size: int | tuple[int, ...]) -> Floats:
    """Factors with mean 1."""
    return np.exp(spread * rng.standard_normal(size) - spread * spread / 2)


def wander(rng: Generator, customers: int, days: int, half_life_days: float) -> Floats:
    """A mean-reverting walk per customer, [customers, days], mean 0 and standard deviation 1 on every day."""
    keep = 0.5 ** (1 / half_life_days)
    steps = rng.standard_normal((customers, days)) * np.sqrt(1 - keep * keep)
    walk = np.empty((customers, days))
    now = rng.standard_normal(customers)
    for day in range(days):
        now = keep * now + steps[:, day]
        walk[:, day] = now
    return walk


def portion(total: int, shares: Mapping[Key, float]) -> dict[Key, int]:
    """Split a number by shares, the largest remainders rounded up.

    >>> portion(10, {"a": 0.55, "b": 0.45})
    {'a': 6, 'b': 4}
    """
    exact = {key: total * share / sum(shares.values()) for key, share in shares.items()}
    found = {key: int(value) for key, value in exact.items()}
    by_remainder = sorted(exact, key=lambda key: found[key] - exact[key])
    for key in by_remainder[: total - sum(found.values())]:
        found[key] += 1
    return found


def spread_out(rng: Generator, number: int, low: float, high: float) -> Floats:
    """Times in [low, high), one in each of `number` equal parts, in random order."""
    return rng.permutation(low + (high - low) * (np.arange(number) + rng.random(number)) / max(number, 1))


def cells(number: Ints | Mask) -> tuple[Ints, Ints]:
    """Customer and day of every row that a matrix of counts asks for."""
    customer, day = np.nonzero(number)
    times = number[customer, day].astype(np.int64)
    return np.repeat(customer, times), np.repeat(day, times)


def pick(rng: Generator, chances: Floats) -> Ints:
    """One choice a row out of rows of chances, which need not add up to 1."""
    edges = np.cumsum(chances, axis=1)
    chosen: Ints = (rng.random(len(edges))[:, None] * edges[:, -1:] >= edges).sum(axis=1)
    return chosen


def words(vocabulary: Sequence[object], chosen: Ints) -> Words:
    """The words at the chosen places."""
    found = np.empty(len(vocabulary), dtype=object)
    found[:] = list(vocabulary)
    return found[chosen]
