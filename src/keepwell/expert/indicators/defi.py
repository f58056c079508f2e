"""DeFi: protocols that are used, how exposed the customer is, what yields come to, and what is in order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from keepwell.base.time import SECOND_US
from keepwell.expert.formulas import fall_to_liquidation, realised_apr
from keepwell.expert.indicators.indicator import Better, Part, Point, Unit, Way
from keepwell.expert.indicators.week import WEEK_US, Week
from keepwell.expert.telemetry.positions import Position, held
from keepwell.expert.telemetry.record import Occurrence
from keepwell.expert.telemetry.values import amount, flag, positive, text

POSITIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "lp_position_reported": ("position", "pool"),
    "loan_reported": ("loan", "market"),
}
"""Reports of what a customer holds, and what tells two of them apart."""
LEAST_US: Final = WEEK_US // 2
"""Prices that lie closer together are no yield of a week."""


def _loans(week: Week) -> list[Position]:
    return held(week.record, "loan_reported", *POSITIONS["loan_reported"])


def _all(week: Week) -> list[Position]:
    return [each for kind, names in POSITIONS.items() for each in held(week.record, kind, *names)]


def _protocols(week: Week) -> Point | None:
    named = [text(row.properties, "protocol") for kind in POSITIONS for row in week.rows(kind)]
    known = [each.strip().casefold() for each in named if each is not None]
    return Point(len(set(known)), len(known)) if known else None


PROTOCOLS: Final = Way(
    title="protocols used",
    unit=Unit.COUNT,
    better=Better.UP,
    says="In so many protocols the customer has liquidity or a loan.",
    source="different names of protocols in the week's reports; a definition",
    counted="reports of positions",
    needs=("lp_position_reported or loan_reported: protocol",),
    read=_protocols,
)


def _to_liquidation(week: Week) -> Point | None:
    """1 / health factor and the used part of Kamino's limit say the same: debt over what may be borrowed."""
    loans, health, used = _loans(week), week.number("lend.hf"), week.number("lend.limit_used")
    gone = [each for each in (None if health is None else _gone(health), used) if each is not None]
    free = bool(loans) and all(amount(each.newest, "debt") == 0 for each in loans)
    if not gone and not free:
        return None
    parts = _concentration(week)
    if health is not None and health > 0:
        fall = Part("may all collateral fall before liquidation", max(fall_to_liquidation(health), 0.0))
        parts = (fall, *parts)
    return Point(max(gone, default=0.0), len(loans), parts)


def _gone(health: float) -> float:
    return 1.0 if health <= 1 else 1 / health


def _concentration(week: Week) -> tuple[Part, ...]:
    share = week.number("risk.top_protocol_share")
    return () if share is None else (Part("of all value is in one protocol", share),)


def _concentrated(week: Week) -> Point | None:
    hhi = week.number("risk.hhi")
    return None if hhi is None else Point(hhi, len(_all(week)), _concentration(week))


TO_LIQUIDATION: Final = Way(
    title="way to liquidation",
    unit=Unit.SHARE,
    better=Better.DOWN,
    says="So much of the way to liquidation the loan that is worst has gone; at the end it may be liquidated.",
    source="the larger of 1 / health factor (Aave) and LTV / unhealthy LTV (Kamino); `lend.hf`, `lend.limit_used`",
    counted="loans",
    needs=("loan_reported: health_factor, or collateral and debt, or ltv and unhealthy_ltv",),
    read=_to_liquidation,
    high=1.0,
)
CONCENTRATED: Final = Way(
    title="concentration",
    unit=Unit.SHARE,
    better=Better.DOWN,
    says="The value is spread over few protocols: all in one is 100 %, evenly in four is 25 %.",
    source="sum of squared shares by protocol (Herfindahl); `risk.hhi`",
    counted="positions",
    needs=("lp_position_reported: protocol and value of every position",),
    read=_concentrated,
    high=1.0,
)


