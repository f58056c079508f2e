"""The file of rules: what differs is laid over what ships, and a malformed one is refused with file and line."""

from __future__ import annotations

import pytest

from keepwell.alerts.rule import Severity
from keepwell.config.alerts import load_rules, shipped_rules
from keepwell.config.refusal import FileRefusedError

RULES = shipped_rules()


def written(tmp_path, text):
    path = tmp_path / "alerts.toml"
    path.write_text(text)
    return path


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_shipped_rule_says_what_it_does_and_what_ends_it(rule):
    assert rule.alert
    assert rule.what == rule.what.strip() != ""
    assert rule.ends == rule.ends.strip() != ""
    assert rule.respond_s > 0
    assert rule.enabled


def test_immediate_rules_are_to_be_answered_within_15_minutes_or_say_otherwise():
    quick = {rule.id for rule in RULES.values() if rule.respond_s == 900}
    assert quick == {
        "login_absence_72h", "transaction_failure_rate_50", "ticket_severity_high", "payment_failure",
        "security_concern",
    }  # fmt: skip


def test_without_a_file_the_shipped_rules_hold(tmp_path):
    assert load_rules(None) == RULES == load_rules(tmp_path / "nothing.toml")


def test_only_what_differs_has_to_be_said(tmp_path):
    found = load_rules(written(tmp_path, '[login_absence_72h]\nseverity = "low"\nparams = { strict = true }\n'))

    changed = found["login_absence_72h"]
    assert changed.severity is Severity.LOW
    assert changed.params == {**RULES["login_absence_72h"].params, "strict": 1.0}
    assert {name: rule for name, rule in found.items() if name != changed.id} == {
        name: rule for name, rule in RULES.items() if name != changed.id
    }


@pytest.mark.parametrize("value", [0, 0.0, 0.3, 1, 1.0])
def test_a_share_may_be_anything_from_nothing_to_all(tmp_path, value):
    found = load_rules(written(tmp_path, f"[usage_decline_30]\nparams = {{ decline = {value} }}\n"))

    assert found["usage_decline_30"].params == {"decline": value}


def test_what_is_no_share_may_be_more_than_1(tmp_path):
    found = load_rules(written(tmp_path, "[login_absence_72h]\nparams = { hours = 96, strict = 7, often = 3 }\n"))

    assert {"hours": 96.0, "strict": 7.0, "often": 3.0}.items() <= found["login_absence_72h"].params.items()


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("[nothing]\nseverity = 'low'\n", 1, "no rule `nothing`"),
        ("login_absence_72h = 3\n", 1, "no table"),
        ("[band_fell]\nseverity = 'awful'\n", 2, "`severity` is one of low, normal, high, critical."),
        ("[band_fell]\nseverity = 3\n", 2, "`severity` is one of low, normal, high, critical."),
        ("[band_fell]\ncadence = 'hourly'\n", 2, "`cadence` is one of immediate, daily, weekly."),
        ("[usage_decline_30]\n[usage_decline_30.params]\ndecline = 30\n", 3, "not 30; 30 % is written as 0.3"),
        ("[usage_decline_30]\nparams = { decline = 1.01 }\n", 2, "`decline` is a share between 0 and 1"),
        ("[usage_decline_30]\nparams = { decline = nan }\n", 2, "`decline` is a share between 0 and 1"),
        ("[usage_decline_30]\nparams = { decline = '30' }\n", 2, "usage_decline_30"),
        ("[band_fell]\n\nunknown = 1\n", 1, "unknown"),
        ("[band_fell]\nparams = { hours = 3 }\n", 2, "no parameter `hours`"),
        ("[band_fell.params]\ndays = -1\n", 2, "`days` must be"),
        ("[band_fell]\nrespond_s = -5\n", 2, "`respond_s` must be"),
        ("[band_fell]\nid = 'other'\n", 2, "cannot be changed"),
        ("[band_fell]\nparams = 7\n", 2, "no table"),
        ("[band_fell\n", 1, "not valid TOML"),
    ],
)
def test_a_malformed_file_is_refused_by_line(tmp_path, text, line, says):
    with pytest.raises(FileRefusedError) as refused:
        load_rules(written(tmp_path, text))

    assert refused.value.line == line
    assert says.lower() in str(refused.value).lower()
    assert "were not changed" in str(refused.value)
