"""Which feature a customer may begin to use next, how likely within 30 days, and what speaks for it.

Three rankers stand for election, on windows that are over: how often a feature was begun lately (popularity), what
goes with the features in use (EASE, Steck 2019, arXiv 1905.03375), and the product of the two. No ranker wins
everywhere: features of a season go by popularity, those of a trade by company.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from keepwell.predictions import logit
from keepwell.predictions.accuracy import Judged
from keepwell.predictions.worth import refusal
from keepwell.statistics.arrays import Floats, Ints, Mask

DAYS: Final = 30
"""How far is looked ahead, and what counts as lately."""
ENOUGH: Final = 100
"""Customers below whom only popularity is said."""
LEAST: Final = 20
"""Customers below whom nothing is said."""
RIDGE: Final = 200.0
"""The penalty of EASE: for 20 to 60 features 200 to 500 rank alike."""
PULL: Final = 20.0
"""So many customers speak for the feature's share among all, and for the mean of all features."""
SHOWN: Final = 5
"""Places of a ranking that count in its test, and companions of fewer customers are not told."""
_LITTLE: Final = 1e-3
_MOST: Final = 4_000  # customers a model is fitted to or tested on
_SEED: Final = 19


@dataclass(frozen=True)
class Landmark:
    """Customers that were active lately and use something, as known at one moment.

    Attributes:
        customer: numbers, ascending, shape (customers,).
        segment: numbers of segments, same shape.
        activity: own active days in the last `DAYS`, same shape.
        tenure: days since the first event, same shape.
        used: what was in use, shape (customers, features).
        lately: what of it was begun in the last `DAYS`.
        open: what could be begun: it is in the plan, others use it, and the customer does not.
        came: what of that was begun in the next `DAYS`; None while these are not over.
    """

    customer: Ints
    segment: Ints
    activity: Floats
    tenure: Floats
    used: Mask
    lately: Mask
    open: Mask
    came: Mask | None = None

    def __len__(self) -> int:
        return len(self.customer)

    def among(self, rows: Ints) -> Landmark:
        """Some of the customers."""
        came = None if self.came is None else self.came[rows]
        of_customer = self.customer[rows], self.segment[rows], self.activity[rows], self.tenure[rows]
        return Landmark(*of_customer, self.used[rows], self.lately[rows], self.open[rows], came)


Ranker = Callable[[Landmark], Floats]
"""Scores of shape (customers, features), the higher the likelier; only their order within a customer is meant."""


def shares(at: Landmark) -> Floats:
    """The share of those who could that lately began a feature, in the customer's segment, shrunk to that of all.

    Shape (customers, features), above 0 and below 1.
    """
    could = at.lately | at.open
    mean = (at.lately.sum() + 1.0) / (could.sum() + 2.0)
    of_all = (at.lately.sum(axis=0) + PULL * mean) / (could.sum(axis=0) + PULL)
    found = np.empty(at.used.shape)
    for segment in np.unique(at.segment):
        rows = at.segment == segment
        found[rows] = (at.lately[rows].sum(axis=0) + PULL * of_all) / (could[rows].sum(axis=0) + PULL)
    return found


def company(at: Landmark) -> Floats:
    """What using a feature (row) adds to the score of another (column): EASE in closed form, its diagonal 0."""
    used = at.used.astype(float)
    inverse = np.linalg.inv(used.T @ used + RIDGE * np.eye(used.shape[1]))
    weights: Floats = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0)
    return weights


def ease(at: Landmark) -> Floats:
    """How well a feature goes with those in use."""
    found: Floats = at.used.astype(float) @ company(at)
    return found


def both(at: Landmark) -> Floats:
    """Logarithm of the product of the two."""
    found: Floats = np.log(shares(at)) + np.log(np.maximum(ease(at), _LITTLE))
    return found


RANKERS: Final[Mapping[str, Ranker]] = {"popularity": shares, "ease": ease, "both": both}
"""The candidates; of equals the first is chosen."""


def ranked(at: Landmark, score: Floats) -> Ints:
    """Features of each customer, the likeliest first; those that cannot be begun come last."""
    order: Ints = np.argsort(-np.where(at.open, score, -np.inf), axis=1, kind="stable")
    return order


def gains(at: Landmark, score: Floats) -> Floats:
    """NDCG@5 of each customer that began something (Jaervelin & Kekaelaeinen 2002)."""
    came = _came(at)
    rows = came.any(axis=1)
    top = ranked(at, score)[rows, :SHOWN]
    worth = 1 / np.log2(np.arange(2, SHOWN + 2))
    found = (np.take_along_axis(came[rows], top, 1) * worth[: top.shape[1]]).sum(axis=1)
    ideal = np.cumsum(worth)[np.minimum(came[rows].sum(axis=1), SHOWN) - 1]
    gained: Floats = found / ideal
    return gained


def elected(closed: Sequence[Landmark]) -> dict[str, float]:
    """The mean NDCG@5 of each ranker over windows that are over; NaN when nobody began anything."""
    found = {}
    for name, ranker in RANKERS.items():
        each = np.concatenate([np.zeros(0), *(gains(at, ranker(at)) for at in closed if len(at))])
        found[name] = float(each.mean()) if len(each) else float("nan")
    return found


