"""Events made of plain data, and the findings that come of them."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from pathlib import Path

from keepwell.base.time import SECOND_US
from keepwell.config.expert_tables import load_tables
from keepwell.expert.diagnose import diagnose
from keepwell.expert.scope import RATES, of_failures, of_work
from keepwell.expert.telemetry.observe import Occurrence, Span, case, compared, observe
from keepwell.statistics.failures import Counts
from keepwell.statistics.work import Amounts
from tests.expert import made

NOW = made.NOW
SPAN = Span(NOW)
TABLES = load_tables()
SCENARIOS = Path(__file__).parent / "scenarios"
UNITS = {"d": 86_400, "": 1}


def happened(kind, ago=600, /, **properties):
    """One event so many seconds before the end of the window."""
    return Occurrence(kind, NOW - int(ago * SECOND_US), properties)


def look(*occurrences, span=SPAN):
    return observe(occurrences, span, TABLES)


def features(*occurrences):
    return look(*occurrences).features


def events(given):
    """The events of a scenario."""
    found = []
    for each in given:
        for place in range(each.get("times", 1)):
            at = NOW - int((each["ago"] - place * each.get("every", 0)) * SECOND_US)
            found.append(
                Occurrence(each["kind"], at, {name: told(v, at, place) for name, v in each["properties"].items()})
            )
    return found


def told(value, at, place):
    """A value with its places filled in."""
    if not isinstance(value, str):
        return value
    moment = re.fullmatch(r"\{(at|now)(?:([+-]\d+)(d?))?\}", value)
    if moment is None:
        return value.replace("{}", str(place))
    since = at if moment[1] == "at" else NOW
    return (since // SECOND_US + int(moment[2] or 0) * UNITS[moment[3] or ""]) * 1000


def scenarios():
    """All of the files, each with the file it stands in."""
    found = []
    for path in sorted(SCENARIOS.glob("*.toml")):
        found += [(path.stem, each) for each in tomllib.loads(path.read_text())["scenario"]]
    return found


def diagnosed(scenario):
    """The case of a scenario, compared with its others, and the diagnosis."""
    occurred = events(scenario["events"])
    observed = look(*occurred)
    tallies = observed.tallies
    if "slippage_of_others" in scenario:
        tallies = compared(observed, scenario["slippage_of_others"])
    others = scenario.get("others", {})
    standings = {topic: standing(topic, tally, others) for topic, tally in tallies.items()}
    return diagnose(case(observed, standings, NOW), made.knowledge())


def standing(topic, tally, others):
    """How a tally compares; without others with a crowd of nobody."""
    sort, compare = (Counts, of_failures) if topic in RATES else (Amounts, of_work)
    nobody = [0, 0] if topic in RATES else [0, 1]
    now, past = (sort(*others.get(topic, {}).get(when, nobody)) for when in ("now", "past"))
    return replace(compare(tally.now, tally.past, now, past)[0], cusum=tally.drift)
