"""What is technically wrong: readings of failures, and diagnoses with their evidence."""
