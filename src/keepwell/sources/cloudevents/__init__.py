"""CloudEvents 1.0 over HTTP: structured, batched and binary."""
