"""The life of an alert: what it says, and what it never does."""

from itertools import accumulate, groupby, pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepwell.alerts.alert import (
    Deed,
    Ended,
    Fired,
    Held,
    Noted,
    Paged,
    Reassigned,
    Released,
    Status,
    Unsnoozed,
    Verdict,
)
from keepwell.alerts.hours import NINE_TO_FIVE, Calendar
from keepwell.alerts.life import decider
from keepwell.alerts.rule import Severity
from keepwell.base.time import SECOND_US, parse_instant
from tests.alerts import lives
from tests.alerts.lives import STEP, terms
from tests.alerts.stories import acknowledged, ended, fired, held, live, released, resolved, snoozed, story

CALM = terms(0, 3)
LOW, HIGH, CRITICAL = Severity.LOW, Severity.HIGH, Severity.CRITICAL
ESCALATES = ["2 escalated", "2 > duty", "3 escalated", "3 > eve"]
OPENS = ["1 opened", "1 > owner"]


@pytest.mark.parametrize(
    ("given_terms", "facts", "expected"),
    [
        pytest.param(terms(), [fired(1)], OPENS + ESCALATES, id="nobody answers"),
        pytest.param(terms(), [fired(1), acknowledged(2)], [*OPENS, "2 acknowledged"], id="answered at the deadline"),
        pytest.param(
            terms(), [fired(1), acknowledged(3)], [*OPENS, *ESCALATES[:2], "3 acknowledged"], id="answered late"
        ),
        pytest.param(terms(), [fired(1), ended(1)], OPENS + ESCALATES, id="what fires and ends at once fires"),
        pytest.param(terms(), [fired(1), ended(2)], [*OPENS, "2 resolved"], id="ends by itself"),
        pytest.param(
            terms(0, 3, respond=9), [fired(1), ended(2), ended(3), ended(4)], [*OPENS, "5 resolved"], id="stays away"
        ),
        pytest.param(terms(levels=()), [fired(1)], OPENS, id="nobody to escalate to"),
        pytest.param(
            terms(2, respond=9), [fired(1), fired(2)], ["1 waiting", "3 opened", "3 > owner"], id="holds for long"
        ),
        pytest.param(terms(2), [fired(1), ended(2), fired(4)], ["1 waiting", "2 dropped", "4 waiting"], id="a blip"),
    ],
)
def test_who_hears_what(given_terms, facts, expected):
    assert story(given_terms, facts, 5) == expected


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param([snoozed(2, 5)], ["2 snoozed", "5 reopened", "5 > owner"], id="still holds"),
        pytest.param([snoozed(2, 5), ended(3)], ["2 snoozed", "5 resolved"], id="ended meanwhile"),
        pytest.param([snoozed(2, 5), ended(3), fired(4)], ["2 snoozed", "5 reopened", "5 > owner"], id="and again"),
        pytest.param([snoozed(2, 5), Unsnoozed(3 * STEP, "bob")], ["2 snoozed", "3 reopened", "3 > owner"], id="woken"),
        pytest.param([snoozed(2, 2)], ["2 escalated"], id="no time at all"),
        pytest.param([snoozed(2, 3), snoozed(3, 5)], ["2 snoozed", "3 snoozed", "5 reopened", "5 > owner"], id="twice"),
        pytest.param([snoozed(2, 4), acknowledged(3)], ["2 snoozed", "3 acknowledged"], id="then acknowledged"),
        pytest.param([snoozed(2, 9), fired(3, CRITICAL)], ["2 snoozed", "3 reopened", "3 > owner"], id="worse"),
        pytest.param([snoozed(2, 9), fired(3, LOW)], ["2 snoozed"], id="milder"),
    ],
)
def test_a_snooze(facts, expected):
    found = story(terms(), [fired(1), *facts], 5)

    assert found[: 2 + len(expected)] == OPENS + expected


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param([ended(4)], ["7 resolved"], id="gone for its calm"),
        pytest.param([ended(4), fired(6)], ["6 reopened", "6 > owner"], id="away for a moment"),
        pytest.param([ended(3), Unsnoozed(4 * STEP, "ada")], ["4 resolved"], id="woken while it is away"),
        pytest.param(
            [ended(3), Unsnoozed(4 * STEP, "ada"), fired(5)], ["4 resolved", "5 opened"], id="woken, and it came back"
        ),
    ],
)
def test_a_snooze_that_ends_while_the_condition_is_away_waits_for_its_calm(facts, expected):
    assert story(CALM, [fired(1), snoozed(2, 5), *facts], 8)[3:5] == expected


