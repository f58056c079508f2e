"""Narrow read protocols: what web and command line may ask for, as frozen records."""
