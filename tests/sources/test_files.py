"""Files: the same rows in any format are the same rows, whatever else the file holds."""

import csv
import gzip
import io
import pickle
from itertools import chain

import msgspec
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepwell.events.accept import accept
from keepwell.events.event import Event, Raw
from keepwell.events.mapping import EventMap
from keepwell.sources.files import read
from keepwell.sources.files.read import Share, UnreadableFileError, chunks, fingerprint, raw_text, row_count
from tests.events.rows import nested, raws
from tests.sources.writing import FORMATS, NOON, RECEIPT, WHEN, as_csv, as_parquet, outcome, parquet, row, rows_of

ROWS = [
    row("c1", '{"a": 1}', message_id="m1", received_at="2026-11-20T13:00:00Z", user_id="u1", sent_at=WHEN),
    row("c2", '{"text": "line one\\nline two, with \\"quotes\\""}', message_id="m2", received_at=WHEN),
    row("Ünï;cödé", '{"a":\n "pretty"}', message_id="m3", received_at=WHEN, user_id="", sent_at="no time"),
]


@pytest.fixture
def file(tmp_path):
    def write(name, content):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write


def texts(raw):
    """A row with nothing told from an empty text: CSV cannot."""
    return {name: getattr(raw, name) or None for name in Raw.__struct_fields__}


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_the_same_rows(file, name):
    rows = rows_of(file(name, FORMATS[name](ROWS)))

    assert [texts(raw) for raw in rows] == [texts(Raw(**given)) for given in ROWS]


EXTRA = [
    row("c1", '{"feature": "kept"}', feature="left out", count="3", note=""),
    row("c1", None, feature="swap", count="4", note="x"),
]


@pytest.mark.parametrize("name", FORMATS)
def test_extra_columns_become_properties(file, name):
    rows = rows_of(file(name, FORMATS[name](EXTRA)))

    assert [raw.properties for raw in rows] == [
        {"feature": "kept", "count": "3"},
        {"feature": "swap", "count": "4", "note": "x"},
    ]


NATURAL = {
    "rows.csv": row("42", '{"amount": 1.5}', value_usd="3", count="2", chain="sol"),
    "rows.jsonl": row(42, {"amount": 1.5}, value_usd=3, count=2, chain="sol"),
    "rows.parquet": row(42, {"amount": 1.5}, value_usd=3.0, count=2, chain="sol"),
}


@pytest.mark.parametrize("name", NATURAL)
def test_types_do_not_matter(file, name):
    (raw,) = rows_of(file(name, FORMATS[name]([NATURAL[name] | {"event": "transaction"}])))
    event = accept(raw, RECEIPT)

    assert (event.customer_id, event.occurred_at, event.n, event.part) == ("42", NOON, 2, "sol")
    assert (event.v1, event.v2) == (1_500_000, 3_000_000)


def test_names_of_segment_are_known(file):
    line = b'{"groupId": "c1", "event": "Signed In", "timestamp": 1, "messageId": "m", "userId": "u", "receivedAt": 2}'

    assert rows_of(file("rows.jsonl", line)) == [
        Raw("c1", "Signed In", 1, message_id="m", user_id="u", received_at=2),
    ]


@pytest.mark.parametrize("name", FORMATS)
def test_a_map_names_the_columns(file, name):
    mapping = EventMap({"customer_id": "Account", "event": "What", "timestamp": "When"})
    rows = rows_of(file(name, FORMATS[name]([{"Account": "c1", "What": "login", "When": WHEN, "x": "1"}])), mapping)

    assert rows == [Raw("c1", "login", WHEN, {"x": "1"})]


@pytest.mark.parametrize("name", ["rows.csv", "rows.parquet"])
def test_a_file_without_the_columns_is_refused(file, name):
    path = file(name, FORMATS[name]([{"customer_id": "c1", "when": WHEN}]))
    with pytest.raises(UnreadableFileError, match=r"no column event, timestamp"):
        rows_of(path)


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("name", ["rows.csv", "rows.csv.gz"])
def test_a_csv_file_without_a_header_is_refused(file, name, content):
    with pytest.raises(UnreadableFileError, match=r"it is empty"):
        rows_of(file(name, gzip.compress(content) if name.endswith("gz") else content))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("name", ["rows.csv", "rows.jsonl"])
def test_a_file_in_utf_16_is_refused(file, name, encoding):
    content = FORMATS[name](ROWS).decode().encode(encoding)
    with pytest.raises(UnreadableFileError, match="not UTF-8 text"):
        rows_of(file(name, content))


def test_json_lines_may_be_empty(file):
    assert rows_of(file("rows.jsonl", b"")) == []


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_a_column_that_is_there_twice_is_refused(file, name):
    names = ["customer_id", "event", "amount", "timestamp", "amount"]
    table = pa.table([["c1"], ["signed_in"], ["1"], [WHEN], ["2"]], names=names)
    content = (",".join(names) + "\n").encode() if name == "a.csv" else parquet(table)

    with pytest.raises(UnreadableFileError, match="columns 3 and 5 are both called `amount`"):
        rows_of(file(name, content))


def test_columns_without_a_name_may_be_many(file):
    assert rows_of(file("a.csv", f"customer_id,event,timestamp,,\nc1,signed_in,{WHEN},,\n".encode()))


def test_a_header_alone_has_no_rows(file):
    assert rows_of(file("rows.csv", as_csv([row("c")]).split(b"\r\n")[0])) == []


