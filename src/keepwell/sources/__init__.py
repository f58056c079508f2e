"""Where events come from, one folder each."""
