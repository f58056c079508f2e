"""What a server that is live offers beside the desk."""

from __future__ import annotations

from dataclasses import dataclass

from keepwell.runtime.changes import Changes
from keepwell.runtime.ports.health import Health
from keepwell.runtime.ports.letters import Letters
from keepwell.runtime.ports.reception import Reception


@dataclass(frozen=True)
class Live:
    """Reception takes events in, `changes` tells what moved, `health` how well all of it is.

    `letters` is what receivers of letters see and answer.
    """

    reception: Reception
    changes: Changes
    health: Health
    letters: Letters
