"""Transactions: chains, assets, kinds, values, and how they fail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from keepwell.base.time import DAY_US
from keepwell.simulation import offer, tuning
from keepwell.simulation.activity import Presence
from keepwell.simulation.draws import Floats, Ints, Mask, Words, counts, pick, words
from keepwell.simulation.stage import Moments, Stage
from keepwell.simulation.tables import Table, table

DEFI = ("swap", "lp", "lend", "borrow", "stake", "farm")
DEFI_SHARES = (0.5, 0.12, 0.12, 0.08, 0.10, 0.08)
PLAIN = ("transfer", "bridge", "mint")
PLAIN_SHARES = (0.80, 0.16, 0.04)
UNHAPPY = ("failed", "expired", "rejected")
UNHAPPY_SHARES = (0.7, 0.2, 0.1)
LARGEST_UNITS = 4e5  # in one transaction: a thousand of them still fit a row of the log


@dataclass(frozen=True)
class Trades:
    """Transactions as columns, before it is said which of them failed."""

    moments: Moments
    chain: Ints
    asset: Ints
    kind: Words
    units: Floats
    value: Floats
    count: Ints


def trade(stage: Stage, presence: Presence, rng: Generator) -> list[Table]:
    """Draw all transactions: a table of the successes and one of the failures."""
    trades = _trades(stage, presence, rng)
    failing = _failing(stage, trades, rng)
    done = _table(trades, ~failing, status=np.full(int((~failing).sum()), "succeeded", dtype=object))
    return [done, _failures(trades, failing, rng)]


def _trades(stage: Stage, presence: Presence, rng: Generator) -> Trades:
    profiles = stage.profiles
    mean = profiles.habit("trades") * profiles.temperament.size
    number = counts(rng, mean[:, None] * stage.follows * stage.market.mood, tuning.DISPERSION) * presence.active
    defi_days = _defi_days(stage, number, rng)
    people = number * ~stage.machine[:, None]
    by_people = stage.happen(rng, people)
    by_machines = stage.happen(rng, number - people, machine=True)
    moments = Moments(*(np.concatenate(pair) for pair in zip(_arrays(by_people), _arrays(by_machines), strict=True)))
    chain = pick(rng, profiles.chains[moments.customer])
    appeal = np.array([offer.ASSET_APPEAL[name] for name in offer.CHAINS])
    asset = pick(rng, appeal[chain])
    count = _batch(stage, moments, rng)
    units = _units(stage, moments, asset, rng) * count
    day = (moments.at - stage.spec.span.start_us) / DAY_US
    value = np.round(units * stage.market.price(asset, day) * np.exp(0.002 * rng.standard_normal(len(chain))), 2)
    kind = _kinds(defi_days[moments.customer, moments.day], rng)
    return Trades(moments, chain, asset, kind, units, value, count)


def _arrays(moments: Moments) -> tuple[Ints, Ints, Ints]:
    return moments.customer, moments.day, moments.at


def _defi_days(stage: Stage, number: Ints, rng: Generator) -> Mask:
    """Days on which a customer is in the mood for DeFi."""
    profiles = stage.profiles
    busy = np.maximum(1 - np.exp(-profiles.habit("trades")), 0.3)
    chance = profiles.habit("defi") * profiles.temperament.defi / busy
    chosen: Mask = rng.random(number.shape) < np.minimum(chance, 0.97)[:, None]
    return chosen & (number > 0)


def _kinds(defi: Mask, rng: Generator) -> Words:
    chosen = words(PLAIN, rng.choice(len(PLAIN), len(defi), p=PLAIN_SHARES))
    often: Mask = defi & (rng.random(len(defi)) < 0.55)
    chosen[often] = words(DEFI, rng.choice(len(DEFI), int(often.sum()), p=DEFI_SHARES))
    return chosen


def _batch(stage: Stage, moments: Moments, rng: Generator) -> Ints:
    """Protocols report many transactions in a row."""
    protocol = stage.profiles.segment[moments.customer] == tuning.SEGMENTS.index("protocol")
    return np.where(protocol, 1 + counts(rng, np.full(len(moments), tuning.PROTOCOL_BATCH), 0.3), 1)


def _units(stage: Stage, moments: Moments, asset: Ints, rng: Generator) -> Floats:
    """Units are drawn at the prices of the first day: what customers move does not follow the price."""
    typical = np.array([offer.TRADE_USD[segment] for segment in tuning.SEGMENTS])
    size = stage.profiles.temperament.size[moments.customer] ** 0.5
    usd = typical[stage.profiles.segment[moments.customer]] * size
    usd = usd * np.exp(tuning.TRADE_SPREAD * rng.standard_normal(len(moments)))
    units: Floats = np.minimum(usd / np.array(offer.PRICES)[asset], LARGEST_UNITS)
    return np.round(units, 6)


def _failing(stage: Stage, trades: Trades, rng: Generator) -> Mask:
    """Few fail; many with technical trouble; most on a chain in an incident, whoever sends them."""
    moments = trades.moments
    chance = tuning.FAILING + tuning.FAILING_TROUBLE * stage.health.faults[moments.customer, moments.day]
    day = (moments.at - stage.spec.span.start_us) / DAY_US
    for incident in stage.market.of("chain_incident"):
        hit = incident.covers(day) & (trades.chain == offer.CHAINS.index(incident.where))
        chance = np.where(hit, tuning.FAILING_INCIDENT, chance)
    return rng.random(len(chance)) < chance


def _failures(trades: Trades, failing: Mask, rng: Generator) -> Table:
    chain = trades.chain[failing]
    status = words(UNHAPPY, rng.choice(len(UNHAPPY), len(chain), p=UNHAPPY_SHARES))
    return _table(trades, failing, status=status, error=_by_chain(offer.ERRORS, chain, rng))


def _by_chain(names: Mapping[str, Sequence[str]], chain: Ints, rng: Generator) -> Words:
    """One of the names that belong to each row's chain."""
    flat = [name for each in offer.CHAINS for name in names[each]]
    sizes = np.array([len(names[each]) for each in offer.CHAINS])
    first = np.cumsum(sizes) - sizes
    return words(flat, first[chain] + (rng.random(len(chain)) * sizes[chain]).astype(np.int64))