@dataclass(frozen=True)
class Adoption:
    """What is likely to be begun.

    Attributes:
        ranker: the name of the ranker that was chosen.
        tested: the mean NDCG@5 of each candidate on closed windows.
        order: features, the likeliest first, shape (customers, features).
        share: the share of those like the customer who lately began a feature, same shape.
        chance: P(begun within `DAYS`), same shape; NaN where the model abstains.
        because: how the ranker was chosen, and why there is no probability where there is none.
        weights: what a feature in use (row) speaks for another (column).
    """

    ranker: str
    tested: Mapping[str, float]
    order: Ints
    share: Floats
    chance: Floats
    because: str
    weights: Floats


def foresee(now: Landmark, closed: Sequence[Landmark]) -> Adoption | str:
    """What is likely next; or why nothing can be said, as a sentence.

    Args:
        now: the customers at the moment.
        closed: earlier moments whose window is over, the newest first.
    """
    if not now.used.shape[1]:
        return "No use of a feature by enough customers is known."
    if len(now) < LEAST:
        some = "1 customer was" if len(now) == 1 else f"{len(now)} customers were"
        return f"Only {some} active lately with something in use; it takes {LEAST}."
    seen = [at for at in closed if len(at) >= ENOUGH]
    if len(now) < ENOUGH or not seen:
        because = f"Fewer than {ENOUGH} customers or no closed window: what those of the segment began lately."
        return _said(now, "popularity", {}, np.full(now.used.shape, np.nan), because)
    tested = elected(seen)
    name = max(tested, key=lambda each: np.nan_to_num(tested[each], nan=0.0))
    told = ", ".join(f"{each} {value:.3f}" for each, value in tested.items())
    chance, why_none = chances(now, seen)
    because = f"Ranked by {name}, the best on {len(seen)} closed windows (NDCG@5: {told}). {why_none}".rstrip()
    return _said(now, name, tested, chance, because)


def _said(now: Landmark, name: str, tested: Mapping[str, float], chance: Floats, because: str) -> Adoption:
    order = ranked(now, RANKERS[name](now))
    return Adoption(name, tested, order, shares(now), chance, because, company(now))


def chances(now: Landmark, closed: Sequence[Landmark]) -> tuple[Floats, str]:
    """P(begun within `DAYS`) of everything open, NaN elsewhere; or NaN everywhere, and why.

    A small logit over share, company, activity, tenure and breadth. It is fitted to all closed windows but the newest,
    tested on that, and if it holds there, fitted again to all of them.
    """
    found = np.full(now.used.shape, np.nan)
    if len(closed) < 2:
        return found, "No probability: a model needs one window to learn from and a later one to be tested on."
    newest = _some(closed[0])
    said = logit.sigmoid(columns(newest) @ fitted(closed[1:]))
    who = np.broadcast_to(newest.customer[:, None], newest.open.shape)[newest.open]
    why = refusal(Judged(_came(newest)[newest.open], said, who))
    if why:
        return found, f"No probability: {why}"
    found[now.open] = logit.sigmoid(columns(now) @ fitted(closed))
    return found, ""


def columns(at: Landmark) -> Floats:
    """What a probability rests on, a row for each open feature of each customer: a constant and five logarithms."""
    share, goes = np.log(shares(at)), np.log(np.maximum(ease(at), _LITTLE))
    of_customer = np.log1p(np.stack([at.activity, at.tenure, at.used.sum(axis=1)], axis=1))
    customer, _ = np.nonzero(at.open)
    return np.column_stack([np.ones(len(customer)), share[at.open], goes[at.open], of_customer[customer]])


def fitted(closed: Sequence[Landmark]) -> Floats:
    """Coefficients of the columns, from windows that are over."""
    parts = [_some(at) for at in closed]
    rows = np.concatenate([columns(at) for at in parts])
    happened = np.concatenate([_came(at)[at.open] for at in parts])
    size = rows.shape[1]
    prior = logit.Prior(np.zeros(size), np.array([5.0, *[1.0] * (size - 1)]))
    return logit.fit(rows, happened, np.full(len(rows), 1 / len(parts)), prior)


def _some(at: Landmark) -> Landmark:
    """At most so many of the customers, drawn with a fixed seed."""
    if len(at) <= _MOST:
        return at
    rng = np.random.default_rng(_SEED)
    return at.among(np.sort(rng.choice(len(at), _MOST, replace=False)))


def _came(at: Landmark) -> Mask:
    if at.came is None:
        raise ValueError("the window of this landmark is not over")
    return at.came & at.open


@dataclass(frozen=True)
class Why:
    """What speaks for a feature.

    Attributes:
        companions: features the customer uses that go with it, at most two.
        users: of the other customers who use all of these, how many use it.
        others: how many others use all of these.
        everybody: the share of all that use it, 0 to 1.
    """

    companions: tuple[int, ...]
    users: int
    others: int
    everybody: float


def why(now: Landmark, weights: Floats, row: int, feature: int) -> Why | None:
    """What in a customer's use speaks for a feature; None when nothing does, or too few others could tell."""
    speaks = np.where(now.used[row], weights[:, feature], 0.0)
    best = [int(each) for each in np.argsort(-speaks, kind="stable")[:2] if speaks[each] > 0]
    everybody = float(now.used[:, feature].mean())
    for number in range(len(best), 0, -1):
        like = now.used[:, best[:number]].all(axis=1)
        others = int(like.sum()) - 1
        users = int((like & now.used[:, feature]).sum())
        if others >= SHOWN and users > others * everybody:
            return Why(tuple(best[:number]), users, others, everybody)
    return None
