"""What is done about it: playbooks, the runs that follow them, and who is held out."""
