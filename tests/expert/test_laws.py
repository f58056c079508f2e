"""What holds of every case, whatever is in it."""

from __future__ import annotations

from dataclasses import replace

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from keepwell.expert.case import Case, Kind, Seen
from keepwell.expert.diagnose import HIDES, NETWORK, diagnose
from keepwell.expert.features import STANDING, Sort
from keepwell.expert.knowledge import Certainty
from keepwell.expert.scope import GOVERNS, Standing, Topic, Whose
from keepwell.expert.signal import Truth, weigh
from tests.expert import made
from tests.expert.test_cases import MEMBERS

KNOWLEDGE = made.knowledge()
BOUNDS = {
    name: sorted(
        {
            value
            for entry in KNOWLEDGE.entries.values()
            for each in entry.signal.when.comparisons
            if each.feature == name and not each.other and isinstance(value := each.value, int | float)
        }
    )
    for name in KNOWLEDGE.features
}
TEXTS = ("enhanced_webhook", "raw_webhook", "manual", "ultra", "")


def values(name):
    """Values of a feature near the numbers that entries ask about, where the answers change."""
    sort = KNOWLEDGE.features[name].sort
    if sort is Sort.BOOL:
        return st.booleans()
    if sort is Sort.TEXT:
        return st.sampled_from(TEXTS)
    near = [each + step for each in BOUNDS[name] for step in (-1, -0.01, 0, 0.01, 1)]
    return st.sampled_from([*near, 0, 1, 50, 100]) | st.floats(allow_nan=True)


ASKED = [name for name in KNOWLEDGE.features if not name.startswith(STANDING)]
features = st.fixed_dictionaries({}, optional={name: values(name) for name in ASKED})
small = st.sampled_from([None, 0.0, 0.0005, 0.001, 0.02, 0.03, 0.05, 0.9])
standings = st.builds(
    Standing, small, small, small, st.sampled_from([None, 0.0, 3.0, 5.0, 40.0]), st.sampled_from([None, 0.0, 5.0, 8.0])
)
crowds = st.dictionaries(st.sampled_from(list(Topic)), standings, max_size=4)
loose = st.builds(
    Seen,
    st.just(Kind.ERROR),
    st.sampled_from(["", "jupiter_v6", "raydium_clmm", "4tRangerProgram"]),
    st.sampled_from([None, 0, 6001, 6028]),
    st.sampled_from(["", "SlippageToleranceExceeded", "Invented"]),
    candidates=st.sampled_from([(), ("InvalidFirstTickArrayAccount", "ExceptRewardMint")]),
)
seen = st.builds(
    lambda each, count, last: replace(each, count=count, last=last, reference=f"tx{last}"),
    st.sampled_from([each for _, each in MEMBERS]) | loose,
    st.integers(1, 9),
    st.integers(0, made.NOW),
)
readings = st.lists(seen, max_size=6)
cases = st.builds(Case, st.just(made.NOW), features, readings, crowds)


@given(cases)
def test_every_finding_has_evidence_a_reference_and_a_sentence(case):
    for each in diagnose(case, KNOWLEDGE).findings:
        assert each.evidence
        assert all(each.references)
        assert each.references
        assert each.evidence[0].text in each.sentence
        assert each.diagnosis in each.sentence


@given(cases, st.randoms(use_true_random=False))
def test_the_order_of_readings_does_not_matter(case, chance):
    turned = list(case.readings)
    chance.shuffle(turned)
    features = list(case.features.items())
    chance.shuffle(features)

    same = replace(case, readings=turned, features=dict(features))

    assert msgspec.json.encode(diagnose(case, KNOWLEDGE)) == msgspec.json.encode(diagnose(same, KNOWLEDGE))


@given(cases)
def test_a_reading_told_in_parts_is_the_same_reading(case):
    parts = [replace(each, count=1) for each in case.readings for _ in range(each.count)]

    whole, told = diagnose(case, KNOWLEDGE), diagnose(replace(case, readings=parts), KNOWLEDGE)

    assert msgspec.json.encode(whole) == msgspec.json.encode(told)


@given(cases)
def test_the_same_case_gives_the_same_bytes_and_is_not_changed(case):
    before = repr(case)

    first, second = (msgspec.json.encode(diagnose(case, KNOWLEDGE)) for _ in range(2))

    assert first == second
    assert repr(case) == before


