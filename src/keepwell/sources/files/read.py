"""Reading files in chunks. A bad row is one `Broken` row; nothing in a row stops the file."""

from __future__ import annotations

import csv
import gzip
import hashlib
from collections.abc import Iterator
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

CHUNK_ROWS = 200_000
_FIELD_LIMIT = 1 << 24
_KEPT = 64 * 1024


class UnreadableFileError(KeepwellError):
    """A file that is not what its name says.

    Attributes:
        path: the file.
    """

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"{path}: {problem}. Nothing of it was imported")
        self.path = path


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
    """How many rows a file has, when that can be told without reading it all."""
    return int(pq.ParquetFile(path).metadata.num_rows) if _kind(path) == "parquet" else None


REQUIRED = ("customer_id", "event", "timestamp")


def chunks(
    path: Path, mapping: EventMap, required: tuple[str, ...] = REQUIRED, size: int = CHUNK_ROWS
) -> Iterator[Chunk]:
    """Rows of a file in order, `size` at a time.

    Raises:
        UnreadableFileError: the file is not CSV, JSON lines or Parquet, or lacks a column.
    """
    kind = _kind(path)
    if kind == "jsonl":
        rows = _jsonl(path, mapping)
    else:
        rows = (_parquet if kind == "parquet" else _csv)(path, mapping, required)
    chunk: Chunk = []
    for part in rows:
        chunk += part
        while len(chunk) >= size:
            yield chunk[:size]
            chunk = chunk[size:]
    if chunk:
        yield chunk


def _kind(path: Path) -> str:
    names = [suffix.lower() for suffix in path.suffixes if suffix.lower() != ".gz"]
    kind = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}.get(names[-1] if names else "")
    if kind is None:
        raise UnreadableFileError(path, "files end in .csv, .jsonl, .ndjson or .parquet, the first three also in .gz")
    return kind


def _open(path: Path) -> IO[bytes]:
    return gzip.open(path, "rb") if path.suffix.lower() == ".gz" else path.open("rb")  # type: ignore[return-value]


def _checked(columns: Columns, path: Path, required: tuple[str, ...]) -> Columns:
    missing = [field for field in required if field not in columns.places]
    if missing:
        raise UnreadableFileError(path, f"no column {', '.join(missing)}; a map file can name them")
    return columns


def _csv(path: Path, mapping: EventMap, required: tuple[str, ...]) -> Iterator[list[Row]]:
    csv.field_size_limit(_FIELD_LIMIT)
    with _open(path) as binary:
        lines = (line.decode("utf-8-sig" if first else "utf-8", "surrogateescape") for first, line in _marked(binary))
        rows = csv.reader(lines)
        try:
            header = next(rows)
        except StopIteration:
            return
        except (csv.Error, EOFError, OSError) as error:
            raise UnreadableFileError(path, f"no CSV header ({error})") from None
        read = _checked(Columns(header, mapping.columns), path, required).reader()
        part: list[Row] = []
        while True:
            try:
                values = next(rows)
            except StopIteration:
                break
            except csv.Error as error:
                part.append(Broken(Rejection(Reason.BAD_ROW.value, str(error)), ""))
                continue
            part.append(_csv_row(values, len(header), read))
            if len(part) >= 5000:
                yield part
                part = []
        yield part


def _marked(binary: IO[bytes]) -> Iterator[tuple[bool, bytes]]:
    first = True
    for line in binary:
        yield first, line
        first = False


def _csv_row(values: list[str], width: int, read: object) -> Row:
    if len(values) != width:
        return Broken(
            Rejection(Reason.BAD_ROW.value, f"{len(values)} fields, {width} expected"),
            _kept(",".join(values)),
        )
    joined = ",".join(values)
    if not joined.isascii() and any("\udc80" <= letter <= "\udcff" for letter in joined):
        return Broken(Rejection(Reason.BAD_ENCODING.value), _kept(joined))
    return read(values)  # type: ignore[operator, no-any-return]


def _kept(text: str) -> str:
    return text[:_KEPT].encode("utf-8", "backslashreplace").decode()


def _jsonl(path: Path, mapping: EventMap) -> Iterator[list[Row]]:
    decode = msgspec.json.Decoder(dict[str, object]).decode
    with _open(path) as lines:
        part: list[Row] = []
        for line in lines:
            if not line.strip():
                continue
            try:
                part.append(from_object(decode(line), mapping.columns))
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                reason = Reason.BAD_ENCODING if "UTF-8" in str(error) or "utf-8" in str(error) else Reason.BAD_ROW
                part.append(
                    Broken(
                        Rejection(reason.value, "no JSON object"),
                        _kept(line[:_KEPT].decode("utf-8", "backslashreplace")),
                    )
                )
            if len(part) >= 5000:
                yield part
                part = []
        yield part


def _parquet(path: Path, mapping: EventMap, required: tuple[str, ...]) -> Iterator[list[Row]]:
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise UnreadableFileError(path, f"no Parquet file ({error})") from None
    columns = _checked(Columns(file.schema_arrow.names, mapping.columns), path, required)
    read = columns.reader()
    for batch in file.iter_batches(batch_size=20_000):
        values = [_values(column) for column in batch.columns]
        yield [_parquet_row(row, read) for row in zip(*values, strict=True)]


def _values(column: pa.Array) -> list[Any]:
    """Values of a column; instants as microseconds, texts that are no UTF-8 as bytes."""
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("us"), safe=False).cast(pa.int64())
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    try:
        values: list[Any] = column.to_pylist()
    except UnicodeDecodeError:
        values = [_text(value) for value in column.cast(pa.binary()).to_pylist()]
    return values


def _text(value: bytes | None) -> object:
    try:
        return None if value is None else value.decode()
    except UnicodeDecodeError:
        return value


def _parquet_row(values: tuple[object, ...], read: object) -> Row:
    if any(type(value) is bytes for value in values):
        return Broken(Rejection(Reason.BAD_ENCODING.value), _kept(repr(values)))
    return read(values)  # type: ignore[operator, no-any-return]


def raw_text(raw: Raw) -> str:
    """A raw row as JSON text, for the list of rejects."""
    fields = {name: getattr(raw, name) for name in Raw.__struct_fields__ if getattr(raw, name) is not None}
    return _kept(msgspec.json.encode(fields, enc_hook=repr).decode("utf-8", "replace"))
