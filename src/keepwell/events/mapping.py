"""Renaming of foreign events: a small table from a sender's names to the tracking plan's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from keepwell.base.ids import hash63
from keepwell.events.event import Raw

_decode = msgspec.json.Decoder(dict[str, object]).decode


@dataclass(frozen=True)
class EventRule:
    """What one foreign event becomes.

    `rename` maps our property to theirs, `set` adds fixed properties, `drop` leaves the event out.
    """

    event: str
    rename: Mapping[str, str] = field(default_factory=dict)
    set: Mapping[str, object] = field(default_factory=dict)
    drop: bool = False


@dataclass(frozen=True)
class EventMap:
    """Columns and events of a foreign file. `columns` maps our column to theirs."""

    columns: Mapping[str, str] = field(default_factory=dict)
    events: Mapping[str, EventRule] = field(default_factory=dict)

    @property
    def version(self) -> str:
        """Changes when the map changes."""
        return f"{hash63(msgspec.json.encode([self.columns, self.events])):016x}"

    def apply(self, raw: Raw) -> Raw | None:
        """The row under our names; None when its event is left out. Unreadable properties are left to `accept`."""
        rule = self.events.get(raw.event) if isinstance(raw.event, str) else None
        if rule is None:
            return raw
        if rule.drop:
            return None
        properties = raw.properties
        if rule.rename or rule.set:
            properties = _renamed(properties, rule)
        return msgspec.structs.replace(raw, event=rule.event, properties=properties)


def _renamed(properties: object, rule: EventRule) -> object:
    if isinstance(properties, str) and properties:
        try:
            properties = _decode(properties)
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
            return properties
    if not isinstance(properties, Mapping | None) and properties != "":
        return properties
    given = dict(properties) if isinstance(properties, Mapping) else {}
    renamed = {ours: given[theirs] for ours, theirs in rule.rename.items() if theirs in given}
    return {**given, **rule.set, **renamed}
