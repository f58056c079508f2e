"""Zendesk: tickets, by event subscriptions or by triggers."""