def counted(at, measure):
    return msgspec.structs.replace(fired(at), measure=measure, because=f"{measure:.0f} tickets")


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        pytest.param([acknowledged(2)], ["3 reopened", "3 > owner"], id="taken"),
        pytest.param([], ["3 worsened"], id="open"),
        pytest.param([snoozed(2, 99)], [], id="snoozed"),
        pytest.param([resolved(2)], [], id="closed"),
    ],
)
def test_another_of_what_a_rule_counts_is_news_for_who_took_care_of_the_others(answers, expected):
    rule = msgspec.structs.replace(terms(respond=9).rule, counts=True)
    counts = msgspec.structs.replace(terms(respond=9), rule=rule)
    facts = [counted(1, 1.0), *answers, counted(3, 2.0), counted(4, 2.0), counted(5, 1.0)]

    assert story(counts, facts, 5)[len(OPENS) + len(answers) :] == expected


@pytest.mark.parametrize("answer", [acknowledged(2), snoozed(2, 99), resolved(2)], ids=["taken", "snoozed", "resolved"])
def test_worse_reopens_once_with_a_new_deadline(answer):
    facts = [fired(1), answer, fired(3), fired(4, CRITICAL), fired(5), fired(6, CRITICAL)]
    state, intents = live(terms(respond=4), facts, 6)

    assert story(terms(respond=4), facts, 6)[3:] == ["4 reopened", "4 > owner"]
    assert (state.status, state.respond_by, state.responded_at) == (Status.OPEN, 8 * STEP, None)
    assert (state.episode, state.severity, state.verdict) == (1, CRITICAL, None)
    assert [intent.urgent for intent in intents if isinstance(intent, Paged)] == [False, True]


def test_worse_while_open_is_told_once_and_moves_no_deadline():
    facts = [fired(1), fired(2), fired(3, CRITICAL), fired(4), fired(5, CRITICAL)]

    assert story(terms(respond=4), facts, 5) == [*OPENS, "3 worsened", "3 > owner", "5 escalated", "5 > duty"]


def test_what_becomes_critical_has_its_deadline_around_the_clock():
    office = terms(respond=3, office_hours=True, calendar=Calendar("UTC", NINE_TO_FIVE))
    decide, saturday = decider(office), parse_instant("2026-11-21T12:00:00Z")
    calm = decide(None, [Fired(saturday, HIGH, 1, "why")], saturday)
    worse = decide(calm.state, [Fired(saturday + STEP, CRITICAL, 1, "why")], saturday + STEP)

    assert calm.due == parse_instant("2026-11-23T09:30:00Z")
    assert worse.due == saturday + 4 * STEP


@pytest.mark.parametrize("verdict", Verdict)
def test_what_a_person_closed_comes_back_after_it_ended_and_no_sooner(verdict):
    facts = [fired(1), resolved(2, verdict), fired(3), ended(4), fired(5), ended(6), fired(9)]
    found = story(CALM, facts, 9)

    assert found == [*OPENS, "2 resolved", "9 opened", "9 > owner"]


