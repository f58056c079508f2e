"""The next answers to surveys: answers out of the log, what follows from them, and who answers at all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from keepwell.base.time import DAY_US, last_day_before
from keepwell.engines import duckdb as engine
from keepwell.events.catalog import SURVEYS, Stream, number
from keepwell.metrics.table import Result
from keepwell.predictions import satisfaction
from keepwell.predictions.satisfaction import SCALES, Answers, Satisfaction, Scale
from keepwell.runtime.ports.next import Answering, NextAnswer, Satisfying, Survey
from keepwell.runtime.scoring import look
from keepwell.runtime.workspace import Workspace
from keepwell.statistics.arrays import Floats, Ints
from keepwell.store.customers import all_ids

LATELY: Final = 180
"""Days in which who answers is compared with who does not."""
_PERMILLE: Final = 1000
_SQL = (
    "SELECT customer, COALESCE(user_id, '') AS respondent, occurred_at, key, COALESCE(code, 0) AS kind, v1 FROM event"
    " WHERE customer > 0 AND v1 IS NOT NULL ORDER BY customer, occurred_at, key"
)


def satisfying(workspace: Workspace, moment: int, customer_id: str | None = None) -> Satisfying:
    """What the next answers will be, of all customers or of one, as known before a moment."""
    windows: dict[str, int | None] = {Stream.ACTIVITY: LATELY + 1, Stream.FACT: None}
    log = look(workspace, (moment, moment), [], windows)
    answers = engine.read(log, Stream.FACT, f"kind = {number('survey_answered')} AND known_at < {moment}", _SQL)
    with workspace.database.read() as session:
        names = all_ids(session)
    surveys = []
    for place, kind in enumerate(SURVEYS):
        rows = answers["kind"] == place
        if rows.any():
            surveys.append(_survey({name: each[rows] for name, each in answers.items()}, kind, names, customer_id))
    return Satisfying(moment, surveys, _answering(log, moment, answers))


def _survey(rows: Result, kind: str, names: dict[int, str], customer_id: str | None) -> Survey:
    scale = SCALES[kind]
    value = np.round(scale.lowest + rows["v1"] / _PERMILLE * (scale.highest - scale.lowest), 2)
    found = satisfaction.foresee(Answers(rows["customer"], rows["occurred_at"], value), scale)
    ends = scale.lowest, scale.highest
    if isinstance(found, str):
        return Survey(kind, ends, scale.unhappy, found, [])
    told = _told(found, (_drops(rows, value, scale), value[_last(rows)]), names)
    return Survey(kind, ends, scale.unhappy, found.because, [x for x in told if customer_id in (None, x.customer_id)])


def _told(found: Satisfaction, ends: tuple[Floats, Floats], names: dict[int, str]) -> Iterator[NextAnswer]:
    """`ends` are how far each last answer dropped, and that answer."""
    dropped, last = ends
    for row, customer in enumerate(found.series.tolist()):
        chance = float(found.chance[row])
        yield NextAnswer(
            names[customer],
            int(found.number[row]),
            float(found.level[row]),
            float(found.low[row]),
            float(found.high[row]),
            None if np.isnan(chance) else chance,
            float(dropped[row]),
            float(last[row]),
        )


def _drops(rows: Result, value: Floats, scale: Scale) -> Floats:
    """The drop of the respondent who answered last, for each customer ascending."""
    _, person = np.unique(rows["respondent"].astype(str), return_inverse=True)
    whose = rows["customer"] * (int(person.max()) + 1) + person
    place = np.unique(whose, return_inverse=True)[1]
    order = np.argsort(place, kind="stable")  # within a respondent they stay in the order of time
    found = satisfaction.drops(Answers(place[order], rows["occurred_at"][order], value[order]), scale)
    dropped: Floats = found[place[_last(rows)]]
    return dropped


def _last(rows: Result) -> Ints:
    """Where each customer's last answer is; rows are in the order of customers, then of time."""
    return np.append(np.flatnonzero(np.diff(rows["customer"])), len(rows["customer"]) - 1)


def _answering(log: engine.LogSnapshot, moment: int, answers: Result) -> Answering:
    since = last_day_before(moment) - LATELY
    sql = "SELECT customer, COUNT(DISTINCT day) AS days FROM event WHERE own = 1 AND customer > 0 GROUP BY customer"
    active = engine.read(log, Stream.ACTIVITY, f"known_at < {moment} AND day > {since}", sql)
    lately = answers["customer"][answers["occurred_at"] >= moment - LATELY * DAY_US]
    answered = np.isin(active["customer"], lately)
    means = [
        float(part.mean()) if len(part) else None for part in (active["days"][answered], active["days"][~answered])
    ]
    return Answering(len(answered), int(answered.sum()), means[0], means[1])
