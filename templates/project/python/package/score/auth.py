"""Who may call: a key, compared in constant time, or an Entra token, checked against its issuer's signing keys."""

from __future__ import annotations

import hmac

import jwt

from .problems import Problem
from .settings import Settings


class Guard:
    """Lets a request pass or raises a Problem; with nothing configured everybody passes."""

    def __init__(self, settings: Settings, signing_keys: jwt.PyJWKClient | None = None) -> None:
        self._keys = [key.encode() for key in settings.keys]
        self._issuer = settings.entra_issuer
        self._audiences = list(settings.entra_audiences)
        self._signing_keys = signing_keys
        if self._issuer and signing_keys is None:
            base = self._issuer.removesuffix("/v2.0").rstrip("/")
            self._signing_keys = jwt.PyJWKClient(f"{base}/discovery/v2.0/keys", cache_keys=True)

    @property
    def open(self) -> bool:
        """Whether anybody may call."""
        return not self._keys and not self._issuer

    @property
    def remote(self) -> bool:
        """Whether a check may have to ask another server."""
        return self._issuer is not None

    def check(self, authorization: str) -> None:
        """Refuse a request whose `authorization` header is not good enough."""
        if self.open:
            return
        scheme, _, credential = authorization.partition(" ")
        if scheme.lower() != "bearer" or not credential:
            raise Problem(401, "unauthenticated", "expected the header `authorization: Bearer <key or token>`")
        given = credential.strip().encode()
        # Every key is compared, so that the time taken does not tell which one is close.
        if any([hmac.compare_digest(given, key) for key in self._keys]):
            return
        if not self._issuer:
            raise Problem(401, "unauthenticated", "the key is not accepted")
        self._check_token(credential.strip())

    def _check_token(self, token: str) -> None:
        if self._signing_keys is None:
            raise Problem(401, "unauthenticated", "the token is not accepted")
        try:
            key = self._signing_keys.get_signing_key_from_jwt(token)
            jwt.decode(
                token,
                key,
                algorithms=["RS256", "RS384", "RS512"],
                audience=self._audiences,
                issuer=self._issuer,
                options={"require": ["exp", "iss", "aud"]},
            )
        except jwt.PyJWKClientConnectionError as error:
            raise Problem(503, "keys-unavailable", "the issuer's signing keys cannot be fetched") from error
        except jwt.PyJWTError as error:
            raise Problem(401, "unauthenticated", f"the token is not accepted: {type(error).__name__}") from error
