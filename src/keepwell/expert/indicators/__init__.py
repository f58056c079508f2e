"""Twelve indicators of how a customer fares with mining and proving, with trading on Solana, and with DeFi.

Each is a value a week over weeks that do not overlap, read out of the same telemetry as a diagnosis. `registry` says
what they are, `trends` puts the weeks together and tests their direction.
"""
