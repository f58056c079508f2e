"""What must hold of playbooks besides their form: what they name exists, and what they do makes sense."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from keepwell.alerts.rule import Rule, Severity
from keepwell.events.catalog import BY_KEY
from keepwell.interventions.holdout import MOST, may_hold_out
from keepwell.interventions.playbook import DAY_S, REPLY, ROLES, Action, Audience, Condition, Playbook, Priority, Step
from keepwell.scores.bands import BANDS, Band

Where = tuple[str | int, ...]
"""Names of the keys that lead to a value; the number of a step, from 0, stands after `steps`."""
Problem = tuple[Where, str]
ID: Final = re.compile(r"[a-z][a-z0-9_]*")
LONGEST_S: Final = 366 * DAY_S
CONFIDENTIAL: Final = ("compliance_issue", "screening_hit", "kyc_expiring")
"""Rules and events of which nobody but compliance may speak to the customer."""
AUDIENCES: Final[Mapping[Action, tuple[Audience, ...]]] = {
    Action.OUTREACH: (Audience.CUSTOMER,),
    Action.VALUE_DEMONSTRATION: (Audience.CUSTOMER,),
    Action.PHONE_CALL: (Audience.CSM,),
    Action.EXPERT_CONSULTATION: (Audience.CSM,),
    Action.EXECUTIVE_ESCALATION: (Audience.ROLES,),
    Action.EXECUTIVE_INVOLVEMENT: (Audience.ROLES,),
    Action.CUSTOM_SOLUTION: (Audience.CSM, Audience.ROLES),
    Action.TASK: (Audience.CSM, Audience.ROLES),
}
"""Who can be meant by an action."""
CHOICES: Final[Mapping[str, str]] = {
    "band": f"one of {', '.join(Band)}",
    "action": f"one of {', '.join(Action)}",
    "audience": f"one of {', '.join(Audience)}",
    "condition": f"one of {', '.join(Condition)}",
    "priority": f"one of {', '.join(Priority)}",
    "approval": "ask, auto or auto_after_N",
}


@dataclass(frozen=True)
class Known:
    """What a playbook may name besides events.

    Attributes:
        rules: of alerts, by id.
        templates: of messages: what each can include, by name.
        roles: of colleagues.
    """

    rules: Mapping[str, Rule]
    templates: Mapping[str, Collection[str]]
    roles: Collection[str] = ROLES


def check(playbook: Playbook, known: Known) -> Iterator[Problem]:
    """What is wrong with a playbook by itself."""
    for key in ("title", "purpose"):
        if not getattr(playbook, key).strip():
            yield (key,), f"`{key}` is empty"
    yield from _trigger(playbook, known)
    yield from _exits(playbook)
    yield from _holdout(playbook, known)
    if not playbook.steps:
        yield ("steps",), "there are no steps"
    for place, step in enumerate(playbook.steps):
        before = playbook.steps[place - 1] if place else None
        yield from ((("steps", place, key), f"{step.id}: {said}") for key, said in _step(step, playbook, known))
        if before and step.delay_s < before.delay_s:
            said = f"{step.id}: `delay_s` is from the start of the run, and less than that of {before.id}"
            yield ("steps", place, "delay_s"), said
        if step.id == REPLY:
            yield ("steps", place, "id"), f"`{REPLY}` is the task to read a reply: no step has its name"
        if step.id in [each.id for each in playbook.steps[:place]]:
            yield ("steps", place, "id"), f"there are two steps `{step.id}`"


def check_all(playbooks: Mapping[str, Playbook]) -> Iterator[tuple[str, Where, str]]:
    """What is wrong between playbooks: the id of the one to change, where, and what."""
    started: dict[tuple[object, ...], str] = {}
    for name, playbook in playbooks.items():
        for other in playbook.supersedes:
            for said in _superseding(playbook, other, playbooks):
                yield name, ("supersedes",), said
        trigger = playbook.trigger
        same = playbook.purpose, trigger.band, trigger.rule, trigger.event
        if playbook.enabled and started.setdefault(same, name) != name:
            yield name, ("trigger",), f"{started[same]} has the same trigger and purpose: only one of them would start"


def _superseding(playbook: Playbook, other: str, playbooks: Mapping[str, Playbook]) -> Iterator[str]:
    if other not in playbooks:
        yield f"there is no playbook `{other}`; there are {', '.join(playbooks)}"
    elif playbooks[other].purpose != playbook.purpose:
        yield f"{other} has the purpose {playbooks[other].purpose}, not {playbook.purpose}: both can run at once"
    elif playbook.id in _all_superseded(other, playbooks):
        yield f"{other} supersedes {playbook.id} in its turn"


def _all_superseded(name: str, playbooks: Mapping[str, Playbook]) -> set[str]:
    """What a playbook supersedes, itself, and what those supersede."""
    found, waiting = set[str](), [name]
    while waiting:
        each = waiting.pop()
        if each in playbooks and each not in found:
            found.add(each)
            waiting += playbooks[each].supersedes
    return found


def _trigger(playbook: Playbook, known: Known) -> Iterator[Problem]:
    trigger = playbook.trigger
    if (trigger.band is not None) + bool(trigger.rule) + bool(trigger.event) != 1:
        yield ("trigger",), "a trigger is one of `band`, `rule` and `event`"
    if trigger.rule and trigger.rule not in known.rules:
        yield ("trigger", "rule"), f"there is no rule `{trigger.rule}`; there are {', '.join(known.rules)}"
    if trigger.event and trigger.event not in BY_KEY:
        yield ("trigger", "event"), f"there is no event `{trigger.event}` in the catalog"
    speaks = any(step.contacts for step in playbook.steps)
    for name in (trigger.rule, trigger.event):
        if name in CONFIDENTIAL and speaks:
            yield ("trigger",), f"of {name} nothing may be said to the customer: steps can only go to colleagues"


def _exits(playbook: Playbook) -> Iterator[Problem]:
    exits, trigger = playbook.exits, playbook.trigger
    for key, least in (("stable_s", 0), ("give_up_s", 1), ("reentry_s", 0)):
        if not least <= getattr(exits, key) <= LONGEST_S:
            yield ("exits", key), f"`{key}` must be between {least} and {LONGEST_S} seconds"
    if exits.stable_s >= exits.give_up_s:
        yield ("exits", "stable_s"), "`stable_s` must be less than `give_up_s`: nobody would ever recover"
    if trigger.event and exits.band is None:
        yield ("exits", "band"), "an event does not end: say the `band` that counts as recovered"
    if trigger.band and exits.band is None:
        yield ("exits", "band"), "a run that a band starts ends with a `band`: say which"
    if trigger.band and exits.band and BANDS.index(exits.band) <= BANDS.index(trigger.band):
        yield ("exits", "band"), f"{exits.band} is not better than {trigger.band}, which starts the run"


def _holdout(playbook: Playbook, known: Known) -> Iterator[Problem]:
    if not 0 <= playbook.holdout <= MOST:
        yield ("holdout",), f"`holdout` is a share between 0 and {MOST:g}, not {playbook.holdout:g}; 10 % is 0.1"
    rule = known.rules.get(playbook.trigger.rule)
    grave = rule is not None and rule.severity is Severity.CRITICAL
    if playbook.holdout and (grave or not may_hold_out(playbook)):
        yield ("holdout",), "nobody may be held out of what is critical, or about billing or security"


def _step(step: Step, playbook: Playbook, known: Known) -> Iterator[tuple[str, str]]:
    """The key that is wrong, and what."""
    if not ID.fullmatch(step.id):
        yield "id", f"`{step.id}` is no name of a step: small letters, digits and _, a letter first"
    if not 0 <= step.delay_s < playbook.exits.give_up_s:
        yield "delay_s", "`delay_s` must be at least 0 and less than `give_up_s`"
    if not 0 < step.deadline_s <= LONGEST_S:
        yield "deadline_s", f"`deadline_s` must be between 1 and {LONGEST_S} seconds"
    if step.gap_s is not None and not (step.to_customer and 0 <= step.gap_s <= LONGEST_S):
        yield "gap_s", f"`gap_s` is for steps to the customer, between 0 and {LONGEST_S} seconds"
    if step.audience not in AUDIENCES[step.action]:
        yield "audience", f"{step.action} goes to {' or '.join(AUDIENCES[step.action])}"
    if bool(step.roles) != (step.audience is Audience.ROLES):
        yield "roles", "`roles` are named if, and only if, the audience is roles"
    for role in step.roles:
        if role not in known.roles:
            yield "roles", f"there is no role `{role}`; there are {', '.join(sorted(known.roles))}"
    yield from _message(step, known)


def _message(step: Step, known: Known) -> Iterator[tuple[str, str]]:
    if step.to_customer and not step.message:
        yield "message", "what goes to the customer needs a `message`"
    if step.message and not (step.to_customer or step.action is Action.PHONE_CALL):
        yield "message", "a `message` is for what goes to the customer, or the script of a call"
    if step.message and step.message not in known.templates:
        yield "message", f"there is no template `{step.message}`; there are {', '.join(sorted(known.templates))}"
    for part in step.includes:
        if part not in known.templates.get(step.message, ()):
            yield "includes", f"{step.message or 'a step without a message'} has no part `{part}`"
