"""The page of commands: arguments, options and help, as the command line itself knows them."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from typer.main import get_command

from docs.generator.markdown import code, codes, document, sentence, table
from keepwell.cli.app import app

_INTRODUCTION = """
`keepwell COMMAND --help` says the same. Exit status: 0 done, 1 refused or failed with a reason on standard error, 2
wrong usage. With `--json` standard output holds one JSON document and nothing else. Moments are RFC 3339, such as
`2026-11-01T00:00:00Z`; without an offset they are UTC.
""".strip()


def commands() -> dict[str, Any]:
    """Every command that does something, by its words: `import events`; groups only if they do something alone."""
    found: dict[str, Any] = {}
    for name, command in get_command(app).commands.items():  # type: ignore[attr-defined]
        inner = getattr(command, "commands", {})
        if not inner or command.invoke_without_command:
            found[name] = command
        found |= {f"{name} {each}": one for each, one in inner.items()}
    return found


def page() -> str:
    """The whole page."""
    return document("Commands", _INTRODUCTION, *(_entry(words, command) for words, command in commands().items()))


def _entry(words: str, command: Any) -> str:  # noqa: ANN401 - Typer's own class is private
    usage = " ".join(["keepwell", words, *_arguments(command), "[OPTIONS]"])
    rows = [(_name(each), _help(each), _default(each)) for each in command.params]
    columns = ("argument or option", "", "when not given")
    return "\n\n".join((f"## {words}", sentence(command.help), f"```text\n{usage}\n```", table(columns, rows)))


def _arguments(command: Any) -> Iterator[str]:  # noqa: ANN401 - as above
    for each in command.params:
        if each.param_type_name == "argument":
            yield each.metavar or each.name.upper()


def _name(parameter: Any) -> str:  # noqa: ANN401 - as above
    if parameter.param_type_name == "argument":
        return code(parameter.metavar or parameter.name.upper())
    value = "" if parameter.is_flag else f" {_value(parameter)}"
    return code(", ".join(parameter.opts) + value)


def _value(parameter: Any) -> str:  # noqa: ANN401 - as above
    kind = parameter.type_descriptor.annotation
    return {int: "NUMBER", Path: "PATH"}.get(kind, parameter.name.upper())


def _help(parameter: Any) -> str:  # noqa: ANN401 - as above
    kind, text = parameter.type_descriptor.annotation, sentence(parameter.help)
    if isinstance(kind, enum.EnumMeta):
        text += f" One of {codes(each.value for each in kind)}."
    if parameter.min is not None or parameter.max is not None:
        bounds = (("at least", parameter.min), ("at most", parameter.max))
        said = " and ".join(f"{which} {bound}" for which, bound in bounds if bound is not None)
        text += f" {said[0].upper()}{said[1:]}."
    return text + (f" Also {code(parameter.envvar)}." if parameter.envvar else "")


def _default(parameter: Any) -> str:  # noqa: ANN401 - as above
    if parameter.required:
        return "required"
    shown = parameter.show_default if isinstance(getattr(parameter, "show_default", None), str) else parameter.default
    return "" if shown in (None, False) else code(shown)
