"""Our own rules over the source: budgets of size, and words that have no place in it."""
