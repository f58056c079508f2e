"""Letters inside of a product, over HTTP."""

import pytest

from tests.web.api.fakes import client_of
from tests.web.fake_letters import FIRST, MAIL, NASTY, SECOND, FakeLetters
from tests.web.fakes import fake_desk

LIST = "/api/v1/letters"


@pytest.fixture
def letters():
    return FakeLetters()


@pytest.fixture
def platform(letters):
    client = client_of(fake_desk(), letters)
    client.headers["x-test-visitor"] = "letters"
    return client


def answered(platform, token=FIRST, **said):
    return platform.post(f"{LIST}/{token}", json=said)


def test_a_customers_letters_are_listed_the_newest_first(platform):
    found = platform.get(LIST, params={"customer": "c001"}).json()["letters"]
    assert [each["token"] for each in found] == [SECOND, FIRST]
    assert found[0]["text"] == f"{NASTY}\n"
    assert found[0]["read_at"] is None
    assert set(found[0]) == {"token", "customer_id", "contact", "sender", "subject", "text", "html", "page", "sent_at",
                             "read_at"}  # fmt: skip
    assert len(platform.get(LIST, params={"customer": "c001", "limit": 1}).json()["letters"]) == 1


@pytest.mark.parametrize(("customer", "status"), [("c002", 200), ("nobody", 404), ("a\x00b", 404), ("", 422)])
def test_a_customer_has_letters_or_is_not_known(platform, customer, status):
    answer = platform.get(LIST, params={"customer": customer})
    assert answer.status_code == status
    assert status != 200 or answer.json() == {"letters": []}


@pytest.mark.parametrize(
    ("visitor", "status"),
    [("nobody", 401), ("viewer", 403), ("csm", 403), ("ingest", 403), ("read", 403), ("write", 403), ("letters", 200),
     ("admin", 200), ("admin key", 200)],
)  # fmt: skip
def test_a_key_that_may_be_public_reads_no_letters(platform, letters, visitor, status):
    headers = {"x-test-visitor": visitor}
    assert platform.get(LIST, params={"customer": "c001"}, headers=headers).status_code == status
    assert platform.post(f"{LIST}/{FIRST}", json={"reply": "hi"}, headers=headers).status_code == status
    assert len(letters.calls) == (status == 200)


def test_a_reply_is_passed_on_as_it_is_and_means_that_it_was_read(platform, letters):
    answer = answered(platform, reply=f" {NASTY}\n")
    assert answer.status_code == 200
    assert answer.json()["read_at"] is not None
    assert letters.calls == [("reply", FIRST, NASTY)]


def test_reading_and_unsubscribing(platform, letters):
    assert answered(platform, read=True).json()["read_at"] is not None
    assert letters.calls == []
    assert answered(platform, unsubscribe=True).status_code == 200
    assert letters.calls == [("refuse", FIRST)]


@pytest.mark.parametrize(
    "said", [{}, {"reply": "  "}, {"read": False}, {"reply": "x" * 8001}, {"reply": 5}, {"replied": "x"}]
)
def test_what_says_nothing_is_refused(platform, letters, said):
    assert answered(platform, **said).status_code == 422
    assert letters.calls == []


@pytest.mark.parametrize("token", ["unknown-letter", MAIL, "%00"])
def test_a_letter_that_is_not_inside_of_a_product_is_not_there(platform, letters, token):
    answer = answered(platform, token, reply="hello", unsubscribe=True)
    assert answer.status_code == 404
    assert answer.json()["title"] == "No such letter"
    assert letters.calls == []
