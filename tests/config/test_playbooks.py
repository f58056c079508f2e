"""The files of playbooks: what ships is what the tables of the design say, and a malformed one is refused by line."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepwell.config.alerts import shipped_rules
from keepwell.config.playbooks import DEFAULTS, load_playbooks, shipped_playbooks
from keepwell.config.playbooks_checks import Known
from keepwell.config.refusal import FileRefusedError
from keepwell.interventions.playbook import Playbook
from keepwell.scores.bands import Band

TEMPLATES = {
    "jennifer_at_risk_concern": {"specific_concerns", "usage_patterns"},
    "jennifer_value_reinforcement": {"roi_metrics", "success_examples"},
    "jennifer_critical_intervention": set(),
    "billing_recovery": set(),
    "adoption_support": set(),
    "success_check_in": set(),
}
KNOWN = Known(shipped_rules(), TEMPLATES)
SHIPPED = shipped_playbooks(KNOWN)
MINUTE, HOUR, DAY = 60, 3600, 86400


def steps_of(name):
    return [(step.id, step.delay_s, step.audience, step.roles, step.condition) for step in SHIPPED[name].steps]


def test_at_risk_is_as_designed():
    assert steps_of("at_risk") == [
        ("immediate_personal_outreach", 0, "customer", (), "always"),
        ("expert_consultation", HOUR, "csm", (), "always"),
        ("value_demonstration", 2 * HOUR, "customer", (), "always"),
        ("executive_escalation", 24 * HOUR, "roles", ("senior_leadership",), "no_improvement_24h"),
    ]
    assert [step.message for step in SHIPPED["at_risk"].steps] == [
        "jennifer_at_risk_concern", "", "jennifer_value_reinforcement", "",
    ]  # fmt: skip
    assert SHIPPED["at_risk"].trigger.band is Band.AT_RISK
    assert SHIPPED["at_risk"].holdout == 0.1


def test_critical_is_as_designed():
    assert steps_of("critical") == [
        ("immediate_phone_call", 0, "csm", (), "always"),
        ("technical_assessment", 30 * MINUTE, "csm", (), "always"),
        ("executive_involvement", HOUR, "roles", ("vp_customer_success", "cto", "ceo"), "always"),
        ("custom_solution_development", 2 * HOUR, "roles", ("cross_functional",), "always"),
    ]
    urgent, emergency = SHIPPED["critical"].steps[0], SHIPPED["critical"].steps[1]
    assert (urgent.message, urgent.priority) == ("jennifer_critical_intervention", "urgent")
    assert emergency.priority == "emergency"
    assert SHIPPED["critical"].steps[3].objective == "immediate_value_delivery"
    assert SHIPPED["critical"].trigger.band is Band.CRITICAL
    assert SHIPPED["critical"].supersedes == ("at_risk",)
    assert SHIPPED["critical"].purpose == SHIPPED["at_risk"].purpose


@pytest.mark.parametrize("name", ["at_risk", "critical"])
def test_they_end_as_designed(name):
    exits = SHIPPED[name].exits

    assert (exits.band, exits.stable_s, exits.give_up_s, exits.reentry_s) == ("stable", 3 * DAY, 30 * DAY, 14 * DAY)


def test_there_are_five_and_a_template_for_every_message():
    assert list(SHIPPED) == ["adoption_help", "at_risk", "billing_recovery", "critical", "success_check_in"]
    assert {step.message for each in SHIPPED.values() for step in each.steps if step.message} == set(TEMPLATES)


def test_what_goes_to_customers_is_asked_for_and_the_rest_is_not():
    for playbook in SHIPPED.values():
        assert playbook.enabled
        assert [step.asks for step in playbook.steps] == [step.to_customer for step in playbook.steps]


def test_a_version_is_that_of_the_content():
    one = SHIPPED["at_risk"]
    again = msgspec.json.decode(msgspec.json.encode(one), type=Playbook)

    assert again.version == one.version
    assert len({playbook.version for playbook in SHIPPED.values()}) == len(SHIPPED)
    assert msgspec.structs.replace(one, holdout=0.2).version != one.version


MINE = """\
title = "Mine"
purpose = "welcome"
trigger = { event = "subscription_renewed" }
holdout = 0.2

[exits]
band = "healthy"

[[steps]]
id = "write"
action = "outreach"
delay_s = 0
audience = "customer"
message = "success_check_in"

