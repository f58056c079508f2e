"""A language model, as far as Keepwell lets one near: it gets statements and tools that only read, and gives sentences.

What it gives is checked by `keepwell.expert.consultation_check` before anybody sees it. Nothing depends on a model:
what it says stands beside the assessment, and where there is none, nothing is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from keepwell.base.errors import KeepwellError
from keepwell.expert.consultation_check import Sentence


class WriterFailedError(KeepwellError):
    """A model that gave nothing that can be read.

    Attributes:
        problem: why, in words.
    """

    def __init__(self, problem: str) -> None:
        super().__init__(f"the model gave no answer: {problem}")
        self.problem = problem


@dataclass(frozen=True)
class Fact:
    """A statement as a model sees it: strangers' texts are pseudonyms in it."""

    id: str
    text: str


@dataclass(frozen=True)
class Tool:
    """Something a model may look up: it reads, and it was bound to one customer before the model heard of it.

    Attributes:
        name: how the model calls it.
        purpose: what it is for, in words.
        takes: what its one argument means; empty when it takes none.
        run: what it gives for an argument; nothing for one that means nothing.
    """

    name: str
    purpose: str
    takes: str
    run: Callable[[str], Sequence[Fact]]


class Writer(Protocol):
    """A language model. Neither method writes or sends anything but the question to the model itself."""

    def phrase(self, first: Sequence[Fact], rest: Sequence[Fact]) -> Sequence[Sentence]:
        """The short version of an assessment: all that comes first, and what it chooses of the rest.

        Raises:
            WriterFailedError: there is none.
        """
        ...

    def answer(self, question: str, tools: Sequence[Tool]) -> Sequence[Sentence]:
        """The answer to a question of our staff, which may hold texts of strangers.

        Raises:
            WriterFailedError: there is none.
        """
        ...
