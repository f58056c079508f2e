"""Made-up platforms with a known truth: for the demo, for tests, backtests and benchmarks."""
