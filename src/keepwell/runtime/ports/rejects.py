"""Refused rows, as the API lists and replays them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec


class RejectLine(msgspec.Struct, frozen=True):
    """A row that was refused, with the reason; `raw` is its text, and a truncated one cannot be replayed."""

    id: int
    source: str
    file: str
    row: int
    reason: str
    detail: str
    raw: str
    truncated: bool
    recorded_at: int


class Replayed(msgspec.Struct, frozen=True):
    """What came of another try. `left` are those that cannot be tried again, by the reason for that."""

    accepted: int
    duplicates: int
    rejected: int
    reasons: dict[str, int]
    customers: int
    left: dict[str, int] = {}


class Rejects(Protocol):
    """Reads and retries refused rows."""

    def after(self, last: int, limit: int) -> Sequence[RejectLine]:
        """Rows not accepted since, that came after the one numbered `last`; oldest first."""
        ...

    def replay(self) -> Replayed: ...
