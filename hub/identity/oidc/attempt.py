"""One attempt to sign in: what the hub must know again when the browser comes back from the provider.

It waits in a signed cookie of ten minutes, so that whoever merely begins to sign in leaves nothing behind.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import asdict, dataclass
from typing import Final, Self

from itsdangerous import BadSignature, URLSafeTimedSerializer

LIFE_SECONDS: Final = 600
SALT: Final = "hub sign-in attempt"


@dataclass(frozen=True, slots=True)
class Attempt:
    """Which provider was asked, what its answer must repeat, the secret of PKCE, and where to go then."""

    issuer: str
    state: str
    nonce: str
    verifier: str
    next: str

    @classmethod
    def begin(cls, issuer: str, next: str) -> Self:
        """A new attempt; each of its three secrets has 256 random bits."""
        return cls(
            issuer, secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(32), next
        )

    def is_answered_by(self, state: str) -> bool:
        """Whether the answer belongs to this attempt."""
        return hmac.compare_digest(self.state.encode(), state.encode("utf-8", "surrogatepass"))


class AttemptSeal:
    """Seals attempts with the hub's secret key. Without one, attempts end with the process."""

    def __init__(self, secret_key: str | None) -> None:
        self._serializer = URLSafeTimedSerializer(
            secret_key or secrets.token_urlsafe(32),
            salt=SALT,
            signer_kwargs={"digest_method": hashlib.sha256},
        )

    def seal(self, attempt: Attempt) -> str:
        """The text for the cookie."""
        return str(self._serializer.dumps(asdict(attempt)))

    def open(self, sealed: str | None) -> Attempt | None:
        """The attempt; None where the text is nobody's, or older than ten minutes."""
        if sealed is None:
            return None
        try:
            return Attempt(**self._serializer.loads(sealed, max_age=LIFE_SECONDS))
        except (BadSignature, TypeError):
            return None
