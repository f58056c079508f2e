"""The letters of a message, however they are marked; and paragraphs as people type them."""

from hypothesis import given
from hypothesis import strategies as st

from keepwell.runtime.ports.messages import BlockedLine, BoundLine, PassageLine
from keepwell.web.views.message_page import paragraphs_of, pieces, together


@given(
    st.text(max_size=30),
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=5),
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=5),
)
def test_pieces_are_the_text_whatever_is_marked(said, bound, blocked):
    passage = PassageLine(said, said, [BoundLine(*sorted(each), "f") for each in bound], editable=True)
    found = list(pieces(passage, [BlockedLine(1, *sorted(each), "wrong", "", "f") for each in blocked], {}))

    assert "".join(each.text for each in found) == said
    place = 0
    for each in found:
        inside = range(place, place + len(each.text))
        for place_of in inside:
            assert bool(each.fact) == any(min(one) <= place_of < max(one) for one in bound)
            assert bool(each.reason) == any(min(one) <= place_of < max(one) for one in blocked)
        place += len(each.text)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 6), st.sampled_from("ab")), unique=True, max_size=12))
def test_letters_blocked_alike_are_told_as_one_and_none_is_lost(places):
    found = together([BlockedLine(part, at, at + 1, reason, str(at), "") for part, at, reason in places])

    assert sorted((each.passage, at, each.reason) for each in found for at in range(each.start, each.end)) == sorted(
        places
    )
    assert all(each.said == "".join(map(str, range(each.start, each.end))) for each in found)
    assert not {(each.passage, each.end, each.reason) for each in found} & {
        (each.passage, each.start, each.reason) for each in found
    }


@given(st.lists(st.text(st.sampled_from("ab •{}\n"), min_size=1, max_size=12), max_size=5))
def test_paragraphs_stay_what_they_were(paragraphs):
    found = paragraphs_of("\r\n\r\n".join(paragraphs))

    assert paragraphs_of("\n\n".join(found)) == found
    assert all(each.strip() and "\n\n" not in each for each in found)
