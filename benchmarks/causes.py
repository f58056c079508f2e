"""Which planted causes the Expert names, and whom it blames when nothing is wrong, or everybody has the same trouble.

Mechanism: worlds of customers who send telemetry, in which causes are planted (`keepwell.simulation.technical`), each
diagnosed beside all others. Truth and telemetry are apart, so that nothing but what was observed can be used.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from keepwell.base.time import DAY_US
from keepwell.config import expert
from keepwell.config.expert_tables import load_tables
from keepwell.expert.crowd import gather, standings
from keepwell.expert.diagnose import Diagnosis, diagnose
from keepwell.expert.finding import Finding
from keepwell.expert.knowledge import Certainty, Severity
from keepwell.expert.scope import GOVERNS
from keepwell.expert.telemetry.observe import case, compared, observe
from keepwell.expert.telemetry.record import Occurrence, Span
from keepwell.simulation.causes import CAUSES, COMMON, Cause
from keepwell.simulation.technical import TechnicalSpec, TechnicalWorld, technical
from keepwell.simulation.telemetry import Customer
from keepwell.statistics import failures

Claim = tuple[str, str, str, str, bool]
UNTIL = 20_782 * DAY_US  # a Tuesday; the worlds of other seeds end on other days
GOVERNED = frozenset().union(*GOVERNS.values())
LOUD = (Severity.WARN, Severity.CRITICAL)
LOOKS = 30
RECALL = 0.8
LENGTHS = (2.0, 4.0, 8.0, 14.0, 24.0)
"""Of incidents, in hours."""
SHARES = ((1.0, 1), (0.33, 3), (0.1, 3))
"""Of those hit, and how many times as many customers the world has."""
PROMISED = 8.0
"""Hours of an incident from which it is promised that nobody hit is blamed; for shorter ones it is measured."""


@dataclass(frozen=True)
class Size:
    """Seeds of worlds with planted causes, seeds of each incident, customers that are well, and those per cause.

    Incidents have each of these lengths, and hit each of these shares.
    """

    seeds: int
    incidents: int
    well: int
    each: int
    drifting: int
    lengths: tuple[float, ...] = LENGTHS
    shares: tuple[tuple[float, int], ...] = SHARES


FULL = Size(seeds=4, incidents=1, well=160, each=2, drifting=1000)
SMALL = Size(seeds=1, incidents=1, well=40, each=1, drifting=20, lengths=(24.0,), shares=((1.0, 1),))


@dataclass
class Tried:
    """What was named of one cause: of how many customers, how often at all, how often first, and what stood first."""

    of: int = 0
    named: int = 0
    first: int = 0
    top: Counter[str] = field(default_factory=Counter)


def looked(spec: TechnicalSpec, nows: Sequence[int] = ()) -> Iterator[tuple[int, list[tuple[Customer, Diagnosis]]]]:
    """Everybody's diagnosis at some moments, by default at the end."""
    world = technical(spec)
    knowledge = expert.shipped_knowledge(expert.shipped_names())
    sent = _occurrences(world)
    for now in nows or (spec.until,):
        seen = dict(enumerate(observe(each, Span(now), load_tables()) for each in sent))
        crowd = gather(seen)
        owned = [(who, compared(each, crowd.slippage)) for who, each in seen.items()]
        met = zip(seen.values(), standings(owned, crowd), strict=True)
        found = [diagnose(case(own, standing, now), knowledge) for own, standing in met]
        yield now, list(zip(world.customers, found, strict=True))


def _occurrences(world: TechnicalWorld) -> list[list[Occurrence]]:
    nodes = [Occurrence(*each) for each in world.nodes()]
    return [[Occurrence(*each) for each in world.sent(place)] + nodes for place in range(len(world.customers))]


def spec_of(seed: int, size: Size, common: str = "") -> TechnicalSpec:
    """A world; its last day is another day of the week for every seed."""
    each = 0 if common else size.each
    return TechnicalSpec(until=UNTIL + seed * DAY_US, seed=seed, well=size.well, each=each, common=common)


def confusion(size: Size) -> dict[str, Tried]:
    """Of every cause what was named, over several worlds."""
    found = {cause.name: Tried() for cause in CAUSES}
    for seed in range(1, size.seeds + 1):
        everybody = (each for _, some in looked(spec_of(seed, size)) for each in some)
        for each, diagnosis in ((each, found_) for one, found_ in everybody for each in one.planted):
            _count(found[each.cause.name], each.cause, diagnosis)
    return found


