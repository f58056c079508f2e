"""Words that say a number, a date, a direction, a promise: English always, and the language of the text.

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
    "tenfold gazillion zillion nought nil"
)
_DE = (
    "null zwei drei vier funf sechs sieben acht neun zehn elf zwolf sech sieb zwanzig dreissig dreizig vierzig "
    "funfzig sechzig siebzig achtzig neunzig hundert tausend million millionen milliarde milliarden dutzend halb "
    "halbe halber halbes halben halfte halbiert verdoppelt verdoppelung verdopplung verdreifacht vervierfacht doppelt "
    "doppelte doppelten viertel drittel erste zweite dritte achte einmal zweimal dreimal prozent prozentpunkt "
    "einhundert eintausend eins beide beiden paar"
)
_FR = (
    "zero deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize vingt trente quarante "
    "cinquante soixante septante octante nonante cent mille million milliard moitie demi demie double doublee doubler "
    "tiers quart triple triplee tripler quadruple douzaine premier premiere seconde pourcent pourcentage deuxieme "
    "troisieme quatrieme cinquieme sixieme septieme huitieme neuvieme dixieme"
)
_ES = (
    "cero dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince veinte treinta cuarenta "
    "cincuenta sesenta setenta ochenta noventa cien ciento doscientos trescientos cuatrocientos quinientos seiscientos "
    "setecientos ochocientos novecientos mil millon millones mitad medio media doble duplicado duplico duplicar triple "
    "triplicado triplicar tercio cuarto docena primero primera primer segundo segunda tercero tercera porciento "
    "porcentaje dieciseis diecisiete dieciocho diecinueve"
)
_ENDINGS: Final[Mapping[str, str]] = {
    "en": r"(?:fold|th|ths|st|nd|rd|s|d|ly|some|ish)?",
    "de": r"(?:te|ter|tes|ten|tem|ste|ster|stes|sten|stem|r|s|n|fach|fache|fachen|facher|faches|mal|e|en|tel|stel)?",
    "fr": r"(?:s|e|es|ieme|iemes|aine|aines)?",
    "es": r"(?:s|es|avo|avos|ava|on)?",
}
_JOINT: Final[Mapping[str, str]] = {"en": "(?:and)?", "de": "(?:und)?", "fr": "(?:et)?", "es": "(?:[iy])?"}


def _numbers(words: str, language: str) -> re.Pattern[str]:
    """A whole word made of words of numbers: seventy, seventh, siebenundzwanzig, veintisiete."""
    some = "|".join(sorted(words.split(), key=lambda word: (-len(word), word)))
    lead = "ein(?=und|hundert|tausend|mal|fach)|" if language == "de" else "veint(?=i)|" if language == "es" else ""
    return re.compile(rf"(?<![a-z])(?:{lead}{some})(?:{_JOINT[language]}(?:{some}))*{_ENDINGS[language]}(?![a-z])")


NUMBERS: Final = {
    language: _numbers(words, language) for language, words in (("en", _EN), ("de", _DE), ("fr", _FR), ("es", _ES))
}

_DAYS: Final[Mapping[str, str]] = {
    "en": "monday tuesday wednesday thursday friday saturday sunday today tonight yesterday tomorrow january february "
    "april june july august september october november december",
    "de": "montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag heute gestern vorgestern ubermorgen "
    "januar februar marz mai juni juli oktober dezember",
    "fr": "lundi mardi mercredi jeudi vendredi samedi dimanche aujourd'hui hier demain janvier fevrier mars avril mai "
    "juin juillet aout septembre octobre novembre decembre",
    "es": "lunes martes miercoles jueves viernes sabado domingo hoy ayer manana enero febrero marzo abril mayo junio "
    "julio agosto septiembre octubre noviembre diciembre",
}


def _any(words: str, ending: str = "") -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z])(?:{'|'.join(map(re.escape, words.split()))}){ending}(?![a-z])")


DATES: Final = {language: _any(words, "s?") for language, words in _DAYS.items()}
DATES_AS_WRITTEN: Final = re.compile(
    r"(?<![.!?]\s)(?<!^)\bMay\b|\bMarch\b|\b(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b"
)
"""Months that are other words too, told apart by their capital; not at the beginning of a sentence."""
ROMAN: Final = re.compile(r"\b[IVXLCDM]{2,}\b")

DIRECTIONS: Final[Mapping[str, tuple[re.Pattern[str], re.Pattern[str]]]] = {
    "en": (
        _any("rose risen rise rises rising increase increased increases grew grown grow growth higher up gain gained "
             "improved improvement improve more climbed climb jumped added"),
        _any("fell fallen fall falls falling drop dropped drops decrease decreased decline declined down lower lost "
             "loss lose less fewer shrank shrunk reduced worse worsened slipped sank"),
    ),
    "de": (
        _any("gestiegen steigt stieg erhoht gewachsen wuchs mehr hoher verbessert verbesserung zuwachs anstieg plus"),
        _any("gefallen fiel sank gesunken zuruckgegangen ruckgang weniger niedriger verschlechtert abgenommen minus"),
    ),
    "fr": (
        _any("augmente augmentation progresse progression hausse grimpe ameliore amelioration gagne"),
        _any("diminue diminution baisse baisser recule recul chute perdu moins"),
    ),
    "es": (
        _any("aumentado aumento aumenta crecido crecio crecimiento subido subio mas mejorado mejora"),
        _any("disminuido disminuyo bajado bajo caido cayo caida menos reducido perdido"),
    ),
}  # fmt: skip
"""Words that say up, and words that say down."""

COMPARED: Final = re.compile(
    r"(?<![a-z])(?:more than|less than|fewer than|greater than|under|below|above|nearly|almost|about|around|roughly|"
    r"approximately|up to|at least|at most|not|never|without|no|mehr als|weniger als|fast|etwa|rund|circa|mindestens|"
    r"hochstens|bis zu|nicht|kein|keine|plus de|moins de|presque|environ|au moins|au plus|pas|mas de|menos de|casi|"
    r"aproximadamente|al menos|como maximo)\s+(?:a\s+|an\s+|the\s+)?$"
)
"""What may not stand just before a figure: it would say another one."""
DENIALS: Final = re.compile(r"(?<![a-z])(?:not|no|never|nor|without|cannot|kein\w*|nicht|nie|ohne|pas|jamais|sans|"
                            r"nunca|sin)(?![a-z])|n['\u2019]t(?![a-z])")  # fmt: skip

PROMISES: Final = re.compile(
    r"(?<![a-z])(?:guarantee\w*|warrant\w*|promis\w*|discount\w*|rebate\w*|refund\w*|reimburse\w*|voucher\w*|coupon\w*|"
    r"waive\w*|waiver|compensat\w*|cashback|bonus\w*|airdrop\w*|giveaway\w*|credits|free of charge|for free|at no cost|"
    r"money back|no risk|risk[- ]free|garantier\w*|garantie\w*|versprech\w*|versprich\w*|rabatt\w*|erstatt\w*|"
    r"gutschein\w*|kostenlos\w*|gratis|geschenk\w*|garanti\w*|promett\w*|promesse\w*|remise\w*|rembours\w*|gratuit\w*|"
    r"garantiz\w*|promet\w*|promesa\w*|descuento\w*|reembols\w*|cupon\w*)(?![a-z])"
)
WALLETS: Final = re.compile(
    r"(?<![a-z])(?:connect\w*(?: \w+){0,3} wallets?|wallets?[- ]connect\w*|link\w*(?: \w+){0,2} wallets?|"
    r"(?:seed|recovery|secret|backup) (?:phrase|words?|key)s?|private keys?|mnemonic\w*|pass ?phrases?|passwords?|"
    r"(?:sign|approve|confirm|authori[sz]e)(?: \w+){0,2} transactions?|wallet (?:verbinden|verknupfen)|seedphrase\w*|"
    r"(?:send|transfer)(?: \w+){0,2} (?:crypto|tokens?|coins?|funds)|cle privee|clave privada|privater schlussel)"
    r"(?![a-z])"
)
"""What only a thief asks for."""
AFTER: Final = re.compile(r"[\s\u00a0-]*(?:points?|punkte?n?|puntos?|times|mal|fois|veces|bps|k|m|bn|x)(?![a-z])")
"""Units that may not follow a figure unless they were written with it."""
