"""Webhooks of everybody else, read by a map of the installation."""