def entailed(case):
    found = diagnose(case, KNOWLEDGE).findings
    return {each.id for each in found if each.certainty is Certainty.ENTAILED}


@given(cases, st.data())
def test_removing_a_feature_never_adds_an_entailed_finding(case, data):
    """A feature, a topic, or one statistic of a topic."""
    known = [(name, "") for name in [*case.features, *case.crowd]]
    known += [(topic, stat) for topic in case.crowd for stat in ("p_own", "p_peer", "p_net", "n", "cusum")]
    if not known:
        return
    gone, stat = data.draw(st.sampled_from(known))
    crowd = {topic: each for topic, each in case.crowd.items() if topic != gone}
    if stat:
        crowd[gone] = replace(case.crowd[gone], **{stat: None})

    less = replace(case, features={name: value for name, value in case.features.items() if name != gone}, crowd=crowd)

    assert entailed(less) <= entailed(case)


@given(crowds, readings)
def test_without_features_nothing_holds_that_asks_for_them(crowd, readings):
    found = diagnose(Case(made.NOW, {}, readings, crowd), KNOWLEDGE).findings

    for each in found:
        asked = {name for one in KNOWLEDGE.entries[each.id].signal.when.comparisons for name in one.features}
        assert all(name.startswith(STANDING) for name in asked)


@given(cases)
def test_what_holds_rests_on_features_that_are_known(case):
    crowd = {f"{STANDING}{name}" for name in ("p_own", "p_peer", "p_net", "n", "cusum")}
    known = {name for name, value in case.features.items() if value == value} | crowd  # noqa: PLR0124 - not NaN
    for each in diagnose(case, KNOWLEDGE).findings:
        every = KNOWLEDGE.entries[each.id].signal.when.every
        assert {name for one in every for name in one.features} <= known


@given(cases)
def test_knowing_less_never_turns_an_answer_into_its_contrary(case):
    """Of each signal alone: with one feature less, yes and no stay what they are or become unknown."""
    whole = {**case.features, "stat.p_own": 0.0005, "stat.p_peer": 0.5}
    grouped = {}
    for each in case.readings:
        grouped.setdefault(each.kind, []).append(each)
    for entry in KNOWLEDGE.entries.values():
        signal = entry.signal
        before = weigh(signal, signal.kinds, grouped, whole.get).truth
        for name in {name for one in signal.when.comparisons for name in one.features} & whole.keys():
            less = {other: value for other, value in whole.items() if other != name}
            after = weigh(signal, signal.kinds, grouped, less.get)
            assert after.truth in (before, Truth.UNKNOWN)
            assert after.truth is not Truth.UNKNOWN or after.missing


@given(cases)
def test_while_it_is_everybodys_nobody_is_blamed(case):
    found = diagnose(case, KNOWLEDGE)
    common = {topic for topic, whose in found.scopes if whose is Whose.NETWORK}
    quiet = {domain for topic in common for domain in GOVERNS[topic]}
    for each in found.findings:
        if each.domain in quiet or each.topic in common:
            assert not each.blames_customer
            own = not KNOWLEDGE.entries[each.id].scope and each.domain != "meta"
            assert not (own and each.causes)
            assert not own or each.certainty is Certainty.ENTAILED
    for each in found.findings:
        if each.id == NETWORK:
            assert each.topic in common


@given(cases)
def test_what_is_explained_comes_right_after_what_explains_it(case):
    found = diagnose(case, KNOWLEDGE).findings
    ids = [each.id for each in found]
    for place, each in enumerate(found):
        assert not each.explained_by or each.explained_by in ids[:place]
    assert len({(each.id, each.topic) for each in found}) == len(found)


@given(cases)
def test_hints_and_sanctions_are_never_for_the_customer(case):
    for each in diagnose(case, KNOWLEDGE).findings:
        if each.certainty is Certainty.HINT or each.id in ("CMP-01", "CMP-02", "CMP-03"):
            assert not each.may_tell_customer


@given(cases)
def test_what_is_undecided_names_what_is_not_known(case):
    found = diagnose(case, KNOWLEDGE)
    asked = set(KNOWLEDGE.features)
    for each in found.undecided:
        assert each.missing
        assert all(name in asked or "logs" in name for name in each.missing)
        hidden = {name for names, _ in HIDES.values() for name in names}
        given = {name for name, value in case.features.items() if value == value}  # noqa: PLR0124 - not NaN
        assert not set(each.missing) & (given - hidden)
