"""Scenarios: what happens to a customer, and what the playbooks make of it, as data in TOML.

A scenario has `facts`, each a table with its `type` and when it happens, as `1d 02:30` from the start. Besides the
facts of the fold there are `Band`: the effective band moved, which starts what it triggers, and `Alert`: an alert
opened. `said` is everything that was decided.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import msgspec

from keepwell.base.time import DAY_US, HOUR_US
from keepwell.interventions.decide import decide
from keepwell.interventions.facts import BandMoved, Fact, Triggered
from keepwell.interventions.intents import Assign, Escalate, Opened
from keepwell.interventions.playbook import AlertOpened, BandEntered, fires
from keepwell.interventions.run import Course
from keepwell.scores.bands import Band
from tests.config.test_playbooks import SHIPPED

FOLDER = Path(__file__).parent / "scenarios"
SCENARIOS = {path.stem: tomllib.loads(path.read_text()) for path in sorted(FOLDER.glob("*.toml"))}
MINUTE_US = HOUR_US // 60
START = 20_000 * DAY_US
_MOMENT = re.compile(r"(?:(\d+)d )?(\d+):(\d\d)")


def moment(text):
    """Microseconds of `1d 02:30` after the start."""
    days, hours, minutes = (int(each or 0) for each in _MOMENT.fullmatch(text).groups())
    return START + days * DAY_US + hours * HOUR_US + minutes * MINUTE_US


def written(at):
    days, rest = divmod((at - START) // MINUTE_US, 24 * 60)
    return (f"{days}d " if days else "") + f"{rest // 60:02}:{rest % 60:02}"


def facts_of(scenario):
    """The facts of the fold, in order of time."""
    found, band = [], None
    for given in scenario["facts"]:
        kind, at = given["type"], moment(given["at"])
        if kind == "Band":
            end = Band(given["end"])
            found += [BandMoved(at, end), *_triggered(scenario, at, BandEntered(at, end, band), f"the band is {end}")]
            band = end
        elif kind == "Alert":
            found += _triggered(scenario, at, AlertOpened(at, given["rule"]), f"{given['rule']} opened")
        else:
            found.append(msgspec.convert({**given, "at": at}, Fact))
    return found


def _triggered(scenario, at, happening, because):
    held_out = scenario.get("held_out", False)
    return [
        Triggered(at, playbook, because, held_out, playbook.holdout)
        for playbook in SHIPPED.values()
        if fires(playbook, happening)
    ]


def walk(scenario):
    """Everything that is decided, minute by minute, with a restart between every two."""
    facts, stored, said, before = facts_of(scenario), b"null", [], START - 1
    end = moment(scenario["until"])
    for now in range(START, end + 1, MINUTE_US):
        state = msgspec.json.decode(stored, type=Course | None)
        decision = decide(state, [fact for fact in facts if before < fact.at <= now], now)
        stored, before = msgspec.json.encode(decision.state), now
        said += map(told, decision.intents)
    return said


def told(intent):
    """An intent as a line."""
    words = [written(intent.at), type(intent).__name__]
    if not isinstance(intent, Opened):
        words += [getattr(intent, "step", "") or getattr(intent, "playbook", "") or f"run {intent.run}"]
    else:
        words += [intent.playbook]
    words += [str(getattr(intent, name)) for name in ("outcome", "end", "audience", "by") if getattr(intent, name, "")]
    if isinstance(intent, Escalate | Assign):
        words += [", ".join(intent.what.roles)] if intent.what.roles else []
    if hasattr(intent, "expires_at"):
        words.append(f"by {written(intent.expires_at)}")
    if getattr(intent, "held_out", False):
        words.append("[held out]")
    return " ".join(words) + f": {intent.because}"
