"""Who is watched: customers with their traits, contacts and wallets, folded from events."""
