"""The documentation; `python -m docs.generate` writes the pages of `reference/` from the code."""
