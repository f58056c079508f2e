"""The document and the page that shows it."""

import re

import msgspec
import pytest

from keepwell.web.guard import CONTENT_SECURITY_POLICY
from tests.web.api.test_routes import problem


@pytest.fixture
def document(client):
    return client.get("/api/openapi.json").json()


def refs(node):
    if isinstance(node, dict):
        yield from (value for key, value in node.items() if key == "$ref")
        for value in node.values():
            yield from refs(value)
    elif isinstance(node, list):
        for value in node:
            yield from refs(value)


def test_every_type_that_is_named_is_described(document):
    named = {each.removeprefix("#/components/schemas/") for each in refs(document)}

    assert named <= set(document["components"]["schemas"])
    assert {"Customer", "ScoreExplained", "Problem", "OverrideWish"} <= named


def test_every_operation_says_what_it_answers_and_how_it_fails(document):
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            answers = operation["responses"]
            assert "application/problem+json" in answers["default"]["content"], (method, path)
            done = next(status for status in answers if status != "default")
            assert done == "204" or "schema" in answers[done]["content"]["application/json"], (method, path)
            assert operation["description"]
            assert operation["security"]


def test_operations_have_names_of_their_own(document):
    names = [each["operationId"] for methods in document["paths"].values() for each in methods.values()]

    assert len(set(names)) == len(names)


def test_moments_are_described_as_moments(document):
    score = document["components"]["schemas"]["Score"]["properties"]["as_of"]

    assert score == {"type": "string", "format": "date-time"}


@pytest.mark.parametrize("path", ["/api/openapi.json", "/api/docs"])
def test_it_is_for_those_who_may_read(client, path):
    refused = client.get(path, headers={"X-Test-Visitor": "nobody"})

    assert refused.status_code == 401
    assert client.get(path, headers={"X-Test-Visitor": "viewer"}).status_code == 200
    assert not path.endswith("json") or problem(refused)


def test_the_page_asks_for_this_servers_files_only(client):
    page = client.get("/api/docs")
    asked = re.findall(r'(?:src|href)="([^"]+)"', page.text)

    assert [each for each in asked if not each.startswith("/static/")] == [
        "/", "/alerts", "/messages", "/customers", "/expert", "/foresight", "/events", "/sources", "/settings",
        "/api/openapi.json",
    ]  # fmt: skip
    assert len(asked) == 14
    assert all(each.startswith("/") and not each.startswith("//") for each in asked)
    assert not re.search(r"<script(?![^>]*src=)|\son\w+=|<style", page.text)
    policy = page.headers["content-security-policy"]
    assert policy.startswith(CONTENT_SECURITY_POLICY)
    assert "script-src" not in policy.removeprefix(CONTENT_SECURITY_POLICY)


def test_the_document_is_small_enough_to_read(client):
    assert len(msgspec.json.encode(client.get("/api/openapi.json").json())) < 120_000
