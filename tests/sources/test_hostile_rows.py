"""Hostile rows: each is refused by itself, and every other row of its file is read."""

import pytest

from keepwell.events.accept import Reason
from keepwell.sources.files.read import UnreadableFileError
from tests.sources.writing import WHEN, outcome, rows_of

ROW, ENCODING, BAD, LARGE = Reason.BAD_ROW, Reason.BAD_ENCODING, Reason.BAD_PROPERTIES, Reason.TOO_LARGE
HEAD = b"customer_id,event,timestamp,properties\n"
WHEN_ = WHEN.encode()


def line(customer=b"c1", properties=b""):
    return customer + b",signed_in," + WHEN_ + b"," + properties + b"\n"


C1, C2, C3 = line(b"c1"), line(b"c2"), line(b"c3")
QUOTED = line(b"c3", b'"{""a"": 1}"')
CSV = {
    "invalid UTF-8": (C1 + line(b"c\xff") + C2, ["c1", ENCODING, "c2"]),
    "invalid UTF-8 in a property": (line(b"c1", b'"{""a"": ""\xe9""}"') + C2, [ENCODING, "c2"]),
    "a surrogate as bytes": (line(b"\xed\xa0\x80") + C2, [ENCODING, "c2"]),
    "too few fields": (C1 + b"c9,signed_in\n" + C2, ["c1", ROW, "c2"]),
    "too many fields": (C1 + b"c9,signed_in,%s,,,\n" % WHEN_ + C2, ["c1", ROW, "c2"]),
    "unquoted JSON with a comma": (line(b"c9", b'{"a": 1, "b": 2}') + C2, [ROW, "c2"]),
    "unquoted JSON without": (line(b"c1", b'{"a": 1}') + C2, ["c1", "c2"]),
    "NUL in the id": (line(b"c\x00") + C2, [Reason.BAD_CUSTOMER, "c2"]),
    "NUL in the event": (b"c9,sign\x00ed," + WHEN_ + b",\n" + C2, [Reason.BAD_EVENT, "c2"]),
    "NUL in the properties": (line(b"c9", b"{\x00}") + C2, [BAD, "c2"]),
    "an unclosed quote at the end of a row": (C1 + line(b"c9", b'"{}') + C2 + QUOTED, ["c1", ROW, "c2", "c3"]),
    "an unclosed quote before rows without any": (C1 + line(b"c9", b'"{}') + C2 + C3, ["c1", ROW, "c2", "c3"]),
    "an unclosed quote at the start of a row": (C1 + line(b'"c9') + C2 + QUOTED, ["c1", ROW, "c2", "c3"]),
    "unclosed quotes in turn": (line(b'"c9') + C1 + line(b'"c9') + line(b'"c9') + C2, [ROW, "c1", ROW, ROW, "c2"]),
    "an unclosed quote at the end": (C1 + line(b"c9", b'"'), ["c1", ROW]),
    "text after a quote": (line(b'"c"9') + C2, [ROW, "c2"]),
    "a quote inside a word": (line(b'c"1') + C2, ['c"1', "c2"]),
    "a line break inside quotes": (line(b"c1", b'"{""a"":\n1}"') + C2, ["c1", "c2"]),
    "Windows line ends": ((C1 + QUOTED).replace(b"\n", b"\r\n"), ["c1", "c3"]),
    "blank lines": (b"\n" + C1 + b"\n\r\n" + C2 + b"\n\n", ["c1", "c2"]),
    "no line end at the end": (C1 + C2[:-1], ["c1", "c2"]),
    "a mark in the middle": (C1 + b"\xef\xbb\xbf" + C2, ["c1", "\ufeffc2"]),
    "10 MB": (line(b"c9", b"x" * 10_000_000) + C2, [LARGE, "c2"]),
    "10 MB of id": (line(b"c" * 10_000_000) + C2, [Reason.BAD_CUSTOMER, "c2"]),
    "20 MB": (line(b"c9", b"x" * 20_000_000) + C2, [ROW, "c2"]),
    "deep": (line(b"c9", b'"%s"' % (b"[" * 60_000)) + C2, [BAD, "c2"]),
    "the header again": (C1 + HEAD + C2, ["c1", BAD, "c2"]),
}


@pytest.mark.parametrize(("content", "expected"), CSV.values(), ids=CSV)
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "marked"])
def test_csv(tmp_path, mark, content, expected):
    path = tmp_path / "rows.csv"
    path.write_bytes(mark + HEAD + content)

    assert [outcome(row) for row in rows_of(path)] == expected


