"""Forecasts as plain rows, for scripts and files."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np

from keepwell.base.errors import KeepwellError
from keepwell.base.time import to_rfc3339
from keepwell.predictions.explaining import Explained
from keepwell.predictions.forecast import Forecasts
from keepwell.runtime.foreseeing import Foreseen
from keepwell.runtime.workspace import Workspace
from keepwell.store.customers import all_ids

COLUMNS = ("customer_id", "horizon_days", "probability", "low", "high", "stage", "reasons", "because")
_REASONS = 3


class ReasonRow(msgspec.Struct, frozen=True):
    """One part of a forecast: what was looked at, what it is, and what it adds to the log-odds."""

    feature: str
    says: str
    points: float


class ChangeRow(msgspec.Struct, frozen=True):
    """What the probability would be if something were different."""

    says: str
    probability: float


class ForecastRow(msgspec.Struct, frozen=True):
    """One forecast of one customer; the probability is null where nothing can be said, and `because` says why.

    `active` says whether it was active in the last 90 days.
    """

    customer_id: str
    horizon_days: int
    probability: float | None
    low: float | None
    high: float | None
    stage: str
    reasons: list[ReasonRow]
    average: float | None
    would_change: list[ChangeRow]
    because: str
    begins: str
    active: bool = True


class UnwritableError(KeepwellError):
    """A file that cannot be written.

    Attributes:
        path: the file.
    """

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"{path} cannot be written: {problem}. Nothing else was changed")
        self.path = path


def forecast_rows(workspace: Workspace, foreseen: Foreseen, explained: int) -> list[ForecastRow]:
    """Rows of everybody, horizon by horizon; of so many customers with their reasons.

    Who was active in the last 90 days comes first, and of them and the others the most likely: that somebody stays
    away who left long ago is no news.
    """
    found = foreseen.foresight.forecasts
    active = found.present
    with workspace.database.read() as session:
        ids = all_ids(session)
    names = [ids[number] for number in found.customer.tolist()]
    order = sorted(
        range(len(names)), key=lambda row: (not active[row], -np.nan_to_num(found.chance[row, -1]), names[row])
    )
    whose = found.customer[order[:explained]].tolist()
    rows = []
    for column, horizon in enumerate(found.horizons):
        told = foreseen.explained(whose, horizon)
        rows += [
            msgspec.structs.replace(
                _row(found, names[row], (row, column), told.get(int(found.customer[row]))), active=bool(active[row])
            )
            for row in order
        ]
    return rows


def _row(found: Forecasts, name: str, place: tuple[int, int], told: Explained | None) -> ForecastRow:
    chance, low, high = (_number(each[place]) for each in (found.chance, found.low, found.high))
    reasons = [ReasonRow(each.feature, each.says, each.points) for each in told.reasons] if told else []
    changes = [ChangeRow(each.says, each.chance) for each in told.changes] if told else []
    return ForecastRow(
        name, found.horizons[place[1]], chance, low, high, found.stage.name.lower(), reasons,
        told.base if told else None, changes, found.because, to_rfc3339(found.at),
    )  # fmt: skip


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def write_csv(rows: Sequence[ForecastRow], path: Path) -> None:
    """Rows as a file with a header; the reasons that matter most as one text.

    Raises:
        UnwritableError: the file cannot be written.
    """
    try:
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            writer.writerows(_cells(row) for row in rows)
    except OSError as error:
        raise UnwritableError(path, str(error.strerror)) from None


def _cells(row: ForecastRow) -> list[object]:
    reasons = "; ".join(each.says for each in row.reasons[:_REASONS])
    return [row.customer_id, row.horizon_days, row.probability, row.low, row.high, row.stage, reasons, row.because]
