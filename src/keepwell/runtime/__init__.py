"""Wires and runs: the only room that holds store, engines and sources in its hands."""
