"""`solana.toml`: what it may say, and where it is refused, without a word of its secret."""

from __future__ import annotations

import re

import pytest

from keepwell.base.time import DAY_US, SECOND_US
from keepwell.config.refusal import FileRefusedError
from keepwell.config.settings import Settings
from keepwell.config.solana import load_polling
from keepwell.runtime.doctor import checks
from keepwell.runtime.polling import polling_of
from keepwell.runtime.workspace import open_workspace
from keepwell.sources.solana.base58 import is_address
from tests.docs.markdown import ROOT
from tests.sources.solana.node import ADA

PLAIN = 'endpoint = "https://rpc.example.org/"\nlinked = true\n'


@pytest.fixture
def load(tmp_path):
    def write(text: str, key: str | None = None):
        (tmp_path / "solana.toml").write_text(text)
        return load_polling(tmp_path / "solana.toml", key, is_address)

    return write


def test_without_a_file_nothing_is_asked(tmp_path):
    assert load_polling(tmp_path / "solana.toml", None, is_address) is None


def test_what_is_not_said_is_by_default(load):
    found = load(PLAIN)

    assert (found.endpoint, found.host) == ("https://rpc.example.org/", "rpc.example.org")
    assert (found.every_us, found.per_minute, found.first_us) == (60 * SECOND_US, 100, 7 * DAY_US)
    assert (found.linked, found.private, dict(found.addresses)) == (True, False, {})


def test_the_key_comes_from_outside_the_file(load):
    found = load(PLAIN.replace("org/", "org/v1/?api-key={key}"), "k-12345")

    assert found.endpoint == "https://rpc.example.org/v1/?api-key=k-12345"
    assert "k-12345" not in repr(found)
    assert "k-12345" not in found.hidden("at https://rpc.example.org/v1/?api-key=k-12345 and k-12345, api-key=k-12345")


REFUSED = {
    "no endpoint": ("linked = true\n", None, "endpoint"),
    "nothing to ask about": ('endpoint = "https://x.org"\n', None, "nothing is asked for"),
    "an unknown name": (PLAIN + "evry_s = 5\n", 3, "there is no `evry_s`"),
    "a text for a number": (PLAIN + 'every_s = "5"\n', 3, "every_s"),
    "too often": (PLAIN + "every_s = 4\n", 3, "between 5 and 86400"),
    "no requests": (PLAIN + "requests_per_minute = 0\n", 3, "between 1 and"),
    "too far back": (PLAIN + "first_days = 366\n", 3, "between 0 and 365"),
    "yes as a number": (PLAIN.replace("true", "1"), 2, "linked"),
    "plain HTTP": (PLAIN.replace("https", "http"), 1, "must begin with https"),
    "another scheme": (PLAIN.replace("https", "file"), 1, "must begin with https"),
    "no host": (PLAIN.replace("rpc.example.org", ""), 1, "no address"),
    "no port": (PLAIN.replace("org/", "org:x/"), 1, "no address"),
    "a user": (PLAIN.replace("rpc.", "user:pass@rpc."), 1, "must not hold a user"),
    "a line break": (PLAIN.replace("org/", "org/\\n"), 1, "no address"),
    "a key that is not set": (PLAIN.replace("org/", "org/{key}"), 1, "KEEPWELL_SOLANA_KEY is not set"),
    "no address": (PLAIN + '[addresses]\n"0x12" = "ada"\n', 4, "`0x12` is no address of Solana"),
    "nobody's address": (PLAIN + f'[addresses]\n{ADA} = " "\n', 4, "needs the id of its customer"),
    "an address of a number": (PLAIN + f"[addresses]\n{ADA} = 5\n", 3, "str"),
    "no TOML": (PLAIN + "linked\n", 3, "not valid TOML"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_says_where(load, case):
    text, line, problem = REFUSED[case]
    with pytest.raises(FileRefusedError) as refused:
        load(text)

    assert refused.value.line == line
    assert problem in refused.value.problem
    assert "rpc.example.org" not in str(refused.value)
    assert "No node is asked" in str(refused.value)


def test_a_private_endpoint_is_wanted_expressly(load):
    assert load(PLAIN.replace("https", "http") + "private = true\n").endpoint == "http://rpc.example.org/"


def test_the_doctor_says_what_is_wrong_with_it(tmp_path):
    with open_workspace(Settings(data=tmp_path)) as space:
        told = []
        for text in (None, PLAIN + f'[addresses]\n{ADA} = "ada"\n', PLAIN + "x = 1\n"):
            if text is not None:
                (tmp_path / "solana.toml").write_text(text)
            told.append(checks(space, 0)[-1])

    assert [(each.check, each.ok) for each in told] == [("solana", True), ("solana", True), ("solana", False)]
    assert told[1].detail == "rpc.example.org: linked wallets and 1 address"
    assert "solana.toml:3: there is no `x`" in told[2].detail


def test_the_key_is_a_setting_of_the_environment(tmp_path, monkeypatch):
    secret = tmp_path / "secret"
    secret.write_text("from-a-file\n")
    (tmp_path / "solana.toml").write_text(PLAIN.replace("org/", "org/{key}"))
    monkeypatch.setenv("KEEPWELL_SOLANA_KEY_FILE", str(secret))
    from keepwell.config.settings import load_settings

    with open_workspace(load_settings(tmp_path)) as space:
        assert polling_of(space).endpoint == "https://rpc.example.org/from-a-file"


def test_the_file_in_the_docs_is_one(load):
    page = (ROOT / "docs" / "solana.md").read_text()
    (example,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)

    assert load(example, "k-12345").addresses
