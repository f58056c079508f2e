"""What pages, the API and commands ask for an assessment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from keepwell.base.errors import KeepwellError
from keepwell.expert.consultation import Wish
from keepwell.expert.consultation_check import Kept
from keepwell.expert.consultation_record import Assessment

QUESTION: Final = 2000
"""Letters of a question."""


class NoModelError(KeepwellError):
    """A language model is asked for, and none is configured."""

    def __init__(self) -> None:
        super().__init__("No language model is configured; KEEPWELL_MODEL_URL and KEEPWELL_MODEL_NAME name one.")


@dataclass(frozen=True)
class Said:
    """What a model made of an assessment, after the check.

    Attributes:
        kept: its sentences, each with the statement it says; empty when the assessment has to do.
        dropped: how many sentences were dropped.
        problem: why there is nothing, in words; empty when there is something.
    """

    kept: Sequence[Kept]
    dropped: int = 0
    problem: str = ""


@dataclass(frozen=True)
class Consulted:
    """An assessment of one customer, and what a model said beside it when it was asked."""

    customer_id: str
    assessment: Assessment
    said: Said | None = None


class Consultant(Protocol):
    """Assesses customers. Unknown ones give None."""

    @property
    def has_model(self) -> bool:
        """Whether a language model is configured."""
        ...

    def consult(self, customer_id: str, wish: Wish, as_of: int | None) -> Consulted | None:
        """The assessment, without a model."""
        ...

    def phrase(self, customer_id: str, wish: Wish) -> Consulted | None:
        """The assessment, with the model's short version."""
        ...

    def answer(self, customer_id: str, wish: Wish, question: str) -> Consulted | None:
        """The assessment, with the model's answer to a question."""
        ...
