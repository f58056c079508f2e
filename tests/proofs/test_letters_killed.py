"""Killing the real server while it writes to customers: a mail server outside of it counts what arrived."""

import asyncio
import http.client
import json
import os
import random
import sqlite3
import time
from collections import Counter
from email import message_from_bytes

import pytest

from tests.channels.servers import Post, mail_server
from tests.live import PROGRAM, make_keys
from tests.proofs.kill import Program, Server

PLAYBOOK = """
title = "Hello"
purpose = "welcome"
trigger = { event = "plan_changed" }
[exits]
band = "stable"
[[steps]]
id = "hello"
action = "outreach"
delay_s = 0
audience = "customer"
approval = "auto"
message = "hello"
"""
MESSAGE = """
title = "Hello"
tone = "support"
medium = "mail"
[subject]
en = "Good to have you"
[closing]
en = "Best regards,"
[[paragraphs]]
en = "It is good to have you with us."
"""


class Moody(Post):
    """Takes mail, says nothing about some of it, and is slow with some."""

    def __init__(self):
        super().__init__()
        self.random = random.Random(7)

    async def handle_DATA(self, server, _session, envelope):  # noqa: N802 - aiosmtpd's name
        mood = self.random.choice(("accept", "accept", "accept", "drop", "slow"))
        self.taken.append(envelope)
        if mood == "slow":
            await asyncio.sleep(0.4)
        if mood == "drop":
            server.transport.abort()
        return "250 Queued"


@pytest.fixture
def folder(tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    for name, file, text in (("playbooks", "hello", PLAYBOOK), ("messages", "hello", MESSAGE)):
        (data / name).mkdir()
        (data / name / f"{file}.toml").write_text(text)
    return data


def program(data, port, **settings):
    key, _ = make_keys(data)
    given = {"SMTP_URL": f"smtp://127.0.0.1:{port}", "MAIL_FROM": "k@example.org", "PUBLIC_URL": "https://k.example"}
    given |= {"CONTACT_HOURS": "mon-sun 00:00-24:00", "CUSTOMERS_PER_HOUR": "1000000", **settings}
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"} | {f"KEEPWELL_{name}": text for name, text in given.items()}
    command = [*PROGRAM, "serve", "--port", "0", "--data", str(data)]
    return Program(command, key, Counter, dict, environment)


SENDING = {"SEND": "all", "DRY_RUN": "false"}


def send(where, key, names):
    """New customers with a contact, each with a reason to be written to; False when nobody answered."""
    items = []
    for name in names:
        contact = {"contact_id": "c", "email": f"{name}@example.org", "name": "Ana", "consent": True, "primary": True}
        items.append({"customer_id": name, "event": "contact_updated", "properties": contact})
        items.append({"customer_id": name, "event": "plan_changed", "properties": {"to": "Pro", "from": "Free"}})
    connection = http.client.HTTPConnection(*where, timeout=30)
    try:
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        connection.request("POST", "/v1/events", json.dumps({"events": items}).encode(), headers)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def states(data):
    """How many messages are in each state."""
    connection = sqlite3.connect(data / "keepwell.sqlite")
    found = dict(connection.execute("SELECT state, COUNT(*) FROM message GROUP BY state"))
    connection.close()
    return found


def settled(data, least, within_s):
    """Wait until no message is open."""
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        found = states(data)
        if sum(found.values()) >= least and not {"wanted", "asked", "posted"} & set(found):
            return found
        time.sleep(0.2)
    raise AssertionError(found)


def arrivals(handler):
    """How often each Message-ID arrived."""
    return Counter(message_from_bytes(each.content)["Message-ID"] for each in handler.taken)


def kill_and_count(data, tmp_path, kills):
    handler, draw, taken = Moody(), random.Random(kills), 0
    with mail_server(handler) as port:
        what = program(data, port, **SENDING)
        for number in range(kills):
            server = Server(what, tmp_path / "said")
            where = server.ready()
            taken += 2 * send(where, what.key, [f"c{number}-{place}" for place in range(2)])
            time.sleep(draw.uniform(0.2, 2.5))
            server.kill()
        server = Server(what, tmp_path / "said")
        server.ready()
        found = settled(data, taken, 90.0 + 3 * kills)
        assert server.stop() == 0
    return arrivals(handler), found, taken


def judge(found):
    arrived, ended, taken = found
    assert max(arrived.values()) == 1, arrived.most_common(3)
    assert ended.get("sent", 0) + ended.get("uncertain", 0) >= len(arrived) - 1
    assert sum(ended.values()) == taken
    assert set(ended) <= {"sent", "uncertain"}
    assert ended["sent"] <= len(arrived)


@pytest.mark.timeout(180)
def test_a_killed_server_writes_to_no_customer_twice(folder, tmp_path):
    judge(kill_and_count(folder, tmp_path, 2))


@pytest.mark.proof
@pytest.mark.timeout(7200)
def test_two_hundred_kills_write_to_no_customer_twice(folder, tmp_path):
    found = kill_and_count(folder, tmp_path, 200)
    judge(found)
    print(len(found[0]), "arrived;", found[1])  # noqa: T201 - the figures


@pytest.mark.timeout(120)
@pytest.mark.parametrize("switched", [{}, pytest.param({"SEND": "all"}, marks=pytest.mark.proof)])
def test_until_sending_is_switched_on_nobody_is_connected_to(folder, tmp_path, switched):
    """With a mail server set up, playbooks that ask nobody, and contacts that agreed."""
    handler = Post()
    with mail_server(handler) as port:
        what = program(folder, port, **switched)
        server = Server(what, tmp_path / "said")
        assert send(server.ready(), what.key, ["c1", "c2"])
        until = time.monotonic() + 60
        while sum(states(folder).values()) < 2 or "wanted" in states(folder):
            assert time.monotonic() < until
            time.sleep(0.1)
        time.sleep(1.5)
        assert server.stop() == 0

    assert (handler.connections, handler.taken) == (0, [])
    assert set(states(folder)) == {"suppressed"}
