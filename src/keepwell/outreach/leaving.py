"""Whether somebody says that they leave, or think of it: words only, English and German.

It says yes only where the words can hardly mean anything else: a person is called for it. Irony, other languages and
what stands between the lines are not understood; whoever reads the reply sees it whole.
"""

from __future__ import annotations

import re
from typing import Final

LONGEST: Final = 20_000
"""Letters that are looked at."""

_CONTRACT = (
    r"(?:subscriptions?|plan|accounts?|contracts?|agreements?|memberships?|licen[cs]es?|services? with you|renewal)\b"
    r"(?!\s+(?:to|for|of|review|manager|settings|payable)\b)"
)
_OURS = r"(?:our|my|the|this|all our|all of our)\s+(?:\w+\s+){0,2}"
_ELSEWHERE = (
    r"(?:(?:another|a different|an alternative|a competing|other)\s+(?:\w+\s+){0,2}"
    r"(?:provider|vendor|platform|solution|product|service|tool|supplier)s?"
    r"|(?:a|your|one of your)\s+competitors?)"
)
_YOU = r"(?:you\b(?!\s+(?:a|an|the|some|my|our|with|to)\b)|(?:your|the|this) (?:platform|product|service)\b)"
_NO = r"(?:\bnot|n't|\bnever)"
_ANBIETER = r"(?:anbieter|wettbewerber|konkurrenten|konkurrenz|mitbewerber)"
_SAYS: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b(?:cancel(?:l?ed|l?ing)?|terminat(?:e|ed|ing)|clos(?:e|ed|ing)|end|ending)\s+{_OURS}{_CONTRACT}",
        rf"\bcancellation of {_OURS}{_CONTRACT}",
        rf"\b{_OURS}{_CONTRACT}\s+(?:(?:to be|is|are|be)\s+)?(?:cancell?ed|terminated|closed|ended)\b",
        r"\A(?:hereby\s+)?(?:we|i)\s+(?:hereby\s+)?(?:cancel|quit|terminate)\s*\Z",
        rf"\b(?:switch|mov|migrat|chang)(?:e|ed|ing)?\s+(?:over\s+)?to\s+{_ELSEWHERE}",
        (
            rf"\b(?:looking (?:at|for|into)|evaluat(?:e|ing)|consider(?:ing)?|compar(?:e|ing)|exploring)\s+(?:some\s+)?"
            rf"(?:{_ELSEWHERE}|(?:your )?competitors\b|alternatives(?: to (?:you|your|keepwell)\b|\s*$))"
        ),
        rf"\b(?:migrat|mov|switch)(?:e|ing)?\s+away\s+from\s+{_YOU}",
        (
            rf"{_NO}\s+(?:be\s+)?(?:(?:going|want|wish|plan|intend) to\s+)?(?:renew|extend)(?:ing)?\s+"
            rf"(?:{_OURS}{_CONTRACT}|with you\b|it\s*$)"
        ),
        (
            rf"\b(?:(?:decided|want|plan|going|forced) to leave|thinking (?:of|about) leaving)"
            rf"\s+{_YOU}"
        ),
        rf"\bwe(?:'re| are| will be) leaving (?:{_YOU}|for (?:another|a competitor)\b)",
        rf"\bstop(?:ping)? (?:using|paying for) {_YOU}",
        r"\b(?:kündige|kündigen|kündigt|gekündigt)\b(?!.*\ban\s*$)",  # to announce is another verb
        r"\b(?:unsere|meine|die fristlose|die fristgerechte)\s+kündigung\b",
        r"\b(?:vertrag|abo|abonnement)\b.{0,40}\b(?:nicht|keinesfalls)\s+(?:\w+\s+)?(?:verlängern|verlängert)\b",
        r"\b(?:wir|ich)\s(?:\w+\s){1,4}nicht\s+verlängern\b",
        (
            rf"\bzu (?:einem|einer|ihrem|eurem)\s+(?:\w+\s+)?{_ANBIETER}\s+(?:zu\s+)?"
            r"(?:wechseln|gehen|umziehen|umsteigen)\b"
        ),
        rf"\b(?:wechseln|wechsle)\s+(?:\w+\s+){{0,3}}(?:zu|zur|den)\s+(?:\w+\s+){{0,2}}{_ANBIETER}\b",
        r"\banbieter\s+(?:zu\s+)?wechseln\b",
        (
            r"\b(?:prüfen|suchen|vergleichen|sehen uns nach|schauen uns nach)\s+(?:\w+\s+){0,3}"
            r"(?:alternativen|andere anbieter|anderen anbietern)\b"
        ),
    )
)
_DENIED = re.compile(
    r"(?:\b(?:not|never|no (?:plans?|intention|need|reason)|without|nicht|kein|keine|keinen|keinesfalls|niemals|ohne)\b"
    r"|n't\b)(?:\W+\w+){0,5}\W*$",
    re.IGNORECASE,
)
_OWN_NOT = re.compile(rf"\A{_NO}\b", re.IGNORECASE)


def speaks_of_leaving(text: str) -> bool:
    """Whether a sentence of a text says that its author leaves, or looks for something else.

    A sentence in which the words are denied shortly before ("we do not want to cancel our plan") does not.
    """
    sentences = re.split(
        r"[.!?;]+|\n\s*\n", text[:LONGEST].replace("\u2019", "'")
    )  # mail programs break lines within a sentence
    return any(_says(" ".join(each.split())) for each in sentences)


def _says(sentence: str) -> bool:
    for pattern in _SAYS:
        for found in pattern.finditer(sentence):
            denies = bool(_DENIED.search(sentence[: found.start()]))
            if not denies or _OWN_NOT.match(found.group()):
                return True
    return False
