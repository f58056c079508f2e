"""Composing: a template and facts make a draft. A missing fact leaves out a paragraph or refuses the message."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import NoReturn

from keepwell.base.errors import KeepwellError
from keepwell.outreach.catalog import Reading, facts_of
from keepwell.outreach.draft import Binding, Draft, LeftOut, Passage, joined
from keepwell.outreach.fact import Fact, Surface
from keepwell.outreach.locales import locale_of
from keepwell.outreach.render import Style, UnsayableError, render
from keepwell.outreach.template import PLACE, Frame, Medium, Paragraph, Persona, Template

BULLET = "\n• "


@dataclass(frozen=True)
class Recipient:
    """Whom it is for.

    Attributes:
        name: as they are greeted; empty when it is not known.
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
    """Who signs, and the lines around a letter; `automated` when no person reads it before it goes."""

    persona: Persona
    frame: Frame
    automated: bool = True


class CannotComposeError(KeepwellError):
    """A message that would have an empty place.

    Attributes:
        template: its name.
        missing: the part that cannot be said, and why.
    """

    def __init__(self, template: str, missing: LeftOut) -> None:
        super().__init__(f"`{template}` cannot be written: {missing.part}: `{missing.fact}` {missing.because}")
        self.template, self.missing = template, missing


class _UnfitError(Exception):
    """A place that cannot be filled."""

    def __init__(self, fact: str, because: str) -> None:
        super().__init__(fact)
        self.fact, self.because = fact, because


@dataclass
class _Pen:
    """What one draft is written with, and what it has left out so far."""

    template: str
    facts: Mapping[str, Fact]
    style: Style
    now: int
    left_out: list[LeftOut] = field(default_factory=list)

    def write(self, text: str) -> Passage:
        """The text with its places filled.

        Raises:
            _UnfitError: a fact is not known, may not be said, or cannot be written so.
        """
        pieces: list[Passage] = []
        behind = 0
        for found in PLACE.finditer(text):
            fact, said = self._said(found[1], found[2] or "")
            binding = Binding(0, len(said), fact.id, found[2] or "", fact.meaning, fact.value)
            pieces += Passage(text[behind : found.start()]), Passage(said, (binding,))
            behind = found.end()
        return joined(*pieces, Passage(text[behind:]))

    def must(self, part: str, text: str) -> Passage:
        """The text with its places filled.

        Raises:
            CannotComposeError: it cannot be.
        """
        try:
            return self.write(text)
        except _UnfitError as unfit:
            self.refuse(part, unfit)

    def refuse(self, part: str, unfit: _UnfitError) -> NoReturn:
        raise CannotComposeError(self.template, LeftOut(part, unfit.fact, unfit.because)) from None

    def leave_out(self, part: str, unfit: _UnfitError) -> None:
        self.left_out.append(LeftOut(part, unfit.fact, unfit.because))

    def allow(self, paragraph: Paragraph) -> None:
        """Refuse a paragraph whose conditions are not met; a fact that is held decides nothing."""
        for name in paragraph.when:
            if self._known(name).surface is Surface.HOLD:
                raise _UnfitError(name, "may not be alluded to")
        for name in paragraph.unless:
            if name in self.facts:
                raise _UnfitError(name, "is known")

    def _said(self, name: str, form: str) -> tuple[Fact, str]:
        fact = self._known(name)
        if fact.surface is not Surface.SAY:
            raise _UnfitError(name, "may not be said")
        try:
            return fact, render(fact, form, self.style)
        except UnsayableError as error:
            raise _UnfitError(name, error.problem) from None

    def _known(self, name: str) -> Fact:
        fact = self.facts.get(name)
        if fact is None:
            raise _UnfitError(name, "is not known")
        if fact.is_stale(self.now):
            raise _UnfitError(name, "is out of date")
        return fact


def profile_facts(to: Recipient, by: Sender, now: int) -> dict[str, Fact]:
    """The names in a letter as facts, so that they too are bound and compared when it is sent."""
    persona = by.persona
    named = {
        "recipient_name": to.name,
        "persona_name": persona.name,
        "persona_title": persona.title,
        "phrase": to.phrase,
    }
    return facts_of({name: Reading(value, now) for name, value in named.items() if value.strip()})


