"""The knowledge base as plain data, for programs: what `keepwell knowledge --json` and the API say."""

from __future__ import annotations

import msgspec

from keepwell.expert.answer import Plain
from keepwell.expert.judging import Accuracies, Accuracy, digest
from keepwell.expert.knowledge import Entry, Knowledge
from keepwell.expert.reading.reading import Reading
from keepwell.expert.reading.rpc import Chain
from keepwell.expert.reading.tables import Tables
from keepwell.expert.search import Code
from keepwell.expert.signal import Comparison, Truth, match
from keepwell.expert.telemetry.seen import Mark
from keepwell.expert.telemetry.seen import _of as observed_in


def entry_id(text: str) -> str:
    """The id of an entry as the knowledge base writes it, however it was typed.

    >>> entry_id(" tx-04 ")
    'TX-04'
    """
    return text.strip().upper()


def speaking_of(reading: Reading, chain: Chain | None, knowledge: Knowledge, tables: Tables) -> list[str]:
    """Ids of the entries whose observations the reading is surely one of, in the order of the knowledge base."""
    seen = list(observed_in(reading, chain, tables, Mark(0)))
    return [
        entry.id
        for entry in knowledge.entries.values()
        if any(each.kind in knowledge.kinds[entry.id] and match(entry.signal, each).truth is Truth.YES for each in seen)
    ]


def brief(entry: Entry, knowledge: Knowledge) -> dict[str, Plain]:
    """An entry in short."""
    return {
        "id": entry.id,
        "title": entry.title,
        "domain": entry.domain,
        "severity": entry.severity.value,
        "certainty": entry.certainty.value,
        "may_tell_customer": entry.certainty.value != "hint" and not entry.confidential,
        "diagnosis": entry.diagnosis,
        "causes": list(entry.causes),
        "actions": list(entry.actions),
        "reference": list(knowledge.references[entry.id]),
    }


def whole(entry: Entry, knowledge: Knowledge, shipped: Knowledge) -> dict[str, Plain]:
    """All of an entry: `shipped` is the value before this installation changed it, null where it did not."""
    when, before = entry.signal.when, shipped.entries[entry.id].signal.when
    lists: dict[str, Plain] = msgspec.to_builtins(entry.signal)
    return {
        **brief(entry, knowledge),
        "scope": entry.scope or None,
        "topic": entry.topic.value if entry.topic else None,
        "basis": entry.threshold.basis.value,
        "why": entry.threshold.why,
        "observed": {name: value for name, value in lists.items() if value and name not in ("when", "least")},
        "least": entry.signal.least,
        "all_of": [
            _condition(each, old, knowledge) for each, old in zip(when.every, before.every, strict=True)
        ],
        "one_of": [_condition(each, old, knowledge) for each, old in zip(when.some, before.some, strict=True)],
        "digest": digest(entry),
    }  # fmt: skip


def _condition(asked: Comparison, before: Comparison, knowledge: Knowledge) -> Plain:
    feature = knowledge.features[asked.feature]
    return {
        "feature": asked.feature,
        "meaning": feature.meaning,
        "unit": feature.unit,
        "operator": asked.operator,
        "value": asked.value,
        "shipped": before.value if before.value != asked.value else None,
    }


def code(found: Code) -> dict[str, Plain]:
    """An error of the tables."""
    return {
        "program": found.program,
        "number": found.number,
        "hexadecimal": found.hexadecimal or None,
        "names": list(found.names),
        "meaning": list(found.meaning),
        "reference": found.reference,
        "entries": list(found.entries),
    }


def figures(found: Accuracies) -> dict[str, Plain]:
    """How right the Expert is, as far as people said."""
    return {
        "overall": accuracy(found.overall),
        "by_certainty": {name.value: accuracy(each) for name, each in found.by_certainty.items()},
        "by_entry": {name: accuracy(each) for name, each in found.by_entry.items()},
    }


def accuracy(found: Accuracy) -> dict[str, Plain]:
    """A share with its interval; both null with too few to say."""
    low, high = found.interval
    return {
        "judged": found.judged,
        "right": found.right,
        "wrong": found.wrong,
        "share": found.share,
        "interval": [low, high] if found.enough else None,
    }