def test_how_it_ended_is_kept_until_the_next_opening():
    closed, _ = live(terms(), [fired(1), resolved(2, Verdict.FALSE)], 3)
    again, _ = live(terms(), [fired(1), resolved(2, Verdict.FALSE), ended(3), fired(4)], 4)
    itself, _ = live(terms(), [fired(1), ended(2)], 3)

    assert (closed.verdict, closed.note, closed.resolved_at) == (Verdict.FALSE, "called them", 2 * STEP)
    assert (again.verdict, again.note, again.resolved_at, again.episode) == (None, "", None, 2)
    assert (itself.verdict, itself.resolved_at) == (None, 2 * STEP)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param([held(1), fired(1), released(4)], ["1 waiting", "4 released", "4 opened", "4 > owner"], id="new"),
        pytest.param([held(1), fired(1), ended(3), released(4)], ["1 waiting", "3 dropped"], id="new, gone"),
        pytest.param([fired(1), held(2), released(4)], [*OPENS, "2 held", "4 released", "4 > owner"], id="open"),
        pytest.param(
            [fired(1), held(2), ended(3), released(4)],
            [*OPENS, "2 held", "4 released", "4 resolved"],
            id="open, gone",
        ),
        pytest.param(
            [fired(1), held(2), held(3, "second"), released(4), released(5, "second")],
            [*OPENS, "2 held", "5 released", "5 > owner"],
            id="two incidents",
        ),
        pytest.param(
            [fired(1), held(2), acknowledged(3), released(4)],
            [*OPENS, "2 held", "3 acknowledged", "4 released"],
            id="taken meanwhile",
        ),
        pytest.param(
            [fired(1), snoozed(1, 1), snoozed(2, 3), held(2), released(4)],
            [*OPENS, "2 held", "2 snoozed", "4 released", "4 reopened", "4 > owner"],
            id="snoozed meanwhile",
        ),
        pytest.param([fired(1), held(2), fired(3, CRITICAL)], [*OPENS, "2 held", "3 worsened"], id="worse meanwhile"),
        pytest.param([released(1), fired(1)], OPENS, id="released without being held"),
    ],
)
def test_an_incident_holds_an_alert(facts, expected):
    assert story(terms(0, 5, respond=8), facts, 5) == expected


def test_what_gets_worse_in_an_incident_has_no_deadline():
    state, _ = live(terms(), [fired(1), acknowledged(2), held(3), fired(4, CRITICAL)], 9)

    assert (state.status, state.respond_by, state.escalate_at) == (Status.OPEN, None, None)


def test_after_an_incident_the_deadline_is_a_new_one():
    state, _ = live(terms(respond=2), [fired(1), held(2), released(7)], 7)

    assert (state.respond_by, state.held_by, state.held_since) == (9 * STEP, (), None)


def test_to_give_it_to_somebody_tells_them_and_moves_no_deadline():
    facts = [fired(1), Reassigned(2 * STEP, "ada", "bob"), Reassigned(3 * STEP, "ada", "bob")]
    state, _ = live(terms(respond=4), facts, 4)

    assert story(terms(respond=4), facts, 5) == [*OPENS, "2 reassigned", "2 > bob", "5 escalated", "5 > duty"]
    assert (state.owner, state.respond_by) == ("bob", 5 * STEP)


def test_a_new_episode_belongs_to_the_owner_of_the_customer_again():
    state, _ = live(terms(), [fired(1), Reassigned(1 * STEP, "ada", "bob"), ended(2), fired(4)], 4)

    assert (state.episode, state.owner) == (2, "")


def test_what_comes_too_soon_waits_and_what_is_worse_does_not():
    soon = terms(0, 0, 9, respond=99)
    milder = [fired(1), ended(2), fired(3)]
    worse = [*milder, fired(5, CRITICAL)]

    assert story(soon, milder, 11) == [*OPENS, "2 resolved", "3 waiting", "10 opened", "10 > owner"]
    assert story(soon, worse, 11) == [*OPENS, "2 resolved", "3 waiting", "5 reopened", "5 > owner"]


def test_nobody_answers_what_nobody_sees():
    for answer in (acknowledged(2), snoozed(2, 4), resolved(2), Reassigned(2 * STEP, "ada", "bob")):
        assert story(terms(5), [fired(1), answer], 3) == ["1 waiting"]


def test_fewer_levels_than_there_were_end_the_escalation():
    state, _ = live(terms(), [fired(1)], 2)
    decision = decider(terms(levels=()))(state, [fired(3, CRITICAL)], 3 * STEP)

    assert [type(intent) for intent in decision.intents] == [Noted, Paged]
    assert decision.due is None


# Laws


def test_thirty_evaluations_open_once():
    _, intents = live(terms(), [fired(step) for step in range(1, 31)], 40)

    assert [intent.deed for intent in intents if isinstance(intent, Noted)].count(Deed.OPENED) == 1


@given(st.lists(st.integers(0, 2), max_size=20))
def test_what_comes_and_goes_within_its_calm_is_one_episode(gaps):
    """Looked at every two steps, with a calm of five: twice in a row not to hold does not end it."""
    holds = [hold for gap in gaps for hold in (True, *(False,) * gap)]
    facts = [fired(2 * step) if hold else ended(2 * step) for step, hold in enumerate([*holds, True], 1)]
    _, intents = live(terms(0, 5), facts, 2 * len(facts) + 1)

    assert [note.deed for note in notes_of(intents)].count(Deed.OPENED) == 1
    assert Deed.RESOLVED not in [note.deed for note in notes_of(intents)]


