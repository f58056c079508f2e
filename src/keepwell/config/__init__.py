"""Settings and behaviour as data: the loader, and the defaults that ship."""
