"""Events over HTTP, from the sender to the score: what is answered, what is kept, what has no effect."""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from keepwell.base.time import SECOND_US, to_rfc3339
from keepwell.config.settings import Settings
from keepwell.runtime import worker as at_work
from keepwell.runtime.clock import now_us
from keepwell.runtime.workspace import open_workspace
from keepwell.web.cookies import COOKIE
from tests import live
from tests.sources.webhooks.signing import HEADERS, body_of, sample

SECRET = "whsec_5WbX5kEWLlfzsGNjH64I8lOOqUB6e8FH"
MIB = 1 << 20


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """`keepwell serve` in a process of its own, with the secret of one webhook."""
    data = tmp_path_factory.mktemp("live") / "data"
    with live.process(data, env={"KEEPWELL_HOOK_STRIPE": SECRET}) as running:
        yield running


@pytest.fixture
def near(tmp_path):
    """A server in this process, to be tampered with."""
    with live.inside(tmp_path / "data") as running:
        yield running


def event(customer, name="signed_in", **more):
    return {"customer_id": customer, "event": name, **more}


def kept(server, customer):
    """The events of a customer, by the API."""
    answer = server.api(f"/customers/{customer}/events")
    return answer.json()["events"] if answer.status_code == 200 else []


def stripe(server, body, *, at_s=None, secret=SECRET):
    headers = HEADERS["stripe"](body, secret, now_us() // SECOND_US if at_s is None else at_s)
    return server.post("/hooks/stripe", body, headers)


def failed_payment(number, customer):
    """A payment that failed just now, for an account that Stripe's metadata name."""
    found = sample("stripe", "invoice.payment_failed")
    found |= {"id": f"evt_{number}", "created": now_us() // SECOND_US - 1}
    found["data"]["object"] |= {"id": f"in_{number}", "metadata": {"customer_id": customer}}
    return body_of("stripe", found)


def payloads(server):
    with open_workspace(Settings(data=server.data)) as space, space.database.read() as session:
        return session.run("SELECT headers, body FROM payload ORDER BY id")


def test_an_event_is_soon_in_the_score(server):
    assert server.send(event("quick")) == {"accepted": 1, "duplicates": 0, "rejected": 0}
    live.until(lambda: server.score("quick") is not None)


def test_what_was_sent_again_counts_once(server):
    one = event("again", message_id="m-1", timestamp=to_rfc3339(now_us()))
    assert server.send(one, one, one) == {"accepted": 1, "duplicates": 2, "rejected": 0}
    assert server.send(one) == {"accepted": 0, "duplicates": 1, "rejected": 0}
    assert len(kept(server, "again")) == 1


def test_a_webhook_moves_the_score_of_its_customer(server):
    server.send(*(event("payer", "signed_in", message_id=f"p-{number}") for number in range(3)))
    live.until(lambda: server.score("payer") is not None)
    before = server.score("payer")
    body = failed_payment(1, "payer")
    answer = stripe(server, body)

    assert (answer.status_code, answer.json()["accepted"]) == (200, 1)
    live.until(lambda: server.score("payer") < before, what="a lower score")
    assert "payment_failed" in [each["event"] for each in kept(server, "payer")]
    headers, content = payloads(server)[-1]
    assert content == body
    assert "stripe-signature" in json.loads(headers)


def test_what_is_forged_stale_or_replayed_has_no_effect(server):
    genuine = failed_payment(2, "target")
    assert stripe(server, genuine).status_code == 200
    live.until(lambda: server.score("target") is not None)
    score, deliveries = server.score("target"), len(payloads(server))
    now = now_us() // SECOND_US
    refused = [
        stripe(server, failed_payment(3, "target"), secret="whsec_guess"),
        stripe(server, failed_payment(4, "target"), at_s=now - 301),
        stripe(server, failed_payment(5, "target"), at_s=now + 301),
        server.post("/hooks/stripe", genuine + b" ", HEADERS["stripe"](genuine, SECRET, now)),
        server.post("/hooks/stripe", genuine, {}),
        server.post("/hooks/stripe", genuine),  # a write key is no signature
    ]
    unknown = [server.post(path, genuine, {}) for path in ("/hooks/nobody", "/hooks/intercom", "/hooks/")]
    assert len(payloads(server)) == deliveries
    again = stripe(server, genuine)

    assert [answer.status_code for answer in refused] == [401] * len(refused)
    assert [answer.status_code for answer in unknown] == [404] * len(unknown)
    assert again.status_code == 200
    assert {name: again.json()[name] for name in ("accepted", "duplicates", "rejected")} == {
        "accepted": 0, "duplicates": 1, "rejected": 0,
    }  # fmt: skip
    assert len(kept(server, "target")) == 1
    assert server.score("target") == score


def test_a_webhook_says_that_it_is_there(server):
    assert server.client.head("/hooks/stripe").status_code == 200
    refused = server.client.get("/hooks/stripe")
    assert (refused.status_code, refused.headers["allow"], refused.json()["status"]) == (405, "POST", 405)


BATCH = {"batch": [{"type": "track", "userId": "u-9", "event": "Signed In", "messageId": "b-1"}], "sentAt": None}


@pytest.mark.parametrize("path", ["/v1/batch", "/v1/batch/", "/v1/b", "/v1/import", "/batch/", "/v1/track/"])
def test_success_is_exactly_200_and_never_a_redirect(server, path):
    one = {**BATCH["batch"][0], "messageId": f"b-{path}"}
    answer = server.post(path, json.dumps(one if "track" in path else BATCH).encode())

    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json()["success"] is True


def test_one_bad_item_does_not_spoil_its_batch(server):
    found = server.send(
        event("half"), {"customer_id": "half"}, event("half", timestamp="yesterday"), event("half", "b")
    )

    assert found == {"accepted": 2, "duplicates": 0, "rejected": 2}
    assert len(server.rejected()) >= 2


def test_the_sender_is_told_which_items_were_refused_and_why(server):
    used = event("told", message_id="told-1", properties={"a": 1})
    server.send(used)
    items = [event("told"), {"event": "signed_in"}, used | {"properties": {"a": 2}}]
    answer = server.post("/v1/events", json.dumps(items).encode()).json()

    assert (answer["accepted"], answer["rejected"]) == (1, 2)
    assert answer["errors"] == [
        {"item": 2, "reason": "missing_customer", "detail": "customer_id"},
        {"item": None, "reason": "conflicting_duplicate", "detail": "message_id"},
    ]
    many = server.post("/v1/events", json.dumps([{"event": "signed_in"}] * 50).encode()).json()
    assert many["rejected"] == 50
    assert [each["item"] for each in many["errors"]] == list(range(1, 21))


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer kw_write_guess"}, {"authorization": "Basic !"}])
def test_without_a_valid_key_nothing_is_taken(server, headers):
    answer = server.post("/v1/events", json.dumps([event("stranger")]).encode(), headers)

    assert (answer.status_code, "kw_write" in answer.text) == (401, False)
    assert server.api("/customers/stranger").status_code == 404


def test_a_key_that_reads_does_not_write_nor_the_other_way_round(server):
    body = json.dumps([event("insider")]).encode()
    assert server.post("/v1/events", body, {"authorization": f"Bearer {server.key}"}).status_code == 200
    assert server.client.get("/api/v1/overview", headers={"authorization": f"Bearer {server.key}"}).status_code == 403


def test_a_body_over_the_limit_is_refused(server):
    long = json.dumps([event("large", properties={"text": "x" * MIB})]).encode()
    packed = gzip.compress(bytes(64 * MIB), 9)

    assert server.post("/v1/events", b"[" + b" " * (MIB - 2) + b"]").status_code == 200
    assert server.post("/v1/events", long).status_code == 413
    assert server.post("/v1/events", packed, key(server) | {"content-encoding": "gzip"}).status_code == 413
    chunked = server.client.post("/v1/events", content=iter([b" " * 65536] * 40), headers=key(server))
    assert chunked.status_code == 413


def key(server):
    return {"authorization": f"Bearer {server.key}"}


def test_a_bomb_costs_little(near):
    bomb = gzip.compress(bytes(300 * MIB), 9)
    near.send(event("warm"))
    live.until(lambda: near.score("warm") is not None)
    began = time.process_time()
    gzip.decompress(bomb)
    whole = time.process_time() - began
    costs = []
    for _ in range(3):
        began = time.process_time()
        assert near.post("/v1/events", bomb, key(near) | {"content-encoding": "gzip"}).status_code == 413
        costs.append(time.process_time() - began)

    assert min(costs) < whole, (costs, whole)


def test_other_sites_may_ask_before_they_send(server):
    asked = {
        "origin": "https://shop.example",
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization, content-type, x-retry-count",
    }
    answer = server.client.options("/v1/batch", headers=asked)
    sent = server.post("/v1/t", json.dumps({"userId": "web", "event": "x"}).encode(),
                       key(server) | {"origin": "https://shop.example", "content-type": "text/plain"})  # fmt: skip

    assert answer.status_code in {200, 204}
    allowed = answer.headers["access-control-allow-headers"].lower()
    assert all(name in allowed for name in ("authorization", "content-type", "x-retry-count"))
    for each in (answer, sent):
        assert each.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in each.headers
    assert server.client.options("/hooks/stripe", headers=asked).status_code == 405
    assert "access-control-allow-origin" not in server.client.get("/api/v1/overview", headers=asked).headers


def test_monitoring_reads_health_and_figures(server):
    server.send(event("monitored"))
    assert server.client.get("/healthz").status_code == 200
    assert server.client.get("/readyz").json() == {"status": "ready"}
    for path in ("/healthz", "/readyz"):
        head, whole = server.client.head(path), server.client.get(path)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-type"] == whole.headers["content-type"]
    assert server.client.get("/metrics").status_code == 401
    assert server.client.get("/metrics", headers=key(server)).status_code == 403
    answer = server.client.get("/metrics", headers={"authorization": f"Bearer {server.api_key}"})
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert re.search(r'^keepwell_events_total\{outcome="accepted",source="key"\} [1-9]', answer.text, re.MULTILINE)
    assert 'keepwell_http_requests_total{route="/healthz",status="200"}' in answer.text
    assert server.key not in answer.text


def test_refused_requests_are_counted_and_shown(near):
    refused = [
        near.post("/v1/events", b"[]", {}),
        near.post("/hooks/stripe", b"{}", {}),
        near.post("/hooks/nobody%1b", b"{}", {}),
        near.post("/v1/batch/", b"not json"),
        near.post("/v1/events", b" " * 3 * MIB),
    ]
    assert [answer.status_code for answer in refused] == [401, 404, 404, 400, 413]
    counted = near.client.get("/metrics", headers={"authorization": f"Bearer {near.api_key}"}).text
    session = {"cookie": f"{COOKIE}={near.log_in()}"}
    page = near.client.get("/sources", headers=session).text

    for route, status in (("/v1/events", 401), ("/hooks/{name}", 404), ("/v1/batch", 400), ("/v1/events", 413)):
        times = 2 if status == 404 else 1
        assert f'keepwell_http_requests_total{{route="{route}",status="{status}"}} {times}.0' in counted
    assert "/hooks/nobody?" in page
    assert "KEEPWELL_HOOK_STRIPE" in page


def test_when_too_much_waits_senders_are_told_when_to_come_back(near, monkeypatch):
    near.send(event("before"))
    live.until(lambda: near.score("before") is not None)
    monkeypatch.setattr(at_work, "WAITING_EVENTS", 10)
    queue = near.house.worker._queue
    with ThreadPoolExecutor(2) as senders:
        with near.house.worker.workspace.database.write():  # the worker cannot write: what comes waits
            writing = senders.submit(near.send, *(event(f"w{number}") for number in range(9)))
            time.sleep(0.5)  # the worker took it out of the queue, or is about to
            waiting = senders.submit(near.send, *(event(f"v{number}") for number in range(9)))
            live.until(lambda: queue.events >= 10)
            refused = near.post("/v1/events", json.dumps([event("late")]).encode())
        assert writing.result(live.PATIENCE_S)["accepted"] == waiting.result(live.PATIENCE_S)["accepted"] == 9

    assert (refused.status_code, int(refused.headers["retry-after"])) == (503, 1)
    assert near.post("/v1/events", json.dumps([event("late")]).encode()).status_code == 200


def test_a_key_that_sends_too_much_is_told_so(near, monkeypatch):
    monkeypatch.setattr("keepwell.runtime.reception.EVENTS_PER_SECOND", 3)
    answer = near.post("/v1/events", json.dumps([event(f"c{number}") for number in range(4)]).encode())

    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
    assert near.api("/customers").json()["customers"] == []


def test_a_server_about_to_stop_refuses_and_loses_nothing(tmp_path):
    with live.inside(tmp_path / "data") as server:
        found = server.send(*(event(f"c{number}") for number in range(500)))
        server.house.worker.drain()
        answer = server.post("/v1/events", json.dumps([event("late")]).encode())
        ready = server.client.get("/readyz")
    with open_workspace(Settings(data=server.data)) as space, space.database.read() as session:
        names = {name for (name,) in session.run("SELECT external_id FROM customer")}

    assert found["accepted"] == 500
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert (ready.status_code, "retry-after" in ready.headers) == (503, True)
    assert names == {f"c{number}" for number in range(500)}


def test_a_new_folder_is_served_and_said_how_to_fill(tmp_path):
    command = [*live.PROGRAM, "serve", "--port", "0", "--data", str(tmp_path / "new")]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "KEEPWELL_HOOK_STRIP": "s3cret"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as running:
        opened = running.stdout.readline()
        running.terminate()
        _, said = running.communicate(timeout=live.PATIENCE_S)

    assert opened.startswith("Open http://"), said
    assert "/v1/events" in said
    assert "KEEPWELL_HOOK_STRIP" in said
    assert "s3cret" not in said
