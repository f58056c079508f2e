"""What is likely next of everybody, in short, for the overview."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from keepwell.runtime.ports.foresight import Leaving, Outlook
from keepwell.web.views import acting, chances, foresight, links, words
from keepwell.web.views.foresight import LeaverRow, MoodRow, Nothing, Refusal, UpgradeRow, WishRow

SHOWN: Final = 5


@dataclass(frozen=True)
class LeavingPart:
    """Those most likely to leave in one of the two ways. With a `refusal` there are no rows."""

    key: str
    title: str
    short: str
    headline: str
    stage: str
    rows: Sequence[LeaverRow]
    refusal: Refusal | None


@dataclass(frozen=True)
class Panel:
    """The panel. `empty` says why there is nothing at all; each `href` leads to the whole of a part."""

    leaving: Sequence[LeavingPart]
    upgrades: Sequence[UpgradeRow]
    nothing: Nothing
    moods: Sequence[MoodRow]
    wishes: Sequence[WishRow]
    made: str
    href: str
    empty: str


def panel(found: Outlook) -> Panel:
    """Of the shortest horizon; a way of leaving of which nothing can be said is left out if there is another."""
    soonest = min((each.horizon for each in found.leaving), default=0)
    parts = [_leaving(each) for each in found.leaving if each.horizon == soonest]
    told = [each for each in parts if each.refusal is None]
    return Panel(
        leaving=told or parts[:1],
        upgrades=[foresight.upgrade(each, found.made_at or 0) for each in found.upgrades[:SHOWN]],
        nothing=foresight.nothing(found),
        moods=[foresight.mood(each) for each in found.moods],
        wishes=[foresight.wish(each) for each in found.wishes[:SHOWN]],
        made="" if found.made_at is None else f"Made on {words.moment(found.made_at)}.",
        href=links.foresight(),
        empty=foresight.NEVER if found.made_at is None else "",
    )


def _leaving(found: Leaving) -> LeavingPart:
    whole = foresight.leaving(found)
    return LeavingPart(
        key=whole.key,
        title=f"Likely to leave in {found.horizon} days",
        short=whole.short,
        headline=_headline(found) if whole.refusal is None else "",
        stage=whole.stage,
        rows=whole.rows[:SHOWN],
        refusal=whole.refusal,
    )


def _headline(found: Leaving) -> str:
    """How many are expected to leave, beside how many do as a rule, and what they pay."""
    expected, judged = acting.capital(chances.about(found.expected)), chances.OUTCOMES[found.outcome].judged
    usual = "" if found.base_rate is None else f", against a base rate of {words.percent(found.base_rate)}"
    are = "is" if expected.endswith(" 1") else "are"
    loss = f"{chances.LOSS.lower()} {words.short_money(found.at_risk_cents)} a month"
    return f"{expected} of the {words.count(found.customers, 'customer')} {judged} {are} expected to{usual}; {loss}."
