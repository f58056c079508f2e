"""Paths into JSON, as they are written in a map: `data.items[0].id`, `$.sent_at`, `['a key.with dots']`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from keepwell.sources import payload

_STEP = re.compile(r"""\.?([^.\[\]'"\s$][^.\[\]'"]*)|\[(-?[0-9]{1,6})\]|\['([^']+)'\]|\["([^"]+)"\]""")


@dataclass(frozen=True)
class Path:
    """A path: from the item, or from the whole body when it begins with `$`."""

    steps: tuple[str | int, ...]
    whole: bool = False

    def read(self, item: object, body: object) -> object:
        """What lies there, None when nothing does."""
        return payload.at(body if self.whole else item, *self.steps)


def path(text: str) -> Path | None:
    """The path a text says, None when it is none."""
    whole = text.startswith("$")
    rest = text[1:] if whole else text
    if whole and rest[:1] not in ("", ".", "["):
        return None
    steps: list[str | int] = []
    place = 0
    while place < len(rest):
        found = _STEP.match(rest, place)
        if not found or (rest[place] == "." and place == 0 and not whole):
            return None
        name, number, *quoted = found.groups()
        steps.append(int(number) if number is not None else name or quoted[0] or quoted[1])
        place = found.end()
        if place < len(rest) and rest[place] not in ".[":
            return None
    return Path(tuple(steps), whole) if text else None
