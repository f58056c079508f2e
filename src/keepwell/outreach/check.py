"""The checker: may this text be sent, given what its facts are now? Every doubt is a reason to block, with its place.

A stretch that is bound must read exactly as its fact is written today. What is left between bound stretches may hold
nothing that says a number, a date, a unit or a name, and no link, markup or request for keys. What no program can check
is whether the other words are true; so a person approves them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from keepwell.outreach.draft import Binding, Draft, Passage
from keepwell.outreach.fact import Fact, Surface
from keepwell.outreach.render import Style, UnsayableError, render
from keepwell.outreach.scan import Sign, fold, links, masked, named, scan, spoken
from keepwell.outreach.template import PLACE, Template
from keepwell.outreach.words import PLAIN

SUBJECT: Final = 120
PARAGRAPH: Final = 1_500
BODY: Final = 6_000
"""Letters at most."""


class Reason(StrEnum):
    """Why a text is blocked."""

    UNBOUND = "it says a figure, date, unit or name that is bound to no fact"
    CHANGED = "its fact is now another"
    STALE = "its fact is out of date"
    GONE = "its fact is not known any more"
    OTHER = "its fact means something else than when it was bound"
    HELD = "its fact may not be said"
    KNOWN = "it was written because this was not known, and now it is"
    GLUED = "something beside it makes another figure of it"
    LINK = "it is an address that is not on the list"
    MARKUP = "it is markup"
    LETTER = "it is a letter that our languages do not have"
    WALLET = "it asks for what only a thief asks for"
    FOREIGN = "a language model brought in this word"
    LONG = "it is too long"
    LINES = "a subject is one line, and no text is empty"
    BROKEN = "its place is not in the text, or overlaps another"


@dataclass(frozen=True, order=True)
class Blocked:
    """One reason not to send: where, 0 for the subject and from 1 for the body, and which letters of it."""

    passage: int
    start: int
    end: int
    reason: Reason
    said: str
    fact: str = ""


@dataclass(frozen=True)
class Rules:
    """What may stand in a text beside bound stretches.

    Attributes:
        urls: addresses, exactly.
        names: features, products, assets, plans; none of them is said unbound.
        words: the only other words there may be; None allows all.
    """

    urls: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    words: frozenset[str] | None = None


def rules_for(
    template: Template, names: Iterable[str] = (), urls: Iterable[str] = (), *, of_model: bool = False
) -> Rules:  # fmt: skip
    """The rules for a message of a template; a language model keeps to the words of the template.

    A name that the template itself says as an ordinary word, as `support`, is none here.
    """
    literal = "\n".join(PLACE.sub("\n", each) for text in template.texts() for each in text.values())
    said = _in_a_row(literal)
    unsaid = frozenset(name for name in names if _in_a_row(name) not in said)
    allowed = frozenset(word for _, word in spoken(literal)).union(*PLAIN.values())
    return Rules(frozenset(urls), unsaid, allowed if of_model else None)


def _in_a_row(text: str) -> str:
    return " " + re.sub(r"\W+", " ", fold(text)).strip() + " "


def check(draft: Draft, facts: Mapping[str, Fact], now: int, rules: Rules) -> tuple[Blocked, ...]:
    """Every reason not to send a draft, with facts as they are now, those of `profile_facts` among them.

    None: every figure, date and name of it is bound, and true of its fact.
    """
    found = set(_sizes(draft))
    if any(each.reason is Reason.LONG for each in found):
        return tuple(sorted(found))  # reading it could take long
    found.update(_grounds(draft, facts, now))
    style = draft.style
    for place, passage, is_open in draft.passages():
        judge = _Judge(place, passage, draft.language, style)
        found.update(judge.bound(facts, now))
        found.update(judge.unbound(rules))
        if is_open:
            found.update(judge.unknown(rules))
    return tuple(sorted(found))


def glued(text: str, start: int, end: int) -> bool:
    """Whether a stretch of a text touches more than spaces and the signs that end and open a clause."""
    return not (_OPENS.search(text[:start]) and _CLOSES.match(text[end:]))


_OPENS: Final = re.compile(r"(?:^|[\s(„“\"«])\Z")
_CLOSES: Final = re.compile(r"['\u2019]s\b|[.,;:!?)…”“\"»]*(?:\s|\Z)")


def _sizes(draft: Draft) -> Iterator[Blocked]:
    for place, passage, _ in draft.passages():
        text = passage.text
        most = PARAGRAPH if place else SUBJECT
        if len(text) > most:
            yield Blocked(place, most, len(text), Reason.LONG, text[most:])
        if not text.strip() or (place == 0 and len(text.splitlines()) != 1):
            yield Blocked(place, 0, len(text), Reason.LINES, text)
    if len(draft.plain) > BODY or not draft.paragraphs:
        yield Blocked(1, 0, 0, Reason.LONG if draft.paragraphs else Reason.LINES, "")


def _grounds(draft: Draft, facts: Mapping[str, Fact], now: int) -> Iterator[Blocked]:
    """What its paragraphs were chosen by and is so no more."""
    for name in draft.needs:
        reason = _unusable(facts.get(name), now, {Surface.HOLD})
        if reason is not None:
            yield Blocked(0, 0, 0, reason, "", name)
    for name in draft.needs_not:
        if name in facts:
            yield Blocked(0, 0, 0, Reason.KNOWN, "", name)


def _unusable(fact: Fact | None, now: int, barred: set[Surface]) -> Reason | None:
    if fact is None:
        return Reason.GONE
    if fact.surface in barred:
        return Reason.HELD
    return Reason.STALE if fact.is_stale(now) else None


@dataclass(frozen=True)
class _Judge:
    """One passage under examination."""

    place: int
    passage: Passage
    language: str
    style: Style

    def block(self, start: int, end: int, reason: Reason, fact: str = "") -> Blocked:
        return Blocked(self.place, start, end, reason, self.passage.text[start:end], fact)

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
            if glued(self.passage.text, each.start, each.end):
                yield self.block(each.start, each.end, Reason.GLUED, each.fact)

    def _against(self, binding: Binding, fact: Fact | None, now: int) -> Reason | None:
        """Why a stretch does not say its fact as it is now."""
        reason = _unusable(fact, now, {Surface.ALLUDE, Surface.HOLD})
        if fact is None or reason is not None:
            return reason
        if fact.meaning != binding.meaning:
            return Reason.OTHER
        try:
            said = render(fact, binding.form, self.style)
        except UnsayableError:
            return Reason.CHANGED
        return None if said == self.passage.text[binding.start : binding.end] else Reason.CHANGED

    def _hidden(self) -> str:
        """The text without what is bound."""
        length = len(self.passage.text)
        sound = (each for each in self.passage.bindings if 0 <= each.start < each.end <= length)
        return masked(self.passage.text, [(each.start, each.end) for each in sound])

    def unbound(self, rules: Rules) -> Iterator[Blocked]:
        """What stands between bound stretches and may not."""
        text = self._hidden()
        listed = [each for each in links(text) if text[each.start : each.end] in rules.urls]
        text = masked(text, [(each.start, each.end) for each in listed])
        for each in scan(text, self.language):
            yield self.block(each.start, each.end, _REASONS.get(each.sign, Reason.UNBOUND))

    def unknown(self, rules: Rules) -> Iterator[Blocked]:
        """Names that are not bound, and words that are not among those allowed; the lines around a letter are ours."""
        text = self._hidden()
        for each in named(text, rules.names):
            yield self.block(each.start, each.end, Reason.UNBOUND)
        for each, word in spoken(text):
            if rules.words is not None and word not in rules.words:
                yield self.block(each.start, each.end, Reason.FOREIGN)


_REASONS: Final = {
    Sign.LINK: Reason.LINK,
    Sign.MARKUP: Reason.MARKUP,
    Sign.LETTER: Reason.LETTER,
    Sign.WALLET: Reason.WALLET,
}
