"""Diagnoses of one customer at some moments, each with some of a few findings."""

from __future__ import annotations

from itertools import product

from hypothesis import strategies as st

from keepwell.expert.diagnose import Diagnosis
from keepwell.expert.features import Feature
from keepwell.expert.finding import Finding, Measured
from keepwell.expert.knowledge import Certainty, Severity
from keepwell.expert.scope import Topic, Whose

NAMES = (("META-01", Topic.TRANSACTIONS), ("META-01", Topic.CALLS), ("META-03", Topic.STALE), ("TX-01", None))
FAILED = Feature("count", "landed with err != null", "tx.failed")


def finding(name=("TX-01", None), severity=Severity.WARN, value=1, **other):
    """A finding; what is not given is as it mostly is."""
    entry, topic = name
    given = {"domain": "solana_tx", "certainty": Certainty.ENTAILED, "scope": Whose.CUSTOMER}
    return Finding(
        id=entry, title=entry, severity=severity, diagnosis="Something is wrong.", causes=("a cause",),
        evidence=(Measured(FAILED, value, ">=", 1),), actions=("look",), references=("a page",), topic=topic,
        **{**given, **other},
    )  # fmt: skip


def told(now, *findings):
    return Diagnosis(now, findings, (), (), (), (), ())


_each = [finding(*each) for each in product(NAMES, (Severity.WARN, Severity.CRITICAL), (1, 2))]
_some = st.lists(st.sampled_from(_each), max_size=4, unique_by=lambda each: (each.id, each.topic))


def of(moments):
    """One diagnosis at each moment: at the same one it says the same."""
    different = sorted(set(moments))
    said = st.tuples(*(_some for _ in different)).map(lambda each: dict(zip(different, each, strict=True)))
    return said.map(lambda at: tuple(told(moment, *at[moment]) for moment in moments))
