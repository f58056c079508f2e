"""When a model of another kind speaks than the one in use: how both did on the newest closed window is written down."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from keepwell.predictions import bgnbd
from keepwell.predictions.boosting import THREADS
from keepwell.predictions.candidates import STAGES, lessons
from keepwell.predictions.drift import Contest, contest
from keepwell.predictions.forecast import Stage
from keepwell.predictions.foretelling import STUDIED
from keepwell.predictions.ledger import Published
from keepwell.predictions.trials import Trial, try_out
from keepwell.runtime import publishing
from keepwell.runtime.foreseeing import Foreseen
from keepwell.runtime.workspace import Workspace
from keepwell.store import forecasts as store

_SPEAK: Final = frozenset(STAGES.values())
_NAMES: Final = {stage: name for name, stage in STAGES.items()}
_NOTHING: Final = Contest(float("nan"), float("nan"), float("nan"), 0, won=False)


def note(workspace: Workspace, found: Foreseen, now: int) -> bool:
    """Write down that a model of another kind takes the place of the one in use; whether it does.

    Which kind may speak is decided on the ladder, out of time. What is written down with it is how both did on the
    newest window that has closed, by the same rows.
    """
    made = found.foresight.forecasts
    before = _in_use(workspace, found)
    if before is None or made.stage not in _SPEAK or made.stage is before.stage:
        return False
    with workspace.database.read() as session:
        if any(each.challenger == made.model for each in store.decisions(session)):
            return False
    judged = replace(_contest(found, before.stage), won=True)
    publishing.decide(workspace, (before.model, made.model), judged, made.because, now)
    return True


def _in_use(workspace: Workspace, found: Foreseen) -> Published | None:
    """The newest publication of everybody that gave a chance."""
    with workspace.database.read() as session:
        published = store.publications(session)
    outcome = found.foresight.forecasts.outcome
    spoken = [each for each in published if each.whole and each.outcome is outcome and each.stage in _SPEAK]
    return spoken[-1] if spoken else None


def _contest(found: Foreseen, before: Stage) -> Contest:
    trials = _trials(found, before)
    champion, challenger = (trials.get(_NAMES[stage]) for stage in (before, found.foresight.forecasts.stage))
    if champion is None or challenger is None:
        return _NOTHING
    one, other = champion.windows[0], challenger.windows[0]
    return contest(one.happened, one.chance, other.chance, one.customer)


def _trials(found: Foreseen, before: Stage) -> dict[str, Trial]:
    reading, question = found.reading, found.foresight.question
    studied = reading.diary.of(bgnbd.drawn(reading.diary.customer, STUDIED))
    taught = lessons(studied, reading.span.first, reading.day, question, THREADS)
    boosted = Stage.LEARNED in (before, found.foresight.forecasts.stage)
    return try_out(taught, reading.span.first, reading.day, boosted=boosted)[0]
