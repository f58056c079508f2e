"""Whether a short text is English, and whether it is an advertisement: what must be known before a feeling is read.

Counted are common words: of English, and of thirteen other languages in Latin letters; a letter that English does not
have marks a word as foreign. A text whose words speak for neither is English only when it is very short.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_WORD: Final = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*")
_SHORT: Final = 3  # words; of so few nothing can be said, and most are calls like "terrible support"
_OTHER_SCRIPT: Final = 0.2

_ENGLISH_WORDS: Final = """
    a about account after again all also always am an and answer answered any anymore anyone are as at back bad be
    because been before being best better broken bug bugs but button by can can't cannot confusing could crashes
    customer customers day days deposit did didn't do does doesn't doing don't down during each easy else error
    errors ever every everyone everything excellent expected experience failed fails fast fees few finally first fix
    fixed for found from funds get gets getting give given go going good got great had happy hard has have haven't
    having he help helped helpful her here him his hope hour hours how i i'm i've if in interface into is isn't
    issue issues it it's its just keep keeps know last less like long look lost love made make makes many me minutes
    missing money month months more most much must my need never new next nice no not nothing now of off often on
    once one only or other our out over own please problem problems put quickly really recommend reply resolved
    response said same see sent service she should simple since slow smooth so solved some something still stuck
    such take team terrible than thank thanks that that's the their them then there these they thing things think
    this those through time to today too trade trading transactions trying two unable under until unusable up update
    us use used useful user using very wait waiting want was way we week weeks well were what when where which while
    who why will with withdraw withdrawal withdrawals within without won't work worked working works worse worst
    would wrong year years yesterday yet you you're your
"""
"""Function words, and words that are common where something is praised or complained of."""
_GERMANIC: Final = """
    aan aber al alle alles als altijd am an auch auf aus bei bent bij bin bis da dan das dass dat de dem den der des
    deze die dies diese dit doch door du durch een ein eine einen einer en er es etwas euch gar geen geht gibt goed
    gut haar habe haben hat heb heeft het hier hij hoe ich ihr ihre ik im immer in ist ja jetzt jullie kan kann
    kaputt kein keine leider maar man meer mehr mein meine met mich mij mijn mir mit moet naar nach nicht nichts
    niet niks noch nog nu nur ob oder of ohne om ook op over schlecht schon sehr seit sich sie sind so te tot uit um
    und uns unser van veel vom von voor vor waar wann war warum was wat weer weil wenn wer werden werkt wie wieder
    wij wir wird wo ze zeer zijn zo zu zum zur
"""
"""German, Dutch."""
_ROMANCE: Final = """
    a acest ainda algo anche ancora antes ao aos ar are argent au aucun aussi avec bene bien boa bom c'est ca cada
    care ce ces cette che chi ci com come como compte con consigo conta cosa cu cuando cuenta dal dalla dans dar
    degli dei del dela della delle depois depuis desde di din dinero dinheiro do donde dopo dos e ed el ela ele ella
    elle ellos em entre era esa ese eso essa esse est esta este esto estou estoy et eu fa fait fi foarte foi fue
    funciona gli gracias grazie ha hace han hanno hasta hay he ho il ils io isso isto j'ai jamais je l'application
    la las le les leur lo loro los lui ma mai mais mal marche mas me mea meglio merci mes meu mi mia minha mio mis
    moi molto mon mucho muito muy n'est na nada nas ne nel nella nem nessuno ni nici niente no non nos nous num
    nunca o obrigado on ont os ou par para pas pe pela pelo pentru per pero plus poi por porque pour pourquoi pra
    puedo qu'il quand quando que quel quello quem questa questo qui rien sa sans se sem sempre senza ser ses seu si
    siempre sin sobre soldi solo son sono sont soy sta su sua sul sulla sunt sur sus ta tem tengo tenho tiene todo
    todos toujours tous tout tu tutti tutto uma un una une uno va vi votre vous vreau ya yo
