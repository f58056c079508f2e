"""The page of settings: what the environment may say."""

from __future__ import annotations

import re
from pathlib import Path

import keepwell
from docs.generator.markdown import code, document, table
from keepwell.config.hooks import hook_variable
from keepwell.config.settings import SECRETS, Settings

_INTRODUCTION = """
Settings are read from the environment when a command starts. Behaviour is not a setting: scorecards and event maps
are files, see [indicators](indicators.md) and [importing](../guides/import.md).
""".strip()

_OTHERS = f"""
{code(hook_variable("NAME"))} holds the secrets of the webhook `/hooks/name`, as {code(hook_variable("stripe"))} does;
{code(hook_variable("NAME") + "_FILE")} names a file that holds them and wins over it. Two secrets have a blank between
them, see [live events](../live.md#webhooks).

`FORWARDED_ALLOW_IPS` is read by the HTTP server: the addresses of proxies that are believed when they say who asks and
by which scheme, separated by commas; `127.0.0.1` when not set, see [login and keys](../login-and-keys.md).

`keepwell serve` names variables that begin with `KEEPWELL_` and mean nothing when it starts.
""".strip()


def page() -> str:
    """The whole page."""
    prefix = Settings.model_config["env_prefix"]
    rows = [
        (
            code(f"{prefix}{name.upper()}"),
            f"{field.description}.{'' if _is_read(name) else ' Nothing reads it yet.'}",
            "nothing" if field.default is None else code(_shown(field.default)),
        )
        for name, field in Settings.model_fields.items()
    ]
    files = [
        f"{code(f'{prefix}{name.upper()}_FILE')} names a file that holds {code(f'{prefix}{name.upper()}')} and wins"
        " over it."
        for name in SECRETS
    ]
    return document("Settings", _INTRODUCTION, table(("variable", "", "default"), rows), *files, _OTHERS)


def _shown(default: object) -> str:
    return f"./{default}" if isinstance(default, Path) else str(default)


def _is_read(name: str) -> bool:
    """Whether any module asks for the setting."""
    source = Path(keepwell.__file__).parent
    return any(re.search(rf"\.{name}\b", path.read_text(encoding="utf-8")) for path in source.rglob("*.py"))
