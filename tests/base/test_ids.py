"""Identifiers: the same everywhere, and small enough for every store."""

from hypothesis import given
from hypothesis import strategies as st

from keepwell.base.ids import hash63


@given(st.binary())
def test_a_hash_fits_a_signed_bigint(data):
    assert 0 <= hash63(data) < 2**63


def test_a_hash_is_the_same_on_every_machine():
    """These numbers are in every store: they must never change."""
    assert [hash63(data) for data in (b"", b"m1")] == [7252660547403494068, 5845524795819603540]


@given(st.sets(st.binary(), max_size=50))
def test_different_data_have_different_hashes(data):
    assert len({hash63(each) for each in data}) == len(data)
