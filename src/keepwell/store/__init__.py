"""Remembers: the relational half of the log, rollups, scores and settings. One file a noun."""
