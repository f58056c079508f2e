"""Benchmarks: each states its claim, the mechanism behind it, the number, and the control it is measured against."""
