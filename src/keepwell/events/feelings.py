"""What words mean to somebody who writes about a crypto platform: corrections of VADER's lexicon, on its -4 to 4.

Judgement, in three parts: words of the trade and of software that the lexicon does not have; words it has of another
life, where they say how one feels ("interest", "support"), and here are things; and the names of things.
"""

from __future__ import annotations

from typing import Final

TRADE: Final = {
    "rugged": -3.2, "rugpull": -3.4, "rekt": -2.6, "drained": -2.6, "hacked": -2.7, "exploited": -2.4,
    "liquidated": -2.0, "scammed": -3.2, "scammers": -3.0, "phished": -2.6, "delisted": -1.2, "fud": -1.0,
    "ngmi": -1.8, "wagmi": 1.8, "bullish": 1.6, "bearish": -1.0, "depegged": -2.2, "frozen": -1.5,
}  # fmt: skip

SOFTWARE: Final = {
    "buggy": -1.9, "bug": -1.2, "bugs": -1.3, "laggy": -1.7, "lags": -1.4, "glitchy": -1.7, "glitch": -1.3,
    "glitches": -1.5, "crashes": -1.8, "crashing": -1.9, "outage": -1.9, "outages": -2.0, "downtime": -1.7,
    "timeout": -1.2, "timeouts": -1.4, "unresponsive": -1.9, "unusable": -2.6, "broken": -1.9, "reverted": -1.1,
    "reverts": -1.2, "slow": -1.3, "slower": -1.3, "overpriced": -1.9, "unreliable": -2.1, "confusing": -1.4,
    "clunky": -1.6, "seamless": 2.2, "smooth": 1.6, "smoothly": 1.7, "reliable": 2.0, "intuitive": 1.9, "snappy": 1.7,
    "responsive": 1.6, "fast": 1.3, "faster": 1.2, "flawless": 2.6, "flawlessly": 2.6,
}  # fmt: skip

THINGS: Final = dict.fromkeys(
    (
        "interest", "interests", "share", "shares", "support", "supports", "supported", "value", "values", "active",
        "security", "securities", "credit", "credits", "please", "help", "block", "blocks", "burn", "burns", "gas",
        "stake", "stakes", "yield", "asset", "assets", "number", "numbers", "alert", "alerts", "accept", "accepted",
        "token", "tokens", "gain", "dust", "dump", "fee", "liquidity", "treasury", "trust", "profit",
    ),
    0.0,
)  # fmt: skip
"""Not even "trust" and "profit": they stand in the names of wallets and in questions about taxes."""

LEXICON: Final = TRADE | SOFTWARE | THINGS
