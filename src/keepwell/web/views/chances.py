"""Chances in words: how likely, within which band, how it moved, and which model says so."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from keepwell.base import shares
from keepwell.predictions.forecast import Outcome, Stage
from keepwell.predictions.landmarks import QUIET
from keepwell.web.views import acting, words
from keepwell.web.views.marks import Delta, tone


@dataclass(frozen=True)
class Wording:
    """What is said of an outcome; `{days}` stands for the length of the horizon.

    Attributes:
        manner: how customers leave, after "likely to leave".
        short: how long or until when.
        what: what the chance is of, as a sentence.
        mine: the same of one customer, after "The chance that"; `{days}` has its unit.
        did, did_not: what came of a customer.
        those: the same of several to whom it happened.
        judged: of whom there is a forecast, after "customers".
        alike: why chances of several lengths may be nearly the same.
    """

    manner: str
    short: str
    what: str
    mine: str
    did: str
    did_not: str
    those: str
    judged: str
    alike: str

    def came(self, customers: int) -> str:
        """What came of so many, after their number: "1 was gone", "22 were gone"."""
        return self.did if customers == 1 else self.those


OUTCOMES: Final[Mapping[str, Wording]] = {
    Outcome.INACTIVITY: Wording(
        manner="in silence",
        short="nothing of their own for {days} days",
        what=(
            "The chance that a customer does nothing of its own in the next {days} days. A longer silence is never "
            "likelier than a shorter one."
        ),
        mine="it does nothing of its own in the next {days}",
        did="fell silent",
        did_not="was active",
        those="fell silent",
        judged="active in the last 90 days and not gone since",
        alike="The model expects that whoever is silent for {first} days stays silent for {last}.",
    ),
    Outcome.DEPARTURE: Wording(
        manner="in silence",
        short="gone within {days} days",
        what=(
            "The chance that a customer's last own activity comes before {days} days are over, so that nothing follows "
            f"in the {QUIET} days after them. It is never lower for more days."
        ),
        mine=(
            "its last own activity comes before {days} are over, so that nothing follows in the "
            f"{QUIET} days after them"
        ),
        did="was gone",
        did_not="was there",
        those="were gone",
        judged="active within their own rhythm and not gone since",
        alike="The model expects hardly anybody to leave between day {first} and day {last}.",
    ),
    Outcome.CANCELLATION: Wording(
        manner="by cancelling",
        short="contract ends within {days} days",
        what="The chance that a customer's contract ends within the next {days} days.",
        mine="its contract ends within the next {days}",
        did="cancelled",
        did_not="stayed",
        those="cancelled",
        judged="whose contract goes on",
        alike="The model expects hardly any end of a contract between day {first} and day {last}.",
    ),
}
FIT: Final = "range of the fit"
FIT_MEANS: Final = (
    "The range of the fit holds the chance in 9 of 10 refits of the model to resampled customers: how little the log "
    "says of customers like this one. It is no bound of what is true."
)
CHOSEN_BY: Final = (
    "Figures in this reason are of the trial by which the model was chosen, on windows that had closed by then, and "
    "not of published forecasts."
)
LOSS: Final = "Expected loss"
"""Chance times monthly revenue, which is not what customers in low bands pay."""
ALIKE: Final = 0.01
"""Chances of several lengths nearer to each other than this are explained."""
CANNOT_BE_TOLD: Final = "cannot be told"
STAGES: Final[Mapping[int, tuple[str, str]]] = {
    Stage.REFUSED: ("Not predictable here", "a model was tried and was no better than the base rate"),
    Stage.FACTS: ("Not enough is known yet", "no model may speak"),
    Stage.ASSUMED: ("Assumption", "not yet checked here"),
    Stage.SMALL: ("Small model", "checked here on windows that have closed"),
    Stage.LEARNED: ("Learned model", "checked here on windows that have closed"),
}
"""Name of each stage, and how far it was checked."""
HIGHEST: Final = max(Stage)


def stage_name(stage: int) -> str:
    """For example "Small model, stage 2 of 3"; without a number where no model speaks."""
    name = STAGES[stage][0]
    return f"{name}, stage {stage} of {int(HIGHEST)}" if stage > 0 else name


def reason(stage: int, because: str) -> str:
    """Why a stage speaks, or why none does, as a sentence that does not begin with the name of the stage again."""
    name = f"{STAGES[stage][0].lower()}: "
    return acting.sentence(because.removeprefix(name) if because.lower().startswith(name) else because)


def chosen(stage: int, because: str) -> str:
    """A reason with what its figures are of."""
    return f"{reason(stage, because)} {CHOSEN_BY}" if stage >= Stage.SMALL else reason(stage, because)


def whole(share: float) -> int:
    """A share in whole percent, as it is shown."""
    return int(f"{share * 100:.0f}")


def between(low: float, high: float) -> str:
    """For example "30 to 51 %"; "about 8 %" where both ends read the same."""
    return shares.between(low, high).replace(" %", words.PERCENT)


def moved(now: float, before: float | None) -> Delta | None:
    """The difference of two chances as they are shown; more is worse. None where there was none before."""
    if before is None:
        return None
    change = whole(now) - whole(before)
    if not change:
        return Delta("unchanged", "flat")
    return Delta(f"{'+' if change > 0 else words.MINUS}{words.count(abs(change), 'point')}", tone(-change))


def alike(days: Sequence[int], found: Sequence[float], said: Wording) -> str:
    """Why the chances of several lengths of time are nearly the same, as a sentence; empty where they are not."""
    if len(found) < 2 or max(found) - min(found) >= ALIKE:
        return ""
    why = "All of them are small." if max(found) < 2 * ALIKE else said.alike.format(first=days[0], last=days[-1])
    return f"They differ by less than a percentage point. {why}"


def about(number: float) -> str:
    """An expected number of customers, in whole ones: "about 9"."""
    if 0 < number < 0.5:
        return "fewer than 1"
    return f"about {number:,.0f}" if number else "0"


def date_between(low: int, high: int) -> str:
    """Two moments as days: "27 Nov to 21 Dec 2026"."""
    first, last = words.date_of(low), words.date_of(high)
    if first == last:
        return last
    year = last[-5:]
    return f"{first.removesuffix(year)} to {last}"


@dataclass(frozen=True)
class Range:
    """A chance with its band on a line from 0 to 1; `usual` is the base rate, None where it is not known."""

    low: float
    chance: float
    high: float
    usual: float | None = None

    @property
    def width(self) -> float:
        return self.high - self.low


def spread(low: float, chance: float, high: float, usual: float | None = None) -> Range:
    """A range that is drawn, whatever the numbers."""
    known = None if usual is None or not math.isfinite(usual) else _inside(usual)
    return Range(_inside(low), _inside(chance), max(_inside(low), _inside(high)), known)


def _inside(share: float) -> float:
    return min(1.0, max(0.0, share))