@st.composite
def lifes(draw):
    """Terms and facts in order of time, several of them at once now and then, and when it ends."""
    chosen = draw(st.sampled_from(sorted(lives.TERMS)))
    moments = [step * STEP for step in accumulate(draw(st.lists(st.sampled_from((0, 1, 1, 2, 9)), max_size=40)))]
    facts = draw(lives.facts([moment + STEP for moment in moments]))
    return lives.TERMS[chosen], facts, (moments[-1] // STEP if moments else 0) + 12


def notes_of(intents):
    return [intent for intent in intents if isinstance(intent, Noted)]


@given(lifes())
def test_every_change_of_status_is_noted(life):
    state, intents = live(*life)
    notes = notes_of(intents)

    assert [note.start for note in notes] == [Status.RESOLVED, *(note.end for note in notes)][: len(notes)]
    assert not notes or notes[-1].end == state.status


@given(lifes())
def test_episodes_are_counted_and_never_two_are_open(life):
    state, intents = live(*life)
    opened = [note for note in notes_of(intents) if note.deed is Deed.OPENED]

    assert [note.episode for note in opened] == list(range(1, len(opened) + 1))
    assert all(note.start in (Status.RESOLVED, Status.PENDING) for note in opened)
    assert state is None or state.episode == len(opened)


@given(lifes())
def test_openings_are_apart(life):
    _, intents = live(*life)
    opened = [note.at for note in notes_of(intents) if note.deed is Deed.OPENED]

    assert all(later - earlier >= life[0].rule.once_s * SECOND_US for earlier, later in pairwise(opened))


@given(lifes())
def test_a_held_alert_tells_nobody(life):
    """Read from the facts alone: after those of an instant at which a letter is written, no incident is left."""
    given_terms, facts, until = life
    incidents, free = set(), {}
    for at, group in groupby(facts, lambda fact: fact.at):
        several = list(group)
        incidents |= {fact.incident for fact in several if isinstance(fact, Held)}
        incidents -= {fact.incident for fact in several if isinstance(fact, Released)}
        free[at] = not incidents
    for intent in live(given_terms, facts, until)[1]:
        if isinstance(intent, Paged) or intent.deed is Deed.ESCALATED:
            assert next((free[at] for at in sorted(free, reverse=True) if at <= intent.at), True)


@given(lifes())
def test_only_what_is_open_escalates(life):
    for note in notes_of(live(*life)[1]):
        assert note.deed is not Deed.ESCALATED or note.start is note.end is Status.OPEN


@given(lifes())
def test_what_is_open_and_not_held_has_a_deadline_until_all_levels_know(life):
    state, _ = live(*life)
    if state is not None and state.status is Status.OPEN and not state.held_by:
        assert state.respond_by is not None
        assert (state.escalate_at is None) == (state.level == len(life[0].levels))
    elif state is not None:
        assert state.escalate_at is None


@given(lifes())
def test_letters_are_counted(life):
    state, intents = live(*life)
    numbers = [intent.number for intent in intents if isinstance(intent, Paged)]

    assert numbers == list(range(1, len(numbers) + 1))
    assert state is None or state.pages == len(numbers)


def ends_of(facts, calm_us):
    """Instants at which it fired after it had not held for its calm, read from the facts alone."""
    since = None
    for fact in sorted(facts, key=lambda fact: (fact.at, isinstance(fact, Fired))):
        if isinstance(fact, Ended) and since is None:
            since = fact.at
        elif isinstance(fact, Fired):
            if since is not None and fact.at - since >= calm_us:
                yield fact.at
            since = None


@given(lifes())
def test_what_a_person_closed_stays_closed_until_it_ended(life):
    given_terms, facts, until = life
    notes = [note for note in notes_of(live(given_terms, facts, until)[1]) if note.start is not note.end]
    anew = list(ends_of(facts, given_terms.rule.calm_s * SECOND_US))
    for closed, following in pairwise(notes):
        if closed.deed is Deed.RESOLVED and closed.by and following.deed in (Deed.OPENED, Deed.WAITING):
            assert any(closed.at <= at <= following.at for at in anew)
