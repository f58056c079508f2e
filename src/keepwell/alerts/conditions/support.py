"""Tickets and payments: single events that somebody has to answer."""

from __future__ import annotations

from keepwell.alerts.conditions.registry import Found, Line, Params, condition, filled
from keepwell.alerts.seen import Seen, hours


@condition("ticket_severity_high", "ticket_opened")
def ticket_severity_high(seen: Seen, params: Params) -> Found:
    """A ticket was opened or raised to high or urgent, or escalated, and is neither solved nor calmed."""
    open_, urgent = seen.one["severe"], seen.one["severe_urgent"]
    waits = hours(seen.t - seen.one["severe_at"])

    def because(row: int) -> str:
        kind = "urgent or escalated" if urgent[row] else "high"
        return f"{_tickets(int(open_[row]))} of severity {kind}"

    def evidence(row: int) -> list[Line]:
        return [
            ("Open tickets of high severity", f"{open_[row]}"),
            ("Of these urgent or escalated", f"{urgent[row]}"),
            ("The newest is open for", f"{waits[row]:.1f} hours"),
        ]

    return Found(
        open_ > 0, open_.astype(float), filled(seen, params["tickets"]), "tickets", because, evidence, urgent > 0
    )


def _tickets(count: int) -> str:
    return "An open ticket" if count == 1 else f"{count} open tickets"


@condition("payment_failure", "payment_failed")
def payment_failure(seen: Seen, params: Params) -> Found:
    """A payment failed, and none for the same invoice succeeded within the provider's next try."""
    failed, times = seen.one["failed"], seen.one["failures"]
    waited = hours(seen.t - seen.one["failed_since"])
    holds = (failed > 0) & (waited >= params["retry_hours"])

    def because(row: int) -> str:
        what = "A payment" if failed[row] == 1 else f"Payments of {failed[row]} invoices"
        return f"{what} failed and {'has' if failed[row] == 1 else 'have'} not been made since"

    def evidence(row: int) -> list[Line]:
        return [
            ("Invoices not paid after a failure", f"{failed[row]}"),
            ("Failed attempts", f"{times[row]}"),
            ("Since the first failure", f"{waited[row]:.0f} hours"),
        ]

    return Found(holds, failed.astype(float), filled(seen, 1.0), "invoices", because, evidence)
