"""The port of alerts, faked: a few alerts of every state, with words that are meant to hurt."""

from collections import Counter

from msgspec.structs import replace

from keepwell.base.time import DAY_US, HOUR_US
from keepwell.runtime.ports.alerts import (
    AlertLine,
    AlertPage,
    AlertRefusedError,
    AlertsPart,
    ChangeLine,
    Counts,
    IncidentLine,
    IncidentPage,
    RuleLine,
)
from tests.web.people import NOW, SCRIPT, TODAY

STAFF = (("jen", "Jennifer Wu"), ("bob", "Bob & Sons"))
SEVERITIES = ("critical", "high", "normal", "low")
STATES = ("open", "open", "open", "acknowledged", "snoozed", "resolved")
RULES = (
    ("login_absence_72h", "at_risk_alert", "No sign-in", "high"),
    ("band_fell", "band_alert", "Band fell", "normal"),
    ("payment_failure", "billing_alert", "Payment failed", "critical"),
)
DONE = {"acknowledge": "acknowledged", "snooze": "snoozed", "unsnooze": "open", "resolve": "resolved"}
FELL = f"{SCRIPT} activity of all customers fell to 0 % of what is usual"
INCIDENT = "chain chain:tx_ethereum"
HELD_BACK = "12 alerts a day are shown, and others are more pressing"


class FakeAlerts:
    """Satisfies `Alerts`: one alert a customer, some held back, some held by an incident."""

    def __init__(self, customers=()) -> None:
        self.kept = {number: alert(number, line) for number, line in enumerate(customers, start=1)}
        self.deeds = []

    def counts(self):
        states = Counter(each.state for each in self.kept.values())
        open_ones = [each for each in self.kept.values() if each.state == "open"]
        severities = Counter(each.severity for each in open_ones)
        return Counts(states, severities, sum(each.suppressed is not None for each in open_ones), 1 if self.kept else 0)

    def pressing(self):
        return sum(each.state == "open" and each.suppressed is None for each in self.kept.values())

    def part(self, wanted, start, limit):
        name = dict(STAFF).get(wanted.owner)
        found = [
            each
            for each in self.kept.values()
            if (not wanted.states or each.state in wanted.states)
            and wanted.customer_id in {None, each.customer_id}
            and (not wanted.rules or each.rule in wanted.rules)
            and (not wanted.severities or each.severity in wanted.severities)
            and (wanted.owner is None or each.owner == name)
            and wanted.shown in {None, each.suppressed is None}
        ]
        found.sort(key=lambda each: (SEVERITIES.index(each.severity), each.due_at or 2**62, -each.opened_at))
        return AlertsPart(found[start : start + limit], len(found))

    def alert(self, number):
        line = self.kept.get(number)
        if line is None:
            return None
        rule = next(each for each in self.rules() if each.id == line.rule)
        changes = [
            ChangeLine(line.opened_at, "opened", None, line.because),
            ChangeLine(line.opened_at + 1, "escalated", "jen", SCRIPT),
        ]
        series = [(TODAY - back, float(back % 9) if rule.id != "band_fell" else 50.0 + back) for back in range(56)]
        similar = [each for each in self.kept.values() if each.rule == line.rule and each.id < number][:10]
        counted = "Score" if rule.id == "band_fell" else "Sign-ins a day"
        return AlertPage(line, rule, changes, [] if number % 7 == 6 else series, counted, similar)

    def act(self, numbers, deed):
        if deed.kind == "snooze" and not deed.reason.strip():
            raise AlertRefusedError("a snooze needs a reason")
        if deed.kind == "snooze" and (deed.until is None or not NOW < deed.until < NOW + 366 * DAY_US):
            raise AlertRefusedError("a snooze ends in the future, within a year")
        if deed.kind == "reassign" and deed.owner not in dict(STAFF):
            raise AlertRefusedError("nobody of the staff has this key")
        if deed.kind not in {*DONE, "reassign"}:
            raise AlertRefusedError("this is nothing to do with an alert")
        found = [self.kept[each] for each in dict.fromkeys(numbers) if each in self.kept]
        changed = {each.id: done(each, deed) for each in found if each.state != "resolved"}
        self.kept.update(changed)
        self.deeds.append((list(numbers), deed))
        return len(changed)

    def rules(self):
        return [
            RuleLine(
                id=name, alert=kind, title=title, cadence="immediate", severity=severity, what=f"{title} & {SCRIPT}",
                ends="It is over", respond_s=900 * 10**place, office_hours=place != 1, enabled=place != 2,
                params={"hours": 72, "p": 0.001}, fired=7 * place, useful=3 * place, false=place, expected=0, open=1,
            )
            for place, (name, kind, title, severity) in enumerate(RULES)
        ]  # fmt: skip

    def incidents(self, limit):
        if not self.kept:
            return []
        evidence = (("Failed in the last hour", "62 %"), (SCRIPT, SCRIPT))
        open_one = IncidentLine(2, "chain", "chain:tx_ethereum", FELL, evidence, NOW - HOUR_US, None, 3)
        ended = IncidentLine(1, "source", "key:1", "nothing came for 2 hours", (), NOW - DAY_US, NOW - HOUR_US, 0)
        return [open_one, ended][:limit]

    def incident(self, number):
        line = next((each for each in self.incidents(9) if each.id == number), None)
        if line is None:
            return None
        return IncidentPage(line, [each for each in self.kept.values() if each.held_by] if number == 2 else [])

    def staff(self):
        return STAFF


def alert(number, line):
    """An alert of a customer; its number decides what it is."""
    rule, kind, title, _ = RULES[number % 3]
    state = STATES[number % 6]
    opened = NOW - number * HOUR_US
    held_back = state == "open" and number % 5 == 2
    severity = SEVERITIES[1 + number % 3 if held_back else number % 4]
    return AlertLine(
        id=number, customer_id=line.id, customer_name=line.name or line.id, mrr=420_000.0 if number % 2 else None,
        rule=rule, alert=kind, title=title, state=state, severity=severity,
        opened_at=opened, due_at=opened + 6 * HOUR_US if state == "open" and number % 3 else None,
        responded_at=None if state == "open" else opened + 1, ended_at=NOW if state == "resolved" else None,
        snoozed_until=NOW + DAY_US if state == "snoozed" else None, owner=dict(STAFF)["jen"] if number % 2 else "",
        because=f"{SCRIPT} no sign-in for {number} days", measure=float(number), threshold=3.0,
        unit="points" if rule == "band_fell" else "days", evidence=(("Own rhythm", "every 2 days"), (SCRIPT, SCRIPT)),
        verdict="useful" if state == "resolved" else None, note=SCRIPT if state == "resolved" else None,
        held_by=(INCIDENT,) if number % 11 == 1 and state == "open" else (),
        suppressed=HELD_BACK if held_back else None, snooze_reason=f"{SCRIPT} away" if state == "snoozed" else "",
    )  # fmt: skip


def done(line, deed):
    """The alert afterwards."""
    if deed.kind == "reassign":
        return replace(line, owner=dict(STAFF)[deed.owner])
    ended = NOW if deed.kind == "resolve" else None
    return replace(
        line, state=DONE[deed.kind], due_at=None, ended_at=ended, snoozed_until=deed.until,
        verdict=deed.verdict if ended else None, note=deed.note if ended else None, suppressed=None,
        snooze_reason=deed.reason,
    )  # fmt: skip
