"""What to ask about an address, over random answers: nothing is passed over, and nothing told before it has come."""

from __future__ import annotations

from itertools import count

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from keepwell.base.decision import Decision
from keepwell.sources.solana import pace, poll
from keepwell.sources.solana.pace import MINUTE_US, Pace
from keepwell.sources.solana.rpc import Row

TERMS = poll.Terms(every_us=60_000_000, first_us=10**15)


def chain(length: int) -> list[Row]:
    """Transactions, three a slot, the oldest first."""
    return [Row(f"tx{number}", number // 3 + 1, 10**15 + number) for number in range(length)]


def lawful(decide, asked, decision) -> None:
    """The laws of every decision. The others ask at any moment, which here is what makes a question open."""
    now = asked[2]
    assert decide(*asked) == decision
    assert decide(decision.state, (), now) == Decision(decision.state, (), decision.due)
    assert msgspec.json.decode(msgspec.json.encode(decision.state), type=poll.State) == decision.state
    assert all(intent.because for intent in decision.intents)
    if decision.due is not None:
        assert decision.due > now
        assert decide(decision.state, (), decision.due - 1).intents == ()
        assert decide(decision.state, (), decision.due).intents


@given(st.integers(0, 40), st.integers(1, 7), st.data())
def test_everything_is_told_once_and_the_cursor_never_passes_what_is_not(length, most, data):
    """Pages of any size, with answers that fail, are late or are repeated by a crash at any moment."""
    decide, ledger = poll.decider(TERMS), chain(length)
    state, facts, told, kept, now = None, (), [], None, 10**15
    for step in count():
        decision = decide(state, facts, now)
        lawful(decide, (state, facts, now), decision)
        state, facts = decision.state, ()
        for intent in decision.intents:
            if isinstance(intent, poll.Keep):
                passed = ledger.index(intent.row) + 1
                assert {row.signature for row in ledger[:passed]} <= set(told)
                assert kept is None or ledger.index(kept) < passed
                kept = intent.row
        question = state.asking
        if question is None:
            if state.cursor == (ledger[-1] if ledger else None):
                break
            now = decision.due
            continue
        now += 1_000_000
        luck = data.draw(st.integers(0, 9)) if step < 60 else 9
        if luck == 0:
            facts = (poll.Failed(now),)
        elif luck == 1:  # a crash: only the cursor is left
            state = poll.State(cursor=kept)
        else:
            facts = (_answer(question, ledger, most, told, now, late=luck == 2),)

    assert set(told) == {row.signature for row in ledger}
    assert kept == (ledger[-1] if ledger else None)


def _answer(question, ledger, most, told, now, *, late):
    names = [row.signature for row in ledger]
    if isinstance(question, poll.Page):
        end = names.index(question.before) if question.before else len(ledger)
        start = names.index(question.until) + 1 if question.until else 0
        assert question.min_slot <= ledger[-1].slot if ledger else question.min_slot == 0
        return poll.Listed(now, tuple(ledger[start:end][::-1][:most]))
    if isinstance(question, poll.Transaction):
        return poll.Missing(now, question.signature) if late else poll.Got(now, question.signature)
    places = [names.index(each) for each in question.signatures]
    assert places == sorted(places)
    told += question.signatures
    return poll.Told(now)


@given(st.lists(st.integers(0, 30_000_000), max_size=60), st.integers(1, 9))
def test_no_minute_has_more_requests_than_allowed(gaps, per_minute):
    found, now = Pace(), 10**15
    sent = []
    for gap in gaps:
        now = pace.free_at(found, now + gap, per_minute)
        found = pace.asked(found, now)
        sent.append(now)

    assert all(later - earlier >= MINUTE_US for earlier, later in zip(sent, sent[per_minute:], strict=False))


def test_rests_grow_and_end():
    found, rests = Pace(), []
    for _ in range(12):
        found = pace.failed(found, 0)
        rests.append(found.rests_until // 1_000_000)

    assert rests == [2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]
    assert pace.failed(Pace(), 0, 3600.0).rests_until == 3600 * 1_000_000
    assert pace.answered(found) == Pace(found.asked)
