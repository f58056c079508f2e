"""Composing: a template and facts make a draft. A missing fact leaves out a paragraph or refuses the message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NoReturn

from keepwell.base.errors import KeepwellError
from keepwell.outreach.draft import Binding, Draft, LeftOut, Passage
from keepwell.outreach.fact import Fact, Kind, Surface, registry
from keepwell.outreach.locales import locale_of
from keepwell.outreach.render import Style, UnsayableError, render
from keepwell.outreach.template import PLACE, Frame, Medium, Paragraph, Persona, Template


@dataclass(frozen=True)
class Recipient:
    """Whom it is for.

    Attributes:
        name: as they are greeted.
        locale: a tag as `de-AT`; empty when it is not known.
        zone: the IANA name of their zone.
        phrase: the words by which they know our letters; empty when they set none.
    """

    name: str
    locale: str = ""
    zone: str = "UTC"
    phrase: str = ""


@dataclass(frozen=True)
class Sender:
    """Who signs, with the lines around a letter by language."""

    persona: Persona
    frames: Mapping[str, Frame]
    automated: bool = True


class CannotComposeError(KeepwellError):
    """A message that would have an empty place.

    Attributes:
        template: its name.
        missing: the parts that cannot be said, and why.
    """

    def __init__(self, template: str, missing: tuple[LeftOut, ...]) -> None:
        told = "; ".join(f"{each.part}: `{each.fact}` {each.because}" for each in missing)
        super().__init__(f"`{template}` cannot be written: {told}")
        self.template, self.missing = template, missing


class _UnfitError(Exception):
    """A place that cannot be filled."""

    def __init__(self, fact: str, because: str) -> None:
        super().__init__(fact)
        self.fact, self.because = fact, because


@dataclass
class _Pen:
    """What one draft is written with, and what it has left out so far."""

    facts: Mapping[str, Fact]
    style: Style
    now: int
    left_out: list[LeftOut] = field(default_factory=list)

    def write(self, text: str) -> Passage:
        """The text with its places filled.

        Raises:
            _UnfitError: a fact is not known, may not be said, or cannot be written so.
        """
        pieces: list[str] = []
        bindings: list[Binding] = []
        length = behind = 0
        for found in PLACE.finditer(text):
            fact, said = self.said(found[1], found[2] or "")
            pieces += text[behind : found.start()], said
            start = length + found.start() - behind
            length, behind = start + len(said), found.end()
            bindings.append(Binding(start, length, fact.id, found[2] or "", fact.meaning, fact.value))
        return Passage("".join([*pieces, text[behind:]]), tuple(bindings))

    def said(self, name: str, form: str) -> tuple[Fact, str]:
        fact = self.known(name)
        if fact.surface is not Surface.SAY:
            raise _UnfitError(name, "may not be said")
        try:
            return fact, render(fact, form, self.style)
        except UnsayableError as error:
            raise _UnfitError(name, error.problem) from None

    def known(self, name: str) -> Fact:
        fact = self.facts.get(name)
        if fact is None:
            raise _UnfitError(name, "is not known")
        if fact.is_stale(self.now):
            raise _UnfitError(name, "is out of date")
        return fact

    def allows(self, paragraph: Paragraph) -> None:
        """Refuse a paragraph whose conditions are not met; a fact that is held decides nothing."""
        for name in paragraph.when:
            if self.known(name).surface is Surface.HOLD:
                raise _UnfitError(name, "may not be alluded to")
        for name in paragraph.unless:
            if name in self.facts:
                raise _UnfitError(name, "is known")


def profile_facts(to: Recipient, by: Sender, now: int) -> dict[str, Fact]:
    """The names in a letter as facts, so that they too are bound and compared when it is sent."""
    named = {
        "recipient_name": (Kind.NAME, to.name, "profile:name"),
        "persona_name": (Kind.NAME, by.persona.name, "settings:persona"),
        "persona_title": (Kind.TEXT, by.persona.title, "settings:persona"),
        "phrase": (Kind.TEXT, to.phrase, "profile:phrase"),
    }
    return registry(
        Fact(id=name, kind=kind, value=value, as_of=now, source=source, fresh_for=None)
        for name, (kind, value, source) in named.items()
        if value.strip()
    )


def compose(template: Template, facts: Mapping[str, Fact], to: Recipient, by: Sender, now: int) -> Draft:
    """The draft of a message, in the recipient's language where the template has it.

    Raises:
        CannotComposeError: a fact that the message cannot do without is missing.
    """
    locale = locale_of(to.locale, template.languages)
    wording, frame = template.wordings[locale.language], by.frames[locale.language]
    pen = _Pen({**facts, **profile_facts(to, by, now)}, Style(locale, to.zone), now)
    subject = _required(template, pen, "subject", wording.subject)
    written = [_paragraph(template, pen, place, each) for place, each in enumerate(wording.paragraphs, 1)]
    body = [each for each in written if each is not None]
    if template.medium is Medium.MAIL:
        body = _framed(template, pen, (wording.closing, frame, by.automated), body)
    return Draft(
        template.name, locale.language, locale.tag, to.zone, subject, tuple(body), tuple(pen.left_out), now
    )  # fmt: skip


def fill(draft: Draft, text: str, facts: Mapping[str, Fact], now: int) -> Passage:
    """A text with places, as a person or a model wrote it into a draft, with its places filled and bound.

    Raises:
        CannotComposeError: a place names a fact that cannot be said.
    """
    try:
        return _Pen(facts, draft.style, now).write(text)
    except _UnfitError as unfit:
        _refuse(draft.template, "the text", unfit)


def _framed(
    template: Template, pen: _Pen, around: tuple[str, Frame, bool], body: list[Passage]
) -> list[Passage]:  # fmt: skip
    """Greeting and signature around a body; below them, the phrase, what we never ask for, and who wrote it."""
    closing, frame, automated = around
    signed = closing + "\n{persona_name}\n{persona_title}"
    ends = [("signature", signed), ("safety", frame.safety)]
    if "phrase" in pen.facts:
        ends.insert(1, ("phrase", frame.phrase))
    if automated:
        ends.append(("disclosure", frame.disclosure))
    greeting = _required(template, pen, "greeting", frame.greeting)
    return [greeting, *body, *(_required(template, pen, part, text) for part, text in ends)]


def _required(template: Template, pen: _Pen, part: str, text: str) -> Passage:
    try:
        return pen.write(text)
    except _UnfitError as unfit:
        _refuse(template.name, part, unfit)


def _refuse(template: str, part: str, unfit: _UnfitError) -> NoReturn:
    raise CannotComposeError(template, (LeftOut(part, unfit.fact, unfit.because),)) from None


def _paragraph(template: Template, pen: _Pen, place: int, paragraph: Paragraph) -> Passage | None:
    """One paragraph; None when it is left out."""
    part = f"paragraph {place}"
    try:
        pen.allows(paragraph)
    except _UnfitError as unfit:
        pen.left_out.append(LeftOut(part, unfit.fact, unfit.because))
        return None
    try:
        return _listed(pen, part, paragraph) if paragraph.items else pen.write(paragraph.text)
    except _UnfitError as unfit:
        if not paragraph.optional:
            _refuse(template.name, part, unfit)
        pen.left_out.append(LeftOut(part, unfit.fact, unfit.because))
        return None


def _listed(pen: _Pen, part: str, paragraph: Paragraph) -> Passage:
    """A lead and the items that can be said.

    Raises:
        _UnfitError: there are none; it names the fact that the last one lacks.
    """
    whole, unsaid, count = pen.write(paragraph.text), _UnfitError("", "has no items"), 0
    for place, item in enumerate(paragraph.items, 1):
        if count == paragraph.most:
            pen.left_out.append(LeftOut(f"{part}, item {place}", "", "there is enough without it"))
            continue
        try:
            whole = joined(whole, pen.write(item), "\n")
            count += 1
        except _UnfitError as unfit:
            unsaid = unfit
            pen.left_out.append(LeftOut(f"{part}, item {place}", unfit.fact, unfit.because))
    if not count:
        raise unsaid
    return whole


def joined(first: Passage, then: Passage, between: str) -> Passage:
    """Two passages as one, with their bindings."""
    shift = len(first.text) + len(between)
    moved = [
        Binding(each.start + shift, each.end + shift, each.fact, each.form, each.meaning, each.value)
        for each in then.bindings
    ]
    return Passage(first.text + between + then.text, (*first.bindings, *moved))