def _count(tried: Tried, cause: Cause, diagnosis: Diagnosis) -> None:
    first = next((each.id for each in diagnosis.heads), "nothing")
    tried.of += 1
    tried.named += any(each.id in cause.named for each in diagnosis.findings)
    tried.first += first in cause.named
    tried.top[first] += 1


def named(size: Size) -> Iterator[Claim]:
    """The confusion matrix: cause planted by finding named."""
    found = confusion(size)
    for name, tried in found.items():
        top = ", ".join(f"{entry} {n}" for entry, n in tried.top.most_common())
        print(f"{name}: named {tried.named} of {tried.of}, first {tried.first}; first was {top}")
    of, any_, first = (sum(getattr(each, part) for each in found.values()) for part in ("of", "named", "first"))
    least = min(found, key=lambda name: found[name].named / max(found[name].of, 1))
    worst = f"least often: {least}, {found[least].named} of {found[least].of}"
    share = any_ / max(of, 1)
    claim = f"{len(CAUSES)} causes planted on customers: named for >= {RECALL:.0%}"
    yield claim, f"{share:.1%} of {of}; as the first finding {first / max(of, 1):.1%}", worst, "", share >= RECALL


def blames(finding: Finding) -> bool:
    """Whether it puts, in a domain that a common cause can govern, more than a fact on the customer."""
    return (finding.blames_customer and finding.certainty is not Certainty.ENTAILED and finding.domain in GOVERNED) or (
        finding.id == "META-01" and finding.blames_customer
    )


@dataclass(frozen=True)
class Incident:
    """What befalls many: for how many hours, and whether all of a trade or the users of one pool or endpoint.

    Attributes:
        share: of the customers of a trade.
        well: customers of a world, of whom enough must share a pool.
    """

    hours: float
    share: float
    well: int


@dataclass
class Met:
    """How many an incident hit, were told of a common cause, and were blamed, and for what."""

    people: int = 0
    told: int = 0
    wrong: int = 0
    row: Counter[str] = field(default_factory=Counter)


def met(incident: Incident, cause: Cause, seeds: Sequence[int]) -> Met:
    """What those hit are told, in worlds in which nothing else is wrong."""
    found = Met()
    length = (incident.hours, incident.hours)
    for seed in seeds:
        spec = TechnicalSpec(until=UNTIL + seed * DAY_US, seed=seed, well=incident.well, each=0, common=cause.name,
                             outage=length, confined=incident.share)  # fmt: skip
        everybody = (each for _, some in looked(spec) for each in some)
        for diagnosis in (told for one, told in everybody if one.planted and one.trade is cause.among):
            ids = _blamed(diagnosis)
            found.people += 1
            found.told += any(each.id == "META-02" for each in diagnosis.findings)
            found.wrong += bool(ids)
            found.row.update(ids)
    return found


def _blamed(diagnosis: Diagnosis) -> set[str]:
    return {each.id for each in diagnosis.findings if blames(each)}


def blamed(size: Size) -> Iterator[Claim]:
    """Many have the same trouble: nobody is to be blamed for it. Claimed from 8 hours on, for all.

    Of others it is counted: who felt little of them is told from trouble of its own as far as numbers allow.
    """
    for share, well in size.shares:
        for hours in size.lengths:
            incident = Incident(hours, share, well * size.well)
            rows = [met(incident, each, range(1, size.incidents + 1)) for each in COMMON]
            people, told, wrong = (sum(getattr(each, name) for each in rows) for name in ("people", "told", "wrong"))
            for cause, each in zip(COMMON, rows, strict=True):
                print(f"{cause.name}, {hours:g} h, {share:.0%}: blamed for {dict(each.row) or 'nothing'}")
            claimed = share == 1.0 and hours >= PROMISED
            whose = "all" if share == 1.0 else f"{share:.0%}, users of one pool or endpoint"
            claim = f"incidents of {hours:g} h that hit {whose}: " + ("0 blamed" if claimed else "blamed, counted only")
            yield claim, f"{wrong} of {people}", f"{told} told of a common cause", "", not claimed or wrong == 0


