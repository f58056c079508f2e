"""Names, contacts and wallets. None of them says when a customer came or how it fares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.random import Generator

_FIRST = (
    "Lumen", "Kestrel", "Halcyon", "Tessera", "Obsidian", "Verdant", "Meridian", "Argent", "Juniper",
    "Solstice", "Cobalt", "Larkspur", "Basalt", "Ember", "Harrow", "Quillon", "Saffron", "Vesper", "Willow",
    "Zephyr", "Alder", "Bramble", "Cinder", "Dovetail", "Elmwood", "Fathom", "Gantry", "Heron", "Indigo",
    "Jasper", "Kindred", "Lattice", "Marlow", "Nettle", "Osprey", "Pinnacle", "Quarry", "Rowan", "Sable",
    "Thistle", "Umber", "Vantage", "Wren", "Yarrow", "Anchor", "Beacon", "Cascade", "Delta", "Estuary",
    "Falcon", "Granite", "Harbor", "Islet", "Keystone", "Ledger", "Mosaic", "Northwind", "Outrigger",
    "Parallax", "Ridgeline", "Summit", "Tidewater", "Upland", "Drift",
)  # fmt: skip
_SECOND = {
    "trader": ("Trading", "Markets", "Quant", "Desk", "Alpha", "Ventures", "Research"),
    "institution": ("Custody", "Asset Management", "Treasury", "Private Bank", "Partners", "Trust"),
    "protocol": ("Protocol", "Finance", "DAO", "Swap", "Network", "Vaults"),
    "developer": ("Labs", "Studio", "Software", "Works", "Systems", "Tools"),
    "miner": ("Mining", "Proving", "Hashworks", "Compute", "Foundry", "Power"),
}
_GIVEN = (
    "Ada", "Amara", "Anton", "Bianca", "Caleb", "Chidi", "Clara", "Dario", "Elif", "Emeka", "Farah", "Felix",
    "Greta", "Hana", "Hugo", "Imani", "Ines", "Jonas", "Kai", "Lena", "Lior", "Maja", "Mateo", "Mei", "Nadia",
    "Noor", "Olga", "Omar", "Paula", "Priya", "Rafael", "Rosa", "Samir", "Sofia", "Tariq", "Thea", "Tomas",
    "Uma", "Viktor", "Yuki",
)  # fmt: skip
_FAMILY = (
    "Abel", "Bauer", "Castillo", "Dang", "Eriksen", "Fischer", "Garcia", "Haddad", "Ivanova", "Jansen",
    "Kimura", "Lindqvist", "Moreau", "Nakamura", "Okafor", "Petrov", "Quist", "Rossi", "Schmidt", "Tan", "Ueda",
    "Varga", "Weber", "Xu", "Yilmaz", "Zhou", "Adeyemi", "Brandt", "Costa", "Duarte",
)  # fmt: skip
_ROLES = ("champion", "admin", "payer", "signer")
_BASE58 = np.array(list("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"))


def identifiers(prefix: str, number: int, rng: Generator) -> list[str]:
    """Short ids in no order at all."""
    found: dict[int, None] = {}
    while len(found) < number:
        found.update(dict.fromkeys(rng.integers(16**6, 16**7, number).tolist()))
    return [f"{prefix}{value:x}" for value in list(found)[:number]]


def companies(segments: list[str], rng: Generator) -> list[str]:
    """A name for each customer, no two alike; two first words once the short names are used up."""
    taken: set[str] = set()
    return [_company(segment, taken, rng) for segment in segments]


def _company(segment: str, taken: set[str], rng: Generator) -> str:
    second = _SECOND[segment]
    words = 1
    while True:
        first = " ".join(_FIRST[place] for place in rng.choice(len(_FIRST), words, replace=False).tolist())
        name = f"{first} {second[rng.integers(len(second))]}"
        if name not in taken:
            taken.add(name)
            return name
        words = 1 + int(rng.random() < min(0.9, len(taken) / 400)) + (len(taken) > 20_000)


def contacts(ids: list[str], company: str, rng: Generator) -> list[dict[str, Any]]:
    """The people of one customer who are known by name; the first is the one to write to."""
    domain = company.lower().replace(" ", "-") + ".example"
    given = rng.choice(len(_GIVEN), len(ids), replace=False).tolist()
    family = rng.integers(len(_FAMILY), size=len(ids)).tolist()
    found = []
    for place, contact_id in enumerate(ids):
        first, last = _GIVEN[given[place]], _FAMILY[family[place]]
        found.append(
            {
                "contact_id": contact_id,
                "name": f"{first} {last}",
                "email": f"{first}.{last}@{domain}".lower(),
                "role": _ROLES[place % len(_ROLES)],
            }
        )
    return found


_PHRASES = (
    "blue heron", "quiet harbour", "paper lantern", "seven pines", "copper kettle", "slow river", "winter apple",
    "tall grass", "amber door", "north window", "little comet", "green umbrella",
)  # fmt: skip
_LOCALES: Mapping[str, tuple[str, ...]] = {
    "Europe/Berlin": ("de", "en"), "Europe/London": ("en-GB",),
    "America/New_York": ("en-US",), "America/Los_Angeles": ("en-US",),
}  # fmt: skip
_CONSENT = (True, False, None)
_CONSENT_SHARES = (0.84, 0.08, 0.08)
PHRASE_SHARE = 0.15


def reach(contact: dict[str, Any], zone: str, *, primary: bool, rng: Generator) -> dict[str, Any]:
    """A contact with how they are written to: their language, zone, consent if they were asked, and phrase if set."""
    locales = _LOCALES.get(zone, ("en",))
    consent = _CONSENT[int(rng.choice(len(_CONSENT), p=_CONSENT_SHARES))]
    phrase = _PHRASES[int(rng.integers(len(_PHRASES)))] if rng.random() < PHRASE_SHARE else None
    told = {
        "locale": locales[int(rng.integers(len(locales)))],
        "timezone": zone,
        "primary": primary,
        "consent": consent,
        "anti_phishing_phrase": phrase,
    }
    return contact | {name: value for name, value in told.items() if value is not None}


def wallets(chains: list[str], rng: Generator) -> list[dict[str, str]]:
    """One address on each chain."""
    return [{"address": _address(chain, rng), "chain": chain} for chain in chains]


def _address(chain: str, rng: Generator) -> str:
    if chain in ("solana", "nockchain"):
        return "".join(rng.choice(_BASE58, 44).tolist())
    return "0x" + rng.bytes(20).hex()
