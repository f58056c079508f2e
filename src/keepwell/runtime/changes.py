"""What changed, told to everybody who watches. It carries ids only, so losing one is harmless."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

AT_MOST = 2000  # customers named in one change; beyond it, simply everything changed
WAITING = 100  # changes kept for one slow watcher


@dataclass(frozen=True)
class Change:
    """Something moved.

    Attributes:
        number: grows by one with every change of this process.
        customers: own ids of those with a new score; None means possibly everybody.
        events: whether new events arrived.
        alerts: whether alerts changed.
        acts: whether runs, tasks or messages changed.
    """

    number: int
    customers: frozenset[str] | None = frozenset()
    events: bool = False
    alerts: bool = False
    acts: bool = False


@dataclass(eq=False)  # each is itself, and kept in a set
class Watcher:
    """One open stream. Changes it is too slow for are put together."""

    loop: asyncio.AbstractEventLoop
    waiting: deque[Change] = field(default_factory=deque)
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    closed: bool = False

    async def next(self) -> Change | None:
        """Everything that changed since the last time, as one change; None when the stream ends."""
        while not self.waiting:
            if self.closed:
                return None
            self.wake.clear()
            await self.wake.wait()
        found = self.waiting.popleft()
        while self.waiting:
            found = _together(found, self.waiting.popleft())
        return found


class Changes:
    """Tells watchers of changes, from any thread."""

    def __init__(self) -> None:
        self._watchers: set[Watcher] = set()
        self._number = 0
        self._closed = False

    def watch(self) -> Watcher:
        """Begin to watch, in the running event loop; nothing comes once the server is about to stop."""
        watcher = Watcher(asyncio.get_running_loop(), closed=self._closed)
        self._watchers.add(watcher)
        return watcher

    def leave(self, watcher: Watcher) -> None:
        """Stop watching."""
        self._watchers.discard(watcher)

    def __len__(self) -> int:
        return len(self._watchers)

    def tell(
        self, customers: Iterable[str] = (), *, events: bool = False, alerts: bool = False, acts: bool = False
    ) -> None:
        """Something changed."""
        named = frozenset(customers)
        self._number += 1
        change = Change(self._number, named if len(named) <= AT_MOST else None, events, alerts, acts)
        for watcher in list(self._watchers):
            watcher.loop.call_soon_threadsafe(_put, watcher, change)

    def close(self) -> None:
        """End all streams, also those that begin from now on: the server is about to stop."""
        self._closed = True
        for watcher in list(self._watchers):
            watcher.loop.call_soon_threadsafe(_end, watcher)


def _put(watcher: Watcher, change: Change) -> None:
    if len(watcher.waiting) >= WAITING:
        watcher.waiting[-1] = _together(watcher.waiting[-1], change)
    else:
        watcher.waiting.append(change)
    watcher.wake.set()


def _together(first: Change, second: Change) -> Change:
    named = None if first.customers is None or second.customers is None else first.customers | second.customers
    if named is not None and len(named) > AT_MOST:
        named = None
    return Change(
        second.number, named, first.events or second.events, first.alerts or second.alerts, first.acts or second.acts
    )


def _end(watcher: Watcher) -> None:
    watcher.closed = True
    watcher.wake.set()
