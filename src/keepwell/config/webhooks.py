"""Loading maps of webhooks: `webhooks/NAME.toml` of the data folder makes `/hooks/NAME`."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import TypeVar

from keepwell.base.errors import MisconfiguredError
from keepwell.config.mappings import read_rules
from keepwell.config.refusal import FileRefusedError, line_of, read_toml
from keepwell.events.mapping import EventRule

Compiled = TypeVar("Compiled")
Compile = Callable[[Mapping[str, object], Mapping[str, EventRule]], Compiled]
"""Makes a map of its tables and event rules; refuses with `MisconfiguredError`."""

UNCHANGED = "The webhooks in use were not changed"


def load_webhooks(folder: Path, taken: Collection[str], compile_map: Compile[Compiled]) -> dict[str, Compiled]:
    """The maps of a folder by name; none when there is no folder. `taken` are the names that ship.

    Raises:
        FileRefusedError: a file is malformed, or has a name that cannot be used.
    """
    found = {}
    for path in sorted(folder.glob("*.toml")):
        if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,49}", path.stem):
            raise FileRefusedError(path, None, "its name must be lower-case letters, digits, - and _", UNCHANGED)
        if path.stem in taken:
            raise FileRefusedError(path, None, f"`{path.stem}` is a webhook that ships: choose another name", UNCHANGED)
        found[path.stem] = load_webhook(path, compile_map)
    return found


def load_webhook(path: Path, compile_map: Compile[Compiled]) -> Compiled:
    """Read one map.

    Raises:
        FileRefusedError: with file, line, what is wrong and what was not changed.
    """
    given, text = read_toml(path, UNCHANGED)

    def refuse(problem: str, *where: str) -> FileRefusedError:
        return FileRefusedError(path, line_of(text, *where), problem, UNCHANGED)

    events = given.pop("events", {})
    if not isinstance(events, dict):
        raise refuse("`events` must be a table", "events")
    rules = read_rules(events, refuse)
    try:
        return compile_map(given, rules)
    except MisconfiguredError as wrong:
        raise refuse(wrong.problem, *wrong.where) from None
