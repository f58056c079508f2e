"""The console, and Apprise when it is there."""

import sys

import pytest
from structlog.testing import capture_logs

from keepwell.channels.console import Console
from keepwell.channels.letter import Audience, Letter, Sent, Uncertain
from keepwell.channels.notify import AddressRefusedError, Apprise, NotInstalledError
from tests.channels.servers import always, free_port, web_server

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # Apprise asks for it


def letter(**how):
    given = {"key": "k", "audience": Audience.STAFF, "channel": "apprise", "recipient": "ops", "because": "it fired"}
    return Letter(**{**given, "subject": "Harbor", "text": "secret text", **how})


def test_the_console_says_that_there_was_a_message_and_not_what_it_said():
    with capture_logs() as said:
        assert Console().send(letter(repeat=True)) == Sent("k")

    assert said[0]["event"] == "Possible repeat: Harbor"
    assert "secret" not in str(said)


def test_apprise_hands_it_on():
    with web_server(always()) as web:
        receipt = Apprise(f"json://127.0.0.1:{web.port}/").send(letter(urgent=True))

    assert isinstance(receipt, Sent)
    assert b"secret text" in web.requests[0].body
    assert b"Harbor" in web.requests[0].body


def test_what_apprise_cannot_say_is_uncertain():
    assert isinstance(Apprise(f"json://127.0.0.1:{free_port()}/").send(letter()), Uncertain)


def test_an_address_that_apprise_does_not_know_is_refused():
    with pytest.raises(AddressRefusedError):
        Apprise("nonsense")


def test_without_apprise_the_error_says_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(NotInstalledError, match=r"pip install 'keepwell\[notify\]'"):
        Apprise("json://127.0.0.1/")
