"""Senders, recipients, and facts drawn from the registry."""

from random import Random

from keepwell.base.time import DAY_US, day_of
from keepwell.config.messages import shipped_messages
from keepwell.outreach.catalog import CATALOG, Reading, facts_of
from keepwell.outreach.compose import CannotComposeError, Recipient, Sender, compose, profile_facts
from keepwell.outreach.fact import Kind
from keepwell.outreach.template import Persona

NOW = 20_780 * DAY_US + 9 * 3_600_000_000
MESSAGES = shipped_messages()
BY = Sender(Persona("Jennifer Williams", "Customer Success"), MESSAGES.frame)
ANA = Recipient("Ana Silva", "en-US", "America/New_York", "blue heron")
LOCALES = ("en", "en-US", "en-GB", "de", "de-AT", "fr", "")
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Pacific/Apia", "Asia/Kolkata")
NAMES = ("Ana Silva", "Борис", "王小明", "O'Neill", "Zoë Quinn 3rd", "李", "Ngũgĩ", "user_4711", "Anna-Lena")
THINGS = ("staking", "Limit Orders", "Bridge v2", "zkPoW 2.0 prover", "yield farming", "Pro 500", "Alerts")
TEXTS = ("Your 100th swap went through on May 3.", "A retry loop sends 40 requests where 1 is enough")


def value(kind, rng, now=NOW):
    """Any value of a kind, large and small ones alike."""
    if kind is Kind.COUNT:
        return rng.choice((rng.randint(0, 9), rng.randint(0, 120), rng.randint(0, 10**7), rng.uniform(-120, 120)))
    if kind is Kind.SHARE:
        return rng.choice((0, 1, 0.004, 0.999, rng.random()))
    if kind is Kind.CHANGE:
        return rng.choice((0.001, rng.uniform(-1, 1), rng.uniform(0, 30), -rng.random()))
    if kind is Kind.DATE:
        return day_of(now) - rng.randint(-30, 400)
    if kind is Kind.DURATION:
        return rng.randint(0, 10**7)
    if kind is Kind.MONEY:
        return rng.choice((rng.randint(0, 999), rng.randint(0, 10**9)))
    return rng.choice(THINGS if kind is Kind.NAME else TEXTS)


def readings(rng, now=NOW, share=0.8):
    """Some of the facts there are."""
    known = [each for each in CATALOG.values() if each.fresh_for is not None and rng.random() < share]
    return {
        each.id: Reading(
            value(each.kind, rng, now), now - rng.randint(0, 1800) * 10**6, rng.choice(("USD", "EUR", "CHF"))
        )
        for each in known
    }


def letter(seed, template=None):
    """A draft, its template, and all its facts; None where a required fact is missing or goes another way."""
    rng = Random(seed)
    template = MESSAGES.templates[template or rng.choice(sorted(MESSAGES.templates))]
    to = Recipient(rng.choice(NAMES), rng.choice(LOCALES), rng.choice(ZONES), rng.choice(("", "blue heron 7")))
    by = Sender(BY.persona, MESSAGES.frame, automated=rng.random() < 0.5)
    facts = facts_of(readings(rng))
    try:
        draft = compose(template, facts, to, by, NOW)
    except CannotComposeError:
        return None
    return draft, template, {**facts, **profile_facts(to, by, NOW)}


def letters(count, first=0):
    """So many drafts."""
    seed = first
    while count:
        found = letter(seed)
        seed += 1
        if found is not None:
            count -= 1
            yield found


def certain(template="jennifer_at_risk_concern", to=ANA, **values):
    """A draft with exactly these facts, and the facts."""
    facts = facts_of({name: Reading(each, NOW, "USD") for name, each in values.items()})
    return compose(MESSAGES.templates[template], facts, to, BY, NOW), {**facts, **profile_facts(to, BY, NOW)}
