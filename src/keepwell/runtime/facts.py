"""Facts out of Keepwell: everything a message may say of a customer, as known before a moment.

Who the message goes to, and who signs it, is said by `outreach.compose.profile_facts`.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from keepwell.outreach.catalog import facts_of
from keepwell.outreach.fact import Fact
from keepwell.runtime.facts_account import account
from keepwell.runtime.facts_everybody import EverybodyOfTheDay
from keepwell.runtime.facts_health import health
from keepwell.runtime.facts_own import own, readable
from keepwell.runtime.facts_peers import peers
from keepwell.runtime.facts_usage import usage
from keepwell.runtime.workspace import Workspace
from keepwell.store import incidents
from keepwell.store import names as stored
from keepwell.store.customers import number_of

LEAST_LETTERS = 2
"""Shorter names are words of any sentence."""


def of(
    workspace: Workspace,
    customer_id: str,
    now: int,
    beside: EverybodyOfTheDay | None = None,
    held: AbstractSet[str] = frozenset(),
) -> dict[str, Fact]:
    """Every fact that is known of a customer; none of one that is not known.

    Args:
        workspace: the folder.
        customer_id: as the platform calls it.
        now: microseconds; nothing known at or after it has a say.
        beside: everybody, kept by who asks more than once a day; read anew without.
        held: facts that the installation keeps from its customers.
    """
    with workspace.database.read() as session:
        customer = number_of(session, customer_id)
        unheard = incidents.unheard(session, now)
    if customer is None:
        return {}
    mine, others = own(workspace, customer, now), (beside or EverybodyOfTheDay(workspace)).at(now)
    readings = dict(health(workspace, customer, now))
    readings.update(usage(mine, others, workspace.alarms.rules, unheard))
    readings.update(account(mine, others))
    readings.update(peers(mine, others))
    return facts_of(readings, held)


def names(workspace: Workspace) -> frozenset[str]:
    """Names that no message may say unless they are bound: of features, plans, chains and assets."""
    with workspace.database.read() as session:
        found = stored.features(session) | stored.plans(session) | stored.traded(session)
    both = found | {readable(name) for name in found}
    return frozenset(name for name in both if sum(map(str.isalnum, name)) >= LEAST_LETTERS)
