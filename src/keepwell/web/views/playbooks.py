"""Playbooks: what each does, what became of its steps, and what may be said of its effect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from keepwell.runtime.ports.playbooks import ArmLine, EffectLine, FunnelStep, PlaybookLine, PlaybookPage
from keepwell.statistics.effect import MISMATCH
from keepwell.web.charts.interval import Interval, interval
from keepwell.web.views import acting, links, words
from keepwell.web.views.alert_rows import Link

LEVELS = {"ask": "a person approves each", "auto": "by itself"}
AUTO_AFTER = "auto_after_"
PROVES_NOTHING = (
    "This proves nothing by itself: a playbook begins when things are at their worst, and many customers recover "
    "from that without any contact."
)


@dataclass(frozen=True)
class PlaybookRow:
    """One playbook. Numbers are of the last 180 days."""

    id: str
    href: str
    title: str
    trigger: str
    purpose: str
    tags: Sequence[str]
    version: str
    active: str
    runs: str
    held_out: str
    outcomes: str
    runs_href: str


@dataclass(frozen=True)
class FunnelRow:
    """One step. `share` is how many runs reached it, of those that began."""

    title: str
    what: str
    when: str
    level: str
    message: str
    reached: str
    share: float
    ends: str


@dataclass(frozen=True)
class ArmRow:
    """Customers assigned alike."""

    label: str
    customers: str
    recovered: str
    share: str


@dataclass(frozen=True)
class EffectView:
    """What may be said. `uneven` warns that the arms are not as they were assigned; `chart` is of the interval."""

    verdict: str
    is_success: bool
    arms: Sequence[ArmRow]
    difference: str
    chart: Interval | None
    ends: tuple[str, str]
    needs: str
    uneven: str
    even: str
    naive: str
    why: str


@dataclass(frozen=True)
class PlaybookView:
    """The page."""

    row: PlaybookRow
    facts: Sequence[tuple[str, str]]
    steps: Sequence[FunnelRow]
    outcomes: Sequence[tuple[str, str, float]]
    effect: EffectView
    active: Link


def row(line: PlaybookLine) -> PlaybookRow:
    tags = [*([] if line.enabled else ["switched off"]), *(["your own"] if line.own else [])]
    return PlaybookRow(
        id=line.id, href=links.playbook(line.id), title=line.title, trigger=acting.sentence(acting.named(line.trigger)),
        purpose=acting.named(line.purpose), tags=tags, version=line.version, active=f"{line.active:,}",
        runs=f"{line.runs:,}", held_out=f"{line.held_out:,}", outcomes=_outcomes(line.outcomes),
        runs_href=links.runs(playbook=line.id),
    )  # fmt: skip


def view(page: PlaybookPage) -> PlaybookView:
    line = page.line
    total = sum(line.outcomes.values())
    return PlaybookView(
        row=row(line), facts=_facts(line), steps=[_step(each, line.runs) for each in page.steps],
        outcomes=[(acting.named(key), f"{count:,}", count / total) for key, count in line.outcomes.items() if count],
        effect=effect(page.effect), active=(words.count(line.active, "active run"), links.runs(playbook=line.id)),
    )  # fmt: skip


def effect(line: EffectLine) -> EffectView:
    """What may be said of an effect: the word success only where it may be used."""
    arms = [_arm("To be contacted", line.treated)]
    if line.held_out is not None:
        arms.append(_arm("Held out", line.held_out))
    chart = _chart(line)
    return EffectView(
        verdict=_verdict(line), is_success=line.is_success, arms=arms, difference=_difference(line), chart=chart,
        ends=("", "") if chart is None else (_whole(-chart.reach), f"{_whole(chart.reach)} points"),
        needs=_needs(line), uneven=_uneven(line), even=_even(line),
        naive="" if line.naive is None else words.percent(line.naive), why=_why(line),
    )  # fmt: skip


def points(share: float) -> str:
    """A difference of shares in percentage points: "+4.2"."""
    return words.signed(round(share * 1000))


def _whole(share: float) -> str:
    return points(share).removesuffix(".0")


def _facts(line: PlaybookLine) -> list[tuple[str, str]]:
    return [
        ("Begins when", line.trigger.replace("_", " ")),
        ("Purpose", acting.named(line.purpose)),
        ("Held out", words.percent(line.holdout) if line.holdout else "nobody"),
        ("Runs in 180 days", f"{line.runs:,}, {line.held_out:,} of them held out"),
        ("Version", line.version),
    ]


def _step(line: FunnelStep, runs: int) -> FunnelRow:
    whom = acting.AUDIENCES.get(line.audience, line.audience)
    condition = acting.CONDITIONS.get(line.condition, line.condition)
    return FunnelRow(
        title=acting.named(line.id), what=", ".join(each for each in (acting.action(line.action), whom) if each),
        when=", ".join(each for each in (acting.delay(line.delay_s), condition) if each), level=_level(line.level),
        message=line.message, reached=f"{line.reached:,}", share=line.reached / runs if runs else 0.0,
        ends=_outcomes(line.ends, line.open),
    )  # fmt: skip


def _level(level: str) -> str:
    if level.startswith(AUTO_AFTER):
        return f"by itself after {level.removeprefix(AUTO_AFTER)} approved unchanged"
    return LEVELS.get(level, level)


def _outcomes(ends: Mapping[str, int], still: int = 0) -> str:
    """How many ended how, most first: "90 sent · 12 suppressed · 3 open"."""
    found = sorted(((number, name) for name, number in ends.items() if number), reverse=True)
    return " · ".join([*(f"{number:,} {name}" for number, name in found), *([f"{still:,} open"] if still else [])])


def _arm(label: str, line: ArmLine) -> ArmRow:
    share = words.percent(line.share) if line.customers else words.DASH
    return ArmRow(label, f"{line.customers:,}", f"{line.recovered:,}", share)


def _verdict(line: EffectLine) -> str:
    return f"Success: {line.finding}" if line.is_success else acting.capital(line.finding)


def _difference(line: EffectLine) -> str:
    if line.difference is None or line.low is None or line.high is None:
        return ""
    return f"{points(line.difference)} points, 95{words.PERCENT} interval {points(line.low)} to {points(line.high)}"


def _chart(line: EffectLine) -> Interval | None:
    if line.difference is None or line.low is None or line.high is None:
        return None
    return interval(line.difference, line.low, line.high)


def _needs(line: EffectLine) -> str:
    """How many customers it takes to see a difference that is worth it."""
    if line.held_out is None:
        return ""
    if line.needed is None:
        return f"{words.count(line.held_out.customers, 'customer')} held out: too few to say how many it would take."
    before = line.held_out.share
    after = before + line.worth if before + line.worth <= 1 else before - line.worth
    return (
        f"It takes {words.count(line.needed, 'customer')} held out to see {words.percent(before)} become "
        f"{words.percent(after)}; there are {line.held_out.customers:,}."
    )


def _is_uneven(line: EffectLine) -> bool:
    return line.mismatch is not None and line.mismatch < MISMATCH


def _uneven(line: EffectLine) -> str:
    if not _is_uneven(line):
        return ""
    return (
        "The groups are not as large as they should be, and chance does not explain it (p < 0.001): assignment or "
        "counting is broken. Do not read the difference."
    )


def _even(line: EffectLine) -> str:
    if line.mismatch is None or _is_uneven(line):
        return ""
    return f"The groups are as large as they should be (p = {line.mismatch:.2f})."


def _why(line: EffectLine) -> str:
    if line.naive is None:
        return ""
    if line.held_out is None or not line.held_out.customers:
        return PROVES_NOTHING
    return f"{PROVES_NOTHING} Of those held out, {words.percent(line.held_out.share)} recovered."
