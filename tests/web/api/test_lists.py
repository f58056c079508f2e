"""Lists in parts: together they are the list, whatever the size of the parts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from keepwell.runtime import lists
from keepwell.runtime.lists import SORTS, part
from keepwell.runtime.ports.book import CustomerLine, Place, Wanted
from tests.web.api.test_routes import ask, problem

LINE = CustomerLine(
    "", "", "", "", "", None, "active", None, 1.0, 1.0, None, None, provisional=False, change_7d=None, trend=()
)
few = st.sampled_from((0.0, 1.0, 50.5))
lines = st.lists(
    st.builds(
        lambda customer, name, score, change, mrr, band: replace(
            LINE, id=customer, name=name, score=score, change_7d=change, mrr_cents=mrr, band=band
        ),
        st.text(max_size=3), st.sampled_from(("Ada", "ada", "Bob", "")), st.none() | few, st.none() | few,
        st.none() | st.integers(0, 3), st.sampled_from((None, "healthy", "critical")),
    ),
    max_size=25, unique_by=lambda line: line.id,
)  # fmt: skip
wishes = st.builds(
    Wanted,
    band=st.sampled_from((None, None, "healthy")),
    query=st.sampled_from((None, None, "A")),
    sort=st.sampled_from(sorted(SORTS)),
    descending=st.booleans(),
)


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
    }

    assert together == list(part(found, wanted, None, 1000).lines)
    assert sorted(line.id for line in together) == sorted(chosen)


@given(lines, wishes)
def test_a_list_is_in_its_order_and_those_without_a_value_come_last(found, wanted):
    values = [SORTS[wanted.sort](line) for line in part(found, wanted, None, 1000).lines]
    known = [value for value in values if value is not None]

    assert known == sorted(known, reverse=wanted.descending)
    assert all(value is None for value in values[len(known) :])


@given(lines, wishes, st.integers(1, 5), st.data())
def test_who_does_not_change_is_seen_once_while_others_come_go_and_move(found, wanted, limit, data):
    first = part(found, wanted, None, limit)
    still = data.draw(st.lists(st.sampled_from(found), unique_by=lambda line: line.id)) if found else []
    moved = [replace(line, score=99.0, mrr_cents=7) for line in found if line not in still]
    later, place = still + moved[1:], first.next
    seen = list(first.lines)
    while place is not None:
        each = part(later, wanted, place, limit)
        seen, place = [*seen, *each.lines], each.next
    expected = {line.id for line in lists.part(still, wanted, None, 1000).lines}

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
