"""The page about interventions names everything there is, and its example is a playbook."""

import re
from pathlib import Path

import pytest

from keepwell.config.playbooks import load_playbooks
from keepwell.interventions.playbook import ROLES, Action, Audience, Condition, Exits, Playbook, Priority, Step, Trigger
from keepwell.interventions.stage import End, Outcome
from tests.config.test_playbooks import KNOWN, SHIPPED

PAGE = (Path(__file__).parents[2] / "docs" / "interventions.md").read_text()
KEYS = {key for kind in (Playbook, Trigger, Exits, Step) for key in kind.__struct_fields__} - {"exits", "steps"}


@pytest.mark.parametrize("name", [*sorted(KEYS), *Action, *Audience, *Condition, *Priority, *ROLES, *SHIPPED])
def test_every_key_and_every_choice_is_named(name):
    assert f"`{name}`" in PAGE


@pytest.mark.parametrize("name", [*End, *Outcome])
def test_every_way_to_end_is_named(name):
    assert name in PAGE


def test_the_example_is_a_playbook(tmp_path):
    (tmp_path / "example.toml").write_text(re.search(r"```toml\n(.*?)```", PAGE, re.DOTALL)[1])

    assert [step.id for step in load_playbooks(tmp_path, KNOWN)["example"].steps] == ["write", "tell_leadership"]
