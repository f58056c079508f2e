"""Standard Webhooks: our own events, signed in the way of the specification."""
