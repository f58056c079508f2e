"""Acting: a round with 1,000 steps that are due among 10,000 runs, and a year of decisions for 10,000 customers.

Mechanism: what is due is found by an index; a run is one row that is read, folded and written whole, 500 in one
transaction. Control: the same folds without a store.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator

from keepwell.base.time import DAY_US, HOUR_US
from keepwell.interventions import intents as meant
from keepwell.interventions.decide import decide
from keepwell.interventions.facts import Approved, Done, Fact, Reported
from keepwell.interventions.hearing import heard
from keepwell.interventions.playbook import BandEntered, Playbook
from keepwell.interventions.run import Course
from keepwell.interventions.stage import End
from keepwell.runtime import acting, courses
from keepwell.scores.bands import BANDS, Band
from keepwell.store import runs
from tests.histories import house
from tests.runtime.acting_scene import Scene, never_held_out

DUE_SHARE = 10
MOVES = 12
"""Moves of the band of a customer in a year."""


def measure(customers: int) -> dict[str, float]:
    """Seconds of a round, of its folds alone, and of a year of decisions; and how much each was."""
    with house() as workspace:
        return _round(Scene(workspace), customers) | _year(customers)


def _round(scene: Scene, customers: int) -> dict[str, float]:
    """Runs of which a tenth is due at once: those that began first."""
    scene.playbooks = never_held_out(scene.playbooks)
    scene.restart()
    with scene.database.write() as session:
        names = [f"c{number}" for number in range(customers)]
        numbers = scene.workspace.ids.resolve(session, names)
        for place, name in enumerate(names):
            start = scene.now - (0 if place % DUE_SHARE else HOUR_US)
            happening = BandEntered(start, Band.AT_RISK, Band.STABLE)
            told = list(heard(happening, name, scene.playbooks.values(), None, start))
            courses.apply(session, scene.office, {(numbers[name], "retention"): told}, start)
    with scene.database.read() as session:
        due = runs.due(session, scene.now, customers)
        states = runs.courses(session, due)
    began = time.perf_counter()
    done = sum(iter(lambda: acting.turn(scene.tools, scene.now), 0))
    took = time.perf_counter() - began
    began = time.perf_counter()
    for state in states.values():
        decide(state, [], scene.now)
    return {"due": done, "round": took, "folds": time.perf_counter() - began}


def _year(customers: int) -> dict[str, float]:
    with house() as workspace:
        playbooks = list(never_held_out(Scene(workspace).playbooks).values())
    rng, decisions = random.Random(11), 0
    moves = [_moves(rng) for _ in range(customers)]
    began = time.perf_counter()
    for number, told in enumerate(moves):
        decisions += _walk(f"c{number}", told, playbooks)
    return {"decisions": decisions, "year": time.perf_counter() - began}


def _moves(rng: random.Random) -> list[BandEntered]:
    found, band = [], Band.HEALTHY
    for at in sorted(rng.randrange(365 * DAY_US) for _ in range(MOVES)):
        start, band = band, rng.choice(BANDS)
        found.append(BandEntered(at, band, start))
    return found


def _walk(name: str, moves: list[BandEntered], playbooks: list[Playbook]) -> int:
    """One customer through a year; how many decisions were made."""
    course, due, number = None, None, 0
    for move in [*moves, None]:
        until = 365 * DAY_US if move is None else move.at
        while due is not None and due < until:
            course, due, made = _decided(course, [], due)
            number += made
        if move is not None:
            course, due, made = _decided(course, list(heard(move, name, playbooks, course, move.at)), move.at)
            number += made
    return number


def _decided(course: Course | None, facts: list[Fact], now: int) -> tuple[Course | None, int | None, int]:
    """Decide, and answer what is asked until nothing more is."""
    number = 0
    while True:
        decision = decide(course, facts, now)
        course, number = decision.state, number + 1
        facts = [answer for each in decision.intents for answer in _answers(each, now)]
        if not facts:
            return course, decision.due, number


def _answers(intent: meant.Intent, now: int) -> Iterator[Fact]:
    match intent:
        case meant.Prepare(run=run, step=step):
            yield Approved(now, run, step, "ada")
        case meant.Carry(run=run, step=step) | meant.Escalate(run=run, step=step):
            yield Reported(now, run, step, End.SENT)
        case meant.Assign(run=run, step=step):
            yield Done(now, run, step, "ada")
