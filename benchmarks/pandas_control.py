"""The control of full scoring that most would write first: pandas over the events of a tenth of the customers.

It reads the sample's events of the window out of the same Parquet files and makes the rollups `day` (20 sums per
customer and day), `day_part` (uses and amounts per customer, feature, endpoint, chain, asset or meter, and day) and
`fact` (the rows themselves), vectorised. It makes no first uses, no windows, no references and no scores: less than
the full job. `parse` is what an export costs on top, whose properties are JSON: `json.loads` of each, and no more.
The sample is every customer whose number ends in 0; times are multiplied by ten.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow.compute as pc
import pyarrow.dataset as ds

from benchmarks import folder, watch
from keepwell.events.catalog import AREAS, CATALOG, KINDS, STATUSES, Stream
from keepwell.metrics.rollups import DAY_COLUMNS, FOLDS, LATEST, SESSION_ACTIONS_CAP, SESSION_SECONDS_CAP
from keepwell.runtime.workspace import Workspace
from keepwell.store.segments import manifest

SHARE = 10
COLUMNS = ["customer", "kind", "day", "n", "own", "v1", "v2", "part", "part2", "code", "code2"]
_K = {spec.key: spec.number for spec in CATALOG}
_OK = STATUSES.index("succeeded")
_DEFI = [KINDS.index(kind) for kind in ("swap", "lp", "lend", "borrow", "stake", "farm")]
_COMMUNITY = [_K[key] for key in ("community_posted", "community_answered", "community_attended")]
_PARTS = (("feature_used", "part"), ("api_called", "part"), ("usage_reported", "part"))

Paths = Mapping[Stream, Sequence[str]]


def read(paths: Sequence[str], columns: Sequence[str]) -> pd.DataFrame:
    """The sample's events in memory. Customers are picked out while reading."""
    customer = pc.field("customer")
    chosen = pc.multiply(pc.divide(customer, SHARE), SHARE) == customer
    frame: pd.DataFrame = ds.dataset(list(paths)).to_table(columns=list(columns), filter=chosen).to_pandas()
    return frame


def days(event: pd.DataFrame) -> pd.DataFrame:
    """The rollup `day`: each column counts something of an event, then all are added up."""
    kind, n = event["kind"], event["n"]
    v1, v2, code = event["v1"].fillna(0), event["v2"].fillna(0), event["code"]

    def of(key: str, value: pd.Series | int) -> pd.Series:
        return (kind == _K[key]) * value

    ok = event["code2"] == _OK
    columns = {
        "own": event["own"], "sign_ins": of("signed_in", n), "sessions": of("session_ended", 1),
        "session_s": of("session_ended", v1.clip(upper=SESSION_SECONDS_CAP)),
        "session_actions": of("session_ended", v2.clip(upper=SESSION_ACTIONS_CAP)),
        "feature_uses": of("feature_used", n), "api_calls": of("api_called", n),
        "tx_ok": of("transaction", n * ok), "tx_tried": of("transaction", n),
        "defi": of("transaction", n * (ok & code.isin(_DEFI))),
        "work_ok": of("work", v1), "work_bad": of("work", v2),
        "docs": of("page_viewed", 1) * (code == AREAS.index("docs")),
        "forum": of("page_viewed", 1) * (code == AREAS.index("forum")),
        "help": of("help_viewed", 1), "content": of("content_completed", 1), "community": kind.isin(_COMMUNITY) * 1,
        "began": of("message_received", 1) * (code == 0), "asked": of("message_sent", 1) * (code == 1),
        "replied": of("message_replied", 1), "api_errors": of("api_called", v1),
    }  # fmt: skip
    frame = pd.DataFrame({"customer": event["customer"], "day": event["day"], **columns})
    return frame.groupby(["customer", "day"], sort=False).sum()


def parts(event: pd.DataFrame) -> pd.DataFrame:
    """The rollup `day_part`."""
    found = [_part(event[event["kind"] == _K[key]], column) for key, column in _PARTS]
    done = event[(event["kind"] == _K["transaction"]) & (event["code2"] == _OK)]
    return pd.concat([*found, _part(done, "part"), _part(done, "part2")])


def _part(some: pd.DataFrame, column: str) -> pd.DataFrame:
    v1, v2 = some["v1"].fillna(0), some["v2"].fillna(0)
    frame = some[["customer", "day", "n"]].assign(part=some[column], amount=v1, value=v2, priced=v1 * (v2 > 0), top=v1)
    how = {"n": "sum", "amount": "sum", "value": "sum", "priced": "sum", "top": "max"}
    return frame.groupby(["customer", "part", "day"], sort=False).agg(how)


def measure(path: Path) -> dict[str, float]:
    """Seconds of the sample times ten: of all three rollups, and of parsing the properties."""
    with folder.opened(path) as workspace:
        paths = _paths(workspace)
    clock = watch.Clock()
    with clock.of("rollups"):
        event = read(paths[Stream.ACTIVITY], COLUMNS)
        made, kept = days(event), parts(event)
        facts = read(paths[Stream.FACT], [*COLUMNS, "source", "key", "occurred_at", "known_at", "ref", "day2"])
    _check(paths, made, kept, facts)
    properties = read(paths[Stream.ACTIVITY], ["properties"])["properties"]
    with clock.of("parse"):
        for each in properties:
            json.loads(each)
    return {name: seconds * SHARE for name, seconds in clock.seconds.items()} | {"events": len(event) + len(facts)}


def _paths(workspace: Workspace) -> Paths:
    with workspace.database.read() as session:
        return {each: workspace.segments.paths(manifest(session, [each])) for each in (Stream.ACTIVITY, Stream.FACT)}


def _check(paths: Paths, made: pd.DataFrame, kept: pd.DataFrame, facts: pd.DataFrame) -> None:
    """The control must come to the same sums as our folds do."""
    counts = [name for name in DAY_COLUMNS if name not in LATEST]
    sums = ", ".join(f"SUM({name})" for name in counts)
    assert [int(made[name].sum()) for name in counts] == _ours("day", sums, paths[Stream.ACTIVITY])
    assert [len(kept), int(kept["n"].sum())] == _ours("day_part", "COUNT(*), SUM(n)", paths[Stream.ACTIVITY])
    assert [len(facts)] == _ours("fact", "COUNT(*)", paths[Stream.FACT])


def _ours(table: str, what: str, paths: Sequence[str]) -> list[int]:
    sql = next(fold.sql for fold in FOLDS if fold.table == table)
    rows = f"(SELECT * REPLACE (0 AS known_day) FROM read_parquet({list(paths)}) WHERE customer % {SHARE} = 0)"  # noqa: S608
    found = duckdb.sql(f"SELECT {what} FROM ({sql.replace('FROM event', f'FROM {rows} AS event')})").fetchall()  # noqa: S608
    return [int(each) for each in found[0]]
