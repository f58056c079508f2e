"""Stripe: invoices, failed payments, subscriptions and payment methods."""
