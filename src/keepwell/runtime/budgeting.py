"""The alert budget at work: who is shown what today, and the ledger of what is not shown."""

from __future__ import annotations

import numpy as np

from keepwell.alerts.alarms import Alarms
from keepwell.alerts.alert import Status
from keepwell.alerts.budget import Claim, share
from keepwell.alerts.rule import Severity
from keepwell.base.time import day_of
from keepwell.runtime import alerting
from keepwell.store import alerts, lines
from keepwell.store.database import Session

MOST = 100_000
UNKNOWN_VALUE = 1.0  # of a customer whose revenue nobody told


def budget(session: Session, alarms: Alarms, now: int) -> int:
    """Decide what each owner is shown today; how many alerts are held back."""
    living = alerts.living(session, alarms.rules)
    held = {name for name, state in living.items() if state.held_by}  # nobody is told of them, so they take no place
    wanted = alerts.Wanted(statuses=(str(Status.OPEN),))
    rows = [each for each in alerts.listed(session, wanted, MOST) if (each.customer, each.rule) not in held]
    rows += alerts.answered_of(session, day_of(now))  # the places of a day are not given twice
    customers = sorted({each.customer for each in rows})
    said = {number: lines.words(document) for number, document in lines.documents(session, customers)}
    claims = []
    for row in rows:
        words = said.get(row.customer)
        owner = alerting.person_of(alarms.rota, row.owner or (words.owner if words else "")) or ""
        value = words.mrr if words is not None and np.isfinite(words.mrr) else UNKNOWN_VALUE
        claims.append(Claim(str(row.id), owner, Severity(row.severity), value, row.respond_by, row.shown_on))
    capacities = {key: person.capacity for key, person in alarms.rota.people.items()}
    found = share(claims, capacities, day_of(now))
    held_back = {int(each.alert): (each.owner, each.because) for each in found.suppressed}
    alerts.suppress(session, day_of(now), held_back, [int(each) for each in found.shown])
    return len(held_back)
