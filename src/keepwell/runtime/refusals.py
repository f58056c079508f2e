"""Requests of senders that were refused as a whole: counted, logged now and then, and shown on the page of sources."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from keepwell.base.errors import KeepwellError
from keepwell.base.time import SECOND_US
from keepwell.runtime.ports.health import RefusedLine

LOGGED_EVERY_US = 60 * SECOND_US
KEPT = 100  # senders and reasons: strangers may try any name

log = structlog.get_logger("keepwell.reception")


@dataclass
class _Refusal:
    """Why requests to one address are refused, since the start of the server."""

    because: str
    times: int
    last_at: int
    logged_at: int


class Refusals:
    """Remembers refused requests by their address and kind. It may be used by several threads."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[str, str], _Refusal] = OrderedDict()

    def add(self, address: str, error: KeepwellError) -> None:
        """A request to an address was refused; it is logged at most once a minute for each kind and address."""
        now, kind, because = self._clock(), type(error).__name__, _shown(str(error))
        with self._lock:
            found = self._known.setdefault((address, kind), _Refusal(because, 0, now, now - LOGGED_EVERY_US))
            self._known.move_to_end((address, kind))
            while len(self._known) > KEPT:
                self._known.popitem(last=False)
            found.because, found.times, found.last_at = because, found.times + 1, now
            due = now - found.logged_at >= LOGGED_EVERY_US
            if due:
                found.logged_at = now
        if due:
            log.warning("requests are refused", address=_shown(address), because=because, times=found.times)

    def lines(self, limit: int) -> Sequence[RefusedLine]:
        """The refused requests, the last ones first."""
        with self._lock:
            found = list(self._known.items())
        return [
            RefusedLine(_shown(address), each.because, each.times, each.last_at)
            for (address, _), each in reversed(found)
        ][:limit]


def _shown(text: str) -> str:
    """A stranger's text, short and without what a terminal would obey."""
    return "".join(letter if letter.isprintable() else "?" for letter in text[:300])
