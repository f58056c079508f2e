"""What pages, the API and commands ask of the knowledge base, and what people say of its findings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from keepwell.base.errors import KeepwellError
from keepwell.expert.judging import Accuracies, Verdict
from keepwell.expert.knowledge import Certainty, Knowledge
from keepwell.expert.search import Index


class VerdictRefusedError(KeepwellError):
    """A verdict that cannot be: the diagnosis does not say so, or the note is too long.

    Attributes:
        problem: what is wrong, as a sentence for the person who asked.
    """

    def __init__(self, problem: str) -> None:
        super().__init__(f"{problem}. Nothing was changed")
        self.problem = problem


@dataclass(frozen=True)
class Library:
    """The knowledge base in use.

    Attributes:
        knowledge: with the installation's own numbers.
        shipped: without them.
        index: of what is in use.
        refused: why the installation's own file is not in use; empty when it is, or when there is none.
    """

    knowledge: Knowledge
    shipped: Knowledge
    index: Index
    refused: str = ""


@dataclass(frozen=True)
class Judged:
    """Which finding somebody speaks of.

    Attributes:
        customer_id: whose diagnosis.
        entry: id of the entry.
        topic: which counts it is about; empty when it has none.
        person: who speaks.
    """

    customer_id: str
    entry: str
    topic: str
    person: str


@dataclass(frozen=True)
class VerdictLine:
    """What somebody said of a finding.

    Attributes:
        day: UTC; the next day the same person may say it again.
        certainty: of the finding when it was judged.
        digest: of the entry when it was judged.
        told: the sentence that was judged.
    """

    customer_id: str
    entry: str
    topic: str
    person: str
    day: int
    verdict: Verdict
    note: str
    at: int
    certainty: Certainty
    digest: str
    told: str


class KnowledgeBook(Protocol):
    """The knowledge base, and verdicts on what was found by it."""

    def library(self) -> Library:
        """The knowledge base in use."""
        ...

    def judge(self, judged: Judged, verdict: Verdict, note: str, as_of: int | None) -> VerdictLine | None:
        """Say whether a finding was right, as a diagnosis at `as_of` (now when None) tells it; None: no such customer.

        What the same person said of it on the same day is replaced.

        Raises:
            VerdictRefusedError: the diagnosis has no such finding, or the note cannot be kept.
        """
        ...

    def withdraw(self, judged: Judged, day: int) -> bool:
        """Take back what was said on a day; False when nothing was said."""
        ...

    def of_customer(self, customer_id: str) -> Sequence[VerdictLine]:
        """What was said of the findings of a customer, the newest first."""
        ...

    def of_entry(self, entry: str, limit: int) -> Sequence[VerdictLine]:
        """What was said of the findings of an entry, the newest first."""
        ...

    def accuracies(self) -> Accuracies:
        """How right the Expert is, as far as people said."""
        ...
