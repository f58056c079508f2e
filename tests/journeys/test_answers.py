"""From a letter to what its receiver answers, over real sockets: page, mailbox, webhook, product."""

from __future__ import annotations

import base64
import json

import pytest

from keepwell.channels.letter import Letter
from keepwell.runtime import delivering
from keepwell.runtime.clock import now_us
from keepwell.runtime.ports.keys import KeyWish
from keepwell.store import messages
from tests import live
from tests.runtime.letters_scene import complaint_about, reply_to
from tests.sources.mail.server import Box, imap_server

USER = "relay:long-secret"


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A live server that asks a mailbox every moment, and takes mail by webhook."""
    monkeypatch.setattr("keepwell.runtime.mailbox.EVERY_S", 0.05)
    monkeypatch.setenv("KEEPWELL_HOOK_MAIL", USER)
    with imap_server(Box()) as box:
        monkeypatch.setenv("KEEPWELL_IMAP_URL", box.url)
        with live.inside(tmp_path / "data") as found:
            yield found, box


def sent(server, customer: str, recipient: str, channel: str = "email") -> messages.Message:
    """A letter that went out just now."""
    space = server.house.worker.workspace
    key, now = f"run:{customer}:{channel}", now_us()
    letter = Letter(
        key=key, audience="customer", channel=channel, recipient=recipient, subject="Can I help?", text="Dear Ada",
        because="test",
    )  # fmt: skip
    with space.database.write() as session:
        delivering.post(session, letter, now, due_at=now + 10**12)
        (number,) = session.run("SELECT id FROM customer WHERE external_id = ?", (customer,))[0]
        message = messages.Message(
            id=0, key=key, name=letter.name, token=f"token-{customer}-{channel}-0123456789", customer=number,
            purpose="check", run=1, step=channel, playbook="check", template="success_check_in", parts="",
            contact="c1", channel=channel, recipient=recipient, state=messages.State.SENT, made_at=now - 10,
            due_at=now, expires_at=now + 10**9, ended_at=now - 5,
        )  # fmt: skip
        messages.put(session, message)
    return message


def known(server, *customers: str) -> None:
    for customer in customers:
        body = {"type": "track", "event": "signed_in", "groupId": customer, "userId": "u", "messageId": customer,
                "context": {"groupId": customer}}  # fmt: skip
        answer = server.client.post("/v1/track", json=body, auth=(server.key, ""))
        assert answer.status_code == 200, answer.text


def heard(server, kind: str) -> list[dict]:
    found = server.client.get("/api/v1/events", headers={"authorization": f"Bearer {server.api_key}"}).json()["events"]
    return [each for each in found if each["event"] == kind]


def test_everything_that_comes_back_arrives(server):
    server, box = server
    known(server, "ada", "bob", "cyd")
    ada, bob, cyd = (sent(server, each, f"{each}@example.org") for each in ("ada", "bob", "cyd"))

    box.add(reply_to(ada, "We are looking at alternatives.", sender="ada@example.org"))
    live.until(lambda: heard(server, "message_replied"), what="the reply")
    (reply,) = heard(server, "message_replied")
    assert (reply["customer_id"], reply["properties"]["leaving"]) == ("ada", True)

    headers = {"authorization": "Basic " + base64.b64encode(USER.encode()).decode(), "content-type": "message/rfc822"}
    assert server.client.post("/hooks/mail", content=complaint_about(bob), headers=headers).status_code == 200
    assert server.client.post("/hooks/mail", content=complaint_about(bob)).status_code == 401
    assert [each["customer_id"] for each in heard(server, "email_complained")] == ["bob"]

    page = f"/letters/{cyd.token}"
    assert "Yes, we sent this letter" in server.client.get(page).text
    assert server.client.post(page, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert [each["customer_id"] for each in heard(server, "unsubscribed")] == ["cyd"]

    with server.house.worker.workspace.database.read() as session:
        assert {each.address for each in messages.unwanted(session, 10)} == {"bob@example.org", "cyd@example.org"}


def test_a_product_shows_letters_and_passes_answers_on(server):
    server, _ = server
    known(server, "ada")
    letter = sent(server, "ada", "ada/c1", channel="in_app")
    key = server.house.desk.keys.create(KeyWish("api", "product", ("letters:answer",))).key
    mine = {"authorization": f"Bearer {key}"}

    (found,) = server.client.get("/api/v1/letters?customer=ada", headers=mine).json()["letters"]
    assert (found["token"], found["text"], found["read_at"]) == (letter.token, "Dear Ada", None)
    address = f"/api/v1/letters/{letter.token}"
    answer = server.client.post(address, content=json.dumps({"reply": "Yes please"}), headers={
        **mine, "content-type": "application/json"})  # fmt: skip
    assert answer.status_code == 200, answer.text
    assert answer.json()["read_at"] is not None
    assert [each["properties"]["text"] for each in heard(server, "message_replied")] == ["Yes please"]
    refused = server.client.get("/api/v1/letters?customer=ada", headers={"authorization": f"Bearer {server.key}"})
    assert refused.status_code == 403
