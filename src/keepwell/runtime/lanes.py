"""How many messages are on their way at once, channel by channel: one channel that hangs holds up no other."""

from __future__ import annotations

import threading
from collections import Counter

AT_ONCE = 4
ORDINARY_AT_ONCE = 2  # the rest is for urgent ones


class Lanes:
    """Counts what is on its way. One thread lets messages in, those that carry them leave."""

    def __init__(self) -> None:
        self._inside: Counter[str] = Counter()
        self._changed = threading.Condition()

    def copy(self) -> Lanes:
        """To try out who would find room."""
        made = Lanes()
        with self._changed:
            made._inside = self._inside.copy()
        return made

    def enter(self, channel: str, *, urgent: bool) -> bool:
        """Take a place, if there is one."""
        with self._changed:
            if self._inside[channel] >= (AT_ONCE if urgent else ORDINARY_AT_ONCE):
                return False
            self._inside[channel] += 1
            return True

    def leave(self, channel: str) -> None:
        """Give the place back."""
        with self._changed:
            self._inside[channel] -= 1
            self._changed.notify_all()

    def full(self) -> list[str]:
        """Channels without any place."""
        return self._above(AT_ONCE)

    def busy(self) -> list[str]:
        """Channels without a place for what is not urgent."""
        return self._above(ORDINARY_AT_ONCE)

    def _above(self, limit: int) -> list[str]:
        with self._changed:
            return sorted(channel for channel, number in self._inside.items() if number >= limit)

    def wait_until_empty(self, patience_s: float) -> bool:
        """Whether nothing is on its way any more, after waiting for that."""
        with self._changed:
            return self._changed.wait_for(lambda: not +self._inside, patience_s)
