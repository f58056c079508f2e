"""Carry messages out: one folder or file a channel, each behind `send(letter) -> receipt`."""