def quiet(size: Size) -> Iterator[Claim]:
    """False findings of customers who are well, day by day for thirty days."""
    people = 0
    loud: Counter[str] = Counter()
    likely: Counter[str] = Counter()
    drifts: set[str] = set()
    scopes: set[str] = set()
    warned: set[str] = set()
    for seed in range(1, max(size.seeds // 3, 1) + 1):
        spec = TechnicalSpec(until=UNTIL + seed * DAY_US, seed=seed, well=size.well // 2, each=0, days=29 + LOOKS)
        people += spec.well
        days = looked(spec, [spec.until - back * DAY_US for back in range(LOOKS)])
        for one, diagnosis in (each for _, everybody in days for each in everybody):
            who = f"{seed} {one.id}"
            shouts = [each for each in diagnosis.findings if each.severity in LOUD]
            loud.update(each.id for each in shouts if each.certainty is Certainty.ENTAILED)
            likely.update(each.id for each in shouts if each.certainty is not Certainty.ENTAILED)
            warned |= {who for _ in shouts}
            drifts |= {who for each in diagnosis.findings if each.id == "META-06"}
            scopes |= {who for each in diagnosis.findings if each.id == "META-01"}
    print(f"well customers, facts {dict(loud)}, likely or hinted {dict(likely)}")
    claim = "well customers: not entailed, warn or worse, per customer and 30 days <= 0.05"
    rate = sum(likely.values()) / people
    control = f"{sum(loud.values()) / people:.3f} facts; {len(warned)} of {people} customers with either"
    yield claim, f"{rate:.3f}", control, "", rate <= 0.05
    for name, found in (("META-01", scopes), ("META-06", drifts)):
        claim = f"{name} on <= 5 % of well customers in 30 days"
        yield claim, f"{len(found) / people:.1%} of {people}", "", "", len(found) <= 0.05 * people


def drift(size: Size) -> Iterator[Claim]:
    """META-06 at 5, 20 and 100 transactions a day, looked at four times a day; control: from 10 % for everybody."""
    knowledge = expert.shipped_knowledge(expert.shipped_names())
    bound = float(knowledge.entries["META-06"].signal.when.every[0].value)
    for daily in (5, 20, 100):
        own, same = (drifting(daily, bound, size.drifting, own=each) for each in (True, False))
        exact = chance_of_alarm(0.10, bound, daily)
        claim = f"drift above {bound:g} at {daily} a day: <= 5 % of well customers in 30 days"
        yield claim, f"{own:.1%}; exact at 10 %: {exact:.2%}", f"{same:.1%} from 10 %", "", own <= 0.05


def drifting(daily: int, bound: float, customers: int, *, own: bool) -> float:
    """Share of customers, 10 % of whose transactions fail on average, with an alarm in thirty days."""
    chance = np.random.default_rng(daily)
    rates = chance.beta(2, 18, customers)
    alarms = 0
    for rate in rates:
        failed = chance.random(59 * daily) < rate
        ends = range(29 * daily + max(daily // 4, 1), 59 * daily + 1, max(daily // 4, 1))
        alarms += any(_evidence(failed[end - 29 * daily : end], daily, own=own) > bound for end in ends)
    return alarms / customers


def _evidence(failed: np.ndarray[tuple[int], np.dtype[np.bool_]], daily: int, *, own: bool) -> float:
    past = failed[:-daily]
    chart = failures.chart(failures.Counts(int(past.sum()), len(past))) if own else failures.Drift()
    sums = np.cumsum(np.where(failed, chart.failed, chart.fine))
    return float(sums[-1] - min(sums.min(), 0.0))


@cache
def chance_of_alarm(rate: float, bound: float, daily: int, days: int = 30) -> float:
    """The exact chance that the chart, settled, exceeds a bound at any transaction of some days: its Markov chain."""
    chart, step, cells = failures.Drift(), 0.01, 4000
    up, down, top = round(chart.failed / step), -round(chart.fine / step), round(bound / step)
    now = np.zeros(cells)
    now[0] = 1.0
    for place in range((29 + days) * daily):
        after = np.zeros(cells)
        after[up:] = rate * now[: cells - up]
        after[: cells - down] += (1 - rate) * now[down:]
        after[0] += (1 - rate) * now[:down].sum()
        now = after
        if place >= 29 * daily:
            now[top + 1 :] = 0.0
        else:
            now /= now.sum()
        if place == 29 * daily - 1:
            now[top + 1 :] = 0.0
            now /= now.sum()
    return 1.0 - float(now.sum())


PARTS = (named, blamed, quiet, drift)


def claims(size: Size) -> Iterator[Claim]:
    """Claim, number, control, ratio, and whether it holds."""
    for part in PARTS:
        yield from part(size)
