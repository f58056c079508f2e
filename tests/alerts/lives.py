"""Terms and facts for the life of an alert: everything happens in steps of ten minutes."""

from hypothesis import strategies as st

from keepwell.alerts.alert import (
    Acknowledged,
    Ended,
    Fired,
    Held,
    Reassigned,
    Released,
    Resolved,
    Snoozed,
    Terms,
    Unsnoozed,
    Verdict,
)
from keepwell.alerts.hours import NINE_TO_FIVE, Calendar
from keepwell.alerts.rota import DUTY, Level
from keepwell.alerts.rule import Cadence, Rule, Severity
from keepwell.base.time import SECOND_US

STEP = 600 * SECOND_US
LEVELS = (Level(DUTY, 600), Level("eve", 0))


def rule(hold=0, calm=0, once=0, respond=1, severity=Severity.HIGH, *, office_hours=False):
    """A rule whose times are numbers of steps."""
    seconds = {"hold_s": 600 * hold, "calm_s": 600 * calm, "once_s": 600 * once, "respond_s": 600 * respond}
    words = {"title": "quiet", "what": "nobody came", "ends": "somebody comes"}
    return Rule("login_absence_72h", "at_risk_alert", words["title"], Cadence.IMMEDIATE, severity,
                words["what"], words["ends"], office_hours=office_hours, **seconds)  # fmt: skip


def terms(*args, levels=LEVELS, calendar=None, **kwargs):
    return Terms(rule(*args, **kwargs), calendar, levels)


TERMS = {
    "at once": terms(),
    "with patience": terms(1, 2, 9, 1),
    "in office hours": terms(0, 1, 3, 3, office_hours=True, calendar=Calendar("Europe/Berlin", NINE_TO_FIVE)),
}


def fact_at(at):
    """Anything that may happen at a moment; it fires more often than the rest."""
    who = st.sampled_from(("ada", "bob"))
    incident = st.sampled_from(("outage 1", "outage 2"))
    fired = st.sampled_from(Severity).map(lambda severity: Fired(at, severity, 0.5, "no sign-in for 73 hours"))
    return st.one_of(
        fired,
        fired,
        fired,
        st.just(Ended(at, "signed in")),
        st.just(Ended(at, "signed in")),
        who.map(lambda by: Acknowledged(at, by)),
        st.tuples(who, st.sampled_from((-1, 0, 1, 3))).map(lambda of: Snoozed(at, of[0], at + of[1] * STEP, "later")),
        who.map(lambda by: Unsnoozed(at, by)),
        st.tuples(who, st.sampled_from(Verdict)).map(lambda of: Resolved(at, of[0], of[1])),
        incident.map(lambda name: Held(at, name)),
        incident.map(lambda name: Released(at, name)),
        who.map(lambda owner: Reassigned(at, "ada", owner)),
    )


def facts(moments):
    """One fact for each moment: a tuple in their order."""
    return st.tuples(*map(fact_at, moments))