def test_a_malformed_row_is_kept_as_it_was(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_bytes(HEAD + line(b'"c9') + line(b"c\xff") + b"short\n")

    assert [row.text for row in rows_of(path)] == [
        f'"c9,signed_in,{WHEN},\n', rf"c\udcff,signed_in,{WHEN},", "short",
    ]  # fmt: skip


HEADERS = [b"customer_id,event,timestamp\rc1,signed_in,x\r", b'"customer_id,event', b"\x00\x01\x02", b'"a"b,c\n']


@pytest.mark.parametrize("content", [*HEADERS, HEAD.decode().encode("utf-16")], ids=range(5))
def test_a_header_that_makes_no_sense_refuses_the_file(tmp_path, content):
    path = tmp_path / "rows.csv"
    path.write_bytes(content)
    with pytest.raises(UnreadableFileError, match="Nothing of it was imported"):
        rows_of(path)


def test_many_unclosed_quotes_are_read_in_reasonable_time(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_bytes(HEAD + (line(b'"c9') + line(b"c1", b'"""x') + C1) * 5000 + line(b'"c9'))

    assert [outcome(row) for row in rows_of(path)].count("c1") == 5000


def obj(customer="c1", more=""):
    return f'{{"customer_id": "{customer}", "event": "signed_in", "timestamp": "{WHEN}"{more}}}\n'.encode()


O1, O2 = obj("c1"), obj("c2")
JSONL = {
    "invalid UTF-8": (O1 + obj("c9").replace(b"c9", b"c\xff") + O2, ["c1", ENCODING, "c2"]),
    "invalid UTF-8 in a name": (obj("c9").replace(b"event", b"\xff") + O2, [ENCODING, "c2"]),
    "a surrogate": (obj("\\ud800") + O2, [ROW, "c2"]),
    "no JSON": (O1 + b"customer_id: c9\n" + O2, ["c1", ROW, "c2"]),
    "cut off": (O1 + O1[:-9] + b"\n" + O2, ["c1", ROW, "c2"]),
    "two on a line": (O1[:-1] + O2 + O2, [ROW, "c2"]),
    "other values": (b'[1]\n"c1"\n1\nnull\ntrue\n{}\n' + O2, [*[ROW] * 5, Reason.MISSING_EVENT, "c2"]),
    "NUL": (obj("c\x00") + obj("c\\u0000") + O2, [ROW, Reason.BAD_CUSTOMER, "c2"]),
    "deep": (b'{"a": ' * 5000 + b"\n" + obj("c9", ', "x": ' + "[" * 5000 + "]" * 5000) + O2, [ROW, ROW, "c2"]),
    "huge numbers": (
        obj("c9", f', "x": {"9" * 5000}') + obj("c1", ', "x": 1e308') + obj("c9", ', "x": 1e999'), [ROW, "c1", ROW]
    ),
    "other types": (
        obj("c9", ', "user_id": {}') + obj("c9", ', "properties": [1]') + obj("c1", ', "properties": ""'),
        [Reason.BAD_CUSTOMER, BAD, "c1"],
    ),
    "no customer": (obj().replace(b'"c1"', b"null") + O2, [Reason.MISSING_CUSTOMER, "c2"]),
    "a name twice": (obj("c9", ', "customer_id": "c1"') + O2, ["c1", "c2"]),
    "Windows line ends and blank lines": (b"\r\n" + O1[:-1] + b"\r\n\n  \n" + O2, ["c1", "c2"]),
    "10 MB": (obj("c9", f', "x": "{"x" * 10_000_000}"') + O2, [LARGE, "c2"]),
}  # fmt: skip


@pytest.mark.parametrize(("content", "expected"), JSONL.values(), ids=JSONL)
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "marked"])
def test_json_lines(tmp_path, mark, content, expected):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(mark + content)

    assert [outcome(row) for row in rows_of(path)] == expected


@pytest.mark.parametrize("depth", [900, 980, 990])
def test_a_row_near_the_limit_of_recursion_is_read_or_refused(tmp_path, depth):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(obj("c1", ', "properties": ' + '{"a":' * depth + "1" + "}" * depth) + O2)
    first, second = [outcome(row) for row in rows_of(path)]

    assert first in ("c1", ROW, BAD)
    assert second == "c2"
