"""A thread that does one thing again and again beside the rest of a server."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Turning:
    """Takes turns until it is stopped.

    Args:
        name: of the thread.
        turn: does it once, and says how many seconds to rest; whatever fails in it, it handles itself.
    """

    def __init__(self, name: str, turn: Callable[[], float]) -> None:
        self._turn = turn
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"keepwell-{name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End after the turn that is under way."""
        self._end.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        rest_s = 0.0
        while not self._end.wait(rest_s):
            rest_s = self._turn()
