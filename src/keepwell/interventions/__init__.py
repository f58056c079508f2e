"""What is done about it: playbooks, the runs that follow them, and what they brought."""
