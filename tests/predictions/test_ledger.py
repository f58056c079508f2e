"""The ledger: what is frozen, and that no change to it stays hidden."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepwell.predictions import ledger, sheet
from keepwell.predictions.ledger import UNKNOWN
from keepwell.predictions.sheet import Part, PartUnreadableError, SaltMissingError
from tests.predictions.ledger_world import GONE, Copy, Writer, with_known, world

EDITS = 1000  # the promised number
ANYTHING = 2**31


@pytest.fixture(scope="module")
def written() -> Copy:
    return world()


# ---------------------------------------------------------------------- edits: each changes one thing of a copy


def _some(rng: Random, copy: Copy) -> tuple[int, int]:
    """An entry with rows, and one of its parts."""
    number = rng.choice([number for number, parts in copy.parts.items() if parts])
    return number, rng.randrange(len(copy.parts[number]))


def _with_part(copy: Copy, at: tuple[int, int], part: tuple[int, int, bytes]) -> Copy:
    number, place = at
    parts = list(copy.parts[number])
    parts[place] = part
    return replace(copy, parts={**copy.parts, number: tuple(parts)})


def flip_a_byte(rng: Random, copy: Copy) -> Copy:
    number, place = at = _some(rng, copy)
    index, first, data = copy.parts[number][place]
    byte = rng.randrange(len(data))
    changed = data[:byte] + bytes([data[byte] ^ rng.randrange(1, 256)]) + data[byte + 1 :]
    return _with_part(copy, at, (index, first, changed))


def cut_bytes(rng: Random, copy: Copy) -> Copy:
    number, place = at = _some(rng, copy)
    index, first, data = copy.parts[number][place]
    start = rng.randrange(len(data))
    return _with_part(copy, at, (index, first, data[:start] + data[start + rng.randrange(1, 40) :]))


def add_bytes(rng: Random, copy: Copy) -> Copy:
    number, place = at = _some(rng, copy)
    index, first, data = copy.parts[number][place]
    start = rng.randrange(len(data) + 1)
    return _with_part(copy, at, (index, first, data[:start] + rng.randbytes(rng.randrange(1, 40)) + data[start:]))


def move_a_part(rng: Random, copy: Copy) -> Copy:
    number, place = at = _some(rng, copy)
    index, first, data = copy.parts[number][place]
    if rng.random() < 0.5:
        return _with_part(copy, at, (index, first + rng.choice((-1, 1)), data))
    return _with_part(copy, at, (index + rng.choice((-1, 1)), first, data))


def drop_a_part(rng: Random, copy: Copy) -> Copy:
    number, place = _some(rng, copy)
    kept = [each for at, each in enumerate(copy.parts[number]) if at != place]
    return replace(copy, parts={**copy.parts, number: tuple(kept)})


def mix_up_parts(rng: Random, copy: Copy) -> Copy:
    here, there = rng.sample([number for number, parts in copy.parts.items() if parts], 2)
    return replace(copy, parts={**copy.parts, here: copy.parts[there], there: copy.parts[here]})


def add_a_part(rng: Random, copy: Copy) -> Copy:
    number, place = _some(rng, copy)
    return replace(copy, parts={**copy.parts, 99 + rng.randrange(9): (copy.parts[number][place],)})


def change_a_field(rng: Random, copy: Copy) -> Copy:
    place = rng.randrange(len(copy.entries))
    name = rng.choice(("number", "at", "kind", "content", "link"))
    value = getattr(copy.entries[place], name)
    changed = value + rng.randrange(1, 9) if isinstance(value, int) else _other_text(rng, value)
    return _with_entry(copy, place, msgspec.structs.replace(copy.entries[place], **{name: changed}))


def _other_text(rng: Random, text: str) -> str:
    at = rng.randrange(len(text))
    letter = rng.choice([each for each in "0123456789abcdef{}\": ,'" if each != text[at]])
    return text[:at] + letter + text[at + 1 :]


def _with_entry(copy: Copy, place: int, entry: ledger.Entry) -> Copy:
    return replace(copy, entries=(*copy.entries[:place], entry, *copy.entries[place + 1 :]))


def forge_an_entry(rng: Random, copy: Copy) -> Copy:
    """Another content, properly linked to what came before; what comes after is left."""
    place = rng.randrange(len(copy.entries))
    content = ledger.read(copy.entries[place].content)
    before = copy.entries[place - 1].link if place else ledger.START
    return _with_entry(copy, place, ledger.entry(msgspec.structs.replace(content, at=content.at + 1), before))


def drop_an_entry(rng: Random, copy: Copy) -> Copy:
    place = rng.randrange(len(copy.entries))
    return replace(copy, entries=copy.entries[:place] + copy.entries[place + 1 :])


def repeat_an_entry(rng: Random, copy: Copy) -> Copy:
    place = rng.randrange(len(copy.entries))
    at = rng.randrange(len(copy.entries) + 1)
    return replace(copy, entries=(*copy.entries[:at], copy.entries[place], *copy.entries[at:]))


def mix_up_entries(rng: Random, copy: Copy) -> Copy:
    here, there = rng.sample(range(len(copy.entries)), 2)
    entries = list(copy.entries)
    entries[here], entries[there] = entries[there], entries[here]
    return replace(copy, entries=tuple(entries))


def cut_the_end(rng: Random, copy: Copy) -> Copy:
    return replace(copy, entries=copy.entries[: rng.randrange(len(copy.entries))])


def change_a_salt(rng: Random, copy: Copy) -> Copy:
    place = rng.randrange(len(copy.known.salt))
    salts = list(copy.known.salt)
    salts[place] = rng.randbytes(16)
    return with_known(copy, salt=salts)


def forget_a_customer(rng: Random, copy: Copy) -> Copy:
    place = rng.randrange(len(copy.known.salt))
    known = copy.known
    kept = [np.delete(each, place) for each in (known.customer, known.newest, known.told_at, known.told)]
    return replace(copy, known=ledger.Known(*kept, [*known.salt[:place], *known.salt[place + 1 :]]))


def invent_a_customer(rng: Random, copy: Copy) -> Copy:
    known = copy.known
    columns = (np.append(each, value) for each, value in ((known.customer, 99), (known.newest, 0)))
    zeros = (np.append(each, 0) for each in (known.told_at, known.told))
    return replace(copy, known=ledger.Known(*columns, *zeros, [*known.salt, rng.randbytes(16)]))


def change_what_is_known(rng: Random, copy: Copy) -> Copy:
    name = rng.choice(("newest", "told_at", "told", "customer"))
    values = getattr(copy.known, name).copy()
    if name == "customer":
        values[-1] += rng.randrange(1, ANYTHING)
    else:
        values[rng.randrange(len(values))] += rng.choice((-1, 1)) * rng.randrange(1, ANYTHING)
    return with_known(copy, **{name: values})


def change_a_window(rng: Random, copy: Copy) -> Copy:
    place = rng.randrange(len(copy.windows))
    window = copy.windows[place]
    name = rng.choice(("publication", "horizon", "ends_at", "scored"))
    value = getattr(window, name)
    changed = rng.choice((1, 3)) if value is None else value + rng.randrange(1, 9)
    others = copy.windows[:place] + copy.windows[place + 1 :]
    return replace(copy, windows=(*others, msgspec.structs.replace(window, **{name: changed})))


def drop_or_reopen_a_window(rng: Random, copy: Copy) -> Copy:
    place = rng.randrange(len(copy.windows))
    others = copy.windows[:place] + copy.windows[place + 1 :]
    window = copy.windows[place]
    reopened = (msgspec.structs.replace(window, scored=None),) if window.scored is not None else ()
    return replace(copy, windows=others + reopened)


def change_the_head(rng: Random, copy: Copy) -> Copy:
    return replace(copy, head=_other_text(rng, copy.head))


def erase_in_secret(rng: Random, copy: Copy) -> Copy:
    """One row is gone as if its customer had been erased, with the very leaf that it had."""
    number, place = at = _some(rng, copy)
    index, first, data = copy.parts[number][place]
    part = sheet.from_bytes(data)
    salts = copy.known.salts()
    customer = rng.choice([each for each in part.customer.tolist() if each])
    return _with_part(copy, at, (index, first, sheet.to_bytes(sheet.without(part, customer, salts[customer])[0])))


WAYS = (
    flip_a_byte, cut_bytes, add_bytes, move_a_part, drop_a_part, mix_up_parts, add_a_part, change_a_field,
    forge_an_entry, drop_an_entry, repeat_an_entry, mix_up_entries, cut_the_end, change_a_salt, forget_a_customer,
    invent_a_customer, change_what_is_known, change_a_window, drop_or_reopen_a_window, change_the_head,
    erase_in_secret,
)  # fmt: skip


def test_what_nobody_changed_has_no_flaw(written):
    assert written.flaws() == []


def test_of_a_thousand_random_edits_a_thousand_are_found(written):
    hidden = []
    for number in range(EDITS):
        rng = Random(number)
        way = WAYS[number % len(WAYS)]
        if not way(rng, written).flaws():
            hidden.append((number, way.__name__))
    assert hidden == []


def test_an_edit_is_told_of_by_its_entry(written):
    number = 3
    changed = _with_entry(written, number - 1, msgspec.structs.replace(written.entries[number - 1], at=1))
    found = ledger_flaws(changed)
    assert [each.entry for each in found] == [number]


def ledger_flaws(copy: Copy):
    from keepwell.predictions.ledger_check import verify

    return list(verify(copy.held()).flaws)


def test_a_chain_made_anew_is_found_by_a_link_that_was_noted(written):
    noted = written.entries[2].link
    assert written.flaws(noted) == []

    again = Writer()
    first = again.publish(1, told=True)
    again.score(first, 30)
    anew = again.copy()
    assert anew.flaws() == []
    assert anew.flaws(noted) == ["the link that was noted is in no entry: the chain was made anew"]


def test_a_horizon_cannot_be_scored_twice(written):
    writer = Writer()
    first = writer.publish(0, told=False)
    writer.score(first, 30)
    writer.score(first, 30)
    assert "it scores what was not published, or was scored before" in writer.copy().flaws()


def test_of_who_was_erased_nothing_is_left(written):
    for parts in written.parts.values():
        for _, _, data in parts:
            part = sheet.from_bytes(data)
            assert GONE not in part.customer
            assert not part.values[part.customer == 0].any()
    assert GONE not in written.known.customer
    assert bytes([GONE]) * 16 not in b"".join(data for parts in written.parts.values() for _, _, data in parts)


# ---------------------------------------------------------------------- bytes


@st.composite
def some_parts(draw: st.DrawFn) -> tuple[Part, dict[int, bytes]]:
    """A part of some customers, some of them erased, and the salts of all."""
    people = sorted(draw(st.sets(st.integers(1, 2**32 - 1), min_size=1, max_size=12)))
    width = draw(st.integers(1, 10))
    rows = st.lists(st.integers(0, UNKNOWN), min_size=width, max_size=width)
    values = np.array([draw(rows) for _ in people], np.uint16)
    salts = {each: draw(st.binary(min_size=16, max_size=16)) for each in people}
    part = Part(people[0], np.array(people, np.int64), values, {})
    for customer in draw(st.lists(st.sampled_from(people), unique=True)):
        part = sheet.without(part, customer, salts[customer])[0]
    return part, salts


@given(some_parts())
def test_a_part_survives_its_bytes(made):
    part, salts = made
    again = sheet.from_bytes(sheet.to_bytes(part))
    assert sheet.to_bytes(again) == sheet.to_bytes(part)
    assert again.customer.tolist() == part.customer.tolist()
    assert again.values.tolist() == part.values.tolist()
    assert sheet.digest(again, salts) == sheet.digest(part, salts)


@given(some_parts(), st.data())
def test_erasing_changes_no_hash(made, data):
    part, salts = made
    left = [each for each in part.customer.tolist() if each]
    if not left:
        return
    customer = data.draw(st.sampled_from(left))
    erased, _ = sheet.without(part, customer, salts[customer])
    others = {each: salt for each, salt in salts.items() if each != customer}
    assert sheet.digest(erased, others) == sheet.digest(part, salts)
    assert sheet.without(erased, customer, salts[customer]) is None


def test_the_same_row_of_two_customers_has_two_leaves_and_without_a_salt_there_is_none():
    part = Part(1, np.array([1, 2]), np.array([[7], [7]], np.uint16), {})
    first, second = sheet.leaves(part, {1: b"a" * 16, 2: b"a" * 16})
    assert first != second
    with pytest.raises(SaltMissingError):
        sheet.digest(part, {1: b"a" * 16})


@given(st.binary(max_size=200))
def test_any_bytes_are_a_part_or_refused(data):
    try:
        part = sheet.from_bytes(data)
    except PartUnreadableError:
        return
    assert sheet.to_bytes(part) == data


# ---------------------------------------------------------------------- what is frozen

shares = st.one_of(st.floats(0, 1), st.just(float("nan")))


@given(st.lists(st.tuples(shares, shares, shares), min_size=1, max_size=20))
def test_frozen_chances_are_within_a_half_of_a_ten_thousandth_in_order_and_never_certain(rows):
    chance = np.array(rows)
    said = ledger.chances(ledger.frozen(chance, chance, chance, np.zeros(len(rows), np.int64)))[:, :, 0]
    given_, frozen = chance[np.isfinite(chance)], said[np.isfinite(chance)]
    assert np.isnan(said[~np.isfinite(chance)]).all()
    assert ((frozen >= 0.0001) & (frozen <= 0.9999)).all()
    assert (np.abs(frozen - np.clip(given_, 0.0001, 0.9999)) <= 0.00005 + 1e-12).all()
    order = np.argsort(given_)
    assert (np.diff(frozen[order]) >= 0).all()