def _table(trades: Trades, chosen: Mask, **more: Words) -> Table:
    chain = trades.chain[chosen]
    place = (trades.moments.at[chosen] // 1_000_003) % 7  # any fixed choice will do
    protocols = [names[turn % len(names)] for turn in range(7) for names in offer.PROTOCOLS.values()]
    return table(
        "transaction", "chain", trades.moments.where(chosen),
        chain=words(offer.CHAINS, chain),
        protocol=words(protocols, place * len(offer.CHAINS) + chain),
        kind=trades.kind[chosen],
        asset=words(offer.ASSETS, trades.asset[chosen]),
        amount=np.round(trades.units[chosen], 6),
        value_usd=trades.value[chosen],
        count=trades.count[chosen],
        **more,
    )  # fmt: skip


def prove(stage: Stage, presence: Presence, rng: Generator) -> list[Table]:
    """Work of miners: proofs accepted, rejected by reason, and what was to be expected."""
    mining = stage.profiles.segment == tuning.SEGMENTS.index("miner")
    number = presence.active * mining[:, None] * tuning.WORK_ROWS
    moments = stage.happen(rng, number, machine=True)
    size = stage.profiles.temperament.size[moments.customer]
    expected = tuning.WORK_ACCEPTED * size
    done = rng.poisson(expected * stage.follows[moments.customer, moments.day])
    bad = tuning.WORK_REJECTED + tuning.WORK_REJECTED_TROUBLE * stage.health.faults[moments.customer, moments.day]
    rejected = rng.binomial(done, bad)
    stale = rng.binomial(rejected, 0.7)
    reasons = [{"stale": a, "invalid": b} for a, b in zip(stale.tolist(), (rejected - stale).tolist(), strict=True)]
    return [
        table(
            "work", "prover", moments, accepted=done - rejected, rejected=words(reasons, np.arange(len(moments))),
            reported_rate=np.round(expected / 21600 * rng.uniform(0.97, 1.03, len(moments)), 6),
            expected=np.round(expected, 1), proof_ms=rng.integers(8_000, 26_000, len(moments)),
        )
    ]  # fmt: skip
