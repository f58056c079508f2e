"""Solana: transactions as nodes show them, and asking nodes for them."""
