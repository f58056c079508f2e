"""What happened to customers that playbooks listen to, out of what is remembered: band moves and alerts."""

from __future__ import annotations

from keepwell.interventions.playbook import AlertEnded, AlertOpened, BandEntered, Happening
from keepwell.scores.bands import Band
from keepwell.store.database import Session

_OPENS = ("opened", "reopened")


def happenings(session: Session, since: int, until: int) -> list[tuple[int, Happening]]:
    """What happened in [since, until) to whom, by customer number, in no order."""
    return [*_bands(session, since, until), *_alerts(session, since, until)]


def _bands(session: Session, since: int, until: int) -> list[tuple[int, Happening]]:
    rows = session.run(
        "SELECT customer, at, was, became FROM band_change WHERE at >= ? AND at < ? ORDER BY at", (since, until)
    )
    return [
        (int(customer), BandEntered(int(at), Band(became), Band(was) if was else None))
        for customer, at, was, became in rows
    ]


def _alerts(session: Session, since: int, until: int) -> list[tuple[int, Happening]]:
    rows = session.run(
        "SELECT alert.customer, alert.rule, alert_change.at, alert_change.kind FROM alert_change"
        " JOIN alert ON alert.id = alert_change.alert WHERE alert_change.at >= ? AND alert_change.at < ?"
        " AND alert_change.kind IN ('opened', 'reopened', 'resolved')",
        (since, until),
    )
    return [
        (int(customer), AlertOpened(int(at), rule) if kind in _OPENS else AlertEnded(int(at), rule))
        for customer, rule, at, kind in rows
    ]
