"""`keepwell playbook`: check and preview."""

import json

import pytest

from keepwell.base.time import DAY_US, to_rfc3339
from keepwell.config.playbooks import DEFAULTS
from keepwell.config.refusal import FileRefusedError
from keepwell.runtime.clock import now_us


def test_the_shipped_playbooks_are_told(run, imported):
    imported(f"ada,signed_in,{to_rfc3339(now_us() - DAY_US)}")
    found = json.loads(run("playbook", "check", "--json"))

    assert [each["id"] for each in found] == [
        "adoption_help", "at_risk", "billing_recovery", "critical", "success_check_in",
    ]  # fmt: skip
    assert found[1]["trigger"] == {"band": "at_risk", "rule": "", "event": ""}
    assert [each["delay_s"] for each in found[1]["steps"]] == [0, 3600, 7200, 86400]
    assert "the band falls to critical" in run("playbook", "check")


def test_what_goes_to_customers_without_a_person_is_warned_of(run, imported, tmp_path):
    imported(f"ada,signed_in,{to_rfc3339(now_us() - DAY_US)}")
    assert "Warning" not in run("playbook", "check")
    shipped = (DEFAULTS / "success_check_in.toml").read_text()
    drafts = tmp_path / "drafts"
    drafts.mkdir()
    for name, level in (("auto", "auto"), ("trusted", "auto_after_5"), ("asking", "ask")):
        step = 'audience = "customer"'
        assert shipped.count(step) == 1
        text = shipped.replace(step, f'{step}\napproval = "{level}"').replace('purpose = "', f'purpose = "{name}_')
        (drafts / f"{name}.toml").write_text(text)
    printed = run("playbook", "check", drafts)

    assert [line for line in printed.splitlines() if line.startswith("Warning")] == [
        "Warning: the step check_in of auto goes to customers without a person.",
        "Warning: the step check_in of trusted goes to customers without a person once 5 were approved unchanged.",
    ]
    assert "asks until 5 were approved unchanged, by itself" in printed
    assert "asks, by itself" in printed


def test_a_malformed_draft_is_refused_with_its_file_and_line(run, imported, tmp_path):
    imported(f"ada,signed_in,{to_rfc3339(now_us() - DAY_US)}")
    drafts = tmp_path / "drafts"
    drafts.mkdir()
    (drafts / "at_risk.toml").write_text('title = "At risk"\npurpose = "retention"\nsteps = 3\n')

    with pytest.raises(FileRefusedError, match=r"at_risk\.toml:3"):
        run("playbook", "check", drafts)


def test_a_preview_changes_nothing_and_says_who_would_have_entered(run, imported):
    imported(f"ada,signed_in,{to_rfc3339(now_us() - 80 * DAY_US)}")
    found = json.loads(run("playbook", "preview", "--json"))

    assert {each["playbook"] for each in found["playbooks"]} == {
        "adoption_help", "at_risk", "billing_recovery", "critical", "success_check_in",
    }  # fmt: skip
    assert json.loads(run("playbook", "preview", "--json"))["playbooks"] == found["playbooks"]
    assert "What playbooks would have done in 30 days" in run("playbook", "preview", "--days", 30)
