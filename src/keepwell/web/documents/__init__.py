"""Runs, tasks, messages and playbooks as documents: what the API answers, and the command line prints with `--json`."""
