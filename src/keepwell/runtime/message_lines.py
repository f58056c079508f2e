"""Messages in the shapes that pages and the API show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from keepwell.interventions.playbook import Playbook
from keepwell.outreach.catalog import CATALOG
from keepwell.outreach.draft import Draft, Passage
from keepwell.outreach.fact import Fact, Surface
from keepwell.outreach.render import Style, UnsayableError, render
from keepwell.runtime.ports.messages import BoundLine, FactLine, MessageLine, PassageLine
from keepwell.runtime.speaking import Telling, draft_of
from keepwell.store.lines import Words
from keepwell.store.messages import Message

About = tuple[Mapping[int, str], Mapping[int, Words], Mapping[tuple[int, str, int], int]]
"""Ids of customers, what is known of them, and numbers of runs."""
Titles = tuple[Mapping[str, Playbook], Mapping[str, str]]
"""Playbooks, and titles of templates."""


def line(message: Message, about: About, titles: Titles) -> MessageLine:
    """One message of a list."""
    names, said, numbers = about
    playbooks, templates = titles
    name, words = names.get(message.customer, ""), said.get(message.customer)
    playbook = playbooks.get(message.playbook)
    return MessageLine(
        id=message.id,
        customer_id=name,
        customer_name=(words.name if words is not None else "") or name,
        run=numbers.get((message.customer, message.purpose, message.run), 0),
        playbook=message.playbook,
        playbook_title=playbook.title if playbook is not None else message.playbook,
        step=message.step,
        template=message.template,
        title=templates.get(message.template, message.template),
        subject=draft_of(message).subject.text if message.draft else "",
        channel=message.channel,
        contact=message.contact,
        recipient=message.recipient,
        state=message.state,
        because=message.because,
        needs_approval=bool(message.needs_approval),
        changed=bool(message.changed),
        approved_by=[each.by for each in message.approved()],
        made_at=message.made_at,
        due_at=message.due_at,
        expires_at=message.expires_at,
        ended_at=message.ended_at,
    )


def passages(draft: Draft) -> list[PassageLine]:
    """The subject and the body, with what is bound in them."""
    return [_passage(passage, is_open=is_open) for _, passage, is_open in draft.passages()]


def _passage(passage: Passage, *, is_open: bool) -> PassageLine:
    bound = [BoundLine(each.start, each.end, each.fact) for each in passage.bindings]
    return PassageLine(passage.text, passage.placed if is_open else "", bound, is_open)


def facts_of(draft: Draft | None, telling: Telling | None) -> list[FactLine]:
    """What the message says, in the order in which it does, then what else may be said."""
    known = telling.all_facts if telling is not None else {}
    said = list(_said(draft, known)) if draft is not None else []
    named = {each.id for each in said}
    if telling is None:
        return said
    return said + [each for each in sayable(telling) if each.id not in named]


def _said(draft: Draft, known: Mapping[str, Fact]) -> Iterator[FactLine]:
    seen: set[tuple[str, str]] = set()
    for _, passage, _ in draft.passages():
        for bound in passage.bindings:
            text = passage.text[bound.start : bound.end]
            if (bound.fact, text) in seen:
                continue
            seen.add((bound.fact, text))
            fact = known.get(bound.fact)
            yield _line(bound.fact, fact, text, _written(fact, bound.form, draft.style), draft.made_at)


def sayable(telling: Telling) -> Sequence[FactLine]:
    """Everything that is known and may be said, as it is written alone."""
    style = telling.style
    found = []
    for name, fact in sorted(telling.facts.items()):
        text = _written(fact, "", style) if fact.surface is Surface.SAY else ""
        if text:
            found.append(_line(name, fact, text, text, fact.as_of, in_message=False))
    return found


def _line(name: str, fact: Fact | None, said: str, now: str, as_of: int, *, in_message: bool = True) -> FactLine:
    declared = CATALOG.get(name)
    return FactLine(
        id=name,
        meaning=declared.meaning if declared is not None else name,
        said=said,
        now=now,
        window_days=declared.window_days if declared is not None else 0,
        as_of=min(fact.as_of, as_of) if fact is not None else as_of,
        origin=str(declared.origin) if declared is not None else "",
        in_message=in_message,
    )


def _written(fact: Fact | None, form: str, style: Style) -> str:
    """A fact as it is written; nothing when it is not known or cannot be written so."""
    if fact is None:
        return ""
    try:
        return render(fact, form, style)
    except UnsayableError:
        return ""
