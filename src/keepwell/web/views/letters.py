"""The page of a letter, in the language of the letter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from keepwell.runtime.ports.letters import LetterPage
from keepwell.web.views import words

ENGLISH: Mapping[str, str] = {
    "title": "Is this letter genuine?",
    "genuine": "Yes, we sent this letter",
    "foreign": "We did not send this",
    "compare": "Compare this with the letter you have. If anything differs, it is not this letter.",
    "nothing": "No letter of ours has this address. If you followed a link in a letter, do not trust that letter. If"
    " you typed the address, look whether it is whole.",
    "sent": "Sent",
    "way": "it is on its way",
    "from": "From",
    "to": "To",
    "subject": "Subject",
    "phrase": "If you chose a security phrase with us, it stands in every letter that we write to you. It is never"
    " shown here. Do not trust a letter in which it is missing, or is another.",
    "never": "We never ask for keys, seed phrases or passwords, and never to connect a wallet or to sign a transaction:"
    " not in letters, and not here.",
    "stop": "I want no such letters",
    "holds": "It holds at once for the address above.",
    "stopped": "This address gets no more such letters from us.",
    "unchanged": "Nothing was changed. Use the button below.",
}
GERMAN: Mapping[str, str] = {
    "title": "Ist dieser Brief echt?",
    "genuine": "Ja, dieser Brief ist von uns",
    "foreign": "Das haben wir nicht geschickt",
    "compare": "Vergleichen Sie dies mit Ihrem Brief. Weicht etwas ab, so ist es nicht dieser Brief.",
    "sent": "Gesendet",
    "way": "er ist unterwegs",
    "from": "Von",
    "to": "An",
    "subject": "Betreff",
    "phrase": "Haben Sie mit uns einen Sicherheitssatz vereinbart, so steht er in jedem Brief an Sie. Hier wird er nie"
    " gezeigt. Trauen Sie keinem Brief, in dem er fehlt oder anders lautet.",
    "never": "Wir fragen nie nach Schlüsseln, Seed-Phrasen oder Passwörtern und bitten nie darum, eine Wallet zu"
    " verbinden oder eine Transaktion zu signieren: nicht in Briefen und nicht hier.",
    "stop": "Ich möchte keine solchen Briefe",
    "holds": "Das gilt sofort für die Adresse oben.",
    "stopped": "Diese Adresse bekommt keine solchen Briefe mehr von uns.",
    "unchanged": "Es wurde nichts geändert. Bitte benutzen Sie den Knopf unten.",
}
LANGUAGES: Mapping[str, Mapping[str, str]] = {"en": ENGLISH, "de": {**ENGLISH, **GERMAN}}


@dataclass(frozen=True)
class LetterView:
    """Everything the page shows. `facts` are pairs of label and value, empty for a letter that is not ours."""

    language: str
    words: Mapping[str, str]
    genuine: bool
    facts: Sequence[tuple[str, str]]
    stopped: bool
    said: str


def letter(found: LetterPage | None, *, refused: bool = False) -> LetterView:
    """The view; `refused` when something was posted that is no wish."""
    language = found.language if found is not None and found.language in LANGUAGES else "en"
    said = LANGUAGES[language]
    if found is None:
        return LetterView(language, said, genuine=False, facts=(), stopped=False, said="")
    facts = [
        (said["sent"], said["way"] if found.sent_at is None else words.moment(found.sent_at)),
        (said["from"], found.sender),
        (said["to"], found.recipient),
        (said["subject"], found.subject),
    ]
    return LetterView(
        language, said, genuine=True, facts=[(label, value) for label, value in facts if value],
        stopped=found.unwanted, said=said["unchanged"] if refused else "",
    )  # fmt: skip
