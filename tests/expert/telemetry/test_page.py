"""The page on telemetry: an example of each event that is accepted and observed, and every feature it gives."""

from __future__ import annotations

import json
import re

import pytest

from keepwell.base.time import parse_instant
from keepwell.events.accept import accept
from keepwell.events.catalog import BY_KEY, number
from keepwell.expert.telemetry.observe import DOMAINS, KINDS, NOT_FROM_EVENTS, Occurrence, Span, observe
from tests.docs.markdown import read
from tests.events.rows import FILE, sent
from tests.expert.telemetry import made

PAGE = read("docs/telemetry.md")
SECTIONS = dict(re.findall(r"^## `(\w+)`\n(.*?)(?=^## )", PAGE, re.DOTALL | re.MULTILINE))
SHOWN = [
    (key, text) for key, section in SECTIONS.items() for text in re.findall(r"```json\n(.*?)```", section, re.DOTALL)
]
AT = parse_instant("2026-11-20T12:00:00Z")
NAME = re.compile(r"`((?:tx|net|src|rpc|swap|wallet|lp|lend|risk|br|mine|prove|hw|sec|cmp|stat)\.\w+)`")


def observed(properties, key):
    return observe([Occurrence(key, AT, properties)], Span(AT + 1), made.TABLES)


def test_every_event_that_is_looked_at_has_its_section():
    assert SECTIONS.keys() == KINDS - {"signed_in"}
    assert {key for key, _ in SHOWN} == SECTIONS.keys()


@pytest.mark.parametrize(("key", "text"), SHOWN)
def test_an_example_is_accepted_and_observed(key, text):
    row = json.loads(text)

    assert row["event"] == key
    assert accept(sent(row["event"], row["properties"]), FILE).kind == number(key)
    assert observed(row["properties"], key).features or observed(row["properties"], key).readings


@pytest.mark.parametrize("key", SECTIONS)
def test_it_names_what_its_event_gives(key):
    promised = set(NAME.findall(SECTIONS[key]))
    given = {name for domain in DOMAINS if key in domain.kinds for name in domain.features}
    shown = {
        name for other, text in SHOWN if other == key for name in observed(json.loads(text)["properties"], key).features
    }

    assert shown <= promised
    assert promised & given


def test_every_feature_is_named_and_no_other():
    derived = {name for domain in DOMAINS for name in domain.features}

    assert set(NAME.findall(PAGE)) == derived | set(NOT_FROM_EVENTS)


@pytest.mark.parametrize("key", SECTIONS)
def test_other_names_of_an_event_are_told(key):
    aliases = {alias for alias in BY_KEY[key].aliases if not alias.startswith(("tx", "api_request", "transaction_"))}

    assert set(re.findall(r"Also called `(\w+)`", SECTIONS[key])) == aliases
