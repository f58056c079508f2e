"""The API keeps to its own document, whatever is sent: over fakes, and over a real small platform."""

import warnings

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.web.api.fakes import application
from tests.web.fakes import fake_desk

CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance, status_code_conformance]
QUICK = 20  # cases an operation
HOUSE = 5
PROOF = 1500
OPERATIONS = (
    "GET /api/v1/customers", "GET /api/v1/customers/{customer_id}", "GET /api/v1/overview",
    "GET /api/v1/customers/{customer_id}/score", "GET /api/v1/customers/{customer_id}/history",
    "GET /api/v1/customers/{customer_id}/explanation", "GET /api/v1/customers/{customer_id}/diagnosis",
    "GET /api/v1/customers/{customer_id}/indicators", "GET /api/v1/customers/{customer_id}/events",
    "GET /api/v1/outlook", "GET /api/v1/customers/{customer_id}/outlook", "GET /api/v1/forecasts/report",
    "GET /api/v1/knowledge", "POST /api/v1/customers/{customer_id}/verdicts",
    "GET /api/v1/customers/{customer_id}/consultation",
    "GET /api/v1/events", "PUT /api/v1/customers/{customer_id}/override",
    "DELETE /api/v1/customers/{customer_id}/override", "GET /api/v1/keys", "POST /api/v1/keys",
    "DELETE /api/v1/keys/{key_id}", "GET /api/v1/rejects", "POST /api/v1/rejects/replay",
    "GET /api/v1/alerts", "GET /api/v1/alerts/{number}", "GET /api/v1/incidents",
    "POST /api/v1/alerts/{number}/acknowledge", "POST /api/v1/alerts/{number}/snooze",
    "POST /api/v1/alerts/{number}/resolve", "GET /api/v1/findings", "GET /api/v1/findings/{entry}",
    "GET /api/v1/runs", "GET /api/v1/runs/{number}", "POST /api/v1/runs/{number}/stop",
    "POST /api/v1/runs/{number}/looked", "GET /api/v1/tasks", "GET /api/v1/tasks/{number}",
    "POST /api/v1/tasks/{number}/done", "POST /api/v1/tasks/{number}/drop", "POST /api/v1/tasks/{number}/called",
    "GET /api/v1/messages", "GET /api/v1/messages/{number}", "PUT /api/v1/messages/{number}",
    "POST /api/v1/messages/{number}/approve", "POST /api/v1/messages/{number}/reject",
    "POST /api/v1/messages/{number}/renew", "GET /api/v1/sending", "POST /api/v1/sending/stop",
    "POST /api/v1/sending/go", "GET /api/v1/unwanted", "GET /api/v1/playbooks", "GET /api/v1/playbooks/{name}",
    "GET /api/v1/letters", "POST /api/v1/letters/{token}",
)  # fmt: skip


@pytest.fixture(scope="module")
def schema():
    return schemathesis.openapi.from_asgi("/api/openapi.json", application(fake_desk()))


def operations(schema):
    found = (each.ok() for each in schema.get_all_operations())
    return {f"{each.method.upper()} {each.path}": each for each in found}


def bombard(operation, cases, known=()):
    """Send right and wrong requests, some of them about customers that exist."""
    modes = [operation.as_strategy(generation_mode=mode) for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)]

    @settings(
        max_examples=cases, deadline=None, database=None, derandomize=True,
        phases=(Phase.generate,), suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(st.one_of(*modes), st.sampled_from((None, *known)))
    def run(case, customer):
        if customer is not None and "customer_id" in (case.path_parameters or {}):
            case.path_parameters["customer_id"] = customer
            case.query.pop("id", None)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the generator's own client
            case.call_and_validate(checks=CHECKS)

    run()


def test_the_operations_are_those_of_the_document(schema):
    assert sorted(operations(schema)) == sorted(OPERATIONS)


@pytest.mark.parametrize("name", OPERATIONS)
def test_no_request_breaks_it(schema, name):
    bombard(operations(schema)[name], QUICK, ("c001", "c002"))


@pytest.mark.proof
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", OPERATIONS)
def test_no_request_of_very_many_breaks_it(schema, name):
    bombard(operations(schema)[name], PROOF, ("c001", "c002"))


@pytest.fixture(scope="module")
def lived_in(platform):
    return schemathesis.openapi.from_asgi("/api/openapi.json", application(platform.desk))


@pytest.mark.parametrize("name", OPERATIONS)
def test_no_request_breaks_a_real_platform(lived_in, name):
    bombard(operations(lived_in)[name], HOUSE, ("ada", "bob"))