"""
"""Spanish, Portuguese, Italian, French, Romanian."""
_SLAVIC: Final = """
    ale ani bardzo bez by co czy dla dlaczego gdy i jak jen jest jestem jsem jsou kiedy mam mnie moc moje nefunguje
    nic nie od po pro przez s tak tego tej ten to tym v velmi w wam wszystko z za
"""
"""Polish, Czech."""
_OTHERS: Final = """
    ada adalah af akan aku aldri alt ama anda apa at atau att av bagus bahwa banget bara bare belum ben bir bisa ble
    blev blive bra bu buruk daha dalam dari deg dengan dere det dig diye efter eg ei ej eller ett etter fikk fordi
    fra gibi hala ham har hesap hun hva hvad hvor hvorfor ikke ile ini inte itu iyi jadi jag jeg jer joka juga kadar
    kami karena ke kenapa ki kun lagi lige mange masih mau med meg meget men mere mig min mutta mycket neden niin
    noe noen och og olen oli oss ovat pada saja sangat saya sekali semua sig skal som sonra sudah tai tapi terima
    tidak til till uang uden under untuk upp ut vad vain var ve ved veya vil virker yang yok
"""
"""Turkish, Indonesian, Swedish, Danish, Norwegian, Finnish."""

_ENGLISH: Final = frozenset(_ENGLISH_WORDS.split())
_FOREIGN: Final = frozenset(f"{_GERMANIC} {_ROMANCE} {_SLAVIC} {_OTHERS}".split())
_BOTH: Final = _ENGLISH & _FOREIGN


def is_english(text: str) -> bool:
    """Whether a text is to be read as English; one without any words is.

    >>> is_english("Withdrawals are slow, and nobody answers"), is_english("Die App ist kaputt")
    (True, False)
    """
    if _other_script(text):
        return False
    words = [each.replace("\u2019", "'") for each in _WORD.findall(text.lower())]
    foreign = sum((each in _FOREIGN and each not in _BOTH) or not _plain(each) for each in words)
    shared = sum(each in _BOTH for each in words)
    english = sum(each in _ENGLISH for each in words) - shared / 2  # what many languages have counts half
    if not foreign and not english:
        return len(words) <= _SHORT
    return english > foreign


def _other_script(text: str) -> bool:
    """Whether more than a few of the letters are not Latin."""
    letters = [each for each in text if each.isalpha()]
    strange = sum(not (each.isascii() or unicodedata.name(each, "").startswith("LATIN")) for each in letters)
    return strange > _OTHER_SCRIPT * len(letters)


def _plain(word: str) -> bool:
    return word.isascii()


_LINK: Final = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_CONTACT: Final = re.compile(
    r"[\w.+-]+@[\w-]+\.\w{2,}"  # an address
    r"|\b(?:t\.me|wa\.me|telegram\.me|discord\.gg)/\S+"
    r"|(?:^|\s)@\w{4,}"  # a name in a messenger
    r"|\+\d[\d\s().-]{7,}\d"  # a number to call
    r"|\b(?:whats\s?app|telegram|instagram|gmail)\b",
    re.IGNORECASE,
)
_OFFER: Final = re.compile(
    r"\b(?:recover(?:ed|y|ing)?|hackers?|cyber|expert|investment|invested|profits?|double|contact|reach|dm|"
    r"guaranteed|retriev\w+|specialists?)\b",
    re.IGNORECASE,
)
_OFFERS: Final = 2


def is_advertisement(text: str) -> bool:
    """Whether a text is what recovery scams write: a link or a way to reach somebody, and two words of an offer.

    >>> is_advertisement("I recovered my lost coins thanks to this expert, contact him on WhatsApp +1 555 123 4567")
    True
    """
    reached = _LINK.search(text) or _CONTACT.search(text)
    return bool(reached) and len({each.lower() for each in _OFFER.findall(text)}) >= _OFFERS


def without_links(text: str) -> str:
    """The text without links and contacts: their words say nothing of how somebody feels."""
    return _CONTACT.sub(" ", _LINK.sub(" ", text))
