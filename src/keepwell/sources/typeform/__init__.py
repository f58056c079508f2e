"""Typeform: answers to surveys."""
