"""An edited text finds its bindings again where a sentence of the draft stands in it unchanged.

A person may write, leave out and move what they like. A sentence with figures that they changed has its figures written
as places, `{score_now}`, and is filled again; figures that are typed stay unbound, and the checker blocks them. So no
figure is bound by a guess.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

import msgspec

from keepwell.outreach.compose import fill
from keepwell.outreach.draft import Draft, Passage, joined
from keepwell.outreach.fact import Fact
from keepwell.outreach.scan import masked, sentences


def rebind(
    draft: Draft, subject: str, paragraphs: Sequence[str], facts: Mapping[str, Fact] | None = None, now: int = 0
) -> Draft:
    """The draft with another subject and body.

    With `facts`, places are filled: a person may write them. Without, as for the words of a language model, a place
    stays what it is, and the checker blocks it.

    Raises:
        CannotComposeError: a place names a fact that cannot be said.
    """
    known = _sentences(draft)

    def bound(text: str) -> Passage:
        text = unicodedata.normalize("NFC", text.replace("\r\n", "\n")).strip()
        return joined(*(_piece(each, known, draft, facts, now) for each in _cut(text, known)))

    return msgspec.structs.replace(
        draft, subject=bound(subject), paragraphs=tuple(bound(each) for each in paragraphs if each.strip())
    )


def _piece(
    text: str, known: Mapping[str, Passage], draft: Draft, facts: Mapping[str, Fact] | None, now: int
) -> Passage:  # fmt: skip
    found = known.get(_spaced(text))
    if found is not None:
        return found
    return Passage(text) if facts is None else fill(draft, text, facts, now)


def _sentences(draft: Draft) -> dict[str, Passage]:
    """The sentences of a draft that say facts, by their text; none that would say others in another place."""
    found: dict[str, Passage] = {}
    unclear: set[str] = set()
    for passage in (draft.subject, *draft.paragraphs):
        hidden = masked(passage.text, [(each.start, each.end) for each in passage.bindings])
        for start, end in sentences(hidden):
            sentence = _part(passage, start, end)
            key = _spaced(sentence.text)
            if sentence.bindings and found.setdefault(key, sentence) != sentence:
                unclear.add(key)
    return {key: each for key, each in found.items() if key not in unclear}


def _part(passage: Passage, start: int, end: int) -> Passage:
    inside = (each for each in passage.bindings if start <= each.start and each.end <= end)
    moved = (msgspec.structs.replace(each, start=each.start - start, end=each.end - start) for each in inside)
    return Passage(passage.text[start:end], tuple(moved))


def _cut(text: str, known: Mapping[str, Passage]) -> list[str]:
    """The text in pieces, of which some are whole sentences that are known. A space is a space, broken or not."""
    if not known:
        return [text]
    longest = sorted(known, key=lambda each: (-len(each), each))
    some = "|".join(re.escape(each).replace("\\ ", r"[ \u00a0]") for each in longest)
    return re.split(rf"(?:^|(?<=[.!?]\s)|(?<=\n)|(?<=• ))({some})(?=\s|$)", text)


def _spaced(text: str) -> str:
    return text.replace("\u00a0", " ")
