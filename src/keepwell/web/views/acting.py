"""Words that all pages of runs, tasks, messages and playbooks share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from keepwell.base.time import DAY_US, HOUR_US, SECOND_US
from keepwell.interventions.playbook import ROLES, Action, Condition, Priority
from keepwell.interventions.stage import Outcome, Stage
from keepwell.web.views import words
from keepwell.web.views.alert_rows import MINUTE_US, ago, span

ACTIONS: Final[Mapping[str, str]] = {
    Action.OUTREACH.value: "Message",
    Action.VALUE_DEMONSTRATION.value: "Message on value",
    Action.PHONE_CALL.value: "Phone call",
    Action.TASK.value: "Task",
    Action.EXPERT_CONSULTATION.value: "The Expert",
    Action.EXECUTIVE_ESCALATION.value: "Escalation",
    Action.EXECUTIVE_INVOLVEMENT.value: "Executives",
    Action.CUSTOM_SOLUTION.value: "Custom solution",
}
ROLE_NAMES: Final[Mapping[str, str]] = {
    "senior_leadership": "senior leadership",
    "vp_customer_success": "VP customer success",
    "cto": "CTO",
    "ceo": "CEO",
    "cross_functional": "a cross-functional team",
}
assert set(ROLE_NAMES) == set(ROLES)  # noqa: S101 - a new role needs a name
AUDIENCES: Final[Mapping[str, str]] = {"customer": "to the customer", "csm": "to the CSM", "roles": "to colleagues"}
STAGES: Final[Mapping[str, str]] = {
    Stage.WAITING.value: "waits",
    Stage.ASKED.value: "waits for an approval",
    Stage.GOING.value: "on its way",
    Stage.TASK.value: "a task",
    Stage.ENDED.value: "over",
}
OUTCOMES: Final[tuple[str, ...]] = tuple(each.value for each in Outcome)
CONDITIONS: Final[Mapping[str, str]] = {
    Condition.ALWAYS.value: "",
    Condition.NO_IMPROVEMENT.value: "only without improvement",
}
REPLY: Final = "reply"
"""The kind of a line whose words are the customer's own."""
KINDS: Final[Mapping[str, str]] = {
    "opened": "Began",
    "skipped": "Did not begin",
    "prepare": "Approval asked",
    "carry": "Handed out",
    "assign": "Made a task",
    "escalate": "Brought to colleagues",
    "withdraw": "Taken back",
    "noted": "Noted",
    "closed": "Over",
    REPLY: "Reply",
}
"""What lines of a history tell besides how a step ended: the names of intents, and what the customer replied."""
PRESSING: Final[Mapping[str, str]] = {
    Priority.EMERGENCY.value: "critical",
    Priority.URGENT.value: "at-risk",
    Priority.NORMAL.value: "unscored",
}
"""The style class of the sign of a priority, the same signs as those of bands."""


@dataclass(frozen=True)
class Typed:
    """What somebody typed into forms by the names of the fields, and why it was not done."""

    refused: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        return self.fields.get(name, "")


@dataclass(frozen=True)
class Asking:
    """What the reader may do, what was just done in words, and what was typed. `now` is the present."""

    may: bool
    now: int
    said: str = ""
    typed: Typed = field(default_factory=Typed)
    admin: bool = False


@dataclass(frozen=True)
class HistoryRow:
    """A line of a history."""

    at: str
    what: str
    by: str
    because: str
    href: str = ""


def action(key: str) -> str:
    return ACTIONS.get(key, named(key))


def roles(keys: tuple[str, ...] | list[str]) -> str:
    return ", ".join(ROLE_NAMES.get(each, named(each)) for each in keys)


def named(key: str) -> str:
    """A name of files as words: `immediate_phone_call` is "Immediate phone call"."""
    return capital(key.replace("_", " "))


def around(instant: int, now: int) -> str:
    """How far a moment is from now: "in 2 hours", "3 hours ago". What is to come is rounded, what passed has passed."""
    return f"in {span(_nearest(instant - now))}" if instant > now else ago(instant, now)


def _nearest(length: int) -> int:
    """As long or a little longer, so that the whole days, hours or minutes in it are the nearest number of them."""
    unit = next((each for each in (DAY_US, HOUR_US) if length >= each * (2 if each == DAY_US else 1)), MINUTE_US)
    return length + unit // 2


def delay(seconds: int) -> str:
    """When a step is due: "at once", "after 2 hours"."""
    return f"after {span(seconds * SECOND_US)}" if seconds else "at once"


def both(instant: int, now: int) -> str:
    """A moment and how far it is from now."""
    return f"{words.moment(instant)}, {around(instant, now)}"


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def sentence(text: str) -> str:
    """A text with a capital, and a full stop if it has no end yet."""
    said = capital(text)
    return said if not said or said.endswith((".", "!", "?", "…")) else f"{said}."
