"""Lists in parts: together they are the list, whatever the size of the parts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from keepwell.runtime import lists
from keepwell.runtime.columns import Columns, Texts
from keepwell.runtime.lists import SORTS
from keepwell.runtime.ports.book import CustomerLine, CustomersPart, Place, Sheet, Wanted
from keepwell.scores.bands import BANDS
from keepwell.scores.lifecycle import STAGES
from keepwell.store.lines import ROW, table
from tests.web import slow_lists
from tests.web.api.test_routes import ask, problem

LINE = CustomerLine(
    "", "", "", "", "", None, "active", None, 1.0, 1.0, None, None, provisional=False, change_7d=None, trend=()
)
few = st.sampled_from((0.0, 1.0, 50.5))


def drawn(customer, names, score, change, mrr, band):
    """A line; without a score it has neither a change nor a band, as in life."""
    name, segment, owner, lifecycle = names
    line = replace(LINE, id=customer, name=name, segment=segment, owner=owner, mrr_cents=mrr)
    if score is None:
        return replace(line, coverage=0.0, lifecycle="")
    return replace(line, score=score, change_7d=change, band=band, computed_band=band, lifecycle=lifecycle)


names = st.tuples(
    st.sampled_from(("Ada", "ada", "Bob", "")), st.sampled_from(("", "miner")), st.sampled_from(("", "eve")),
    st.sampled_from(("active", "churned")),
)  # fmt: skip
lines = st.lists(
    st.builds(
        drawn, st.text(st.characters(exclude_characters="\0"), max_size=3), names, st.none() | few, st.none() | few,
        st.none() | st.integers(0, 3), st.sampled_from(("healthy", "critical")),
    ),
    max_size=25, unique_by=lambda line: line.id,
)  # fmt: skip
wishes = st.builds(
    Wanted,
    band=st.sampled_from((None, None, "healthy")),
    query=st.sampled_from((None, None, "A")),
    segment=st.sampled_from((None, None, None, "miner")),
    owner=st.sampled_from((None, None, None, "eve")),
    lifecycle=st.sampled_from((None, None, None, "churned")),
    sort=st.sampled_from(sorted(SORTS)),
    descending=st.booleans(),
)


def columns(found):
    """Lines as the board holds them."""
    rows = [
        (
            place, 1, -1 if line.band is None else BANDS.index(line.band),
            -1 if line.band is None else BANDS.index(line.computed_band), line.provisional,
            STAGES.index(line.lifecycle) if line.lifecycle else -1, line.score, line.coverage, line.connectable,
            None if line.change_7d is None or line.score is None else line.score - line.change_7d, line.mrr_cents, 0,
        )
        for place, line in enumerate(found)
    ]  # fmt: skip
    texts = [[getattr(line, name) for line in found] for name in ("id", "name", "segment", "plan", "owner")]
    return Columns(table(np.array(rows, ROW)), Texts(*texts), 1)


def part(found, wanted, place, limit):
    places, following = lists.part(columns(found), wanted, place, limit)
    return CustomersPart([found[each] for each in places], following)


def parts(found, wanted, limit):
    place, seen = None, []
    while True:
        each = part(found, wanted, place, limit)
        assert len(each.lines) <= limit
        seen.append(each.lines)
        place = each.next
        if place is None:
            return seen


@given(lines, wishes, st.integers(1, 9))
def test_the_parts_together_are_the_list(found, wanted, limit):
    together = [line for each in parts(found, wanted, limit) for line in each]
    chosen = {
        line.id
        for line in found
        if wanted.band in {None, line.band}
        and (wanted.query is None or "a" in line.name.casefold() or "a" in line.id.casefold())
        and all(getattr(wanted, name) in {None, getattr(line, name)} for name in ("segment", "owner", "lifecycle"))
    }

    assert together == list(part(found, wanted, None, 1000).lines)
    assert sorted(line.id for line in together) == sorted(chosen)


@given(lines, wishes, st.integers(1, 9), st.data())
def test_columns_give_what_a_slow_reading_gives(found, wanted, limit, data):
    first = slow_lists.part(found, wanted, None, limit)
    place = data.draw(st.sampled_from((None, first.next)))

    assert part(found, wanted, place, limit) == slow_lists.part(found, wanted, place, limit)


@given(
    lines,
    st.builds(
        Sheet,
        group=st.sampled_from((None, None, "healthy", "unscored", "churned")),
        query=st.sampled_from((None, None, "A", "ob", "\0", "aa")),
        sort=st.sampled_from(sorted(set(SORTS) - {"id"})),
        descending=st.just(value=False),
        page=st.integers(-1, 12),
    ),
    st.booleans(),
    st.integers(1, 5),
)
def test_a_sheet_is_what_a_slow_reading_gives(found, asked, descending, size):
    asked = replace(asked, descending=descending and asked.sort != "name")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lists, "PER_PAGE", size)
        patch.setattr(slow_lists, "PER_PAGE", size)
        places, counts, page = lists.sheet(columns(found), asked)
        slow = slow_lists.sheet(found, asked)

    assert [found[each] for each in places] == list(slow.lines)
    assert ({group: count for group, count in counts.items() if count}, page) == (slow.counts, slow.page)


@given(lines, wishes)
def test_a_list_is_in_its_order_and_those_without_a_value_come_last(found, wanted):
    values = [slow_lists.SORTS[wanted.sort](line) for line in part(found, wanted, None, 1000).lines]
    known = [value for value in values if value is not None]

    assert known == sorted(known, reverse=wanted.descending)
    assert all(value is None for value in values[len(known) :])


@given(lines, wishes, st.integers(1, 5), st.data())
def test_who_does_not_change_is_seen_once_while_others_come_go_and_move(found, wanted, limit, data):
    first = part(found, wanted, None, limit)
    still = data.draw(st.lists(st.sampled_from(found), unique_by=lambda line: line.id)) if found else []
    moved = [
        replace(line, score=99.0, mrr_cents=7, band="healthy", computed_band="healthy")
        for line in found
        if line not in still
    ]
    later, place = still + moved[1:], first.next
    seen = list(first.lines)
    while place is not None:
        each = part(later, wanted, place, limit)
        seen, place = [*seen, *each.lines], each.next
    expected = {line.id for line in part(still, wanted, None, 1000).lines}

    ids = [line.id for line in seen if line in still]
    assert sorted(ids) == sorted(expected)


def walk(client, path, noun, limit):
    found, cursor, joint = [], None, "&" if "?" in path else "?"
    while True:
        more = f"&cursor={cursor}" if cursor else ""
        page = ask(client, "GET", f"{path}{joint}limit={limit}{more}").json()
        found += page[noun]
        cursor = page["next"]
        if cursor is None:
            return found


@pytest.mark.parametrize("limit", [1, 3, 7, 40, 500])
@pytest.mark.parametrize(
    ("path", "noun"),
    [
        ("/customers", "customers"),
        ("/customers?sort=-name&q=a", "customers"),
        ("/customers?sort=-mrr&band=healthy", "customers"),
        ("/customers/c001/events", "events"),
        ("/rejects", "rejects"),
    ],
)
def test_cursors_lead_through_the_whole_list(client, path, noun, limit):
    joint = "&" if "?" in path else "?"
    whole = ask(client, "GET", f"{path}{joint}limit=500").json()[noun]

    assert walk(client, path, noun, limit) == whole
    assert whole


def test_a_cursor_of_another_list_is_refused(client):
    cursor = ask(client, "GET", "/customers?sort=score&limit=1").json()["next"]

    for path in ("/customers?sort=name", "/customers?sort=score&band=healthy", "/events", "/rejects"):
        joint = "&" if "?" in path else "?"
        assert problem(ask(client, "GET", f"{path}{joint}cursor={cursor}")).status == 422


def test_a_cursor_with_a_value_of_the_wrong_kind_is_refused(client):
    from keepwell.web.api import cursors

    forged = cursors.write(Place("text", "c001"), Wanted())

    assert problem(ask(client, "GET", f"/customers?cursor={forged}")).status == 422
