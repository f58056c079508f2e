"""The checker: may this text be sent, given what its facts are now? Every doubt is a reason to block, with its place.

A stretch that is bound must read exactly as its fact is written today. What is left between bound stretches may hold
nothing that says a number, a date, a unit or a name, and no link, markup or promise. What no program can check is
whether the other words are true; so a person approves them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from keepwell.outreach import words
from keepwell.outreach.draft import Binding, Draft, Passage
from keepwell.outreach.fact import Fact, Kind, Surface
from keepwell.outreach.render import Style, UnsayableError, render, ways_of
from keepwell.outreach.scan import Found, Sign, fold, links, masked, proper_names, scan, sentences, strange
from keepwell.outreach.template import Frame, Template, literal

SUBJECT: Final = 120
PARAGRAPH: Final = 1_500
BODY: Final = 5_000
"""Letters at most."""


class Reason(StrEnum):
    """Why a text is blocked."""

    UNBOUND = "it says a figure, date, unit or name that is bound to no fact"
    CHANGED = "its fact is now another"
    STALE = "its fact is out of date"
    GONE = "its fact is not known any more"
    OTHER = "its fact means something else than when it was bound"
    HELD = "its fact may not be said"
    GLUED = "something beside it makes another figure of it"
    COMPARED = "the words before it make another figure of it"
    DIRECTION = "the words around it say the other direction"
    LINK = "it is an address that is not on the list"
    MARKUP = "it is markup"
    LETTER = "it is a letter that our languages do not have"
    PROMISE = "it promises or gives something away"
    WALLET = "it asks for what only a thief asks for"
    LONG = "it is too long"
    LINES = "a subject is one line, and no text is empty"
    BROKEN = "its place is not in the text, or overlaps another"


@dataclass(frozen=True, order=True)
class Blocked:
    """One reason not to send: where, 0 for the subject and from 1 for paragraphs, and which letters of it."""

    passage: int
    start: int
    end: int
    reason: Reason
    said: str
    fact: str = ""


@dataclass(frozen=True)
class Rules:
    """What the installation allows.

    Attributes:
        urls: addresses that may stand in a letter, exactly.
        names: features, products, assets and plans; none of them is said unbound.
        words: words of the template; other words that look like names are not said unbound. None: not looked at.
    """

    urls: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    words: frozenset[str] | None = None


def words_of(template: Template, frames: Mapping[str, Frame]) -> frozenset[str]:
    """The words of a template and of the lines around it, folded: they were looked at when it was loaded."""
    texts = [each for frame in frames.values() for each in (frame.greeting, frame.phrase, frame.safety)]
    texts += [frame.disclosure for frame in frames.values()]
    for wording in template.wordings.values():
        texts += [wording.subject, wording.closing]
        texts += [text for each in wording.paragraphs for text in (each.text, *each.items)]
    return frozenset(fold(word) for text in texts for word in re.findall(r"[^\W\d_]+(?:[-'][^\W\d_]+)*", literal(text)))


def check(draft: Draft, facts: Mapping[str, Fact], now: int, rules: Rules) -> tuple[Blocked, ...]:
    """Every reason not to send a draft, with facts as they are now. None: its figures are true."""
    found = set(_sizes(draft))
    for place, passage in draft.passages():
        judge = _Judge(place, passage, draft.language, draft.style)
        found.update(judge.bound(facts, now))
        found.update(judge.unbound(rules))
    return tuple(sorted(found))


def _sizes(draft: Draft) -> Iterator[Blocked]:
    for place, passage in draft.passages():
        text = passage.text
        most = PARAGRAPH if place else SUBJECT
        if len(text) > most:
            yield Blocked(place, most, len(text), Reason.LONG, text[most:])
        if not text.strip() or (place == 0 and len(text.splitlines()) != 1):
            yield Blocked(place, 0, len(text), Reason.LINES, text)
    if len(draft.plain) > BODY:
        yield Blocked(1, 0, 0, Reason.LONG, "")


@dataclass(frozen=True)
class _Judge:
    """One passage under examination."""

    place: int
    passage: Passage
    language: str
    style: Style

    def block(self, start: int, end: int, reason: Reason, fact: str = "") -> Blocked:
        return Blocked(self.place, start, end, reason, self.passage.text[start:end], fact)

    # --- what is bound ---------------------------------------------------------------------------

    def bound(self, facts: Mapping[str, Fact], now: int) -> Iterator[Blocked]:
        """What is wrong with the stretches that are bound."""
        behind = 0
        for each in sorted(self.passage.bindings):
            if not behind <= each.start < each.end <= len(self.passage.text):
                yield self.block(each.start, each.end, Reason.BROKEN, each.fact)
                continue
            behind = each.end
            reason = self._against(each, facts.get(each.fact), now)
            if reason is not None:
                yield self.block(each.start, each.end, reason, each.fact)
            yield from self._around(each)

    def _against(self, binding: Binding, fact: Fact | None, now: int) -> Reason | None:
        """Why a stretch does not say its fact as it is now."""
        if fact is None:
            return Reason.GONE
        if fact.meaning != binding.meaning:
            return Reason.OTHER
        if fact.surface is not Surface.SAY:
            return Reason.HELD
        if fact.is_stale(now):
            return Reason.STALE
        said = self.passage.text[binding.start : binding.end]
        try:
            if render(fact, binding.form, self.style) != said:
                return Reason.CHANGED
        except UnsayableError:
            return Reason.CHANGED
        return _harm(said) if fact.kind in (Kind.NAME, Kind.TEXT) else None

    def _around(self, binding: Binding) -> Iterator[Blocked]:
        """What stands beside a stretch and makes another figure of it."""
        text, start, end = self.passage.text, binding.start, binding.end
        before, after = text[:start], text[end:]
        if re.search(r"[\w+\-/~<>=≈.,\u2013\u2212]$", before) or re.match(r"[\w+/~\u2212]|[.,:'\u2019-]\w", after):
            if not (
                binding.meaning.startswith((Kind.NAME.value, Kind.TEXT.value)) and re.match(r"['\u2019]s\b", after)
            ):
                yield self.block(start, end, Reason.GLUED, binding.fact)
        elif words.AFTER.match(fold(after)):
            yield self.block(start, end, Reason.GLUED, binding.fact)
        if _is_figure(binding):
            if words.COMPARED.search(fold(before)):
                yield self.block(start, end, Reason.COMPARED, binding.fact)
            if self._is_turned(binding):
                yield self.block(start, end, Reason.DIRECTION, binding.fact)

    def _is_turned(self, binding: Binding) -> bool:
        """Whether the nearest word of a direction in its sentence says the other one than its form."""
        ways = ways_of(binding.form) & {"up", "down"}
        if not ways:
            return False
        hidden = self._hidden()
        begin, end = next(span for span in sentences(hidden) if span[0] <= binding.start <= span[1])
        before, after = fold(hidden[begin : binding.start]), fold(hidden[binding.end : end])
        rise, fall = words.DIRECTIONS[self.language]
        for text, last in ((before, True), (after, False)):
            told = sorted(
                [(m.start(), "up") for m in rise.finditer(text)] + [(m.start(), "down") for m in fall.finditer(text)]
            )
            if told:
                return told[-1 if last else 0][1] not in ways
        return False

    # --- what is not -----------------------------------------------------------------------------

    def _hidden(self) -> str:
        return masked(self.passage.text, [(each.start, each.end) for each in self._sound()])

    def _sound(self) -> Iterator[Binding]:
        """Bindings whose place is in the text."""
        return (each for each in self.passage.bindings if 0 <= each.start < each.end <= len(self.passage.text))

    def unbound(self, rules: Rules) -> Iterator[Blocked]:
        """What stands between bound stretches and may not."""
        text = self._hidden()
        text = masked(
            text, [(each.start, each.end) for each in links(text) if text[each.start : each.end] in rules.urls]
        )
        for each in [*scan(text, self.language), *_named(text, rules.names)]:
            yield self.block(each.start, each.end, _REASONS.get(each.sign, Reason.UNBOUND))
        if rules.words is not None:
            for each in proper_names(text, self.language):
                if fold(text[each.start : each.end]) not in rules.words:
                    yield self.block(each.start, each.end, Reason.UNBOUND)


_REASONS: Final = {
    Sign.LINK: Reason.LINK,
    Sign.MARKUP: Reason.MARKUP,
    Sign.LETTER: Reason.LETTER,
    Sign.PROMISE: Reason.PROMISE,
    Sign.WALLET: Reason.WALLET,
}


def _harm(said: str) -> Reason | None:
    """What a name may not carry, whoever gave it: an address, markup, letters that are not seen."""
    found: Sequence[Found] = strange(said)
    return _REASONS[found[0].sign] if found else None


def _is_figure(binding: Binding) -> bool:
    return not binding.meaning.startswith((Kind.NAME.value, Kind.TEXT.value, Kind.DURATION.value, Kind.DATE.value))


def _named(text: str, names: frozenset[str]) -> Iterator[Found]:
    """Names of the installation that stand in a text."""
    for name in names:
        for found in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE):
            yield Found(found.start(), found.end(), Sign.NAME)
