"""Compute over the log. One port, one suite, equal results."""
