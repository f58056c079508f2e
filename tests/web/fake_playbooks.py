"""The port of playbooks, faked: with and without a shown effect, and with arms that are uneven."""

from keepwell.runtime.ports.playbooks import ArmLine, EffectLine, FunnelStep, PlaybookLine, PlaybookPage
from tests.web.fake_messages import FakeMessages
from tests.web.fake_runs import FakeRuns, FakeTasks
from tests.web.people import SCRIPT

BROKEN = "the two groups are not as they were assigned: nothing is said"
NOTHING, SUCCESS, NOBODY, UNEVEN = "at_risk", "adoption_help", "critical", "billing_recovery"


def line(name, *, enabled=True, own=False, runs=180, held_out=18):
    return PlaybookLine(
        id=name, title=name.replace("_", " ").capitalize(), purpose="retention", version="9f3c",
        trigger=f"the band falls to at risk {SCRIPT}", enabled=enabled, own=own, holdout=0.1 if held_out else 0.0,
        active=12, runs=runs, held_out=held_out,
        outcomes={"recovered": 71, "not recovered": 40, "stopped": 3} if runs else {},
    )  # fmt: skip


def steps(reached=180):
    ends = {"sent": 90, "suppressed": 12, "expired": 8, "cancelled": 30, "done by a person": 20}
    first = FunnelStep(
        id="immediate_personal_outreach", action="outreach", audience="customer", delay_s=0, level="ask",
        condition="always", message="jennifer_at_risk_concern", reached=reached, open=min(20, reached),
        ends=ends if reached else {},
    )  # fmt: skip
    second = FunnelStep(
        id="executive_escalation", action="executive_escalation", audience="roles", delay_s=86_400, level="auto",
        condition="no_improvement_24h", message="", reached=reached // 3, open=0,
        ends={"cancelled": reached // 3} if reached else {},
    )  # fmt: skip
    return [first, second]


def effect(name):
    treated = ArmLine(120, 48, 0.40)
    common = {"treated": treated, "worth": 0.05, "naive": 0.40, "is_success": False}
    if name == NOBODY:
        return EffectLine(**{
            **common, "held_out": None, "difference": None, "low": None, "high": None, "mismatch": None,
            "needed": None, "finding": "nobody was held out: what contact brought is not known",
        })  # fmt: skip
    if name == SUCCESS:
        return EffectLine(**{
            **common, "treated": ArmLine(1200, 540, 0.45), "held_out": ArmLine(1190, 357, 0.30), "difference": 0.15,
            "low": 0.11, "high": 0.19, "finding": "better with contact", "is_success": True, "mismatch": 0.8,
            "needed": 1377, "naive": 0.45,
        })  # fmt: skip
    return EffectLine(**{
        **common, "held_out": ArmLine(14, 5, 0.36), "difference": 0.04, "low": -0.21, "high": 0.27,
        "finding": BROKEN if name == UNEVEN else "no effect shown",
        "mismatch": 0.0001 if name == UNEVEN else 0.62, "needed": 1500,
    })  # fmt: skip


class FakePlaybooks:
    """Satisfies `Playbooks`. Without customers nothing has run."""

    def __init__(self, *, used=True) -> None:
        self.used = used

    def all(self):
        if not self.used:
            return [line(NOTHING, runs=0, held_out=0)]
        return [line(NOTHING), line(SUCCESS, own=True), line(NOBODY, held_out=0), line(UNEVEN, enabled=False)]

    def playbook(self, name):
        found = next((each for each in self.all() if each.id == name), None)
        if found is None:
            return None
        if self.used:
            return PlaybookPage(found, steps(), effect(name))
        nothing = EffectLine(
            treated=ArmLine(0, 0, 0.0), held_out=ArmLine(0, 0, 0.0), difference=None, low=None, high=None,
            finding="no effect shown", is_success=False, mismatch=None, needed=None, worth=0.05, naive=None,
        )  # fmt: skip
        return PlaybookPage(found, steps(0), nothing)


def fake_acts(lines):
    """Runs, tasks, messages and playbooks of some customers."""
    return FakeRuns(lines), FakeTasks(lines), FakeMessages(lines), FakePlaybooks(used=bool(lines))
