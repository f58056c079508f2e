"""Postmark: what became of e-mails."""
