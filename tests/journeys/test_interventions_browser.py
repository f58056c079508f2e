"""The whole way in a real browser, over a real mail server: alert, run, draft, edit, approval, mail, reply, held."""

import re
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from playwright.sync_api import expect

from tests import live
from tests.channels.servers import Post, mail_server
from tests.journeys.test_dashboard_browser import browser, watch
from tests.journeys.waiting import follow, press

__all__ = ["browser"]

CONTACT = {"contact_id": "ana", "email": "ana@acme.example", "name": "Ana Silva", "consent": True, "primary": True}


@pytest.fixture
def office(tmp_path):
    """A server that may write to customers, and where its mail arrives."""
    handler = Post()
    with mail_server(handler) as port:
        given = {
            "SEND": "all", "DRY_RUN": "false", "SMTP_URL": f"smtp://127.0.0.1:{port}", "HOOK_MAIL": "relay:secret",
            "MAIL_FROM": "Keepwell <care@keepwell.example>", "PUBLIC_URL": "https://care.keepwell.example",
            "CONTACT_HOURS": "mon-sun 00:00-24:00",
        }  # fmt: skip
        env = {f"KEEPWELL_{name}": value for name, value in given.items()}
        with live.process(tmp_path / "data", env=env) as server:
            yield server, handler


@pytest.fixture
def page(browser, office):
    server, _ = office
    complaints = []
    context = browser.new_context()
    made = context.new_page()
    watch(made, server.url, complaints)
    made.goto(server.link)
    yield made
    context.close()
    assert complaints == []


def answer_to(mail):
    reply = EmailMessage()
    reply["From"], reply["To"], reply["Subject"] = "ana@acme.example", "care@keepwell.example", "Re: your payment"
    reply["Message-ID"], reply["In-Reply-To"] = "<answer-1@acme.example>", mail["Message-ID"]
    reply.set_content("Thank you, we have a new card now.\n\n> what you wrote\n")
    return reply.as_bytes()


def appears(page, path, text):
    """Ask for a page until it says something."""

    def said():
        page.goto(path)
        return page.get_by_text(text).count() > 0

    live.until(said, what=text)


def payment_fails(server):
    server.send(
        {"customer_id": "acme", "event": "customer_updated", "properties": {"name": "Acme"}},
        {"customer_id": "acme", "event": "contact_updated", "properties": CONTACT},
        {"customer_id": "acme", "event": "payment_failed", "properties": {"invoice": "i-1"}},
    )


def edit(page, text):
    """Write more into a draft."""
    box = page.locator("textarea[name=text]")
    box.fill(box.input_value().replace("Your invoice is 12 days old.", "").rstrip() + f"\n\n{text}")
    press(page.get_by_role("button", name="Keep this text"))


def read(handler):
    """The mail that arrived, and its text."""
    mail = message_from_bytes(handler.taken[0].content, policy=policy.default)
    return mail, mail.get_body(("plain",)).get_content()


def test_from_the_alert_to_a_reply_that_holds_the_run(office, page):
    server, handler = office
    payment_fails(server)

    appears(page, f"{server.url}/messages", "A payment did not go through")
    follow(page.get_by_role("link", name="A payment did not go through"))
    page.get_by_text("Edit", exact=True).click()
    edit(page, "Your invoice is 12 days old.")
    expect(page.get_by_text("This text would be blocked")).to_be_visible()
    edit(page, "Call me if you like.")
    assert handler.taken == []

    press(page.get_by_role("button", name="Approve this text"))
    live.until(lambda: handler.taken, what="the mail")
    mail, text = read(handler)
    assert (mail["To"], str(mail["From"])) == ("ana@acme.example", "Jennifer Williams <care@keepwell.example>")
    assert "Call me if you like." in text
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    letter = re.search(r"<https://care\.keepwell\.example(/letters/\S+)>", mail["List-Unsubscribe"])[1]
    assert server.client.get(letter, headers={"host": "care.keepwell.example"}).status_code == 200
    page.goto(server.url + letter)
    expect(page.get_by_text("A payment did not go through")).to_be_visible()

    hook = server.client.post(
        "/hooks/mail", content=answer_to(mail), auth=("relay", "secret"), headers={"content-type": "message/rfc822"}
    )
    assert hook.status_code == 200, hook.text
    appears(page, f"{server.url}/runs/1", "a reply waits for a person to look at it")
    press(page.get_by_role("button", name=re.compile("looked")))
    expect(page.get_by_text("a reply waits for a person to look at it")).to_have_count(0)
    assert len(handler.taken) == 1
