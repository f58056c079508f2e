"""What is likely next: of whom, within how many days, why, and how often such words came true."""
