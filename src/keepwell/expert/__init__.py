"""What is technically wrong: readings of failures, and diagnoses with their evidence.

`case` is what is known of a customer, `knowledge` what is known of the world, `signal` compares the two, `scope` asks
whose failures they are, `diagnose` puts it together, and a `finding` is what may be said. `formulas` are the sums that
features are made of. Nothing here reads a file: what is known of the world is handed in.
"""
