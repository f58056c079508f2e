"""Observations of the Expert: from a customer's telemetry to what it looks at."""
