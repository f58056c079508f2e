"""The one shape of a decision: what becomes of the state, what to do, and when to ask again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

State = TypeVar("State")
Intent = TypeVar("Intent")


@dataclass(frozen=True)
class Decision(Generic[State, Intent]):
    """The answer of `decide(state, facts, now)`.

    `due` is the next instant (microseconds) at which the answer could change without new facts;
    None means that only new facts can change it.
    """

    state: State
    intents: Sequence[Intent] = field(default_factory=tuple)
    due: int | None = None
