"""What customers answer is what the round that acts goes by: from a letter that went out to the one that does not."""

from __future__ import annotations

from concurrent.futures import Future
from email.message import EmailMessage
from email.utils import format_datetime

import pytest

from keepwell.base.time import to_datetime
from keepwell.channels.email import Email, Server
from keepwell.runtime.letters import StoredLetters
from keepwell.runtime.mailroom import MailRoom
from keepwell.runtime.receive import receive
from tests.histories import house
from tests.runtime.acting_scene import Scene, never_held_out


class Answering(Scene):
    """Interventions, and the ways by which customers answer them."""

    def __init__(self, workspace):
        super().__init__(workspace)
        self.playbooks = never_held_out(self.playbooks)
        self.restart()
        self.letters_seen = StoredLetters(workspace, lambda: self.now, self.submit)
        self.room = MailRoom(workspace, self.submit, lambda: self.now)

    def submit(self, parcel):
        done = Future()
        done.set_result(receive(self.workspace, [parcel], self.now)[0])
        return done

    def written(self):
        """The first message went out."""
        self.band("at_risk", "healthy")
        self.round()
        self.approve()
        self.round(0.5)
        return self.message()

    def mail_back(self, text):
        """A mail that answers the letter as a mail program would: by the Message-ID that it had on its way."""
        letter = self.letters()[-1]
        sent = Email(Server("smtp", "mail.example", 25), "Keepwell <k@keepwell.example>", lambda: self.now).compose(
            letter
        )
        mail = EmailMessage()
        mail["From"], mail["Message-ID"], mail["In-Reply-To"] = letter.recipient, "<r@example.org>", sent["Message-ID"]
        mail["Date"] = format_datetime(to_datetime(self.now))
        mail.set_content(text)
        self.room.take([mail.as_bytes()])

    def go_on(self, hours):
        """Time passes, and whatever asks for an approval gets one."""
        for _ in range(hours * 4):
            self.round(0.25)
            self.approve()


@pytest.fixture
def scene():
    with house() as workspace:
        made = Answering(workspace)
        yield made
        made.room.stop()


def test_without_an_answer_the_next_letter_goes_out(scene):
    scene.written()
    scene.go_on(26)
    assert len(scene.letters()) > 1


def test_after_one_post_nothing_is_sent_to_the_address(scene):
    message = scene.written()
    assert scene.letters_seen.page(message.token).sent_at is not None
    assert f"/letters/{message.token}" in scene.letters()[0].text
    assert scene.letters_seen.refuse(message.token).unwanted
    scene.go_on(26)
    assert len(scene.letters()) == 1


def test_a_reply_by_mail_holds_the_next_letter(scene):
    scene.written()
    scene.mail_back("All fine, thank you")
    scene.go_on(26)
    assert len(scene.letters()) == 1
    assert scene.runs.run(scene.run().id).line.waits == "a reply waits for a person to look at it"


@pytest.mark.parametrize(
    ("text", "end"), [("All fine, thank you", "cancelled"), ("We cancel our subscription.", "sent")]
)
def test_a_reply_that_speaks_of_leaving_does_not_spare_the_escalation(scene, text, end):
    scene.written()
    scene.mail_back(text)
    scene.go_on(26)
    assert scene.ends()["executive_escalation"] == end


def test_a_mail_that_says_unsubscribe_ends_letters(scene):
    scene.written()
    scene.mail_back("Please unsubscribe me")
    scene.go_on(26)
    assert len(scene.letters()) == 1
    assert scene.letters_seen.page(scene.message().token).unwanted
