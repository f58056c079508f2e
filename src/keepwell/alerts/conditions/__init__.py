"""What makes rules fire. Importing this package registers all of them."""

from keepwell.alerts.conditions import (
    adoption,
    failures,
    growth,
    health,
    market,
    satisfaction,
    silence,
    support,
    technical,
    usage,
)
from keepwell.alerts.conditions.registry import CONDITIONS, Entry, Found, Line, Params

__all__ = [
    "CONDITIONS",
    "Entry",
    "Found",
    "Line",
    "Params",
    "adoption",
    "failures",
    "growth",
    "health",
    "market",
    "satisfaction",
    "silence",
    "support",
    "technical",
    "usage",
]
