"""An identity provider of the tests' own: discovery, codes with PKCE, signed tokens, and mistakes on demand."""

import hashlib
from base64 import urlsafe_b64encode
from typing import Annotated
from urllib.parse import urlencode

from fastapi import FastAPI, Form, HTTPException
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from starlette.requests import Request
from starlette.responses import RedirectResponse

from keepwell.runtime.clock import now_us

ISSUER = "https://id.example"
CLIENT, SECRET = "keepwell", "provider-secret"
KEY = RSAKey.generate_key(2048, {"kid": "1", "use": "sig"})
STRANGE_KEY = RSAKey.generate_key(2048, {"kid": "1", "use": "sig"})


class FakeProvider:
    """`claims` go into the token over the right ones; `key` and `algorithm` sign it."""

    def __init__(self) -> None:
        self.claims = {"preferred_username": "Ada"}
        self.key = KEY
        self.algorithm = "RS256"
        self.algorithms = ["RS256"]
        self.issuer = ISSUER
        self.asked = {}
        self.without_token = False
        self.app = FastAPI()
        self.app.get("/.well-known/openid-configuration")(self.discovery)
        self.published = [KEY.as_dict(private=False)]
        self.app.get("/keys")(lambda: {"keys": self.published})
        self.app.get("/authorize")(self.authorize)
        self.app.post("/token")(self.token)

    def discovery(self):
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{ISSUER}/authorize",
            "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/keys",
            "id_token_signing_alg_values_supported": self.algorithms,
        }

    def authorize(self, request: Request):
        """Everybody is logged in at once."""
        self.asked = dict(request.query_params)
        assert self.asked["code_challenge_method"] == "S256"
        back = urlencode({"code": "the-code", "state": self.asked["state"]})
        return RedirectResponse(f"{self.asked['redirect_uri']}?{back}", 302)

    def token(
        self,
        request: Request,
        code: Annotated[str, Form()],
        code_verifier: Annotated[str, Form()],
        redirect_uri: Annotated[str, Form()],
    ):
        challenge = urlsafe_b64encode(hashlib.sha256(code_verifier.encode()).digest()).rstrip(b"=").decode()
        right = (code, challenge, redirect_uri) == (
            "the-code",
            self.asked["code_challenge"],
            self.asked["redirect_uri"],
        )
        if not right or "authorization" not in request.headers:
            raise HTTPException(400, "invalid_grant")
        now = now_us() // 1_000_000
        claims = {"iss": ISSUER, "sub": "7", "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": self.asked["nonce"]}
        found = {"access_token": "a", "token_type": "Bearer", "expires_in": 300}
        if self.without_token:
            return found
        signed = {key: value for key, value in {**claims, **self.claims}.items() if value is not None}
        header = {"alg": self.algorithm, "kid": "1"}
        return {**found, "id_token": jwt.encode(header, signed, self.key, algorithms=[self.algorithm])}


SHARED = OctKey.import_key(SECRET * 4)
