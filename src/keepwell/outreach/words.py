"""Words that say a number or a date, and what only a thief asks for. English always, and the language of the text.

All are compared without accents and in lower case. They are strict on purpose: `one` and `second` are words of numbers
here, and a text does without them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

_EN = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty thirty forty fourty fifty sixty seventy eighty ninety hundred thousand million billion "
    "trillion dozen couple half halve halves halved halving once twice thrice double doubled doubling triple tripled "
    "tripling treble quadruple quadrupled quadrupling quintuple quarter third fif twelf nin eigh twentie thirtie "
    "fortie fiftie sixtie seventie eightie ninetie first second percent percentage permille cent "
    "tenfold gazillion zillion nought nil k mn bn"
)
_DE = (
    "null zwei drei vier funf sechs sieben acht neun zehn elf zwolf sech sieb zwanzig dreissig dreizig vierzig "
    "funfzig sechzig siebzig achtzig neunzig hundert tausend million millionen milliarde milliarden dutzend halb "
    "halbe halber halbes halben halfte halbiert verdoppelt verdoppelung verdopplung verdreifacht vervierfacht doppelt "
    "doppelte doppelten viertel drittel erste zweite dritte achte einmal zweimal dreimal prozent prozentpunkt "
    "einhundert eintausend eins beide beiden paar"
)
_ENDINGS: Final[Mapping[str, str]] = {
    "en": r"(?:fold|th|ths|st|nd|rd|s|d|ly|some|ish)?",
    "de": r"(?:te|ter|tes|ten|tem|ste|ster|stes|sten|stem|r|s|n|fach|fache|fachen|facher|faches|mal|e|en|tel|stel)?",
}
_JOINT: Final[Mapping[str, str]] = {"en": "(?:and)?", "de": "(?:und)?"}


def _numbers(words: str, language: str) -> re.Pattern[str]:
    """A whole word made of words of numbers: seventy, seventh, siebenundzwanzig."""
    some = "|".join(sorted(words.split(), key=lambda word: (-len(word), word)))
    lead = "ein(?=und|hundert|tausend|mal|fach)|" if language == "de" else ""
    return re.compile(rf"(?<![a-z])(?:{lead}{some})(?:{_JOINT[language]}(?:{some}))*{_ENDINGS[language]}(?![a-z])")


NUMBERS: Final = {language: _numbers(words, language) for language, words in (("en", _EN), ("de", _DE))}


def _any(words: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z])(?:{'|'.join(words.split())})s?(?![a-z])")


DATES: Final = {
    "en": _any(
        "monday tuesday wednesday thursday friday saturday sunday today tonight yesterday tomorrow january february "
        "april june july august september october november december"
    ),
    "de": _any(
        "montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag heute gestern vorgestern ubermorgen "
        "januar februar marz mai juni juli august september oktober november dezember"
    ),
}
DATES_AS_WRITTEN: Final = re.compile(
    r"(?<![.!?]\s)(?<!^)\bMay\b|\bMarch\b|\b(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b"
)
"""Months that are other words too, told apart by their capital; May not at the beginning of a sentence."""
ROMAN: Final = re.compile(r"\b(?:[IVX]{2,}|M[MDCLXVI]{3,})\b")
"""Small ones and years; `ID` and `CLI` are words."""

WALLETS: Final = re.compile(
    r"(?<![a-z])(?:connect\w*(?: \w+){0,3} wallets?|wallets?[- ]connect\w*|link\w*(?: \w+){0,2} wallets?|"
    r"(?:seed|recovery|secret|backup) (?:phrase|words?|key)s?|private keys?|mnemonic\w*|pass ?phrases?|passwords?|"
    r"(?:sign|approve|confirm|authori[sz]e)(?: \w+){0,2} transactions?|"
    r"(?:send|transfer)(?: \w+){0,2} (?:crypto|tokens?|coins?|funds)|"
    r"wallets?(?: \w+){0,3} (?:verbind\w*|verknupf\w*)|(?:verbind\w*|verknupf\w*)(?: \w+){0,3} wallets?|"
    r"seedphrase\w*|passworte?r?|kennwort\w*|private\w* schlussel\w*|"
    r"transaktion\w*(?: \w+){0,2} (?:signier\w*|unterschreib\w*))"
    r"(?![a-z])"
)
"""What only a thief asks for."""

_PLAIN_EN = (
    "a an the and or but so to of in on at for with from by as is are was were be been am this that these those it its "
    "i you we your our my me us if when what which who how there here can could would will do does did have has had "
    "please thank thanks also just very"
)
_PLAIN_DE = (
    "ein eine einen einem einer der die das den dem des und oder aber also so zu zum zur von vom in im an am auf fur "
    "mit aus bei als ist sind war waren sein bin dies diese dieser dieses es ich sie wir ihr ihre ihren ihrem ihrer "
    "unser unsere unseren mein meine mir mich uns wenn was welche wer wie da hier kann konnen konnte wurde werden wird "
    "haben hat hatte hatten bitte danke auch sehr"
)
PLAIN: Final = {"en": frozenset(_PLAIN_EN.split()), "de": frozenset(_PLAIN_DE.split())}
"""Words that a language model may add to ours. No denial is among them."""