def _realised(week: Week) -> Point | None:
    """Of the week alone, so that weeks do not overlap; a diagnosis looks at five weeks together."""
    found = [_yields(each) for each in held(week.record, "lp_position_reported", *POSITIONS["lp_position_reported"])]
    known = [each for each in found if each is not None]
    if not known:
        return None
    share, rate = min(known)
    return Point(share, len(known), (Part("a year came true", rate),))


def _yields(position: Position) -> tuple[float, float] | None:
    """The rate that came true over the one that was shown, and the former, from the last report before the week on."""
    quoted, (start, before) = positive(position.newest, "quoted_apr"), _price(position.past)
    end, after = _price(position.now)
    if quoted is None or before is None or after is None or end - start < LEAST_US:
        return None
    rate = realised_apr(before, after, (end - start) / SECOND_US)
    return None if rate is None else (rate / quoted, rate)


def _price(reports: list[Occurrence]) -> tuple[int, float | None]:
    """The last price of a share, and when it was told."""
    told = [(row.at, each) for row in reports if (each := positive(row.properties, "share_price")) is not None]
    return told[-1] if told else (0, None)


REALISED: Final = Way(
    title="yield against what was shown",
    unit=Unit.SHARE,
    better=Better.UP,
    says="So much of the yearly rate that was shown came true, by the price of a share; of the position that is worst.",
    source="growth of a share's price since the last report before the week, as a yearly rate / quoted rate; "
    "`formulas.realised_apr`",
    counted="liquidity positions",
    needs=("lp_position_reported: share_price, also before the week, and quoted_apr",),
    read=_realised,
    low=float("-inf"),
)


class Control(NamedTuple):
    """Something that should be in order: it is not while one of these entries of the knowledge base holds."""

    name: str
    entries: tuple[str, ...]
    confidential: bool = False


CONTROLS: Final = (
    Control("no unlimited approval to a stranger", ("SEC-01", "SEC-04")),
    Control("accounts keep their owner", ("SEC-02",)),
    Control("no key in public or in use from many countries", ("SEC-09",)),
    Control("keys rotated within a year", ("SEC-10",)),
    Control("no key shared between customers", ("SEC-11",)),
    Control("identity check valid", ("CMP-05",)),
    Control("travel-rule data complete", ("CMP-06",)),
    Control("screening clean", ("CMP-01", "CMP-02"), confidential=True),
    Control("screening list current", ("CMP-03",), confidential=True),
)
SECOND_FACTOR: Final = "second factor at every sign-in that says so"


def _in_order(week: Week) -> Point | None:
    """Of the controls of which something is known."""
    known = tuple(part for part in (_second_factor(week), *_held_against_entries(week)) if part is not None)
    return Point(sum(part.value for part in known) / len(known), len(known), known) if known else None


def _second_factor(week: Week) -> Part | None:
    said = [each for row in week.rows("signed_in") if (each := flag(row.properties, "second_factor")) is not None]
    return Part(SECOND_FACTOR, all(said)) if said else None


def _held_against_entries(week: Week) -> Iterable[Part]:
    told = week.diagnosis
    found = {each.id for each in told.findings}
    open_ = {each.id for each in told.undecided} | set(told.unobserved) | {each.id for each in told.set_aside}
    for control in CONTROLS:
        decided = [entry for entry in control.entries if entry not in open_]
        if decided:
            broken = any(entry in found for entry in decided)
            yield Part(control.name, not broken, confidential=control.confidential)


IN_ORDER: Final = Way(
    title="controls in order",
    unit=Unit.SHARE,
    better=Better.UP,
    says="Of the controls of which something is known, so many are in order.",
    source="entries of the knowledge base that hold, control by control; signed_in: second_factor",
    counted="controls known",
    needs=(
        "signed_in: second_factor",
        "approval_granted, authority_changed, key_used, kyc_expiring, travel_rule_reported or screening_hit",
    ),
    read=_in_order,
    high=1.0,
)
