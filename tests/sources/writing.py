"""The same rows in every format, and what comes of the rows of a file."""

import csv
import gzip
import io
from itertools import chain

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from keepwell.base.time import parse_instant
from keepwell.events.accept import Receipt, accept
from keepwell.events.event import Event, Raw
from keepwell.events.mapping import EventMap
from keepwell.sources.files.read import chunks
from keepwell.sources.files.rows import Broken

WHEN = "2026-11-20T12:00:00Z"
NOON = parse_instant(WHEN)
RECEIPT = Receipt(parse_instant("2026-11-22T09:30:00Z"))
AS_IS = EventMap()


def as_csv(rows):
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(dict.fromkeys(chain(*rows))))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def as_jsonl(rows):
    return b"".join(msgspec.json.encode(row) + b"\n" for row in rows)


def as_parquet(rows):
    return parquet(pa.Table.from_pylist(rows))


def parquet(table, **options):
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, **options)
    return sink.getvalue().to_pybytes()


FORMATS = {
    "rows.csv": as_csv,
    "rows.CSV": as_csv,
    "rows.csv.gz": lambda rows: gzip.compress(as_csv(rows)),
    "rows.jsonl": as_jsonl,
    "rows.2026.jsonl": as_jsonl,
    "rows.ndjson": as_jsonl,
    "rows.jsonl.gz": lambda rows: gzip.compress(as_jsonl(rows)),
    "rows.parquet": as_parquet,
}


def rows_of(path, mapping=AS_IS, **given):
    return list(chain(*chunks(path, mapping, **given)))


def outcome(row):
    """The customer of an accepted row, or why there is none."""
    if isinstance(row, Broken):
        return row.rejection.reason
    assert isinstance(row, Raw), row
    found = accept(row, RECEIPT)
    return found.customer_id if isinstance(found, Event) else found.reason


def row(customer, properties=None, **given):
    return {"customer_id": customer, "event": "signed_in", "timestamp": WHEN, "properties": properties, **given}
