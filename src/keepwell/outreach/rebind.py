"""An edited text finds its bindings again where there is only one way to read it; else its figures stay unbound.

A person may change words around figures, leave sentences out and move them. A figure is bound again when its sentence
is clearly one of the draft, when it reads as it did there, after the same word, in the same order, and when the
sentence denies no more than before. Anything else is written with a place, as `{score_now}`, or blocked by the checker.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

import msgspec

from keepwell.outreach.draft import Binding, Draft, Passage
from keepwell.outreach.scan import fold, masked, sentences
from keepwell.outreach.words import DENIALS

ALIKE: Final = 0.6
"""Share of words that a sentence has in common with the one it was, at least."""
APART: Final = 0.1
"""How much less alike it is to any other sentence with other facts."""
_FIGURE: Final = "\x00"


@dataclass(frozen=True)
class _Sentence:
    """A sentence of the draft: its words with figures blotted out, what they said, and the word before each."""

    words: tuple[str, ...]
    denials: int
    bindings: tuple[Binding, ...]
    said: tuple[str, ...]
    before: tuple[str, ...]


def rebind(draft: Draft, subject: str, paragraphs: Sequence[str]) -> Draft:
    """The draft with other texts, and as many of its bindings as can be found again."""
    known = [each for _, passage in draft.passages() for each in _sentences(passage)]
    return msgspec.structs.replace(
        draft,
        subject=_bound(subject, known),
        paragraphs=tuple(_bound(each, known) for each in paragraphs),
    )


def _sentences(passage: Passage) -> Iterator[_Sentence]:
    """The sentences of a passage that say a fact."""
    hidden = masked(passage.text, [(each.start, each.end) for each in passage.bindings])
    for start, end in sentences(hidden):
        inside = tuple(each for each in passage.bindings if start <= each.start and each.end <= end)
        if inside:
            said = tuple(passage.text[each.start : each.end] for each in inside)
            before = tuple(_word_before(hidden[start : each.start]) for each in inside)
            yield _Sentence(_words(hidden[start:end]), _denials(hidden[start:end]), inside, said, before)


def _bound(text: str, known: Sequence[_Sentence]) -> Passage:
    """A text in its composed form (NFC), with the bindings that were found again."""
    text = unicodedata.normalize("NFC", text)
    spans = _spans(text, {said for each in known for said in each.said})
    hidden = masked(text, spans)
    bindings: list[Binding] = []
    for start, end in sentences(hidden):
        inside = [span for span in spans if start <= span[0] and span[1] <= end]
        if inside:
            bindings += _of_sentence(text, (start, end), inside, known)
    return Passage(text, tuple(bindings))


def _spans(text: str, said: set[str]) -> list[tuple[int, int]]:
    """Where the texts of facts stand, the longest first where they overlap."""
    if not said:
        return []
    longest = sorted(said, key=lambda each: (-len(each), each))
    pattern = rf"(?<![\w])(?:{'|'.join(map(re.escape, longest))})(?![\w])"
    return [(found.start(), found.end()) for found in re.finditer(pattern, text)]


def _of_sentence(
    text: str, at: tuple[int, int], spans: list[tuple[int, int]], known: Sequence[_Sentence]
) -> list[Binding]:  # fmt: skip
    """The bindings of one edited sentence; none when it could be more than one, or none, of the draft's."""
    start, end = at
    hidden = masked(text, spans)[start:end]
    origin = _origin(hidden, known)
    if origin is None or _denials(hidden) != origin.denials:
        return []
    said = [text[each[0] : each[1]] for each in spans]
    before = [_word_before(hidden[: each[0] - start]) for each in spans]
    found = list(_embeddings(list(zip(said, before, strict=True)), list(zip(origin.said, origin.before, strict=True))))
    if len(found) != 1:
        return []
    return [_moved(origin.bindings[place], *span) for place, span in zip(found[0], spans, strict=True)]


def _origin(hidden: str, known: Sequence[_Sentence]) -> _Sentence | None:
    """The sentence of the draft that this one is; None when none is near, or two are."""
    ranked = sorted(((_likeness(_words(hidden), each.words), place) for place, each in enumerate(known)), reverse=True)
    if not ranked or ranked[0][0] < ALIKE:
        return None
    best = known[ranked[0][1]]
    rivals = (known[place] for likeness, place in ranked[1:] if likeness > ranked[0][0] - APART)
    facts = [each.fact for each in best.bindings]
    return best if all([each.fact for each in rival.bindings] == facts for rival in rivals) else None


def _embeddings(
    inner: list[tuple[str, str]], outer: list[tuple[str, str]], behind: int = 0
) -> Iterator[tuple[int, ...]]:
    """Every way in which one sequence lies in another, in order."""
    if not inner:
        yield ()
        return
    for place in range(behind, len(outer)):
        if outer[place] == inner[0]:
            for rest in _embeddings(inner[1:], outer, place + 1):
                yield (place, *rest)


def _moved(binding: Binding, start: int, end: int) -> Binding:
    return msgspec.structs.replace(binding, start=start, end=end)


def _words(hidden: str) -> tuple[str, ...]:
    """Words in order, with `#` for each figure."""
    plain = re.sub(rf"{_FIGURE}+", " # ", fold(hidden))
    return tuple(re.findall(r"#|[a-z']+", plain))


def _word_before(hidden: str) -> str:
    return (_words(hidden) or ("",))[-1]


def _denials(hidden: str) -> int:
    return len(DENIALS.findall(fold(hidden)))


def _likeness(one: tuple[str, ...], other: tuple[str, ...]) -> float:
    return SequenceMatcher(None, one, other, autojunk=False).ratio()
