"""The state of the runs of one customer for one purpose. How it changes is in `decide`. Instants are microseconds.

States are stored, with the playbooks in them, and read by later versions: fields are added, with a default, and never
renamed or taken away.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from keepwell.interventions.facts import Triggered
from keepwell.interventions.playbook import Playbook
from keepwell.interventions.stage import End, Outcome, Stage
from keepwell.scores.bands import Band


class StepState(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where one step stands.

    Attributes:
        stage: where.
        end: how it ended; None before.
        planned_at: when it was to be handed out; None as long as it never was.
        asked_at: since when it waits for an approval.
        ended_at: when it ended.
        because: why it ended.
    """

    stage: Stage = Stage.WAITING
    end: End | None = None
    planned_at: int | None = None
    asked_at: int | None = None
    ended_at: int | None = None
    because: str = ""


class Run(msgspec.Struct, frozen=True, omit_defaults=True):
    """One run of a playbook.

    Attributes:
        number: counts the runs of this customer and purpose, from 1.
        playbook: the copy it began with.
        started_at: when.
        because: what triggered it.
        steps: where each stands, in the order of the playbook.
        held_out: whether the customer gets no contact.
        propensity: the share of customers who are held out.
        calm_since: since when the band is good enough to have recovered; None while it is not.
        over_since: since when the condition that opened the run has ended; None while it holds.
        behaviour: points that the customer's behaviour brought to the score since the start.
        replied_well: whether a reply did not speak of leaving.
        speaks_of_leaving: whether a reply did.
        closed_at: when it ended; None while it is active.
        outcome: how.
    """

    number: int
    playbook: Playbook
    started_at: int
    because: str
    steps: tuple[StepState, ...]
    held_out: bool = False
    propensity: float = 0.0
    calm_since: int | None = None
    over_since: int | None = None
    behaviour: float = 0.0
    replied_well: bool = False
    speaks_of_leaving: bool = False
    closed_at: int | None = None
    outcome: Outcome | None = None

    @property
    def recovering_since(self) -> int | None:
        """Since when what the run is for is the case; None while it is not."""
        return self.over_since if self.playbook.exits.band is None else self.calm_since


class Course(msgspec.Struct, frozen=True, omit_defaults=True):
    """The state of the fold for one customer and purpose: the last run, and what outlives it.

    Attributes:
        run: the last run, active or closed; None before the first.
        closed: when the last run of each playbook ended.
        waiting: what was triggered too soon after the last run and begins later, if it still holds then.
        gone: whether the customer left.
        band: the effective band, as far as it is known.
        reply_at: since when a reply waits for a person to look at it; None when none does.
        call_until: until when a call holds what goes to the customer.
        free_from: when the last hold ended of which it was not known before when it would.
    """

    run: Run | None = None
    closed: Mapping[str, int] = {}
    waiting: Triggered | None = None
    gone: bool = False
    band: Band | None = None
    reply_at: int | None = None
    call_until: int = 0
    free_from: int = 0

    @property
    def active(self) -> Run | None:
        """The run that is not over."""
        return None if self.run is None or self.run.outcome else self.run
