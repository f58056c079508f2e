"""Back-tests: forecasts as they would have been made at past days, judged by what came after.

Each day is forecast from what was known before it and nothing else. What was said of a day is kept in the data folder
and read again, so that a back-test that was stopped goes on where it stopped; a log that has changed since, or another
question, begins anew.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import msgspec
import numpy as np

from keepwell.base.time import DAY_US, to_rfc3339
from keepwell.predictions import accuracy
from keepwell.predictions.accuracy import FIGURES, Judged, committed, figure, interval, threshold_for
from keepwell.predictions.landmarks import Question, label, seen_at
from keepwell.runtime.foreseeing import Reading, foreseen, read
from keepwell.runtime.workspace import Workspace
from keepwell.store.log import mark

VERSION = 1
"""Of the models: what was kept under another one is made again."""
LEAST = 2


class Said(msgspec.Struct, frozen=True):
    """What was forecast at a day: numbers of customers, and a probability for each horizon."""

    day: int
    stage: str
    because: str
    customer: list[int]
    chance: list[list[float]]


class Origin(msgspec.Struct, frozen=True):
    """One day and one horizon of a back-test; figures are null where nothing was said or the window is still open."""

    at: str
    horizon_days: int
    stage: str
    because: str
    due: bool
    customers: int
    figures: dict[str, float | None]
    auroc_low: float | None = None
    auroc_high: float | None = None
    coverage: float | None = None
    accuracy_at_coverage: float | None = None
    coherent: float | None = None


class Rolled(msgspec.Struct, frozen=True):
    """A back-test: its days, and all days together by horizon."""

    origins: list[Origin]
    together: list[Origin]
    said: list[str]


@dataclass(frozen=True)
class Roll:
    """What is rolled over.

    Attributes:
        days: days that forecasts begin at, ascending.
        question: what is asked.
        events: names whose absence is forecast.
    """

    days: Sequence[int]
    question: Question
    events: tuple[str, ...] = ()


def rolled(workspace: Workspace, roll: Roll, now: int, progress: Callable[[int], None] = lambda _days: None) -> Rolled:
    """The back-test of a roll; `now` is when its outcomes are read."""
    folder = _folder(workspace, roll)
    said = []
    for day in roll.days:
        said.append(_said(workspace, folder, roll, day))
        progress(1)
    truth = read(workspace, now, roll.events)
    origins, windows = [], []
    for each in said:
        judged = _window(each, truth, roll.question)
        windows.append(judged)
        before = windows[-2] if len(windows) >= LEAST else None
        origins += [
            _origin(each, roll.question, place, (judged, before)) for place in range(len(roll.question.horizons))
        ]
    return Rolled(origins, _together(windows, roll.question), list(truth.said))


def _folder(workspace: Workspace, roll: Roll) -> Path:
    """Where what was said is kept: another log, question or model has another folder."""
    with workspace.database.read() as session:
        watermark = mark(session, "watermark")
    identity = f"{VERSION} {watermark} {roll.question} {sorted(roll.events)}"
    folder = workspace.folder / "backtests" / blake2b(identity.encode(), digest_size=8).hexdigest()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _said(workspace: Workspace, folder: Path, roll: Roll, day: int) -> Said:
    """What was forecast at a day, kept or made now. It is written whole or not at all."""
    path = folder / f"{day}.json"
    if path.exists():
        return msgspec.json.decode(path.read_bytes(), type=Said)
    found = foreseen(read(workspace, day * DAY_US, roll.events), roll.question).foresight.forecasts
    silent = bool(np.isnan(found.chance).all())
    chance = [] if silent else found.chance.tolist()
    said = Said(day, found.stage.name.lower(), found.because, [] if silent else found.customer.tolist(), chance)
    temporary = path.with_suffix(".tmp")
    temporary.write_bytes(msgspec.json.encode(said))
    temporary.rename(path)
    return said


def _window(said: Said, truth: Reading, question: Question) -> list[Judged | None]:
    """What was said of those who were still active and what came, by horizon; None where that is not known yet."""
    nothing: list[Judged | None] = [None] * len(question.horizons)
    if not said.customer:
        return nothing
    # The whole log may begin later than it seemed to at the time: who was there then and not now is left out.
    seen = seen_at(truth.diary, said.day, question.outcome)
    near = label(truth.diary, seen, question).present()
    places = np.searchsorted(said.customer, truth.diary.customer[near.seen.place])
    inside = np.append(said.customer, -1)[places] == truth.diary.customer[near.seen.place]
    kept = near.among(np.flatnonzero(inside))
    chance = np.array(said.chance)[places[inside]]
    end = int(truth.diary.own.day.max()) + 1
    return [
        Judged(kept.happened(horizon), chance[:, place], truth.diary.customer[kept.seen.place])
        if said.day + question.ends(horizon) <= end
        else None
        for place, horizon in enumerate(question.horizons)
    ]


def _origin(
    said: Said, question: Question, place: int, windows: tuple[Sequence[Judged | None], Sequence[Judged | None] | None]
) -> Origin:
    """Figures of one day and horizon; what is sure enough is learned on the day before."""
    rows, before = windows[0][place], windows[1][place] if windows[1] else None
    at, horizon = to_rfc3339(said.day * DAY_US), question.horizons[place]
    if rows is None or not len(rows):
        due = rows is not None or not said.customer
        return Origin(at, horizon, said.stage, said.because, due, len(said.customer), {})
    low, high = interval(accuracy.auroc, rows)
    sure = committed(rows, threshold_for(before)) if before is not None and len(before) else None
    return Origin(
        at, horizon, said.stage, said.because, due=True, customers=len(rows), figures=_figures(rows),
        auroc_low=_known(low), auroc_high=_known(high), coverage=sure.coverage if sure else None,
        accuracy_at_coverage=_known(sure.accuracy) if sure else None, coherent=_coherent(said, question),
    )  # fmt: skip


def _together(windows: Sequence[Sequence[Judged | None]], question: Question) -> list[Origin]:
    """All days that are due, by horizon."""
    found = []
    for place, horizon in enumerate(question.horizons):
        rows = [each for each in (window[place] for window in windows) if each is not None]
        if not rows:
            continue
        columns = (
            np.concatenate([getattr(each, name) for each in rows]) for name in ("happened", "chance", "customer")
        )
        both = Judged(*columns)
        low, high = interval(accuracy.auroc, both)
        found.append(
            Origin("", horizon, "", "", due=True, customers=len(both), figures=_figures(both),
                   auroc_low=_known(low), auroc_high=_known(high))
        )  # fmt: skip
    return found


def _figures(rows: Judged) -> dict[str, float | None]:
    return {name: _known(figure(of, rows)) for name, of in FIGURES.items()}


def _known(value: float) -> float | None:
    return None if np.isnan(value) else value


def _coherent(said: Said, question: Question) -> float:
    """The share of customers whose forecasts agree with each other."""
    steps = np.diff(np.array(said.chance), axis=1) * (1 if question.rises else -1)
    return float((steps >= 0).all(axis=1).mean())
