"""Single sign-on by OpenID Connect: code flow with PKCE, state and nonce, by Authlib."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from cryptography.fernet import Fernet, InvalidToken
from starlette.requests import Request
from starlette.responses import Response

from keepwell.base.errors import KeepwellError
from keepwell.base.time import SECOND_US
from keepwell.runtime.limiting import Limits, network
from keepwell.runtime.ports.access import Identity, Role
from keepwell.web import cookies

STATE_COOKIE = "keepwell_sso"
STATE_SECONDS = 600
PER_ADDRESS = "60/15 minutes"
TIMEOUT_S = 10.0
SIGNED_BY = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""What only the provider can sign: never `none`, and nothing made with a shared secret."""


class Provider(msgspec.Struct, frozen=True):
    """An identity provider, and what its role claim means.

    Attributes:
        role_claim: the claim that decides the role; None: people begin as viewers and Keepwell keeps the role.
        roles: values of the claim and their roles.
    """

    issuer: str
    client_id: str
    client_secret: str
    role_claim: str | None = None
    roles: Mapping[str, Role] = {}

    def role(self, claims: Mapping[str, Any]) -> Role | None:
        """The role of somebody: the highest that is named, none when the claim says none, else viewer."""
        if self.role_claim is None:
            return None
        value = claims.get(self.role_claim)
        values = value if isinstance(value, list) else [value]
        named = [self.roles[each] for each in values if isinstance(each, str) and each in self.roles]
        if Role.NOBODY in named:
            return Role.NOBODY
        return max(named, default=Role.VIEWER)


class SsoRefused(KeepwellError):
    """A login by the identity provider that did not work, or was not asked for by this browser."""

    def __init__(self) -> None:
        super().__init__("The login was not completed.")


class SsoUnreachable(KeepwellError):
    """The identity provider does not answer as one."""

    def __init__(self) -> None:
        super().__init__("The single sign-on of your organisation does not answer.")


class SingleSignOn:
    """Sends browsers to the provider and takes them back.

    What has to be remembered meanwhile is in an encrypted cookie, so strangers fill no table.
    """

    def __init__(self, provider: Provider, clock: Callable[[], int], transport: object = None) -> None:
        from authlib.integrations.starlette_client import OAuth  # needs half a second: only when it is used

        self._provider = provider
        self._clock = clock
        self._fernet = Fernet(Fernet.generate_key())
        self._limits = Limits()
        kwargs = {"scope": "openid profile email", "code_challenge_method": "S256", "timeout": TIMEOUT_S}
        self._client: Any = OAuth().register(
            "keepwell",
            client_id=provider.client_id,
            client_secret=provider.client_secret,
            server_metadata_url=f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration",
            client_kwargs=kwargs if transport is None else {**kwargs, "transport": transport},
        )

    async def leave(self, request: Request) -> Response:
        """Send a browser to the provider.

        Raises:
            SsoUnreachable: the provider does not answer as one.
            TooManyAttemptsError: too many attempts lately.
        """
        self._limits.spend(PER_ADDRESS, "sso", network(request.client.host if request.client else ""))
        await self._prepare()
        kept: dict[str, Any] = {}
        request.scope["session"] = kept
        back = request.url_for("come_back")
        answer: Response = await self._client.authorize_redirect(request, str(back))
        sealed = self._fernet.encrypt_at_time(json.dumps(kept).encode(), self._now_s()).decode()
        cookies.keep(request, answer, STATE_COOKIE, sealed, STATE_SECONDS)
        return answer

    async def come_back(self, request: Request) -> Identity:
        """Who came back with a code.

        Raises:
            SsoRefused: the state, the nonce, the token or its signature is not what it must be, or they declined.
            SsoUnreachable: the provider does not answer as one.
        """
        import httpx2
        from authlib.integrations.base_client import OAuthError
        from joserfc.errors import JoseError

        request.scope["session"] = self._kept(request)
        await self._prepare()
        audience = {"iss": {"values": [self._provider.issuer]}, "aud": {"values": [self._provider.client_id]}}
        try:
            token = await self._client.authorize_access_token(request, claims_options=audience)
        except httpx2.HTTPError:
            raise SsoUnreachable from None
        except (OAuthError, JoseError, ValueError, KeyError, TypeError):
            raise SsoRefused from None
        return self._identity(token.get("userinfo"))

    def forget(self, request: Request, answer: Response) -> None:
        """Take the cookie back."""
        cookies.drop(request, answer, STATE_COOKIE)

    def _identity(self, claims: Mapping[str, Any] | None) -> Identity:
        if not claims or not isinstance(claims.get("sub"), str):
            raise SsoRefused
        names = (claims.get(each) for each in ("preferred_username", "email", "name"))
        name = next((each for each in names if isinstance(each, str) and each.strip()), claims["sub"])
        return Identity(self._provider.issuer, claims["sub"], name, self._provider.role(claims))

    async def _prepare(self) -> None:
        """Learn from the provider where to go, once; believe only the issuer that was configured."""
        import httpx2

        try:
            known = await self._client.load_server_metadata()
        except (httpx2.HTTPError, ValueError):
            raise SsoUnreachable from None
        if known.get("issuer") != self._provider.issuer:
            known.pop("_loaded_at", None)
            raise SsoUnreachable
        offered = known.get("id_token_signing_alg_values_supported") or ["RS256"]
        known["id_token_signing_alg_values_supported"] = [each for each in offered if each in SIGNED_BY]

    def _kept(self, request: Request) -> dict[str, Any]:
        sealed = request.cookies.get(cookies.name(request, STATE_COOKIE), "")
        try:
            opened = self._fernet.decrypt_at_time(sealed.encode(), STATE_SECONDS, self._now_s())
        except InvalidToken:
            raise SsoRefused from None
        found: dict[str, Any] = json.loads(opened)
        return found

    def _now_s(self) -> int:
        return self._clock() // SECOND_US
