"""The knowledge base as it ships, and verdicts that are kept in memory."""

from pathlib import Path

from keepwell.expert.judging import Said, accuracies
from keepwell.runtime.knowing import can_be_looked_at, library_of, line_of
from keepwell.runtime.ports.knowledge import VerdictRefusedError

_LIBRARY = []


class FakeKnowledge:
    """Satisfies `KnowledgeBook`: verdicts by customer, entry, topic, person and day."""

    def __init__(self, expert, clock) -> None:
        self._expert = expert
        self._clock = clock
        self.kept = {}

    def library(self):
        if not _LIBRARY:
            _LIBRARY.append(library_of(Path("/nowhere/knowledge.toml")))
        return _LIBRARY[0]

    def judge(self, judged, verdict, note, as_of):
        if not can_be_looked_at(as_of, self._clock()):
            raise VerdictRefusedError("a diagnosis of the future cannot be judged")
        found = self._expert.diagnose(judged.customer_id, as_of)
        if found is None:
            return None
        line = line_of(judged, found, (verdict, note), self._clock())
        self.kept[(judged, line.day)] = line
        return line

    def withdraw(self, judged, day):
        return self.kept.pop((judged, day), None) is not None

    def of_customer(self, customer_id):
        return self._newest(each for each in self.kept.values() if each.customer_id == customer_id)

    def of_entry(self, entry, limit):
        return self._newest(each for each in self.kept.values() if each.entry == entry)[:limit]

    def accuracies(self):
        return accuracies(Said(each.entry, each.certainty, each.verdict, 1) for each in self.kept.values())

    def _newest(self, lines):
        return sorted(lines, key=lambda each: (-each.at, each.customer_id, each.entry, each.topic, each.person))
