"""Customer-health monitoring for crypto platforms, self-hosted."""

__version__ = "0.1.0"
