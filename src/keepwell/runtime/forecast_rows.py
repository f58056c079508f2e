"""Forecasts as plain rows, for scripts and files."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from keepwell.base.errors import KeepwellError
from keepwell.base.time import to_rfc3339
from keepwell.predictions.explaining import Explained
from keepwell.predictions.forecast import Forecasts
from keepwell.runtime.foreseeing import Foreseen
from keepwell.runtime.rows import called
from keepwell.runtime.workspace import Workspace
from keepwell.store.customers import all_ids

COLUMNS: Final = (
    "customer_id", "horizon_days", "probability", "low", "high", "stage", "reasons", "because", "as_of",
    "active", "name",
)  # fmt: skip
TOLD: Final = 0.1
"""Log-odds that a part must add, or take away, to be told as a reason: a tenth more or less of the odds."""
_REASONS: Final = 3
_DECIMALS: Final = 4


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

    `begins` is the moment forecasts are of, `active` whether it was active in the 90 days before; `name` is empty where
    it has none.
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
    name: str = ""


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

    Within a horizon who was there comes first, and of them and the others the most likely by that horizon's own chance:
    that somebody stays away who left long ago is no news.
    """
    found = foreseen.foresight.forecasts
    active = found.present
    with workspace.database.read() as session:
        ids = all_ids(session)
    told_as = called(workspace)
    names = [ids[number] for number in found.customer.tolist()]
    rows = []
    for column, horizon in enumerate(found.horizons):
        likely = np.nan_to_num(found.chance[:, column]).tolist()
        order = sorted(range(len(names)), key=lambda row: (not active[row], -likely[row], names[row]))
        told = foreseen.explained(found.customer[order[:explained]].tolist(), horizon)
        rows += [
            msgspec.structs.replace(
                _row(found, names[row], (row, column), told.get(int(found.customer[row]))),
                active=bool(active[row]),
                name="" if told_as[names[row]] == names[row] else told_as[names[row]],
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
    """Rows as a file with a header: numbers to four places, and the reasons that matter most as one text.

    What is true of the whole file stands in each row only where it is a row's one answer: why there is no number.

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
    numbers = ["" if each is None else f"{each:.{_DECIMALS}f}" for each in (row.probability, row.low, row.high)]
    because = row.because if row.probability is None else ""
    active = "true" if row.active else "false"
    return [
        row.customer_id, row.horizon_days, *numbers, row.stage, "; ".join(weighty(row)), because, row.begins, active,
        row.name,
    ]  # fmt: skip


def weighty(row: ForecastRow) -> list[str]:
    """The reasons that matter most, each with its direction."""
    some = [each for each in row.reasons if abs(each.points) >= TOLD][:_REASONS]
    return [f"{'raises' if each.points > 0 else 'lowers'}: {each.says}" for each in some]
