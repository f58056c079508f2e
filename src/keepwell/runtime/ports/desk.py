"""Everything that pages and the API work with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from keepwell.runtime.ports.alerts import Alerts
from keepwell.runtime.ports.book import Book
from keepwell.runtime.ports.consultation import Consultant
from keepwell.runtime.ports.expert import Expert
from keepwell.runtime.ports.findings import Findings
from keepwell.runtime.ports.foresight import Foresight
from keepwell.runtime.ports.idempotency import Once
from keepwell.runtime.ports.keys import KeyBook
from keepwell.runtime.ports.knowledge import KnowledgeBook
from keepwell.runtime.ports.messages import Messages
from keepwell.runtime.ports.overrides import Overrides
from keepwell.runtime.ports.playbooks import Playbooks
from keepwell.runtime.ports.rejects import Rejects
from keepwell.runtime.ports.runs import Runs
from keepwell.runtime.ports.tasks import Tasks


@dataclass(frozen=True)
class Desk:
    """The ports behind pages and API; all are called from several threads. `clock` is the present in microseconds."""

    book: Book
    keys: KeyBook
    overrides: Overrides
    rejects: Rejects
    once: Once
    alerts: Alerts
    findings: Findings
    expert: Expert
    knowledge: KnowledgeBook
    consultant: Consultant
    runs: Runs
    tasks: Tasks
    messages: Messages
    playbooks: Playbooks
    foresight: Foresight
    clock: Callable[[], int]
