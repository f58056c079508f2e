"""What happened: the tracking plan, and the acceptance of raw rows into events."""
