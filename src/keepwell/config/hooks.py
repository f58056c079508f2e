"""Secrets of webhooks: `KEEPWELL_HOOK_STRIPE`, or a file named by `KEEPWELL_HOOK_STRIPE_FILE`."""

from __future__ import annotations

import os
import re
from pathlib import Path

from keepwell.config.refusal import FileRefusedError


def hook_variable(name: str) -> str:
    """The environment variable that holds the secrets of a webhook."""
    return "KEEPWELL_HOOK_" + re.sub(r"[^A-Za-z0-9]", "_", name[:80]).upper()


def hook_secrets(name: str) -> tuple[str, ...]:
    """The secrets a webhook may be signed with: several, separated by white space, while one replaces another.

    Raises:
        FileRefusedError: the file of the secrets cannot be read.
    """
    variable = hook_variable(name)
    file = os.environ.get(f"{variable}_FILE")
    text = os.environ.get(variable, "") if file is None else _read(Path(file))
    return tuple(text.split())


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise FileRefusedError(path, None, "the file of a secret cannot be read", "Nothing was started") from None
