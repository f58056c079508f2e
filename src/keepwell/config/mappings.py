"""Loading an event map from TOML."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from keepwell.config.refusal import FileRefusedError, line_of, read_toml
from keepwell.events.catalog import find
from keepwell.events.event import ROW_FIELDS
from keepwell.events.mapping import EventMap, EventRule

UNCHANGED = "Nothing was imported"
COLUMNS = ROW_FIELDS


def load_map(path: Path) -> EventMap:
    """Read an event map.

    Raises:
        FileRefusedError: with file, line, what is wrong and what was not changed.
    """
    table, text = read_toml(path, UNCHANGED)

    def refuse(problem: str, *where: str) -> FileRefusedError:
        return FileRefusedError(path, line_of(text, *where), problem, UNCHANGED)

    tables = {key: value for key, value in table.items() if isinstance(value, dict)}
    for key in table:
        if key not in ("columns", "events"):
            raise refuse(f"`{key}` is neither `columns` nor `events`", key)
        if key not in tables:
            raise refuse(f"`{key}` must be a table", key)
    columns, events = tables.get("columns", {}), tables.get("events", {})
    for ours, theirs in columns.items():
        if ours not in COLUMNS or not isinstance(theirs, str):
            raise refuse(f"`{ours}` must be one of {', '.join(COLUMNS)}, and name a column", "columns", ours)
    return EventMap(columns, read_rules(events, refuse))


def read_rules(events: Mapping[str, Any], refuse: Callable[..., FileRefusedError]) -> dict[str, EventRule]:
    """The rules of an `[events]` table. `refuse` makes the error of a problem and where it is.

    Raises:
        FileRefusedError: a rule is malformed.
    """
    rules = {}
    for name, given in events.items():
        problem, where = _problem(given)
        if problem:
            raise refuse(f"`{name}`: {problem}", "events", name, *where)
        rules[name] = EventRule(**given)
    return rules


def _problem(given: object) -> tuple[str | None, tuple[str, ...]]:
    """What is wrong with one rule, and where inside it."""
    if not isinstance(given, Mapping):
        return "must be a table", ()
    for key in given:
        if key not in ("event", "rename", "set", "drop"):
            return f"`{key}` is not one of event, rename, set, drop", (key,)
    if not isinstance(given.get("drop", False), bool):
        return "`drop` must be true or false", ("drop",)
    if given.get("drop"):
        return (None, ()) if "event" in given else ("needs `event`, even when it is dropped", ())
    event = given.get("event")
    if not isinstance(event, str) or find(event) is None:
        return f"`{event}` is no event of the tracking plan", ("event",)
    for key in ("rename", "set"):
        if not isinstance(given.get(key, {}), dict):
            return f"`{key}` must be a table", (key,)
    if not all(isinstance(theirs, str) for theirs in given.get("rename", {}).values()):
        return "`rename` maps our property to the name of theirs", ("rename",)
    return None, ()