@pytest.mark.parametrize("delimiter", read.DELIMITERS)
def test_columns_may_be_separated_otherwise(file, delimiter):
    written = [
        ["customer_id", "event", "timestamp", "properties", 'a "name", with | ; \t'],
        ["c1", "login", WHEN, '{"a": 1, "b": "x;y|z"}', "one,two;three"],
    ]
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(written)
    (read_row,) = rows_of(file("rows.csv", text.getvalue().encode()))

    assert (read_row.customer_id, read_row.event, read_row.timestamp) == ("c1", "login", WHEN)
    assert read_row.properties == {"a": 1, "b": "x;y|z", written[0][4]: "one,two;three"}


def test_a_parquet_file_may_be_empty(file):
    assert rows_of(file("rows.parquet", as_parquet([row("c")])), share=Share(1, 2)) == []


NAMES = ["rows.txt", "rows", "rows.xlsx", "rows.csv.zip", "rows.gz", "csv", ".csv", "rows.csv.bak"]


@pytest.mark.parametrize("name", NAMES)
def test_other_files_are_refused_by_name(file, name):
    with pytest.raises(UnreadableFileError, match="files end in"):
        rows_of(file(name, as_csv(ROWS)))


@pytest.mark.parametrize("name", ["rows.parquet", "rows.csv.gz", "rows.jsonl.gz", "rows.parquet.gz"])
@pytest.mark.parametrize(
    "content", [as_csv(ROWS), b"PAR1PAR1", b"PAR1" + b"\xff" * 99 + b"PAR1", b"\x1f\x8b\x08garbage"]
)
def test_a_file_that_is_not_what_its_name_says_is_refused(file, name, content):
    path = file(name, content)
    with pytest.raises(UnreadableFileError, match="Nothing of it was imported") as refused:
        rows_of(path)

    assert refused.value.path == path


@pytest.mark.parametrize("name", ["rows.csv", "rows.jsonl.gz", "rows.parquet"])
def test_a_file_that_is_not_there_is_refused(tmp_path, name):
    for read_it in (rows_of, fingerprint):
        with pytest.raises(UnreadableFileError):
            read_it(tmp_path / name)


def read_until_refused(path):
    rows = []
    with pytest.raises(UnreadableFileError, match="The rest of it was not imported"):
        rows.extend(chain.from_iterable(chunks(path, EventMap())))
    return rows


MANY = [row(f"c{place}", None, message_id=str(hash((place, "salt")) ** 3)) for place in range(2000)]


@pytest.mark.parametrize("name", ["rows.csv.gz", "rows.jsonl.gz"])
def test_a_file_that_was_cut_off_is_refused_after_what_can_be_read(file, name, monkeypatch):
    monkeypatch.setattr(read, "CHUNK_ROWS", 10)
    content = FORMATS[name](MANY)
    rows = read_until_refused(file(name, content[: len(content) // 2]))

    assert [outcome(each) for each in rows] == [f"c{place}" for place in range(len(rows))]
    assert len(rows) > 100


def test_a_damaged_parquet_file_is_refused(file):
    content = as_parquet(MANY)
    middle = len(content) // 3
    read_until_refused(file("rows.parquet", content[:middle] + b"\xff" * 4000 + content[middle + 4000 :]))


def test_a_refusal_can_be_sent_to_another_process(tmp_path):
    error = UnreadableFileError(tmp_path / "a.csv", "is odd")
    received = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own

    assert (str(received), received.path) == (str(error), error.path)


@pytest.mark.parametrize("name", FORMATS)
def test_chunks_are_of_one_size_and_readers_share_them(file, name, monkeypatch):
    monkeypatch.setattr(read, "CHUNK_ROWS", 3)
    path = file(name, FORMATS[name]([row(f"c{place}") for place in range(11)]))
    whole = list(chunks(path, EventMap()))
    shared = [list(chunks(path, EventMap(), share=Share(index, 2))) for index in (0, 1)]

    assert [len(chunk) for chunk in whole] == [3, 3, 3, 2]
    assert [outcome(each) for each in chain(*whole)] == [f"c{place}" for place in range(11)]
    assert shared == [whole[0::2], whole[1::2]]


def test_a_fingerprint_is_of_the_content(file):
    one, same, other = file("a.csv", b"1"), file("b.csv", b"1"), file("c.csv", b"2")

    assert fingerprint(one) == fingerprint(same) != fingerprint(other)


def test_parquet_tells_how_many_rows_it_has(file):
    assert row_count(file("rows.parquet", as_parquet(ROWS))) == 3
    assert row_count(file("rows.csv", as_csv(ROWS))) is None
    with pytest.raises(UnreadableFileError):
        row_count(file("bad.parquet", b"no"))


@given(raws)
def test_any_row_can_be_kept_among_the_rejects(raw):
    text = raw_text(raw)

    assert text == "" or text.encode()


@pytest.mark.parametrize("properties", [nested(5000), {1j: 1}, {"a": "\ud800"}, 10**5000], ids=range(4))
def test_a_row_beyond_all_bounds_can_be_kept_among_the_rejects(properties):
    assert isinstance(raw_text(Raw("c1", "signed_in", WHEN, properties)), str)


def test_a_kept_row_is_read_back_as_it_was():
    raw = Raw("c1", "signed_in", WHEN, {"a": [1, None]}, message_id=7)

    assert msgspec.json.decode(raw_text(raw), type=Raw) == raw
    assert isinstance(accept(msgspec.json.decode(raw_text(raw), type=Raw), RECEIPT), Event)


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=9), min_size=1, max_size=9))
def test_any_text_survives_csv(tmp_path_factory, values):
    path = tmp_path_factory.mktemp("csv") / "rows.csv"
    path.write_bytes(as_csv([row(f"c{place}", note=f"_{value}") for place, value in enumerate(values)]))

    assert [raw.properties["note"] for raw in rows_of(path)] == [f"_{value}" for value in values]
