"""Helius: transactions of Solana as the chain has them, failed ones too."""