def compose(
    template: Template,
    facts: Mapping[str, Fact],
    to: Recipient,
    by: Sender,
    now: int,
    *,
    parts: Collection[str] | None = None,
) -> Draft:
    """The draft of a message, in the recipient's language where the template has it.

    `parts` are those that the playbook asks for; None asks for all.

    Raises:
        CannotComposeError: a fact that the message cannot do without is missing.
    """
    locale = locale_of(to.locale, template.languages)
    pen = _Pen(template.name, {**facts, **profile_facts(to, by, now)}, Style(locale, to.zone), now)
    asked = [each for each in template.paragraphs if parts is None or not each.part or each.part in parts]
    written = [(each, _paragraph(pen, place, each)) for place, each in enumerate(asked, 1)]
    chosen = [each for each, passage in written if passage is not None]
    is_mail = template.medium is Medium.MAIL
    return Draft(
        template=template.name,
        language=locale.language,
        region=locale.tag,
        zone=to.zone,
        subject=pen.must("subject", template.subject[locale.language]),
        opening=(_greeting(pen, by.frame),) if is_mail else (),
        paragraphs=tuple(passage for _, passage in written if passage is not None),
        ending=_ending(pen, template, by) if is_mail else (pen.must("closing", template.closing[locale.language]),),
        needs=tuple(sorted({name for each in chosen for name in each.when})),
        needs_not=tuple(sorted({name for each in chosen for name in each.unless})),
        left_out=tuple(pen.left_out),
        made_at=now,
    )


def fill(draft: Draft, text: str, facts: Mapping[str, Fact], now: int) -> Passage:
    """A text with places, as a person wrote it into a draft, with its places filled and bound.

    Raises:
        CannotComposeError: a place names a fact that cannot be said.
    """
    return _Pen(draft.template, facts, draft.style, now).must("the text", text)


def _greeting(pen: _Pen, frame: Frame) -> Passage:
    """By name; without it where it is not known or no name."""
    try:
        return pen.write(frame.greeting[pen.style.locale.language])
    except _UnfitError as unfit:
        pen.leave_out("greeting", unfit)
        return pen.must("greeting", frame.unnamed[pen.style.locale.language])


def _ending(pen: _Pen, template: Template, by: Sender) -> tuple[Passage, ...]:
    """The signature; below it the phrase, what we never ask for, and who wrote it."""
    language, frame = pen.style.locale.language, by.frame
    title = "\n{persona_title}" if by.persona.title.strip() else ""
    lines = {"signature": template.closing[language] + "\n{persona_name}" + title}
    if "phrase" in pen.facts:
        lines["phrase"] = frame.phrase[language]
    lines["safety"] = frame.safety[language]
    if by.automated:
        lines["disclosure"] = frame.disclosure[language]
    return tuple(pen.must(part, text) for part, text in lines.items())


def _paragraph(pen: _Pen, place: int, paragraph: Paragraph) -> Passage | None:
    """One paragraph; None when it is left out."""
    part = paragraph.part or f"paragraph {place}"
    try:
        pen.allow(paragraph)
    except _UnfitError as unfit:
        pen.leave_out(part, unfit)
        return None
    try:
        return _listed(pen, part, paragraph)
    except _UnfitError as unfit:
        if not paragraph.optional:
            pen.refuse(part, unfit)
        pen.leave_out(part, unfit)
        return None


def _listed(pen: _Pen, part: str, paragraph: Paragraph) -> Passage:
    """The text and the items that can be said.

    Raises:
        _UnfitError: the text cannot be said, or it has items and none of them can.
    """
    language = pen.style.locale.language
    whole = [pen.write(paragraph.text[language])]
    last: _UnfitError | None = None
    for place, item in enumerate(paragraph.items, 1):
        try:
            whole += [Passage(BULLET), pen.write(item[language])]
        except _UnfitError as unfit:
            pen.leave_out(f"{part}, item {place}", unfit)
            last = unfit
    if last is not None and len(whole) == 1:
        raise last
    return joined(*whole)
