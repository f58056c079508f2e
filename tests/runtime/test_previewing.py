"""What a draft of rules would have fired, and alerts brought up to date by a command."""

from __future__ import annotations

import pytest

from keepwell.base.time import DAY_US
from keepwell.runtime import previewing
from keepwell.runtime.offline import alert_book, bring_up_to_date
from keepwell.runtime.ports.alerts import AlertRefusedError, Deed, Wanted
from keepwell.store import outbox
from tests.alerts.scenarios import SCENARIOS, events
from tests.histories import NOW, house, put


@pytest.fixture(scope="module")
def space():
    with house() as workspace:
        silent, _ = SCENARIOS["login_absence_72h"]
        seldom = [("signed_in", age, {}) for age in (40.0, 25.0, 12.0, 6.0)]  # too few to know a rhythm
        put(workspace, [*events(silent(), "quiet"), *events(seldom, "seldom")])
        yield workspace


def test_a_draft_that_changes_nothing_fires_nothing_else(space, tmp_path):
    draft = tmp_path / "alerts.toml"
    draft.write_text("")
    assert previewing.preview(space, draft, NOW, 5) == []


def test_a_stricter_rule_shows_whom_it_would_point_out(space, tmp_path):
    draft = tmp_path / "alerts.toml"
    draft.write_text("[login_absence_72h]\nparams = { strict = true }\n")
    (line,) = previewing.preview(space, draft, NOW, 12)

    assert line.rule == "login_absence_72h"
    assert line.customers == 1
    assert line.added == ["seldom"]
    assert line.removed == []
    assert line.draft_fired > line.fired


def test_a_rule_that_is_switched_off_fires_nothing(space, tmp_path):
    draft = tmp_path / "alerts.toml"
    draft.write_text("[login_absence_72h]\nenabled = false\n")
    (line,) = previewing.preview(space, draft, NOW, 12)

    assert (line.fired, line.draft_fired) == (1, 0)
    assert line.removed == ["quiet"]


def test_a_draft_that_is_in_force_already_is_compared_with_what_ships(space):
    own = space.folder / "alerts.toml"
    own.write_text("[login_absence_72h]\nenabled = false\n")
    try:
        (line,) = previewing.preview(space, own, NOW, 12)
    finally:
        own.unlink()

    assert (line.fired, line.draft_fired) == (1, 0)


def test_a_command_raises_each_alert_once(space):
    bring_up_to_date(space, NOW)
    first = alert_book(space).part(Wanted(), 0, 100)
    bring_up_to_date(space, NOW + DAY_US // 2)
    again = alert_book(space).part(Wanted(), 0, 100)

    assert [each.id for each in first.lines] == [each.id for each in again.lines]
    assert "quiet" in {each.customer_id for each in first.lines if each.rule == "login_absence_72h"}
    with space.database.read() as session:
        assert not any(outbox.counts(session).values())  # whoever reads the inbox only gets no letter


IMPOSSIBLE = (
    Deed("snooze", "Ada", until=1, reason="x"),
    Deed("snooze", "Ada"),
    Deed("resolve", "Ada", verdict="?"),
    Deed("reassign", "Ada", owner="nobody"),
    Deed("dance", "Ada"),
)


def test_people_act_and_what_cannot_be_done_is_refused(space):
    bring_up_to_date(space, NOW)
    book = alert_book(space)
    number = book.part(Wanted(("open",)), 0, 1).lines[0].id  # each test finds them as the others left them

    assert book.act([number, number], Deed("acknowledge", "Ada")) == 1
    assert book.act([number], Deed("acknowledge", "Ada")) == 0
    for refused in IMPOSSIBLE:
        with pytest.raises(AlertRefusedError):
            book.act([number], refused)
    assert book.act([number], Deed("resolve", "Ada", verdict="useful", note="called them")) == 1
    page = book.alert(number)
    assert (page.line.state, page.line.verdict, page.line.note) == ("resolved", "useful", "called them")
    told = [each.kind for each in page.changes if each.kind != "escalated"]  # the present is long after these events
    assert told == ["opened", "acknowledged", "resolved"]
    assert book.act([10**9], Deed("acknowledge", "Ada")) == 0
