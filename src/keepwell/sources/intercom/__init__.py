"""Intercom: tickets, conversations and their ratings."""