[[steps]]
id = "bring_it_up"
action = "executive_escalation"
delay_s = 3600
audience = "roles"
roles = ["cto"]
"""


def written(tmp_path, text=MINE, name="mine"):
    folder = tmp_path / "playbooks"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.toml").write_text(text)
    return folder


def test_an_own_playbook_joins_the_shipped_ones(tmp_path):
    found = load_playbooks(written(tmp_path), KNOWN)

    assert {name: each for name, each in found.items() if name != "mine"} == SHIPPED
    assert [step.id for step in found["mine"].steps] == ["write", "bring_it_up"]
    assert found["mine"].id == "mine"


def test_a_file_of_the_same_name_replaces_a_playbook_as_a_whole(tmp_path):
    found = load_playbooks(written(tmp_path, name="adoption_help"), KNOWN)

    assert list(found) == list(SHIPPED)
    assert found["adoption_help"].title == "Mine"


def test_one_line_switches_a_shipped_playbook_off(tmp_path):
    found = load_playbooks(written(tmp_path, "enabled = false\n", "at_risk"), KNOWN)

    assert found["at_risk"] == msgspec.structs.replace(SHIPPED["at_risk"], enabled=False)


def test_one_that_is_off_leaves_its_trigger_to_another(tmp_path):
    same = (DEFAULTS / "adoption_help.toml").read_text()
    written(tmp_path, "enabled = false\n", "adoption_help")

    assert load_playbooks(written(tmp_path, same), KNOWN)["mine"].enabled


def test_without_a_folder_the_shipped_ones_hold(tmp_path):
    assert load_playbooks(tmp_path / "playbooks", KNOWN) == SHIPPED


WRONG = [
    ("title", "titel", 1, "`titel` is not one of title"),
    ('title = "Mine"\n', "", None, "missing required field `title`"),
    ('"Mine"', '" "', 1, "`title` is empty"),
    ('title = "Mine"', 'title = "Mine"\nid = "other"', 2, "`id` is not one of"),
    ('{ event = "subscription_renewed" }', '{ event = "moon" }', 3, "no event `moon`"),
    ('{ event = "subscription_renewed" }', '{ rule = "moon" }', 3, "no rule `moon`"),
    ('{ event = "subscription_renewed" }', "{ }", 3, "one of `band`, `rule` and `event`"),
    ('{ event = "subscription_renewed" }', '{ event = "signed_in", band = "at_risk" }', 3, "one of `band`"),
    ('{ event = "subscription_renewed" }', '{ band = "bad" }', 3, "one of critical, at_risk, stable, healthy"),
    ('{ event = "subscription_renewed" }', '{ moon = "full" }', 3, "`moon` is not one of band, rule, event"),
    ('{ event = "subscription_renewed" }', '{ band = "healthy" }', 7, "healthy is not better than healthy"),
    ('{ event = "subscription_renewed" }', '{ band = "critical" }', 4, "nobody may be held out"),
    ('{ event = "subscription_renewed" }', '{ rule = "security_concern" }', 4, "nobody may be held out"),
    ('{ event = "subscription_renewed" }', '{ rule = "transaction_failure_rate_50" }', 4, "nobody may be held out"),
    ('{ event = "subscription_renewed" }\nholdout = 0.2', '{ event = "screening_hit" }', 3, "nothing may be said"),
    ('"welcome"', '"billing"', 4, "nobody may be held out"),
    ("holdout = 0.2", "holdout = 0.51", 4, "a share between 0 and 0.5, not 0.51"),
    ("holdout = 0.2", "holdout = -0.1", 4, "a share between 0 and 0.5"),
    ("holdout = 0.2", "holdout = nan", 4, "a share between 0 and 0.5"),
    ("holdout = 0.2", "holdout = true", 4, "holdout: Expected `float`, got `bool`"),
    ("holdout = 0.2", 'supersedes = ["moon"]', 4, "no playbook `moon`"),
    ("holdout = 0.2", 'supersedes = ["at_risk"]', 4, "at_risk has the purpose retention, not welcome"),
    ("holdout = 0.2", 'supersedes = ["mine"]', 4, "mine supersedes mine"),
    ('purpose = "welcome"\ntrigger = { event = "subscription_renewed" }',
     'purpose = "adoption"\ntrigger = { rule = "feature_adoption_stall" }', 3, "adoption_help has the same trigger"),
    ('band = "healthy"', "stable_s = 3", 6, "an event does not end"),
    ('band = "healthy"', 'band = "healthy"\nstable_s = -1', 8, "`stable_s` must be between 0"),
    ('band = "healthy"', 'band = "healthy"\nstable_s = 2592000', 8, "less than `give_up_s`"),
    ('band = "healthy"', 'band = "healthy"\ngive_up_s = 90000000', 8, "`give_up_s` must be"),
    ('band = "healthy"', 'band = "healthy"\nreentry_s = "1 day"', 8, "reentry_s: Expected `int`"),
    ('id = "write"', 'id = "Write"', 10, "is no name of a step"),
    ('id = "bring_it_up"', 'id = "write"', 17, "two steps `write`"),
    ('id = "bring_it_up"', 'id = "reply"', 17, "`reply` is the task to read a reply"),
    ('action = "outreach"', 'action = "shout"', 11, "`action` is one of outreach, phone_call"),
    ('action = "outreach"', 'action = "task"', 13, "task goes to csm or roles"),
    ("delay_s = 0", "delay_s = -1", 12, "`delay_s` must be at least 0"),
    ("delay_s = 0", "delay_s = 7200", 19, "less than that of write"),
    ("delay_s = 3600", "delay_s = 2592000", 19, "less than `give_up_s`"),
    ("delay_s = 3600", "delay_s = 3600\ngap_s = 1", 20, "`gap_s` is for steps to the customer"),
    ("delay_s = 3600", "delay_s = 3600\ndeadline_s = 0", 20, "`deadline_s` must be"),
    ("delay_s = 3600", 'delay_s = 3600\npriority = "high"', 20, "`priority` is one of normal, urgent, emergency"),
    ("delay_s = 3600", 'delay_s = 3600\ncondition = "rain"', 20, "`condition` is one of always, no_improvement_24h"),
    ("delay_s = 3600", 'delay_s = 3600\napproval = "auto_after_0"', 20, "`approval` is ask, auto or auto_after_N"),
    ("delay_s = 3600", 'delay_s = 3600\nmessage = "success_check_in"', 20, "or the script of a call"),
    ("delay_s = 3600\n", "", 16, "missing required field `delay_s`"),
    ('roles = ["cto"]', 'roles = ["cook"]', 21, "no role `cook`"),
    ('roles = ["cto"]', "", 16, "`roles` are named if, and only if"),
    ('message = "success_check_in"', 'message = "moon"', 14, "no template `moon`"),
    ('message = "success_check_in"', "", 9, "needs a `message`"),
    ('message = "success_check_in"', 'message = "success_check_in"\nincludes = ["x"]', 15, "no part `x`"),
    ('message = "success_check_in"', 'message = "success_check_in"\nmoon = 1', 15, "`moon` is not one of id, action"),
    (MINE[MINE.index("\n[[steps]]") :], "\n", None, "missing required field `steps`"),
    (MINE[MINE.index("\n[exits]") :], "\nsteps = []\n[exits]\nband = 'healthy'\n", 6, "there are no steps"),
    (MINE[MINE.index("\n[exits]") :], "\nsteps = [1]\n", 6, "Expected `object`, got `int`"),
    ("[exits]", "[exits", 6, "not valid TOML"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "line", "says"), WRONG)
def test_a_malformed_file_is_refused_by_line(tmp_path, old, new, line, says):
    assert old in MINE
    with pytest.raises(FileRefusedError) as refused:
        load_playbooks(written(tmp_path, MINE.replace(old, new, 1)), KNOWN)

    assert says in refused.value.problem
    assert refused.value.line == line
    assert refused.value.path.name == "mine.toml"
    assert "were not changed" in str(refused.value)


def test_a_circle_is_refused_wherever_it_closes(tmp_path):
    shipped = (DEFAULTS / "at_risk.toml").read_text()
    folder = written(tmp_path, shipped.replace("holdout", 'supersedes = ["critical"]\nholdout'), "at_risk")

    with pytest.raises(FileRefusedError, match="in its turn"):
        load_playbooks(folder, KNOWN)


def test_the_name_of_a_file_is_a_name(tmp_path):
    with pytest.raises(FileRefusedError, match="no name of a playbook"):
        load_playbooks(written(tmp_path, name="My book"), KNOWN)


def test_only_a_shipped_playbook_is_switched_off_by_one_line(tmp_path):
    with pytest.raises(FileRefusedError, match="missing required field"):
        load_playbooks(written(tmp_path, "enabled = false\n"), KNOWN)


LINES = MINE.split("\n")


@given(st.integers(0, len(LINES) - 1), st.sampled_from(("", "x = 1", "[x]", "[[steps]]", "steps = 3", "band = []")))
def test_whatever_stands_in_a_line_it_is_a_playbook_or_a_refusal(tmp_path_factory, place, other):
    text = "\n".join([*LINES[:place], other, *LINES[place + 1 :]])
    folder = written(tmp_path_factory.mktemp("any"), text)
    try:
        found = load_playbooks(folder, KNOWN)
    except FileRefusedError as refused:
        line = refused.line
    else:
        line = None
        assert found["mine"].steps
    assert line is None or 1 <= line <= len(LINES)
