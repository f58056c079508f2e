"""`keepwell people`: who may log in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from keepwell.cli.options import Data, Json, emit, say, table, workspace

app = typer.Typer(help="Who may log in. While `keepwell serve` runs, use its page /settings.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="The name to log in with; upper and lower case are the same.")]
RoleName = Literal["viewer", "csm", "admin"]
Role = Annotated[RoleName, typer.Option(help="What they may do: look, work with customers, or everything.")]
PasswordFile = Annotated[
    Path | None, typer.Option(help="A file that holds the password; asked for when not given.", dir_okay=False)
]


@app.command("add")
def add(
    name: Name, role: Role = "viewer", password_file: PasswordFile = None, data: Data = None, *, json: Json = False
) -> None:
    """Make somebody known who logs in with a password."""
    from keepwell.runtime.clock import now_us
    from keepwell.runtime.people import People
    from keepwell.runtime.ports.access import Role as Roles

    password = _password(password_file)
    with workspace(data, create=True) as space, space.writing():
        person = People(space, now_us).add(name, Roles[role.upper()], password)
    _done({"name": person.name, "role": role}, f"{person.name} can log in as {role}", json=json)


@app.command("list")
def list_people(data: Data = None, *, json: Json = False) -> None:
    """List who may log in."""
    from keepwell.base.time import to_rfc3339
    from keepwell.runtime.clock import now_us
    from keepwell.runtime.people import People
    from keepwell.runtime.ports.access import Role as Roles

    with workspace(data) as space:
        found = People(space, now_us).listed()
    lines = [
        {
            "name": person.name,
            "role": Roles(person.role).name.lower(),
            "by": "password" if person.issuer is None else "single sign-on",
            "last_login_at": None if person.last_login_at is None else to_rfc3339(person.last_login_at),
        }
        for person in found
    ]
    if json:
        emit(lines)
    else:
        columns = ("name", "role", "by", "last_login_at")
        table("People", columns, [[line[column] for column in columns] for line in lines])


@app.command("remove")
def remove(name: Name, data: Data = None, *, json: Json = False) -> None:
    """Forget somebody and end their sessions."""
    from keepwell.runtime.clock import now_us
    from keepwell.runtime.people import People

    with workspace(data) as space, space.writing():
        People(space, now_us).remove(name)
    _done({"name": name, "removed": True}, f"{name} cannot log in any more", json=json)


@app.command("role")
def role(
    name: Name,
    role: Annotated[RoleName, typer.Argument(help="viewer, csm or admin.")],
    data: Data = None,
    *,
    json: Json = False,
) -> None:
    """Give somebody another role."""
    from keepwell.runtime.clock import now_us
    from keepwell.runtime.people import People
    from keepwell.runtime.ports.access import Role as Roles

    with workspace(data) as space, space.writing():
        People(space, now_us).set_role(name, Roles[role.upper()])
    _done({"name": name, "role": role}, f"{name} is {role} now", json=json)


@app.command("password")
def password(name: Name, password_file: PasswordFile = None, data: Data = None, *, json: Json = False) -> None:
    """Give somebody another password and end their sessions."""
    from keepwell.runtime.clock import now_us
    from keepwell.runtime.people import People

    wanted = _password(password_file)
    with workspace(data) as space, space.writing():
        People(space, now_us).set_password(name, wanted)
    _done({"name": name}, f"{name} has another password", json=json)


def _password(file: Path | None) -> str:
    from keepwell.config.settings import read_secret

    if file is not None:
        return read_secret(file)
    asked: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return asked


def _done(document: object, words: str, *, json: bool) -> None:
    if json:
        emit(document)
    else:
        say(words)
