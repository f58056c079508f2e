"""The knowledge base of an installation, and verdicts on its findings."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from keepwell.base.time import day_of
from keepwell.config.expert import OWN, in_use, shipped_knowledge, shipped_names
from keepwell.config.expert_tables import load_tables
from keepwell.expert.finding import Finding
from keepwell.expert.judging import LONGEST_NOTE, Accuracies, Said, Verdict, accuracies, digest, judgeable
from keepwell.expert.knowledge import Certainty, Knowledge
from keepwell.expert.search import index
from keepwell.runtime.ports.expert import Diagnosed, Expert
from keepwell.runtime.ports.knowledge import Judged, Library, VerdictLine, VerdictRefusedError
from keepwell.runtime.workspace import Workspace
from keepwell.store import verdicts
from keepwell.store.customers import ids_of, number_of
from keepwell.store.database import Session
from keepwell.store.verdicts import Row


class Shelf:
    """Holds the knowledge base in use, and makes it again when the installation's own file has changed."""

    def __init__(self, folder: Path) -> None:
        self._own = folder / OWN
        self._guard = threading.Lock()
        self._seen: tuple[bytes, Library] | None = None

    def library(self) -> Library:
        """The knowledge base in use; while the own file is refused, what ships."""
        written = _content(self._own)
        with self._guard:
            if self._seen is None or self._seen[0] != written:
                self._seen = written, library_of(self._own)
            return self._seen[1]


def library_of(own: Path) -> Library:
    """The knowledge base with an installation's own numbers; what ships, and why, when they are refused."""
    used, refused = in_use(own)
    return Library(used, shipped_knowledge(shipped_names()), index(used, load_tables()), refused)


def _content(path: Path) -> bytes:
    """What a file holds; nothing when it cannot be read."""
    try:
        return path.read_bytes()
    except OSError:
        return b""


class StoredKnowledge:
    """Implements the `KnowledgeBook` port. What is judged is looked up with `expert`: nobody says what was told."""

    def __init__(self, workspace: Workspace, clock: Callable[[], int], expert: Expert) -> None:
        self._workspace = workspace
        self._clock = clock
        self._expert = expert
        self._shelf = Shelf(workspace.folder)

    def library(self) -> Library:
        return self._shelf.library()

    def judge(self, judged: Judged, verdict: Verdict, note: str, as_of: int | None) -> VerdictLine | None:
        now = self._clock()
        if not can_be_looked_at(as_of, now):
            raise VerdictRefusedError("a diagnosis of the future cannot be judged")
        found = self._expert.diagnose(judged.customer_id, as_of)
        if found is None:
            return None
        line = line_of(judged, found, (verdict, note), now)
        with self._workspace.database.write() as session:
            number = number_of(session, judged.customer_id)
            if number is None:
                return None
            verdicts.keep(session, _row(line, number))
        return line

    def withdraw(self, judged: Judged, day: int) -> bool:
        if not all(map(storable, (judged.entry, judged.topic, judged.person))):
            return False
        with self._workspace.database.write() as session:
            number = number_of(session, judged.customer_id)
            if number is None:
                return False
            return verdicts.remove(session, (number, judged.entry, judged.topic, judged.person, day))

    def of_customer(self, customer_id: str) -> Sequence[VerdictLine]:
        with self._workspace.database.read() as session:
            number = number_of(session, customer_id)
            return [] if number is None else _lines(session, verdicts.of_customer(session, number))

    def of_entry(self, entry: str, limit: int) -> Sequence[VerdictLine]:
        with self._workspace.database.read() as session:
            return _lines(session, verdicts.of_entry(session, entry, limit))

    def accuracies(self) -> Accuracies:
        return stored_accuracies(self._workspace)


def stored_accuracies(workspace: Workspace) -> Accuracies:
    """How right the Expert is, as far as people said."""
    with workspace.database.read() as session:
        rows = verdicts.tally(session)
    return accuracies(
        Said(entry, Certainty(certainty), Verdict(verdict), count) for entry, certainty, verdict, count in rows
    )


def can_be_looked_at(as_of: int | None, now: int) -> bool:
    """Whether a moment lies in the past, and in the age of computers."""
    return as_of is None or 0 < as_of <= now


def storable(text: str) -> bool:
    """Whether every store can keep a text: in Unicode, without NUL."""
    return "\x00" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


def line_of(judged: Judged, found: Diagnosed, said: tuple[Verdict, str], now: int) -> VerdictLine:
    """A verdict on a diagnosis.

    Raises:
        VerdictRefusedError: the diagnosis has no such finding, or the note cannot be kept.
    """
    verdict, note = said[0], " ".join(said[1].split())
    if len(note) > LONGEST_NOTE or not storable(note):
        raise VerdictRefusedError(f"a note has at most {LONGEST_NOTE} characters of plain text")
    finding = judgeable(found.diagnosis, judged.entry, judged.topic)
    if finding is None:
        raise VerdictRefusedError("the diagnosis does not say this, or does not say it any more")
    return VerdictLine(
        judged.customer_id, finding.id, judged.topic, judged.person, day_of(now), verdict, note, now,
        finding.certainty, _digest(found.knowledge, finding), finding.sentence,
    )  # fmt: skip


def _digest(knowledge: Knowledge, finding: Finding) -> str:
    return digest(knowledge.entries[finding.id])


def _row(line: VerdictLine, number: int) -> Row:
    return Row(
        number, line.entry, line.topic, line.person, line.day, line.verdict, line.note, line.at, line.certainty,
        line.digest, line.told,
    )  # fmt: skip


def _lines(session: Session, rows: Sequence[Row]) -> list[VerdictLine]:
    named = ids_of(session, sorted({each.customer for each in rows}))
    return [
        VerdictLine(
            named.get(each.customer, ""), each.entry, each.topic, each.person, each.day, Verdict(each.verdict),
            each.note, each.at, Certainty(each.certainty), each.digest, each.told,
        )
        for each in rows
    ]  # fmt: skip
