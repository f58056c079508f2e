"""Puts together what interventions work with: playbooks, messages, and whom they concern."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from keepwell.base.time import SECOND_US
from keepwell.config.messages import OWN, load_messages
from keepwell.events.accept import Receipt, accept
from keepwell.events.event import Event, Raw
from keepwell.outreach.catalog import CATALOG, Origin
from keepwell.runtime import contacts, facts
from keepwell.runtime.acting import Tools
from keepwell.runtime.allowing import Permit
from keepwell.runtime.briefing import Briefing
from keepwell.runtime.courses import Office
from keepwell.runtime.effects import StoredPlaybooks
from keepwell.runtime.facts_everybody import EverybodyOfTheDay
from keepwell.runtime.messages import StoredMessages
from keepwell.runtime.overriding import SOURCE
from keepwell.runtime.playbooks import in_force
from keepwell.runtime.ports.book import Book
from keepwell.runtime.ports.consultation import Consultant
from keepwell.runtime.ports.expert import Expert
from keepwell.runtime.receive import Parcel, receive
from keepwell.runtime.runs import StoredRuns
from keepwell.runtime.speaking import Known, Speaker
from keepwell.runtime.tasks import StoredTasks
from keepwell.runtime.workspace import Workspace
from keepwell.store.messages import Message

NAMES_US: Final = 600 * SECOND_US
SCORE: Final = frozenset(name for name, declared in CATALOG.items() if declared.origin is Origin.SCORE)
"""Facts that an installation may keep from its customers."""


@dataclass(frozen=True)
class Interventions:
    """What the pages, the delivery and the round that acts share. `changed` is called after a write of theirs."""

    workspace: Workspace
    clock: Callable[[], int]
    office: Office
    speaker: Speaker
    permit: Permit
    changed: Callable[[], object]

    def messages(self) -> StoredMessages:
        return StoredMessages(self.speaker, self.office, self.clock, self.changed)

    def runs(self) -> StoredRuns:
        return StoredRuns(self.workspace.database, self.office, self.clock, self.changed)

    def tasks(self, expert: Expert) -> StoredTasks:
        return StoredTasks(self.speaker, self.office, expert, self.clock, self.changed)

    def playbooks(self) -> StoredPlaybooks:
        return StoredPlaybooks(self.workspace.database, self.office.playbooks, self.workspace.folder, self.clock)

    def tools(self, book: Book, consultant: Consultant) -> Tools:
        """What the round works with."""
        tell = partial(_tell, self.workspace, self.clock)
        return Tools(self.workspace.database, self.office, self.speaker, book, consultant, tell)


class _Names:
    """Names of features, plans and assets, read again every ten minutes: reading them looks at everybody."""

    def __init__(self, workspace: Workspace, clock: Callable[[], int]) -> None:
        self._workspace = workspace
        self._clock = clock
        self._known: tuple[int, frozenset[str]] | None = None

    def __call__(self) -> frozenset[str]:
        now = self._clock()
        if self._known is None or now - self._known[0] > NAMES_US:
            self._known = now, facts.names(self._workspace)
        return self._known[1]


def furnish(
    workspace: Workspace,
    clock: Callable[[], int],
    posted: Callable[[], object] = lambda: None,
    changed: Callable[[], object] = lambda: None,
) -> Interventions:
    """What interventions work with, out of a data folder. `posted` is called once letters are in the outbox.

    Raises:
        FileRefusedError: a playbook or a message is malformed.
    """
    briefing = Briefing(workspace.settings, workspace.alarms, posted)
    held = frozenset() if workspace.settings.score_told else SCORE
    told = partial(facts.of, workspace, beside=EverybodyOfTheDay(workspace), held=held)
    known = Known(told, partial(contacts.of, hours=workspace.settings.contact_week()), _Names(workspace, clock))
    speaker = Speaker(workspace.database, load_messages(workspace.folder / OWN), briefing, known)
    office = Office(in_force(workspace), briefing)
    return Interventions(workspace, clock, office, speaker, Permit(speaker, clock), changed)


def _tell(workspace: Workspace, clock: Callable[[], int], sent: Sequence[tuple[Message, str]]) -> None:
    """What was sent becomes an event each: its id follows from the letter, so the log takes it once."""
    now = clock()
    events = [event for message, customer in sent if (event := _event(message, customer, now)) is not None]
    if events:
        receive(workspace, [Parcel(SOURCE, tuple(events))], now)


def _event(message: Message, customer: str, now: int) -> Event | None:
    properties = {"answerable": True, "conversation": message.name, "template": message.template}
    at = min(message.ended_at or now, now)
    raw = Raw(customer, "message_sent", at, properties, f"keepwell-sent-{message.name}")
    found = accept(raw, Receipt(now, live=True))
    return found if isinstance(found, Event) else None
