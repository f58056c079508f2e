"""What somebody wrote in a mail: without the mail it answers, and without the signature."""

from __future__ import annotations

import re
from html.parser import HTMLParser

MOST = 8_000
"""Letters of a text that are kept."""
LINES = 2_000
_SHORT = 5  # words; whoever only wants to be left alone writes few

_ATTRIBUTION = re.compile(
    r"(on\b.{0,300}\bwrote|am\b.{0,300}\bschrieb\b.{0,200}|le\b.{0,300}\ba écrit|el\b.{0,300}\bescribió)\s*:\s*$",
    re.IGNORECASE,
)
_BEGINS = re.compile(r"\s*(on|am|le|el)\b", re.IGNORECASE)
_FORWARD = re.compile(
    r"\s*(-{2,}\s*(original message|ursprüngliche nachricht|forwarded message|weitergeleitete nachricht)\s*-{2,}"
    r"|_{20,})",
    re.IGNORECASE,
)
_HEAD = re.compile(r"\s*\*?(from|von)\s*:\*?\s.+", re.IGNORECASE)
_HEADS = re.compile(r"\s*\*?(sent|date|to|gesendet|datum|an)\s*:", re.IGNORECASE)
_SIGNATURE = re.compile(
    r"(-- ?|—)$|(sent from (my|outlook|mail for)|get outlook for|von meinem .{1,40} gesendet|gesendet von meinem)\b.*",
    re.IGNORECASE,
)
_STOP = re.compile(
    r"\b(unsubscribe|opt[- ]?out|remove me from (this|your|the) (mailing )?list|stop (sending|e?-?mailing) me"
    r"|no more (such )?(e-?mails?|mails?|letters?)|keine (solchen )?(weiteren )?(e-?mails?|mails?|briefe) mehr"
    r"|abbestellen|austragen|(newsletter|mails?|e-?mails?) abmelden|abmelden)\b",
    re.IGNORECASE,
)
_ME = re.compile(
    r"\b(unsubscribe (me|us)\b|(remove|take|delete) (me|us) (from|off) (this|your|the|all|any)\b.{0,20}"
    r"\b(lists?|mailings?)"
    r"|stop (sending|writing|(e-?)?mailing) (me|us)\b|(tragen|nehmen) sie (mich|uns)\b.{0,40}\b(aus|heraus)\b"
    r"|(schreiben|schicken|senden) sie (mir|uns)\b.{0,20}\bkeine\b.{0,30}\bmehr)\b",
    re.IGNORECASE,
)
_NOT = re.compile(r"\b(not|don'?t|never|nicht|how|wie|where|wo)\b|\?", re.IGNORECASE)
_ALONE = frozenset(("stop", "stopp", "remove", "unsubscribe", "abmelden", "abbestellen"))


def written(text: str) -> str:
    """The author's own words: nothing quoted, nothing forwarded, no signature; at most `MOST` letters."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")[:LINES]
    kept: list[str] = []
    place = 0
    while place < len(lines):
        line = lines[place]
        if _ends(lines, place):
            break
        length = _attribution(lines, place)
        if length and not _quoted_next(lines, place + length):
            break  # what is answered follows without marks
        if not length and not line.lstrip().startswith(">"):
            kept.append(line.rstrip())
        place += length or 1
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()[:MOST]


def _ends(lines: list[str], place: int) -> bool:
    """Whether the author's words end here: a signature, or the mail that is answered, with its headers."""
    line = lines[place]
    if _SIGNATURE.fullmatch(line.rstrip("\t")) or _FORWARD.match(line):
        return True
    return bool(_HEAD.fullmatch(line)) and any(_HEADS.match(each) for each in lines[place + 1 : place + 4])


def _attribution(lines: list[str], place: int) -> int:
    """How many lines say who wrote what follows: mail programs break them; 0 when these do not."""
    if not _BEGINS.match(lines[place]):
        return 0
    for length in (1, 2, 3):
        together = " ".join(each.strip() for each in lines[place : place + length])
        if len(together) < 600 and _ATTRIBUTION.fullmatch(together):  # longer ones are prose
            return length
    return 0


def _quoted_next(lines: list[str], place: int) -> bool:
    following = (line for line in lines[place : place + 4] if line.strip())
    return next(following, "").lstrip().startswith(">")


def asks_to_stop(text: str, subject: str = "") -> bool:
    """Whether a mail says that its author wants no more letters: nothing else, or in a sentence of its own."""
    words = text.split()
    said = text.strip().lower().strip(" .!\"'")
    if not words:
        return subject.strip().lower() in _ALONE
    if said in _ALONE:
        return True
    if len(words) <= _SHORT and _STOP.search(text) and not _NOT.search(text):
        return True
    return any(_ME.search(each) and not _NOT.search(each) for each in _sentences(text))


def _sentences(text: str) -> list[str]:
    return [" ".join(each.split()) for each in re.split(r"(?<=[.!?])\s+|\n\s*\n", text)]


def plain(html: str) -> str:
    """What HTML says, a line a block; quoted mails are left out."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return "".join(reader.said)


_BLOCKS = frozenset(("p", "div", "br", "li", "tr", "h1", "h2", "h3", "h4", "hr", "table", "ul", "ol"))
_SILENT = frozenset(("script", "style", "head", "title", "blockquote"))
_EMPTY = frozenset(("br", "hr", "img", "input", "meta", "link", "wbr", "area", "base", "col", "embed", "source"))
_QUOTES = frozenset(("gmail_quote", "moz-cite-prefix", "yahoo_quoted", "gmail_signature"))


class _Reader(HTMLParser):
    """Collects text. Inside of what is silent only the depth is counted."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []
        self._silent = ""
        self._depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._silent:
            self._depth += tag == self._silent
        elif tag not in _EMPTY and (tag in _SILENT or _QUOTES & set((dict(attrs).get("class") or "").split())):
            self._silent, self._depth = tag, 1
        elif tag in _BLOCKS:
            self.said.append("\n")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - as inherited
        if not self._silent and tag in _BLOCKS:
            self.said.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if self._silent:
            self._depth -= tag == self._silent
            self._silent = self._silent if self._depth else ""
        elif tag in _BLOCKS:
            self.said.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.said.append(data)
