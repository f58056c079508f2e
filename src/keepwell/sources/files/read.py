"""Reading files in chunks. A bad row is one `Broken` row; nothing in a row stops the file."""

from __future__ import annotations

import codecs
import csv
import gzip
import hashlib
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, count, islice
from pathlib import Path
from typing import IO, Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from keepwell.base.errors import KeepwellError
from keepwell.events.accept import Reason
from keepwell.events.event import Raw, Rejection
from keepwell.events.mapping import EventMap
from keepwell.sources.files.rows import Broken, Chunk, Columns, Row, from_object

CHUNK_ROWS = 100_000
_SHOWN = 40  # characters of a name that a message shows
DELIMITERS = (",", ";", "\t", "|")
_FIELD_LIMIT = 1 << 24
_KEPT = 64 * 1024


class UnreadableFileError(KeepwellError):
    """A file that is not what its name says, or is damaged.

    Attributes:
        path: the file.
    """

    def __init__(self, path: Path, problem: str, unchanged: str = "Nothing of it was imported") -> None:
        super().__init__(path, problem, unchanged)  # as given, so that it can be sent to another process
        self.path = path

    def __str__(self) -> str:
        return "{}: {}. {}".format(*self.args)


def fingerprint(path: Path) -> str:
    """SHA-256 of a file's content.

    Raises:
        UnreadableFileError: it cannot be read.
    """
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
    except OSError as error:
        raise UnreadableFileError(path, f"cannot be read ({error.strerror})") from None
    return digest.hexdigest()


def row_count(path: Path) -> int | None:
    """How many rows a file has, when that can be told without reading it all.

    Raises:
        UnreadableFileError: it is called Parquet and is not.
    """
    return int(_opened(path).metadata.num_rows) if _kind(path) == "parquet" else None


REQUIRED = ("customer_id", "event", "timestamp")


@dataclass(frozen=True)
class Share:
    """Which chunks one of several readers of a file makes; it passes over the others."""

    index: int = 0
    of: int = 1

    def has(self, number: int) -> bool:
        return number % self.of == self.index


def chunks(
    path: Path, mapping: EventMap, required: tuple[str, ...] = REQUIRED, share: Share = Share()
) -> Iterator[Chunk]:
    """Chunks of a file in order, `CHUNK_ROWS` rows each but the last.

    Raises:
        UnreadableFileError: the file is not CSV, JSON lines or Parquet, lacks a column, or is damaged.
    """
    kind = _kind(path)
    if kind == "parquet":
        yield from _parquet(path, mapping, required, share)
        return
    rows: Iterator[Any] = _jsonl(path) if kind == "jsonl" else _csv(path)
    read: Callable[[Any], Row] = _json_row(mapping) if kind == "jsonl" else _csv_rows(rows, path, mapping, required)
    for number in count():
        raw = list(islice(rows, CHUNK_ROWS))
        if not raw:
            return
        if share.has(number):
            yield [read(each) for each in raw]


def _kind(path: Path) -> str:
    names = [suffix.lower() for suffix in path.suffixes if suffix.lower() != ".gz"]
    kind = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}.get(names[-1] if names else "")
    if kind is None:
        raise UnreadableFileError(path, "files end in .csv, .jsonl, .ndjson or .parquet, the first three also in .gz")
    return kind


def _open(path: Path) -> IO[bytes]:
    return gzip.open(path, "rb") if path.suffix.lower() == ".gz" else path.open("rb")  # type: ignore[return-value]


def _checked(columns: Columns, path: Path, required: tuple[str, ...]) -> Columns:
    for place, name in enumerate(columns.names):
        if name and name in columns.names[:place]:
            places = f"{columns.names.index(name) + 1} and {place + 1}"
            raise UnreadableFileError(path, f"columns {places} are both called `{name[:_SHOWN]}`; rename one of them")
    missing = [field for field in required if field not in columns.places]
    if missing:
        found = ", ".join(columns.names)[:200] or "none"
        problem = f"no column {', '.join(missing)} among those found ({found}); a map file can name them"
        raise UnreadableFileError(path, problem)
    return columns


def _lines(path: Path) -> Iterator[bytes]:
    """Lines of a file, without the mark that some programs begin a file with."""
    unchanged = "Nothing of it was imported"
    try:
        with _open(path) as file:
            first = file.readline()
            if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or 3 * first.count(b"\x00") > len(first):
                raise UnreadableFileError(path, "it is not UTF-8 text, but perhaps UTF-16; save it as UTF-8")
            yield first.removeprefix(codecs.BOM_UTF8)
            unchanged = "The rest of it was not imported"
            yield from file
    except (OSError, EOFError, zlib.error) as error:
        raise UnreadableFileError(path, f"cannot be read ({error})", unchanged) from None


def _csv(path: Path) -> Iterator[list[str] | Broken]:
    """Rows of a CSV file as lists of texts. A malformed row, such as an unclosed quote, costs its first line only.

    Bytes that are no UTF-8 become lone surrogates, to be refused row by row.
    """
    csv.field_size_limit(_FIELD_LIMIT)
    decoded = (line.decode("utf-8", "surrogateescape") for line in _lines(path))
    header = next(decoded, "")
    delimiter = _delimiter(header)
    fresh = chain((header,), decoded)
    again: list[str] = []  # lines to be read once more, the last one first
    record: list[str] = []  # lines of the running record
    while True:
        try:
            yield from _records(_remembered(fresh, again, record), record, delimiter)
        except csv.Error as error:
            problem = Rejection(Reason.BAD_ROW.value, str(error))
        else:
            return
        first, *others = record
        again += reversed(others)
        record.clear()
        yield Broken(problem, _kept(first))


