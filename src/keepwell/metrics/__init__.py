"""What events amount to: integer aggregates, the 36 indicators, and their points."""
