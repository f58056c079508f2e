"""What is likely next of everybody: who leaves, who outgrows its plan, what is begun, how the next answers will be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from keepwell.predictions.forecast import Outcome, Stage
from keepwell.predictions.satisfaction import SCALES
from keepwell.runtime.ports.foresight import Leaver, Leaving, Mood, Named, Outlook, Upgrade, Wish
from keepwell.runtime.ports.next import Expanding
from keepwell.web.views import acting, bands, chances, links, lists, words
from keepwell.web.views.alert_rows import Link
from keepwell.web.views.marks import Delta, tone

NEVER: Final = "Nothing was forecast yet. Keepwell does so once a day while it runs, as soon as it knows customers."
NO_UPGRADES: Final = "Nobody is found ready for an upgrade."
NO_WISHES: Final = "No feature is found likely to be begun."
NO_MOODS: Final = "No survey was answered yet."
UNFINISHED: Final = "This is being worked out, and stands here in a minute or two."
NOBODY: Final = "There is nobody of whom it could be said now."
SHOWN_NAMES: Final = 3
FIRST: Final = 12  # of a list in sight; the rest is folded
NOT_KNOWN: Final = "not known"
UNRATED: Final = "in a minute"


@dataclass(frozen=True)
class Fact:
    """One figure, and what it is."""

    name: str
    value: str
    aside: str


@dataclass(frozen=True)
class LeaverRow:
    """One customer that is likely to leave. `moved` is None where there was no forecast before.

    `ending` is when its contract ends, where it has cancelled already; else empty.
    """

    name: str
    href: str
    segment: str
    band: str  # style class
    band_label: str
    chance: str
    between: str
    range: chances.Range
    moved: Delta | None
    loss: str
    revenue: str
    active: str
    ending: str


@dataclass(frozen=True)
class Refusal:
    """That nothing is predicted, as a result like any other."""

    title: str
    why: str
    instead: str


@dataclass(frozen=True)
class LeavingView:
    """Who is likely to leave in one of two ways; `rest` has the lower chances. A `refusal` stands in their place."""

    key: str
    title: str
    short: str
    what: str
    facts: Sequence[Fact]
    rows: Sequence[LeaverRow]
    rest: Sequence[LeaverRow]
    since: str
    shown: str
    stage: str
    because: str
    notes: Sequence[str]
    refusal: Refusal | None


@dataclass(frozen=True)
class LimitView:
    """The limit of a plan that is reached first. `reached` is empty where that is not foreseen."""

    meter: str
    used: str
    reached: str
    between: str
    chance: str
    because: str
    held: str


@dataclass(frozen=True)
class UpgradeRow:
    """One customer that may be ready for more."""

    name: str
    href: str
    limit: LimitView


@dataclass(frozen=True)
class WishRow:
    """One feature that is likely to be begun."""

    feature: str
    of: str
    expected: str
    first: Sequence[Link]


@dataclass(frozen=True)
class MoodRow:
    """One kind of survey. `expected` is empty where nothing is said, and `because` says why."""

    kind: str
    scale: str
    last: str
    expected: str
    moved: Delta | None
    of: str
    unhappy: str
    dropped: Sequence[Link]
    dropped_more: str
    because: str


@dataclass(frozen=True)
class Nothing:
    """What is said where a part has no rows."""

    upgrades: str
    wishes: str
    moods: str


def nothing(found: Outlook) -> Nothing:
    """That there is nothing, or that it is not known yet."""
    return Nothing(*[UNFINISHED] * 3) if found.unfinished else Nothing(NO_UPGRADES, NO_WISHES, NO_MOODS)


@dataclass(frozen=True)
class ForesightPage:
    """The page. `empty` says why there is nothing at all; what begins with `more` is folded."""

    made: str
    simulated: bool
    spans: Sequence[lists.Tab]
    leaving: Sequence[LeavingView]
    upgrades: Sequence[UpgradeRow]
    more_upgrades: Sequence[UpgradeRow]
    upgrades_because: str
    nothing: Nothing
    wishes: Sequence[WishRow]
    more_wishes: Sequence[WishRow]
    wishes_because: str
    moods: Sequence[MoodRow]
    answering: str
    empty: str
    fit: str


def page(found: Outlook, days: str) -> ForesightPage:
    """The page for a horizon, the shortest one when none is named.

    Raises:
        UnknownListFilter: there is no such horizon.
    """
    offered = sorted({each.horizon for each in found.leaving})
    if offered:
        lists.check({"days": days}, {"days": [str(each) for each in offered]})
    upgrades = [upgrade(each, found.made_at or 0) for each in found.upgrades]
    wishes = [wish(each) for each in found.wishes]
    chosen = int(days) if offered and days else min(offered, default=0)
    return ForesightPage(
        made="" if found.made_at is None else f"Made on {words.moment(found.made_at)}.",
        simulated=found.simulated,
        spans=[
            lists.Tab(f"{each} days", links.foresight(days=str(each)), each == chosen)
            for each in offered
        ],
        leaving=[leaving(each, unfinished=found.unfinished) for each in found.leaving if each.horizon == chosen],
        upgrades=upgrades[:FIRST],
        more_upgrades=upgrades[FIRST:],
        upgrades_because=acting.sentence(found.upgrades_because),
        nothing=nothing(found),
        wishes=wishes[:FIRST],
        more_wishes=wishes[FIRST:],
        wishes_because=acting.sentence(found.wishes_because),
        moods=[mood(each) for each in found.moods],
        answering=acting.sentence(found.answering),
        empty=NEVER if found.made_at is None else "",
        fit=chances.FIT_MEANS,
    )  # fmt: skip


def leaving(found: Leaving, *, unfinished: bool = False) -> LeavingView:
    """Who is likely to leave, or why that is not said; `unfinished` while base rates are still to be made."""
    said, days = chances.OUTCOMES[found.outcome], found.horizon
    refusal = _refusal(found, said)
    rows = [] if refusal else [leaver(each, found) for each in found.lines]
    return LeavingView(
        key=found.outcome,
        title=f"Likely to leave {said.manner}",
        short=said.short.format(days=days),
        what=said.what.format(days=days),
        facts=[] if refusal else _facts(found, said, UNRATED if unfinished else NOT_KNOWN),
        rows=rows[:FIRST],
        rest=rows[FIRST:],
        since="Change" if found.compared_at is None else f"Since {words.date_of(found.compared_at)}",
        shown=_shown(len(found.lines), found.customers),
        stage=chances.stage_name(found.stage),
        because=because(found),
        notes=[] if refusal else _notes(found),
        refusal=refusal,
    )


def because(found: Leaving) -> str:
    """Why this model speaks and no higher one."""
    asked = "Why this stage" if found.stage >= chances.HIGHEST else "Why no higher stage"
    return f"{asked}: {chances.chosen(found.stage, found.because)}" if found.because else ""


def _refusal(found: Leaving, said: chances.Wording) -> Refusal | None:
    """That no number is told, and the base rate beside it; None where one is."""
    if found.stage > 0 and found.lines:
        return None
    if found.stage > 0:
        return Refusal("Nobody to forecast", NOBODY, "")
    instead = ""
    if found.base_rate is not None:
        instead = (
            f"What is known: {words.percent(found.base_rate)} of the customers {said.those} in windows of "
            f"{found.horizon} days that have closed."
        )
    return Refusal(chances.STAGES[found.stage][0], chances.reason(found.stage, found.because), instead)


def _facts(found: Leaving, said: chances.Wording, unrated: str) -> list[Fact]:
    usual = f"{said.those} in windows that have closed"
    name, checked = chances.STAGES[found.stage]
    if found.outcome == Outcome.DEPARTURE and found.stage > Stage.ASSUMED:
        checked = "checked here at the shortest length of time"
    return [
        Fact("Expected", f"{chances.about(found.expected)} of {found.customers:,}", f"of those {said.judged}"),
        Fact(
            chances.LOSS,
            f"{words.short_money(found.at_risk_cents)} a month",
            "chance times revenue, added up",
        ),
        Fact("Base rate", unrated if found.base_rate is None else words.percent(found.base_rate), usual),
        Fact(name, f"stage {found.stage} of {int(chances.HIGHEST)}", checked),
    ]


def _shown(shown: int, whole: int) -> str:
    customers = words.count(whole, "customer")
    if shown >= whole:
        return f"all of {customers}"
    return f"the {shown} highest chances of {customers}" if shown > 1 else f"the highest chance of {customers}"


def _notes(found: Leaving) -> list[str]:
    notes = []
    if found.operating_point is not None:
        point = words.percent(found.operating_point)
        notes.append(f"An alert is raised from {point} up: so no more than {found.capacity:,} a week are new.")
    if found.counts:
        notes.append(f"Silence is the absence of these events: {', '.join(found.counts)}.")
    return notes


def leaver(line: Leaver, found: Leaving) -> LeaverRow:
    """A customer of the list."""
    now = found.made_at or 0
    return LeaverRow(
        name=line.name or line.customer_id,
        href=links.customer(line.customer_id),
        segment=line.segment or "",
        band=bands.css(line.band),
        band_label=bands.label(line.band),
        chance=words.percent(line.chance),
        between=chances.between(line.low, line.high),
        range=chances.spread(line.low, line.chance, line.high, found.base_rate),
        moved=chances.moved(line.chance, line.before),
        loss=NOT_KNOWN if line.at_risk_cents is None else words.money(line.at_risk_cents),
        revenue="" if line.mrr_cents is None else f"of {words.money(line.mrr_cents)} a month",
        active=NOT_KNOWN if line.last_active is None else words.days_ago(min(line.last_active, now), now),
        ending=_ending(line.ends_at, now),
    )


def _ending(at: int | None, now: int) -> str:
    if at is None:
        return ""
    return f"cancelled, {'ends' if at > now else 'ended'} {words.date_of(at)}"


def upgrade(found: Upgrade, now: int) -> UpgradeRow:
    """A customer that may be ready for more."""
    return UpgradeRow(_name(found.who), links.customer(found.who.customer_id), limit(found.found, now))


def limit(found: Expanding, now: int) -> LimitView:
    """When the limit of a plan is reached, as seen at a moment."""
    now_or_before = found.expected_at is not None and found.expected_at <= now
    return LimitView(
        meter=found.meter or "",
        used="" if found.used is None else words.percent(found.used),
        reached=_reached(found.expected_at, now),
        between="" if now_or_before else _interval(found.not_before, found.likely_by),
        chance="" if found.probability is None else words.percent(found.probability),
        because=found.because,
        held=f"Propose nothing now: {acting.sentence(found.held)}" if found.held else "",
    )


def _reached(at: int | None, now: int) -> str:
    if at is None:
        return ""
    return "now" if at <= now else f"about {words.date_of(at)}"


def _interval(first: int | None, last: int | None) -> str:
    if first is None:
        return "" if last is None else f"by {words.date_of(last)}"
    return f"from {words.date_of(first)} on" if last is None else chances.date_between(first, last)


def wish(found: Wish) -> WishRow:
    """A feature that is likely to be begun."""
    return WishRow(
        feature=found.feature,
        of=f"likeliest next of {words.count(found.likely, 'customer')}" if found.likely else "",
        expected="" if found.expected is None else f"{chances.about(found.expected)} expected in 30 days",
        first=_links(found.first),
    )


def mood(found: Mood) -> MoodRow:
    """One kind of survey."""
    told = found.expected is not None and found.customers > 0
    both = found.expected is not None and found.last is not None and told
    return MoodRow(
        kind=survey(found.kind),
        scale=scale(*found.scale),
        last="" if found.last is None else words.points(round(found.last * 10)),
        expected=words.points(round((found.expected or 0) * 10)) if told else "",
        moved=_changed(found.last or 0, found.expected or 0) if both else None,
        of=words.count(found.customers, "customer"),
        unhappy=_unhappy(found.unhappy) if told else "",
        dropped=_links(found.dropped),
        dropped_more=_more(len(found.dropped) - SHOWN_NAMES),
        because=acting.sentence(found.because),
    )  # fmt: skip


def survey(kind: str) -> str:
    """The name of a kind of survey."""
    return kind.upper() if kind in SCALES else acting.named(kind)


def scale(low: float, high: float) -> str:
    return f"{low:g} to {high:g}"


def _changed(last: float, expected: float) -> Delta:
    """On all three scales more is better."""
    change = round(expected * 10) - round(last * 10)
    return Delta(words.signed(change) if change else "unchanged", tone(change))


def _unhappy(number: int) -> str:
    return "" if not number else f"Of {number:,} an unhappy answer is likely."


def _links(some: Sequence[Named]) -> list[Link]:
    return [(_name(each), links.customer(each.customer_id)) for each in some[:SHOWN_NAMES]]


def _more(number: int) -> str:
    return f"and {number:,} more" if number > 0 else ""


def _name(who: Named) -> str:
    return who.name or who.customer_id
