"""Three public logs as diaries: online retail and bitcoin alpha from a folder, CDNOW out of an installed package."""

from __future__ import annotations

import importlib.util
import os
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq

from keepwell.predictions.diary import Diary, arranged

FOLDER = "KEEPWELL_PUBLIC_LOGS"
ORIGINS = {"retail": (224, 254, 284), "cdnow": (273, 365, 455), "alpha": (600, 780, 960)}
"""Days from the beginning of each log that are forecast."""


def diaries() -> dict[str, Diary]:
    """The logs there are, by name; day 0 is the first day of each."""
    found = {"cdnow": _cdnow()}
    folder = os.environ.get(FOLDER)
    if not folder:
        print(f"online retail and bitcoin alpha are left out: {FOLDER} names no folder that holds them")
        return found
    return found | {
        "retail": _parquet(Path(folder) / "online_retail.events.parquet", "order_placed"),
        "alpha": _parquet(Path(folder) / "bitcoin_alpha.events.parquet"),
    }


def _cdnow() -> Diary:
    """Purchases; the package's data file is read, and none of its code is run."""
    spec = importlib.util.find_spec("lifetimes")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    path = Path(spec.submodule_search_locations[0]) / "datasets" / "CDNOW_master.txt"
    rows = [line.split() for line in path.read_text().splitlines()[1:] if line.strip()]
    days = [date(int(d[:4]), int(d[4:6]), int(d[6:])).toordinal() for d in (row[1] for row in rows)]
    cents = [round(float(row[3]) * 100) for row in rows]
    return _diary(np.array([int(row[0]) for row in rows]), np.array(days), np.array(cents))


def _parquet(path: Path, event: str | None = None) -> Diary:
    table = pq.read_table(path)
    if event:
        table = table.filter(pc.equal(table.column("event"), event))
    day = np.array([date.fromisoformat(text[:10]).toordinal() for text in table.column("timestamp").to_pylist()])
    amount = pc.struct_field(
        pc.extract_regex(table.column("properties"), r'"amount": ?(?P<amount>-?[0-9.]+)'), "amount"
    ).to_pylist()
    cents = np.array([round(float(each) * 100) if each else 0 for each in amount])
    return _diary(np.array(table.column("customer_id").to_pylist()), day, cents)


def _diary(customer: np.ndarray, day: np.ndarray, cents: np.ndarray) -> Diary:
    names, owner = np.unique(customer, return_inverse=True)
    day = day - day.min()
    return Diary(np.arange(len(names)), arranged(len(names), owner, day, day, np.ones(len(day), np.int64), cents))
