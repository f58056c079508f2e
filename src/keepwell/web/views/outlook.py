"""What is likely next of one customer: its chances, why, what would change them, and what came of earlier ones."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from keepwell.base.time import DAY_US
from keepwell.predictions.satisfaction import SCALES
from keepwell.runtime.ports.forecasts import ForecastLine, HorizonLine
from keepwell.runtime.ports.foresight import CustomerOutlook, Leaving, Outlook, Part
from keepwell.runtime.ports.next import NextAnswer, Suggestion
from keepwell.web.charts.horizons import Horizons, horizons
from keepwell.web.views import acting, chances, foresight, links, words
from keepwell.web.views.foresight import LimitView

NOT_YET: Final = "Nothing of its own was known when forecasts were last made; they are made once a day."
ABSTAINED: Final = "Of this customer the model tells no chance."
HAS_LEFT: Final = "It has left already."
NO_PAST: Final = "There is no earlier forecast."
OPEN: Final = "open"


@dataclass(frozen=True)
class HorizonRow:
    """The chance within one horizon."""

    days: str
    chance: str
    between: str
    until: str
    loss: str


@dataclass(frozen=True)
class ReasonRow:
    """One part of a forecast: bars from `left`, `width` wide, as shares of the room, `zero` between them."""

    says: str
    topic: str
    direction: str
    share: str
    tone: str
    left: float
    width: float


@dataclass(frozen=True)
class PastCell:
    """A chance that was published, and what came of it."""

    chance: str
    came: str


@dataclass(frozen=True)
class PastRow:
    """An earlier forecast; a `relived` one was made afterwards, of a simulated log."""

    made: str
    relived: bool
    cells: Sequence[PastCell]


@dataclass(frozen=True)
class FeatureRow:
    """A feature it may begin. `chance` is empty where none is told."""

    feature: str
    chance: str
    because: str


@dataclass(frozen=True)
class AnswerRow:
    """The next answer to one kind of survey."""

    kind: str
    expected: str
    says: Sequence[str]


@dataclass(frozen=True)
class ChanceView:
    """The newest forecast, where it has numbers."""

    what: str
    alike: str
    rows: Sequence[HorizonRow]
    chart: Horizons | None
    label: str
    usual: str
    reasons: Sequence[ReasonRow]
    zero: float
    about: str
    changes: Sequence[str]
    stage: str
    because: str
    fit: str


@dataclass(frozen=True)
class OutlookView:
    """All that page and panel show. Without `chance` there is `why_none`."""

    id: str
    name: str
    customer_href: str
    href: str
    everybody: str
    made: str
    chance: ChanceView | None
    none_title: str
    why_none: str
    past_days: Sequence[str]
    past: Sequence[PastRow]
    past_said: str
    limit: LimitView | None
    features: Sequence[FeatureRow]
    features_because: str
    answers: Sequence[AnswerRow]


def view(found: CustomerOutlook, everybody: Outlook, lifecycle: str) -> OutlookView:
    """The view of a customer; `everybody` says why there is no forecast where there is none."""
    newest = found.newest
    told = newest is not None and any(each.chance is not None for each in newest.horizons)
    title, why = ("", "") if told else _why_none(newest, everybody, lifecycle)
    closed = [each for line in found.past for each in line.horizons if each.came in _CAME]
    return OutlookView(
        id=found.customer_id,
        name=found.name or found.customer_id,
        customer_href=links.customer(found.customer_id),
        href=links.outlook(found.customer_id),
        everybody=links.foresight(),
        made="" if newest is None else f"forecast of {words.date_of(newest.made_at)}",
        chance=_chance(found, newest) if newest is not None and told else None,
        none_title=title,
        why_none=why,
        past_days=[words.count(each.days, "day") for each in found.past[0].horizons] if found.past else [],
        past=[_past(each) for each in found.past],
        past_said=_said_of(closed, found.past),
        limit=None if found.expansion is None else foresight.limit(found.expansion, everybody.made_at or 0),
        features=[_feature(each) for each in found.suggestions],
        features_because=acting.sentence(found.suggestions_because),
        answers=[_answer(kind, each) for kind, each in found.answers.items()],
    )  # fmt: skip


# ---------------------------------------------------------------------- the newest forecast


def _chance(found: CustomerOutlook, newest: ForecastLine) -> ChanceView:
    said = chances.OUTCOMES[newest.outcome]
    told = [_Told.of(each) for each in newest.horizons if each.chance is not None]
    rows = [_horizon(each, found.mrr_cents, newest.quiet_days) for each in told]
    drawn = [(each.days, each.chance, each.low, each.high) for each in told]
    longest = max(each.days for each in told)
    parts, zero = _reasons(found.parts)
    return ChanceView(
        what=f"The chance that {said.mine.format(days=_lengths([each.days for each in told]))}.",
        alike=chances.alike([each.days for each in told], [each.chance for each in told], said),
        rows=rows,
        chart=horizons(drawn, [row.days for row in rows]),
        label="; ".join(f"{row.days}: {row.chance} ({row.between})" for row in rows),
        usual=_usual(found.base_rate, said, longest),
        reasons=parts,
        zero=zero,
        about=f"Of the chance within {longest} days. They tell what the model saw, and no cause.",
        changes=[
            f"{acting.capital(each.says)}: {words.percent(each.chance)} instead of {rows[-1].chance}."
            for each in found.would_change
        ],
        stage=f"{chances.stage_name(newest.stage)}: {chances.STAGES[newest.stage][1]}.",
        because=chances.chosen(newest.stage, newest.because),
        fit=chances.FIT_MEANS,
    )  # fmt: skip


def _lengths(days: Sequence[int]) -> str:
    """For example "30, 60 or 90 days"."""
    *some, last = days
    return f"{', '.join(map(str, some))} or {last} days" if some else words.count(last, "day")


@dataclass(frozen=True)
class _Told:
    """A horizon with its numbers; a band that is not known is as wide as it can be."""

    days: int
    ends_at: int
    chance: float
    low: float
    high: float

    @staticmethod
    def of(line: HorizonLine) -> _Told:
        low = 0.0 if line.low is None else line.low
        high = 1.0 if line.high is None else line.high
        return _Told(line.days, line.ends_at, line.chance or 0.0, low, high)


def _horizon(told: _Told, mrr_cents: int | None, quiet_days: int) -> HorizonRow:
    return HorizonRow(
        days=words.count(told.days, "day"),
        chance=words.percent(told.chance),
        between=chances.between(told.low, told.high),
        until=_until(told.ends_at, quiet_days),
        loss=""
        if mrr_cents is None
        else f"{words.money(round(told.chance * mrr_cents))} a month {chances.LOSS.lower()}",
    )


def _until(ends_at: int, quiet_days: int) -> str:
    """Until when it would come; of a departure, which only silence shows, also by when it is known."""
    if not quiet_days:
        return f"until {words.date_of(ends_at)}"
    return f"last own activity before {words.date_of(ends_at - quiet_days * DAY_US)}, known by {words.date_of(ends_at)}"


def _usual(base_rate: float | None, said: chances.Wording, days: int) -> str:
    if base_rate is None:
        return "The base rate is not known yet."
    return f"Base rate: {words.percent(base_rate)} of the customers {said.those} in windows of {days} days."


def _reasons(parts: Sequence[Part]) -> tuple[list[ReasonRow], float]:
    """Bars of parts, and where zero is in their room; what raises the chance stands to the right."""
    whole = math.fsum(abs(each.points) for each in parts) or 1.0
    low, high = min([0.0, *(each.points for each in parts)]), max([0.0, *(each.points for each in parts)])
    room = high - low or 1.0
    rows = [
        ReasonRow(
            says=acting.capital(each.says), topic=each.feature.replace("_", " "),
            direction="raises the chance" if each.points > 0 else "lowers the chance" if each.points else "neutral",
            share=words.percent(abs(each.points) / whole), tone=_tone(each.points),
            left=(min(each.points, 0.0) - low) / room, width=abs(each.points) / room,
        )
        for each in parts
    ]  # fmt: skip
    return rows, -low / room


def _tone(points: float) -> str:
    return "flat" if not points else "bad" if points > 0 else "good"


def _why_none(newest: ForecastLine | None, everybody: Outlook, lifecycle: str) -> tuple[str, str]:
    """A title, and the reason why there is no chance."""
    if lifecycle == "churned":
        return "No forecast", HAS_LEFT
    if newest is not None:
        stage = min(newest.stage, 0)
        return chances.STAGES[stage][0], chances.reason(stage, newest.because) or ABSTAINED
    if everybody.made_at is None:
        return "No forecast yet", foresight.NEVER
    silent = next(iter(_unsaid(everybody)), None)
    if silent is None:
        return "No forecast", NOT_YET
    return chances.STAGES[silent.stage][0], chances.reason(silent.stage, silent.because)


def _unsaid(everybody: Outlook) -> list[Leaving]:
    """Outcomes of which nothing is said, if nothing is said of any."""
    return [] if any(each.stage > 0 for each in everybody.leaving) else list(everybody.leaving)


# ---------------------------------------------------------------------- what came of earlier ones

_CAME: Final = ("happened", "did_not")


def _past(line: ForecastLine) -> PastRow:
    said = chances.OUTCOMES[line.outcome]
    return PastRow(words.date_of(line.made_at), line.relived, [_cell(each, said) for each in line.horizons])


def _cell(line: HorizonLine, said: chances.Wording) -> PastCell:
    words_of: Mapping[str, str] = {
        "happened": said.did, "did_not": said.did_not, "cannot_be_told": chances.CANNOT_BE_TOLD,
    }  # fmt: skip
    came = words_of.get(line.came) or f"{OPEN} until {words.date_of(line.ends_at)}"
    return PastCell(words.DASH if line.chance is None else words.percent(line.chance), came)


def _said_of(closed: Sequence[HorizonLine], past: Sequence[ForecastLine]) -> str:
    """How many of the chances that are closed came true, beside how many were expected to."""
    if not past:
        return NO_PAST
    told = [each for each in closed if each.chance is not None]
    if not told:
        return f"{words.count(len(past), 'earlier forecast')}; of none is it known yet what came."
    came = sum(each.came == "happened" for each in told)
    expected = math.fsum(each.chance or 0.0 for each in told)
    said = chances.OUTCOMES[past[0].outcome].did
    return (
        f"{words.count(len(told), 'chance')} of earlier forecasts closed: it {said} in {came:,} of them; "
        f"{expected:,.1f} were expected."
    )


# ---------------------------------------------------------------------- what else is next


def _feature(found: Suggestion) -> FeatureRow:
    chance = "" if found.probability is None else words.percent(found.probability)
    return FeatureRow(found.feature, chance, acting.sentence(found.because))


def _answer(kind: str, found: NextAnswer) -> AnswerRow:
    says = [
        f"90{words.PERCENT} interval {_answered(found.low)} to {_answered(found.high)}{_on_scale(kind)}",
        f"from {words.count(found.answers, 'answer')}",
    ]
    if found.probability is not None:
        says.append(f"{words.percent(found.probability)} that it is an unhappy one")
    if found.dropped > 0:
        says.append(f"the last answer fell by {_answered(found.dropped)} beyond its usual ups and downs")
    return AnswerRow(foresight.survey(kind), _answered(found.expected), says)


def _on_scale(kind: str) -> str:
    known = SCALES.get(kind)
    return "" if known is None else f", on a scale of {foresight.scale(known.lowest, known.highest)}"


def _answered(value: float) -> str:
    return words.points(round(value * 10))
