"""From an event to the person who has to know, over real sockets: mail, webhook, Slack, and back."""

from __future__ import annotations

import hashlib
import hmac
import json
from urllib.parse import urlencode

import pytest
from standardwebhooks import Webhook

from keepwell.runtime.clock import now_us
from tests import live
from tests.channels.servers import Post, always, mail_server, web_server

SLACK_SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
HOOK_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
STAFF = """
[people.ada]
name = "Ada Byron"
email = "ada@keepwell.example"
slack = "U2CERLKJA"
channels = ["inbox", "email"]
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A server that may tell staff: by mail, and by a signed webhook."""
    folder = tmp_path_factory.mktemp("alerts")
    data = folder / "data"
    data.mkdir()
    (data / "staff.toml").write_text(STAFF)
    post, web = Post(), always()
    with mail_server(post) as mail_port, web_server(web):
        env = {
            "KEEPWELL_SEND": "staff",
            "KEEPWELL_SMTP_URL": f"smtp://127.0.0.1:{mail_port}",
            "KEEPWELL_MAIL_FROM": "keepwell@keepwell.example",
            "KEEPWELL_WEBHOOK_URL": web.url,
            "KEEPWELL_WEBHOOK_SECRET": HOOK_SECRET,
            "KEEPWELL_PRIVATE_TARGETS": "true",
            "KEEPWELL_HOOK_SLACK": SLACK_SECRET,
        }
        with live.process(data, env=env) as server:
            yield server, post, web


def urgent(customer: str, ticket: str) -> dict[str, object]:
    properties = {"ticket": ticket, "severity": "urgent"}
    return {"customer_id": customer, "event": "ticket_opened", "properties": properties}


def alerts(server, **wanted):
    query = "&".join(f"{key}={value}" for key, value in wanted.items())
    return server.api(f"/alerts?{query}").json()["alerts"]


def about(post, customer: str):
    """Mails that name a customer."""
    return [each for each in post.taken if customer in each.content.decode()]


def test_an_urgent_ticket_reaches_its_owner(world):
    server, post, web = world
    server.send(urgent("acme", "t-1"))
    live.until(lambda: about(post, "acme"), what="a mail")
    live.until(lambda: [each for each in web.requests if b'"acme"' in each.body], what="a webhook")

    (mail,) = about(post, "acme")
    assert mail.rcpt_tos == ["ada@keepwell.example"]
    (told,) = [each for each in web.requests if b'"acme"' in each.body]
    body = Webhook(HOOK_SECRET).verify(told.body, told.headers)
    assert body["type"] == "alert.opened"
    assert body["data"]["customer"]["id"] == "acme"
    assert body["data"]["severity"] == "critical"


def press(server, action: str, alert: int, secret: str = SLACK_SECRET):
    """Press a button under an alert, as Slack tells of it."""
    given = {
        "type": "block_actions", "user": {"id": "U2CERLKJA"},
        "actions": [{"action_id": action, "block_id": "alert", "value": str(alert), "type": "button"}],
    }  # fmt: skip
    body = urlencode({"payload": json.dumps(given)}).encode()
    at = str(now_us() // 1_000_000)
    signed = hmac.new(secret.encode(), f"v0:{at}:".encode() + body, hashlib.sha256).hexdigest()
    headers = {
        "content-type": "application/x-www-form-urlencoded", "x-slack-request-timestamp": at,
        "x-slack-signature": f"v0={signed}",
    }  # fmt: skip
    return server.client.post("/hooks/slack", content=body, headers=headers)


def test_a_button_in_slack_acknowledges_in_the_name_of_who_pressed_it(world):
    server, _, _ = world
    server.send(urgent("beta", "t-2"))
    live.until(lambda: alerts(server, customer_id="beta"))
    (found,) = alerts(server, customer_id="beta")

    assert press(server, "acknowledge", found["id"], "forged").status_code == 401
    assert alerts(server, customer_id="beta")[0]["state"] == "open"
    answer = press(server, "acknowledge", found["id"])
    assert answer.status_code == 200
    assert answer.json()["accepted"] == 1
    assert alerts(server, customer_id="beta")[0]["state"] == "acknowledged"
    assert press(server, "acknowledge", found["id"]).json()["accepted"] == 0

    history = server.api(f"/alerts/{found['id']}").json()["changes"]
    assert [(each["kind"], each["by"]) for each in history][-1] == ("acknowledged", "Ada Byron")


def test_a_condition_that_goes_on_is_one_alert_and_ends_with_its_cause(world):
    server, post, _ = world
    for number in range(30):
        server.send(urgent("gamma", "t-3"), {"customer_id": "gamma", "event": "signed_in", "message_id": f"g{number}"})
    live.until(lambda: alerts(server, customer_id="gamma"))
    server.send({"customer_id": "gamma", "event": "ticket_solved", "properties": {"ticket": "t-3"}})
    live.until(lambda: alerts(server, customer_id="gamma")[0]["state"] == "resolved")

    assert len(alerts(server, customer_id="gamma")) == 1
    assert len(about(post, "gamma")) == 1
