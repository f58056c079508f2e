"""Which model may speak: as high on the ladder as the log allows, and none that is no better than the base rate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from keepwell.base.shares import percent
from keepwell.predictions import accuracy
from keepwell.predictions.accuracy import figure
from keepwell.predictions.forecast import Outcome, Stage
from keepwell.predictions.landmarks import Landmark
from keepwell.predictions.trials import Check, Trial, better, check

FEW_DAYS: Final = 28
SOME_DAYS: Final = 60
FEW_CUSTOMERS: Final = 20
BOTH: Final = 20
"""Customers to whom it happened, and to whom it did not, for the logit."""
MANY: Final = 100
MANY_CUSTOMERS: Final = 500
"""Customers to whom it happened, and customers at all, for trees."""
LEAST_AUROC: Final = 0.55
_CHANCE: Final = 0.5
RATIOS: Final = (0.7, 1.4)
_PARAMETERS: Final = 6
_SHRUNK: Final = 0.9
_OPTIMISM: Final = 0.05


@dataclass(frozen=True)
class Counts:
    """What the log has shown.

    Attributes:
        days: of log.
        customers: who were ever active.
        left: customers to whom it happened in a window that has closed, among those who were there before it.
        stayed: customers to whom it did not.
    """

    days: int
    customers: int
    left: int
    stayed: int

    @property
    def closed(self) -> bool:
        """Whether any window has closed."""
        return self.left + self.stayed > 0


def counted(parts: Sequence[Landmark], horizon: int) -> tuple[int, int]:
    """Customers to whom it happened within a horizon in some landmark, and to whom it did not."""
    found: list[list[np.ndarray[tuple[int], np.dtype[np.int64]]]] = [[], []]
    for part in parts:
        near = part.present()
        happened = near.happened(horizon)
        found[0].append(near.seen.place[happened])
        found[1].append(near.seen.place[~happened])
    left, stayed = (len(np.unique(np.concatenate(each))) if each else 0 for each in found)
    return left, stayed


@dataclass(frozen=True)
class Verdict:
    """Which candidate speaks.

    Attributes:
        stage: its stage, or why there is none.
        name: of the candidate, empty when nobody speaks.
        because: a sentence.
        check: how it did, when it was tried.
    """

    stage: Stage
    name: str
    because: str
    check: Check | None = None


def too_little(counts: Counts, outcome: Outcome) -> Verdict | None:
    """That there is too little to say anything, if it is so."""
    if counts.customers < FEW_CUSTOMERS:
        return _none(f"not enough customers: {_whose(counts.customers, outcome)}, and {FEW_CUSTOMERS} are needed")
    if counts.days < SOME_DAYS:
        return _none(f"not enough history: {_several(counts.days, 'day')} of log, and {SOME_DAYS} are needed")
    if counts.closed and not counts.left:
        return _none(f"nothing to learn from: it happened to none of {_whose(counts.stayed, outcome)} so far")
    if counts.closed and not counts.stayed:
        return _none(f"nothing to learn from: it happened to all of {_whose(counts.left, outcome)}")
    return None


def _whose(customers: int, outcome: Outcome) -> str:
    return _several(customers, "customer") + (" under contract" if outcome is Outcome.CANCELLATION else "")


def _several(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _none(because: str) -> Verdict:
    return Verdict(Stage.FACTS, "", because)


def climb(trials: Mapping[str, Trial], counts: Counts, horizon: int, problem: str = "") -> Verdict:
    """The highest candidate that earned its place out of time, if it may speak.

    `horizon` is the one by which they were tried, `problem` why trees are missing.
    """
    assumed, small = trials.get("bg/nbd"), trials.get("logit")
    if min(counts.left, counts.stayed) < BOTH:
        why = f"it happened to {counts.left} and not to {counts.stayed}; {BOTH} of each are needed to learn"
        return _judged(assumed, why, horizon) if assumed else _unchecked(counts, why)
    if small is None:
        why = "there is no earlier window to learn from yet"
        return _judged(assumed, why, horizon) if assumed else _unchecked(counts, why)
    grown, why = _grown(trials, small, counts)
    return _judged(grown or small, why if grown else problem or why, horizon)


def _grown(trials: Mapping[str, Trial], small: Trial, counts: Counts) -> tuple[Trial | None, str]:
    """The trees, with a logit beside them, that beat the logit out of time, if they did, and why."""
    if counts.left < MANY or counts.customers < MANY_CUSTOMERS:
        needed = f"{MANY} to whom it happened and {MANY_CUSTOMERS:,} customers"
        return None, f"boosted trees need {needed}; there are {counts.left} and {counts.customers:,}"
    best = trials.get("trees + logit")
    if best and better(best, small):
        return best, "it beat the logit out of time"
    return None, "boosted trees did not beat the logit out of time"


def _unchecked(counts: Counts, why: str) -> Verdict:
    if counts.closed:
        return _none(f"cannot be checked here yet: {why}")
    return Verdict(Stage.ASSUMED, "bg/nbd", "model assumption, not yet checked here: no window has closed yet")


def _judged(chosen: Trial, why: str, horizon: int) -> Verdict:
    """The candidate, or a refusal with its reason."""
    found = check(chosen.rows)
    told = f"{chosen.name}, tried on {_several(found.customers, 'customer')}: {_figures(found)}"
    wrong = refusal(found)
    if wrong:
        share = f"of customers like these it happened to {percent(found.base_rate)} within {horizon} days"
        return Verdict(Stage.REFUSED, "", f"not predictable here: {wrong} ({told}); {share}", found)
    needed = sample_needed(found.base_rate, explained(chosen))
    few = f"; {needed:,} would make it steady (Riley)" if needed > found.customers else ""
    return Verdict(chosen.stage, chosen.name, "; ".join(filter(None, (told + few, why))), found)


def _figures(found: Check) -> str:
    return f"AUROC {found.auroc:.2f} [{found.low:.2f}, {found.high:.2f}], observed/expected {found.ratio:.2f}"


def refusal(found: Check) -> str:
    """Why a candidate may not speak, or nothing. What is not defined is no support."""
    if not found.low > LEAST_AUROC:
        return f"it ranks customers {'worse' if found.high < _CHANCE else 'hardly better'} than chance"
    if not found.skill > 0:
        return "its probabilities are no better than saying the base rate to everybody"
    if not RATIOS[0] <= found.ratio <= RATIOS[1]:
        return "it expects far more or fewer than there are"
    return ""


def explained(trial: Trial) -> float:
    """Cox-Snell R2 out of time: 1 - exp(-2 (loss of the base rate - loss))."""
    rows = trial.rows
    share = figure(accuracy.base_rate, rows)
    plain = -(share * np.log(share) + (1 - share) * np.log(1 - share)) if 0 < share < 1 else 0.0
    return float(1 - np.exp(-2 * max(plain - figure(accuracy.log_loss, rows), 0.0)))


def sample_needed(share: float, r2: float, parameters: int = _PARAMETERS) -> int:
    """Customers that a model of so many parameters needs (Riley et al. 2019): the largest of three criteria.

    `share` is to whom it happens, `r2` the Cox-Snell R2 that is expected; 0 when neither tells anything.
    """
    if not 0 < share < 1 or not 0 < r2 < 1:
        return 0
    most = 1 - (share**share * (1 - share) ** (1 - share)) ** 2
    optimism = r2 / (r2 + _OPTIMISM * most)
    needed = [parameters / ((each - 1) * np.log(1 - r2 / each)) for each in (_SHRUNK, optimism) if r2 < each]
    return int(np.ceil(max([*needed, (1.96 / 0.05) ** 2 * share * (1 - share)])))
