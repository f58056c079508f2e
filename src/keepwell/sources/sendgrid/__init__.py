"""SendGrid: what became of e-mails."""
