"""Single sign-on against a provider that also makes mistakes."""

from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from fastapi.testclient import TestClient

from keepwell.runtime.ports.access import Identity, Role
from keepwell.web.app import Options, create_app
from keepwell.web.oidc import Provider, SingleSignOn
from tests.web.conftest import BASE
from tests.web.fakes import FakeAccess, FakeBook, clock, fake_desk
from tests.web.provider import CLIENT, ISSUER, SECRET, SHARED, STRANGE_KEY, FakeProvider

ROLES = {"kw-admins": Role.ADMIN, "kw-team": Role.CSM, "kw-out": Role.NOBODY}


@pytest.fixture
def provider():
    return FakeProvider()


@pytest.fixture
def access():
    return FakeAccess()


@pytest.fixture
def now():
    return [clock()]


@pytest.fixture
def sign_on(provider, now):
    settings = Provider(ISSUER, CLIENT, SECRET, "groups", ROLES)
    return SingleSignOn(settings, lambda: now[0], httpx2.ASGITransport(app=provider.app))


@pytest.fixture
def browser(access, sign_on):
    app = create_app(fake_desk(FakeBook(3)), access, options=Options(sso=sign_on))
    return TestClient(app, base_url=BASE, follow_redirects=False)


def leave(browser, provider):
    """To the provider, which sends the browser back at once: where to."""
    out = browser.get("/login/oidc")
    assert out.status_code == 302
    at_provider = TestClient(provider.app, base_url=ISSUER, follow_redirects=False)
    return at_provider.get(out.headers["location"]).headers["location"]


def test_somebody_is_logged_in(browser, provider, access):
    provider.claims["groups"] = ["something", "kw-team"]
    back = leave(browser, provider)
    assert back.startswith(f"{BASE}/login/oidc/back?")
    answer = browser.get(back)

    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert access.welcomed == [Identity(ISSUER, "7", "Ada", Role.CSM)]
    assert browser.get("/").status_code == 200
    assert parse_qs(urlsplit(back).query)["state"] == [provider.asked["state"]]
    assert {"nonce", "code_challenge"} <= provider.asked.keys()


def test_what_is_remembered_meanwhile_can_be_read_by_nobody(browser, provider):
    cookie = browser.get("/login/oidc").headers["set-cookie"]
    assert "HttpOnly" in cookie
    leave(browser, provider)
    assert not any(provider.asked[name] in cookie for name in ("state", "nonce"))


def test_the_page_offers_it(browser):
    assert 'href="/login/oidc"' in browser.get("/login").text


def nothing_happened(answer, access):
    assert answer.status_code == 403
    assert "was not completed" in answer.text
    assert not access.welcomed
    assert "keepwell_session=session" not in answer.headers.get("set-cookie", "")


@pytest.mark.parametrize("forged", ["state=forged", ""])
def test_a_forged_state_opens_nothing(browser, provider, access, forged):
    leave(browser, provider)
    nothing_happened(browser.get(f"/login/oidc/back?code=the-code&{forged}"), access)


def test_a_code_of_another_browser_opens_nothing(browser, provider, access):
    """Somebody sends a victim the end of their own login, to have them work in their account."""
    back = leave(browser, provider)
    browser.cookies.clear()
    nothing_happened(browser.get(back), access)


def test_a_login_that_took_too_long_opens_nothing(browser, provider, access, now):
    back = leave(browser, provider)
    now[0] += 601 * 1_000_000
    nothing_happened(browser.get(back), access)


def test_who_declines_is_not_logged_in(browser, provider, access):
    state = parse_qs(urlsplit(leave(browser, provider)).query)["state"][0]
    nothing_happened(browser.get(f"/login/oidc/back?error=access_denied&state={state}"), access)


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "somebody-else"},
        {"aud": ["somebody-else"], "azp": CLIENT},
        {"iss": "https://evil.example"},
        {"exp": 1},
        {"exp": None},
        {"sub": None},
        {"sub": 7},
    ],
    ids=str,
)
def test_a_token_that_says_something_else_opens_nothing(browser, provider, access, claims):
    provider.claims |= claims
    nothing_happened(browser.get(leave(browser, provider)), access)


def test_a_token_that_somebody_else_signed_opens_nothing(browser, provider, access):
    provider.key = STRANGE_KEY
    nothing_happened(browser.get(leave(browser, provider)), access)


def test_a_token_signed_with_the_shared_secret_opens_nothing(browser, provider, access):
    provider.algorithms = ["RS256", "HS256", "none"]
    provider.algorithm, provider.key = "HS256", SHARED
    provider.published = [{**SHARED.as_dict(), "kid": "1"}]
    nothing_happened(browser.get(leave(browser, provider)), access)


def test_an_answer_without_a_token_opens_nothing(browser, provider, access):
    provider.without_token = True
    nothing_happened(browser.get(leave(browser, provider)), access)


def test_a_provider_that_names_itself_otherwise_is_not_believed(browser, provider, access):
    provider.issuer = "https://evil.example"
    assert browser.get("/login/oidc").status_code == 502
    provider.issuer = ISSUER
    assert browser.get("/login/oidc").status_code == 302
    assert not access.welcomed


def test_a_provider_that_does_not_answer_is_told(access):
    def fail(_):
        raise httpx2.ConnectError("no route")

    sign_on = SingleSignOn(Provider(ISSUER, CLIENT, SECRET), clock, httpx2.MockTransport(fail))
    browser = TestClient(
        create_app(fake_desk(FakeBook(3)), access, options=Options(sso=sign_on)), base_url=BASE, follow_redirects=False
    )
    answer = browser.get("/login/oidc")
    assert answer.status_code == 502
    assert "does not answer" in answer.text


@pytest.mark.parametrize(
    ("value", "role"),
    [
        (["kw-team", "kw-admins"], Role.ADMIN),
        ("kw-team", Role.CSM),
        (["others"], Role.VIEWER),
        (None, Role.VIEWER),
        (["kw-admins", "kw-out"], Role.NOBODY),
        ({"kw-admins": 1}, Role.VIEWER),
        (7, Role.VIEWER),
    ],
    ids=str,
)
def test_what_the_claim_says(value, role):
    claims = {} if value is None else {"groups": value}
    assert Provider(ISSUER, CLIENT, SECRET, "groups", ROLES).role(claims) == role
    assert Provider(ISSUER, CLIENT, SECRET).role(claims) is None


def test_who_has_no_role_is_told(browser, provider):
    provider.claims["groups"] = "kw-out"
    answer = browser.get(leave(browser, provider))
    assert answer.status_code == 403
    assert "no role in Keepwell" in answer.text
