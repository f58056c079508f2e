"""What is told of playbooks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec


class Previewed(msgspec.Struct, frozen=True, kw_only=True):
    """What one playbook would have done.

    Attributes:
        customers: who would have entered it, or been held out; `who` are their own ids.
        entered, held_out: runs with contact, and without.
        not_begun: triggers that started nothing, as another run was active or the last one too recent.
        tasks: for colleagues.
        messages: to customers, by template.
    """

    playbook: str
    title: str
    enabled: bool
    customers: int
    entered: int
    held_out: int
    not_begun: int
    tasks: int
    messages: Mapping[str, int]
    who: Sequence[str]


class Collision(msgspec.Struct, frozen=True):
    """Two messages of different playbooks to one customer within a day; `at` is that of the later one."""

    customer_id: str
    first: str
    second: str
    at: int


class Preview(msgspec.Struct, frozen=True):
    """What all playbooks would have done in [since, until), microseconds; of the collisions the first are listed."""

    since: int
    until: int
    playbooks: Sequence[Previewed]
    collisions: int
    colliding: Sequence[Collision]
