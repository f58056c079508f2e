"""What is done for customers, as pages, the API and commands work with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from keepwell.runtime.diagnosing import StoredExpert
from keepwell.runtime.interventions import furnish
from keepwell.runtime.ports.messages import Messages
from keepwell.runtime.ports.playbooks import Playbooks
from keepwell.runtime.ports.runs import Runs
from keepwell.runtime.ports.tasks import Tasks
from keepwell.runtime.workspace import Workspace


@dataclass(frozen=True)
class Acts:
    """The ports of interventions."""

    runs: Runs
    tasks: Tasks
    messages: Messages
    playbooks: Playbooks


def open_acts(workspace: Workspace, clock: Callable[[], int]) -> Acts:
    """The ports of interventions over a data folder.

    Raises:
        FileRefusedError: a playbook or a message is malformed.
    """
    acts = furnish(workspace, clock)
    return Acts(acts.runs(), acts.tasks(StoredExpert(workspace, clock)), acts.messages(), acts.playbooks())