def _remembered(fresh: Iterator[str], again: list[str], record: list[str]) -> Iterator[str]:
    while again:
        record.append(again.pop())
        yield record[-1]
    for line in fresh:
        record.append(line)
        yield line


def _delimiter(header: str) -> str:
    """What separates the columns: of the usual characters the one that gives the most, a comma when none does."""
    line = header[:_KEPT].splitlines()[:1]
    return max(DELIMITERS, key=lambda each: len(next(csv.reader(line, delimiter=each), [])))


def _records(lines: Iterator[str], record: list[str], delimiter: str) -> Iterator[list[str]]:
    for row in csv.reader(lines, strict=True, delimiter=delimiter):
        record.clear()
        if row:
            yield row


def _csv_rows(
    rows: Iterator[list[str] | Broken], path: Path, mapping: EventMap, required: tuple[str, ...]
) -> Callable[[list[str] | Broken], Row]:
    """A reader of rows, once the header has told which column is which."""
    header = next(rows, [])
    if isinstance(header, Broken):
        raise UnreadableFileError(path, f"no CSV header ({header.rejection.detail})")
    if not header:
        raise UnreadableFileError(path, "it is empty; a CSV file begins with the names of its columns")
    read = _checked(Columns(header, mapping.columns), path, required).reader()
    width = len(header)

    def row(values: list[str] | Broken) -> Row:
        if isinstance(values, Broken):
            return values
        if len(values) != width:
            problem = Rejection(Reason.BAD_ROW.value, f"{len(values)} fields, {width} expected")
            return Broken(problem, _kept(",".join(values)))
        joined = ",".join(values)
        if not joined.isascii() and any("\udc80" <= letter <= "\udcff" for letter in joined):
            return Broken(Rejection(Reason.BAD_ENCODING.value), _kept(joined))
        return read(values)

    return row


def _kept(text: str) -> str:
    return text[:_KEPT].encode("utf-8", "backslashreplace").decode()


def _jsonl(path: Path) -> Iterator[bytes]:
    return (line for line in _lines(path) if line.strip())


def _json_row(mapping: EventMap) -> Callable[[bytes], Row]:
    decode = msgspec.json.Decoder(dict[str, object]).decode

    def row(line: bytes) -> Row:
        try:
            return from_object(decode(line), mapping.columns)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            reason = Reason.BAD_ENCODING if isinstance(error, UnicodeDecodeError) else Reason.BAD_ROW
            return Broken(
                Rejection(reason.value, "no JSON object"), _kept(line[:_KEPT].decode("utf-8", "backslashreplace"))
            )

    return row


def _opened(path: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise UnreadableFileError(path, f"no Parquet file ({error})") from None


def _batches(path: Path, file: pq.ParquetFile) -> Iterator[pa.RecordBatch]:
    try:
        yield from file.iter_batches(batch_size=CHUNK_ROWS)
    except (pa.ArrowException, OSError) as error:
        raise UnreadableFileError(path, f"damaged ({error})", "The rest of it was not imported") from None


def _parquet(path: Path, mapping: EventMap, required: tuple[str, ...], share: Share) -> Iterator[Chunk]:
    file = _opened(path)
    columns = _checked(Columns(file.schema_arrow.names, mapping.columns), path, required)
    read = columns.reader()
    for number, batch in enumerate(_batches(path, file)):
        if share.has(number):
            values = [_values(column) for column in batch.columns]
            yield [_parquet_row(row, read) for row in zip(*values, strict=True)]


_NOTHING = b"?"  # stands for what is no value in Python
_NO_VALUE = (ValueError, OverflowError, pa.ArrowException)


def _values(column: pa.Array) -> list[Any]:
    """Values of a column; instants as microseconds. What Python has no value for is bytes, which refuse the row."""
    if pa.types.is_timestamp(column.type):
        column = _microseconds(column)
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    try:
        values: list[Any] = column.to_pylist()
    except _NO_VALUE:
        values = [_value(each) for each in column]
    return values


def _microseconds(instants: pa.Array) -> pa.Array:
    """Instants as whole numbers. Those beyond all calendars stay what they are, to be refused one by one."""
    try:
        return instants.cast(pa.timestamp("us"), safe=instants.type.unit != "ns").cast(pa.int64())
    except pa.ArrowInvalid:
        return instants


def _value(scalar: pa.Scalar) -> object:
    try:
        return scalar.as_py()
    except _NO_VALUE:
        return bytes(scalar.as_buffer()) if hasattr(scalar, "as_buffer") else _NOTHING


def _parquet_row(values: tuple[object, ...], read: Callable[[Sequence[object]], Raw]) -> Row:
    if any(type(value) is bytes for value in values):
        reason = Reason.BAD_ROW if _NOTHING in values else Reason.BAD_ENCODING
        return Broken(Rejection(reason.value), _kept(repr(values)))
    return read(values)


def raw_text(raw: Raw) -> str:
    """A raw row as JSON text, for the list of rejects; empty when it is beyond all bounds."""
    fields = {name: getattr(raw, name) for name in Raw.__struct_fields__ if getattr(raw, name) is not None}
    try:
        return _kept(msgspec.json.encode(fields, enc_hook=repr).decode("utf-8", "replace"))
    except (TypeError, ValueError, OverflowError, RecursionError):
        return ""
