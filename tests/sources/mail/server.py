"""A mailbox on loopback that speaks as much IMAP as is needed, and moods in which it fails."""

from __future__ import annotations

import re
import socketserver
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

USER, PASSWORD = "care", 'p"ss: w0rd'


@dataclass
class Box:
    """Mails by their numbers.

    Attributes:
        moods: what goes wrong at the next connections: "drop" (no greeting), "drop at fetch", "bad login", "no folder",
            "garbage".
        said: every command that came, without its tag.
        old: numbers of mails that arrived long ago.
    """

    mails: dict[int, bytes] = field(default_factory=dict)
    validity: int = 7
    moods: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    old: set[int] = field(default_factory=set)
    port: int = 0

    def add(self, *mails: bytes) -> None:
        for mail in mails:
            self.mails[max(self.mails, default=0) + 1] = mail

    @property
    def url(self) -> str:
        return f"imap://care:p%22ss%3A%20w0rd@127.0.0.1:{self.port}/Answers%20%22in%22"


class _Talk(socketserver.StreamRequestHandler):
    box: Box

    def handle(self) -> None:
        box = self.box
        self.mood = box.moods.pop(0) if box.moods else ""
        if self.mood == "drop":
            return
        self._say("garbage\x00" if self.mood == "garbage" else "* OK ready")
        with suppress(ConnectionError):
            while line := self.rfile.readline():
                tag, _, rest = line.decode().rstrip("\r\n").partition(" ")
                box.said.append(rest)
                if self._answered(tag, rest) is False:
                    return

    def _answered(self, tag: str, rest: str) -> bool | None:
        word = rest.split(maxsplit=1)[0].upper()
        if word == "UID":
            word = rest.split()[1].upper()
        return getattr(self, f"_{word.lower()}", self._unknown)(tag, rest)

    def _say(self, *lines: str) -> None:
        for line in lines:
            self.wfile.write(line.encode("latin-1") + b"\r\n")

    def _unknown(self, tag: str, _rest: str) -> None:
        self._say(f"{tag} BAD what")

    def _capability(self, tag: str, _rest: str) -> None:
        self._say("* CAPABILITY IMAP4rev1", f"{tag} OK done")

    def _login(self, tag: str, rest: str) -> None:
        known = rest == 'LOGIN care "p\\"ss: w0rd"' and self.mood != "bad login"
        self._say(f"{tag} OK done" if known else f"{tag} NO the password {PASSWORD} is wrong")

    def _examine(self, tag: str, rest: str) -> None:
        if self.mood == "no folder" or rest != 'EXAMINE "Answers \\"in\\""':
            self._say(f"{tag} NO there is no such folder")
            return
        box = self.box
        self._say(f"* {len(box.mails)} EXISTS", f"* OK [UIDVALIDITY {box.validity}] .", f"{tag} OK [READ-ONLY] done")

    def _search(self, tag: str, rest: str) -> None:
        box = self.box
        numbers = sorted(box.mails)
        asked = re.search(r"UID (\d+|\*):\*", rest)
        if asked:
            start = min(
                int(asked[1]) if asked[1] != "*" else 2**32, max(numbers, default=0)
            )  # the last one is always named
            numbers = [each for each in numbers if each >= start]
        else:
            assert re.search(r"SINCE \d{1,2}-[A-Z][a-z]{2}-\d{4}$", rest), rest
            numbers = [each for each in numbers if each not in box.old]
        self._say("* SEARCH" + "".join(f" {each}" for each in numbers), f"{tag} OK done")

    def _fetch(self, tag: str, rest: str) -> bool | None:
        asked = re.fullmatch(r"UID FETCH (\d+) \(BODY\.PEEK\[\]<0\.(\d+)>\)", rest)
        assert asked, rest
        if self.mood == "drop at fetch":
            return False
        mail = self.box.mails.get(int(asked[1]))
        if mail is not None:
            part = mail[: int(asked[2])]
            self.wfile.write(f"* 1 FETCH (UID {asked[1]} BODY[]<0> {{{len(part)}}}\r\n".encode() + part + b")\r\n")
        self._say(f"{tag} OK done")
        return None

    def _logout(self, tag: str, _rest: str) -> bool:
        self._say("* BYE", f"{tag} OK done")
        return False


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


@contextmanager
def imap_server(box: Box):
    """Serve a mailbox."""
    with _Server(("127.0.0.1", 0), type("Talk", (_Talk,), {"box": box})) as server:
        box.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield box
        finally:
            server.shutdown()
            thread.join()
