"""The ports of runs and tasks, faked: some of every state, with words that are meant to hurt."""

from collections import Counter

from msgspec.structs import replace

from keepwell.base.time import DAY_US, HOUR_US
from keepwell.runtime.ports.messages import FactLine
from keepwell.runtime.ports.runs import (
    RunCounts,
    RunHistory,
    RunLine,
    RunPage,
    RunRefusedError,
    RunsPart,
    StepLine,
)
from keepwell.runtime.ports.tasks import TaskLine, TaskPage, TaskRefusedError, TasksPart
from tests.web.people import NOW, SCRIPT

MINUTE_US = HOUR_US // 60
PLAYBOOKS = (("at_risk", "At risk"), ("critical", "Critical"), ("billing_recovery", f"Billing {SCRIPT}"))
OUTCOMES = ("recovered", "not recovered", "stopped", "superseded", "churned")
CALL = "a call holds messages for 24 hours"
REPLY = "a reply waits for a person to look at it"
ACTIONS = ("phone_call", "task", "executive_escalation", "outreach", "custom_solution")
TASK_STATES = ("open", "open", "done", "dropped")


def run_line(number, line):
    """A run of a customer; its number decides what it is: every third is closed, every seventh held out."""
    playbook, title = PLAYBOOKS[number % 3]
    started, closed = NOW - number * HOUR_US, number % 4 == 3
    held_out, reply, call = number % 7 == 0, number % 6 == 1, number % 10 == 2
    quiet = closed or number % 5 == 4
    return RunLine(
        id=number, customer_id=line.id, customer_name=line.name or line.id, purpose="retention", playbook=playbook,
        title=title, version="9f3c", because=f"{SCRIPT} the band fell to at risk", started_at=started,
        held_out=held_out, propensity=0.1 if playbook == "at_risk" else 0.0, done=number % 4, steps=4,
        waits="" if closed else REPLY if reply else CALL if call else "",
        next_at=None if quiet else NOW + (number % 9 - 2) * HOUR_US, next_step="" if quiet else "value_demonstration",
        behaviour=number % 8 - 3.25, closed_at=NOW - DAY_US if closed else None,
        outcome=OUTCOMES[number // 4 % 5] if closed else None,
        reply_at=NOW - 2 * HOUR_US if reply and not closed else None,
    )  # fmt: skip


def steps(line):
    """Four steps, one of each kind of end."""
    common = {"roles": (), "priority": "normal", "condition": "always", "task": None, "message": None}
    return [
        StepLine(**{
            **common, "id": "immediate_personal_outreach", "action": "outreach", "audience": "customer",
            "objective": f"ask what is wrong {SCRIPT}", "stage": "ended", "end": "sent", "planned_at": line.started_at,
            "ended_at": line.started_at + HOUR_US, "because": "approved by Jennifer Wu", "message": 3,
        }),
        StepLine(**{
            **common, "id": "expert_consultation", "action": "expert_consultation", "audience": "csm",
            "objective": "technical_issue_identification", "stage": "ended", "end": "cancelled",
            "planned_at": line.started_at + HOUR_US, "ended_at": line.started_at + 2 * HOUR_US,
            "because": "the customer is recovering",
        }),
        StepLine(**{
            **common, "id": "value_demonstration", "action": "value_demonstration", "audience": "customer",
            "objective": "show what it brought", "stage": "asked", "end": None, "planned_at": NOW - HOUR_US,
            "ended_at": None, "because": "", "message": 1, "task": 2,
        }),
        StepLine(**{
            **common, "id": "executive_escalation", "action": "executive_escalation", "audience": "roles",
            "objective": "bring it to senior leadership", "stage": "waiting", "end": None,
            "planned_at": NOW + 5 * HOUR_US, "ended_at": None, "because": "", "roles": ("senior_leadership", "cto"),
            "condition": "no_improvement_24h", "priority": "urgent",
        }),
    ]  # fmt: skip


def history(line):
    rows = (
        (0, "opened", "", line.because, ""),
        (1, "prepare", "immediate_personal_outreach", "it is due", ""),
        (2, "sent", "immediate_personal_outreach", f"approved {SCRIPT}", "Jennifer Wu"),
    )
    return [
        RunHistory(run=line.id, playbook=line.playbook, at=line.started_at + hours, kind=kind, step=step,
                   because=because, by=by)
        for hours, kind, step, because, by in reversed(rows)
    ]  # fmt: skip


class FakeRuns:
    """Satisfies `Runs`: one run for every customer."""

    def __init__(self, customers=()) -> None:
        self.kept = {number: run_line(number, line) for number, line in enumerate(customers, start=1)}
        self.deeds = []

    def counts(self):
        active = [each for each in self.kept.values() if each.closed_at is None]
        closed = Counter(each.outcome for each in self.kept.values() if each.outcome)
        late = sum(each.next_at is not None and each.next_at < NOW for each in active)
        return RunCounts(
            len(active), sum(each.held_out for each in active), sum(bool(each.waits) for each in active), late, closed
        )

    def part(self, wanted, start, limit):
        found = [
            each
            for each in self.kept.values()
            if wanted.active in {None, each.closed_at is None}
            and wanted.playbook in {"", each.playbook}
            and wanted.customer_id in {None, each.customer_id}
            and wanted.held_out in {None, each.held_out}
            and wanted.outcome in {"", each.outcome}
        ]
        found.sort(key=lambda each: (each.closed_at is not None, each.next_at or 2**62, -each.started_at))
        return RunsPart(found[start : start + limit], len(found))

    def run(self, number):
        line = self.kept.get(number)
        return line and RunPage(line, steps(line), history(line))

    def history(self, customer_id, limit):
        found = [row for each in self.kept.values() if each.customer_id == customer_id for row in history(each)]
        skipped = RunHistory(run=None, playbook="at_risk", at=NOW - DAY_US, kind="skipped", step="",
                             because="the last run ended 3 days ago", by="")  # fmt: skip
        return sorted([*found, *([skipped] if found else [])], key=lambda each: -each.at)[:limit]

    def stop(self, number, by, reason):
        line = self._found(number)
        if not reason.strip():
            raise RunRefusedError("a stop needs a reason")
        if line.closed_at is not None:
            return False
        self.deeds.append(("stop", number, by, reason))
        self.kept[number] = replace(line, closed_at=NOW, outcome="stopped", waits="", next_at=None, reply_at=None)
        return True

    def looked(self, number, by):
        line = self._found(number)
        if line.reply_at is None:
            return False
        self.deeds.append(("looked", number, by))
        self.kept[number] = replace(line, reply_at=None, waits="")
        return True

    def _found(self, number):
        if number not in self.kept:
            raise RunRefusedError("there is no such run")
        return self.kept[number]


def fact(name, *, said, meaning, in_message=True, now=None, days=28):
    return FactLine(
        id=name, meaning=meaning, said=said, now=said if now is None else now, window_days=days,
        as_of=NOW - HOUR_US, origin="usage", in_message=in_message,
    )  # fmt: skip


def task_line(number, line):
    action, state = ACTIONS[number % 5], TASK_STATES[number % 4]
    over = state != "open"
    return TaskLine(
        id=number, customer_id=line.id, customer_name=line.name or line.id, run=number, playbook="critical",
        title="Critical", step=f"immediate_{action}", action=action,
        audience="roles" if action in {"executive_escalation", "custom_solution"} else "csm",
        roles=("senior_leadership", "cto") if action == "executive_escalation" else (),
        priority=("urgent", "normal", "emergency")[number % 3], objective=f"immediate value delivery {SCRIPT}",
        because=f"{SCRIPT} the band fell to critical", message=1 if action == "outreach" else None,
        held_out=number % 7 == 0, created_at=NOW - number * HOUR_US, expires_at=NOW + (number % 5 - 1) * DAY_US,
        state=state, note=f"we spoke {SCRIPT}" if over else "", closed_at=NOW - HOUR_US if over else None,
        by="Jennifer Wu" if over else "",
    )  # fmt: skip


class FakeTasks:
    """Satisfies `Tasks`: one task for every customer."""

    def __init__(self, customers=()) -> None:
        self.kept = {number: task_line(number, line) for number, line in enumerate(customers, start=1)}
        self.deeds = []

    def part(self, wanted, start, limit):
        found = [
            each
            for each in self.kept.values()
            if wanted.state in {"", each.state}
            and wanted.customer_id in {None, each.customer_id}
            and wanted.action in {"", each.action}
            and (not wanted.role or wanted.role in each.roles)
        ]
        urgency = ("emergency", "urgent", "normal")
        found.sort(key=lambda each: (urgency.index(each.priority), each.expires_at))
        return TasksPart(found[start : start + limit], len(found))

    def task(self, number):
        line = self.kept.get(number)
        if line is None:
            return None
        script = ("Hello Anna, this is Jennifer of Keepwell.", f"I saw that 62 % of your swaps failed. {SCRIPT}")
        facts = (
            fact("swaps_failed", said="62 %", meaning=f"Swaps that failed {SCRIPT}"),
            fact("last_sign_in", said="20 November", meaning="The last sign-in", in_message=False, days=0),
        )
        reach = (("Name", f"Anna Weber {SCRIPT}"), ("Phone", "+49 30 1234567"), ("Their time", "10:30 in Berlin"))
        calls = line.action == "phone_call"
        findings = (f"Slippage is set too low {SCRIPT}",) if number % 2 else ()
        return TaskPage(line, script if calls else (), facts if number % 3 else (), reach, findings)

    def close(self, number, by, note, *, done=True):
        line = self._found(number)
        if not done and not note.strip():
            raise TaskRefusedError("what is not wanted needs a reason")
        if line.state != "open":
            return False
        self.deeds.append(("done" if done else "dropped", number, by, note))
        self.kept[number] = replace(line, state="done" if done else "dropped", note=note, closed_at=NOW, by=by)
        return True

    def called(self, number, by, *, held):
        self._found(number)
        self.deeds.append(("held" if held else "booked", number, by))

    def calendar(self, number, at):
        return f"BEGIN:VCALENDAR\r\nX-AT:{at}\r\nEND:VCALENDAR\r\n".encode() if number in self.kept else None

    def _found(self, number):
        if number not in self.kept:
            raise TaskRefusedError("there is no such task")
        return self.kept[number]
