"""The `Letters` port, faked: one letter by mail, and two inside of the product of c001."""

from msgspec.structs import replace

from keepwell.base.time import DAY_US
from keepwell.runtime.ports.letters import InAppLetter, LetterPage
from tests.web.people import NOW

MAIL, FIRST, SECOND = "letter-by-mail-0123456789", "letter-inside-0123456789", "letter-inside-9876543210"
NASTY = "<b>5 & more</b>"


class FakeLetters:
    """Satisfies `Letters`. `calls` are the changes that were asked for."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, ...]] = []
        self.pages = {
            MAIL: LetterPage(
                sent_at=NOW - DAY_US, sender="Jennifer Williams <care@keepwell.example>", subject=f"Help with {NASTY}",
                recipient="a…@example.org", language="en", unwanted=False,
            )
        }  # fmt: skip
        self.inside = {token: self._letter(token, at) for token, at in ((FIRST, NOW - DAY_US), (SECOND, NOW))}

    def _letter(self, token: str, at: int) -> InAppLetter:
        return InAppLetter(
            token=token, customer_id="c001", contact="u1", sender="Jennifer", subject="Hello", text=f"{NASTY}\n",
            html="<p>&lt;b&gt;</p>", page="", sent_at=at, read_at=None,
        )  # fmt: skip

    def page(self, token):
        return self.pages.get(token)

    def refuse(self, token):
        if token in self.pages:
            self.calls.append(("refuse", token))
            self.pages[token] = replace(self.pages[token], unwanted=True)
        elif token in self.inside:
            self.calls.append(("refuse", token))
        return self.pages.get(token)

    def in_app(self, customer_id, limit):
        if customer_id not in ("c001", "c002"):
            return None
        mine = [each for each in self.inside.values() if each.customer_id == customer_id]
        return sorted(mine, key=lambda each: -each.sent_at)[:limit]

    def letter(self, token):
        return self.inside.get(token)

    def read(self, token):
        if token in self.inside:
            self.inside[token] = replace(self.inside[token], read_at=self.inside[token].read_at or NOW)

    def reply(self, token, text):
        self.calls.append(("reply", token, text))
