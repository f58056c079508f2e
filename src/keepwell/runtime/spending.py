"""What a model may cost in a day: tokens and money, counted in a file of the data folder for all processes together."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import msgspec

from keepwell.base.time import day_of
from keepwell.runtime.ports.writer import WriterFailedError

FILE = "model-use.json"
MILLION = 1_000_000


class _Used(msgspec.Struct):
    """What was used on a day."""

    day: int = 0
    tokens: int = 0


@dataclass(frozen=True)
class Caps:
    """The most in a UTC day. `price` is what a million tokens cost; at 0 only tokens are counted."""

    tokens: int
    cost: float
    price: float

    @property
    def most(self) -> int:
        """Tokens that both caps allow."""
        return min(self.tokens, int(self.cost / self.price * MILLION)) if self.price > 0 else self.tokens


@dataclass(frozen=True)
class Spending:
    """The account of a day. It is written down before a model is asked, so that nobody asks for free."""

    path: Path
    caps: Caps
    clock: Callable[[], int]

    def reserve(self, tokens: int) -> None:
        """Book the most that a call can use.

        Raises:
            WriterFailedError: it is more than is left of the day.
        """
        with self._book() as used:
            if used.tokens + tokens > self.caps.most:
                problem = "what it may use in a day is used up; KEEPWELL_MODEL_TOKENS_PER_DAY and _COST_PER_DAY say how"
                raise WriterFailedError(f"{problem} much that is")
            used.tokens += tokens

    def settle(self, reserved: int, reported: int | None) -> None:
        """Give back what a call did not use, as far as it said what it used."""
        if reported is not None and 0 < reported < reserved:
            with self._book() as used:
                used.tokens = max(0, used.tokens - reserved + reported)

    @contextmanager
    def _book(self) -> Iterator[_Used]:
        """The account of today, kept from others while it is changed; nothing is written when that fails."""
        self.path.touch(mode=0o600)
        with self.path.open("r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            today = day_of(self.clock())
            used = _read(file)
            if used.day != today:
                used = _Used(today)
            yield used
            file.seek(0)
            file.truncate()
            file.write(msgspec.json.encode(used))


def _read(file: BinaryIO) -> _Used:
    """The account as it stands; one that cannot be read is a new one."""
    try:
        return msgspec.json.decode(file.read(), type=_Used)
    except msgspec.DecodeError:
        return _Used()
