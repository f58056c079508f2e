"""Parquet: columns of any type, and values no text can hold."""

import datetime as dt
from decimal import Decimal

import pyarrow as pa
import pytest

from keepwell.base.time import DAY_US
from keepwell.events.accept import Reason, accept
from keepwell.events.event import Event
from tests.sources.writing import NOON, RECEIPT, WHEN, outcome, parquet, rows_of

TWO = {"customer_id": ["c1", "c2"], "event": ["signed_in"] * 2, "timestamp": [WHEN] * 2}


@pytest.fixture
def read(tmp_path):
    def write_and_read(columns, **options):
        path = tmp_path / "rows.parquet"
        path.write_bytes(parquet(pa.table(TWO | columns), **options))
        return rows_of(path)

    return write_and_read


NOON_DT = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)


@pytest.mark.parametrize("zone", [None, "UTC", "Europe/Berlin", "+05:30"])
@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_a_timestamp_column_is_exact(read, unit, zone):
    column = pa.array([NOON_DT, None], pa.timestamp(unit, zone))
    first, second = read({"timestamp": column, "received_at": column, "launched_at": column})

    assert accept(first, RECEIPT).occurred_at == accept(first, RECEIPT).known_at == NOON
    assert first.properties == {"launched_at": NOON}
    assert outcome(second) == Reason.BAD_TIMESTAMP


def test_an_instant_beyond_all_calendars_refuses_its_row(read):
    column = pa.array([NOON // 1000, 2**62], pa.timestamp("ms"))

    assert [outcome(row) for row in read({"timestamp": column})] == ["c1", Reason.BAD_ROW]


def test_nanoseconds_are_cut_to_microseconds(read):
    first, _ = read({"timestamp": pa.array([NOON * 1000 + 1999, None], pa.timestamp("ns"))})

    assert first.timestamp == NOON + 1
    assert accept(first, RECEIPT).occurred_at == NOON + 1


EPOCHS = {
    "s": (NOON // 10**6, pa.int64()),
    "uint32": (NOON // 10**6, pa.uint32()),
    "ms": (NOON // 1000, pa.int64()),
    "us": (NOON, pa.int64()),
    "float": (NOON / 10**6, pa.float64()),
}


@pytest.mark.parametrize(("value", "kind"), EPOCHS.values(), ids=EPOCHS)
def test_a_column_of_numbers_is_an_epoch(read, value, kind):
    assert [accept(row, RECEIPT).occurred_at for row in read({"timestamp": pa.array([value] * 2, kind)})] == [NOON] * 2


@pytest.mark.parametrize("kind", [pa.date32(), pa.date64()], ids=str)
def test_a_date_column_is_the_first_instant(read, kind):
    first, _ = read({"timestamp": pa.array([dt.date(2026, 11, 20), None], kind)})

    assert accept(first, RECEIPT).occurred_at == NOON // DAY_US * DAY_US


@pytest.mark.parametrize("kind", [pa.int8(), pa.int64(), pa.uint64()], ids=str)
def test_whole_numbers_are_ids(read, kind):
    assert [outcome(row) for row in read({"customer_id": pa.array([1, 42], kind)})] == ["1", "42"]


def test_a_number_that_is_not_whole_is_no_id(read):
    assert [outcome(row) for row in read({"customer_id": [1.5, None]})] == [
        Reason.BAD_CUSTOMER,
        Reason.MISSING_CUSTOMER,
    ]


TEXTS = [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string())]


@pytest.mark.parametrize("kind", TEXTS, ids=str)
def test_texts_of_any_kind(read, kind):
    assert [outcome(row) for row in read({"customer_id": pa.array(["a", "ü"], kind)})] == ["a", "ü"]


def broken_text(kind=None):
    """A column of texts whose second one is no UTF-8."""
    data = pa.array([b"good", b"b\xffd"], pa.large_binary() if kind == pa.large_string() else pa.binary())
    return pa.Array.from_buffers(kind or pa.string(), 2, data.buffers())


@pytest.mark.parametrize("column", ["customer_id", "event", "properties", "timestamp", "extra"])
@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()], ids=str)
def test_a_text_that_is_no_utf_8_refuses_its_row(read, column, kind):
    rows = read({column: broken_text(kind)})

    assert outcome(rows[0]) != Reason.BAD_ENCODING
    assert outcome(rows[1]) == Reason.BAD_ENCODING
    assert "b\\xffd" in rows[1].text


@pytest.mark.parametrize("name", ["properties", "extra"])
def test_a_text_that_is_no_utf_8_inside_another_refuses_its_row(read, name):
    rows = read({name: pa.StructArray.from_arrays([broken_text()], ["a"])})

    assert [outcome(row) for row in rows] == ["c1", Reason.BAD_ROW]


def test_a_table_of_properties_is_an_object(read):
    first, second = read({"properties": [{"a": 1, "b": None}, None], "extra": [[1.5], None]})

    assert first.properties == {"extra": [1.5], "a": 1, "b": None}
    assert second.properties is None


OTHERS = {
    "far dates": pa.array([0, 2**30], pa.date32()),
    "far instants": pa.array([2**52, -(2**52)], pa.timestamp("s")),
    "nanoseconds": pa.array([1, 2**62], pa.duration("ns")),
    "times": pa.array([1, 10**13], pa.time64("ns")),
    "instants in a table": pa.StructArray.from_arrays([pa.array([1, 2**62], pa.timestamp("ns"))], ["at"]),
    "decimals": pa.array([Decimal("1.5"), None]),
    "bytes": pa.array([b"ok", b"\xff"], pa.binary()),
    "a map": pa.array([[("a", 1)], None], pa.map_(pa.string(), pa.int64())),
    "intervals": pa.array([(1, 2, 3), None], pa.month_day_nano_interval()),
    "no numbers": pa.array([float("nan"), float("-inf")]),
    "small numbers": pa.array([1.5, None], pa.float16()),
    "nothing": pa.nulls(2),
}


@pytest.mark.parametrize("column", ["timestamp", "customer_id", "properties", "extra", "received_at"])
@pytest.mark.parametrize("values", OTHERS.values(), ids=OTHERS)
def test_a_column_of_any_type_refuses_rows_at_most(read, column, values):
    rows = read({column: values} if values.type != pa.month_day_nano_interval() else {column: pa.nulls(2)})

    assert len(rows) == 2
    assert all(outcome(row) in {"c1", "c2", *Reason} or isinstance(accept(row, RECEIPT), Event) for row in rows)


def test_row_groups_do_not_matter(read):
    assert [outcome(row) for row in read({}, row_group_size=1)] == ["c1", "c2"]
