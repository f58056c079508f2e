"""A named query of integers, and the small pieces its text is put together from."""

from __future__ import annotations

from dataclasses import dataclass

from keepwell.events.catalog import number


@dataclass(frozen=True)
class Statement:
    """A named query. `columns` follow (a, customer); `single` means one row for each of these."""

    name: str
    columns: tuple[str, ...]
    sql: str
    single: bool = True


def k(key: str) -> int:
    """The number of an event, short, because the texts are full of them."""
    return number(key)


def as_int(expression: str, name: str) -> str:
    return f"CAST(COALESCE({expression}, 0) AS BIGINT) AS {name}"
