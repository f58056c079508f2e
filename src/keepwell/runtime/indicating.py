"""Indicators: weeks of a customer's telemetry out of the log, and what they say."""

from __future__ import annotations

from keepwell.base.time import DAY_US
from keepwell.config.expert import OWN, load_knowledge, shipped_names
from keepwell.config.expert_tables import load_tables
from keepwell.events.catalog import number
from keepwell.expert.indicators.trends import indicators
from keepwell.expert.indicators.week import KINDS, LASTING, WEEK_US, WEEKS, Background
from keepwell.expert.knowledge import Knowledge
from keepwell.expert.telemetry.record import PAST_US, Occurrence
from keepwell.runtime.ports.expert import Indicated
from keepwell.runtime.scoring import look
from keepwell.runtime.sent import Sent
from keepwell.runtime.workspace import Workspace
from keepwell.store.customers import number_of

SPAN_US = WEEKS * WEEK_US + PAST_US
"""How far back telemetry is read; the log's activity is at hand for 120 days."""
LASTING_US = 365 * DAY_US
"""How far back what holds until something else is said is looked for."""
AT_MOST = 60_000
"""Events of one customer that are looked at; of more, the newest."""


def indicated(workspace: Workspace, customer_id: str, at: int, knowledge: Knowledge | None = None) -> Indicated | None:
    """The indicators of one customer as known before a moment; None for an unknown one.

    Raises:
        FileRefusedError: no knowledge was given, and the installation's own numbers are refused.
    """
    with workspace.database.read() as session:
        customer = number_of(session, customer_id)
    if customer is None:
        return None
    known = knowledge or load_knowledge(workspace.folder / OWN, shipped_names())
    background = Background(known, load_tables())
    found = _occurrences(workspace, customer, at)
    return Indicated(customer_id, at, indicators(found, at, background), len(found))


def _occurrences(workspace: Workspace, customer: int, at: int) -> list[Occurrence]:
    """What the customer's weeks are read from, and the four weeks before that the first of them is compared with."""
    return Sent(look(workspace, (at, at), []), [_sent(customer, at)], AT_MOST).of(customer)


def _sent(customer: int, at: int) -> str:
    """A condition on the log: the customer's telemetry of these weeks, known before a moment."""
    kinds, lasting = (", ".join(str(number(each)) for each in sorted(some)) for some in (KINDS, LASTING))
    lately = f"(kind IN ({kinds}) AND occurred_at >= {at - SPAN_US})"
    longer = f"(kind IN ({lasting}) AND occurred_at >= {at - LASTING_US})"
    return f"customer = {customer} AND known_at < {at} AND ({lately} OR {longer})"
