"""Secrets of a request: for QR codes, the status token of the PC's page, another app's link and return code.

They are derived from the request's id and never stored, so that a leaked database opens no request.
"""

import hmac
import re
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from mshield.server.keys.secrets import LookupKey
from mshield.server.requests.errors import WrongReturnCode
from mshield.wire.ids import UUID
from mshield.wire.tokens import base64url

_CLAIM: Final = re.compile(rf"claim:(?P<id>{UUID}):(?P<until>[1-9][0-9]{{12}}):(?P<mac>[A-Za-z0-9_-]{{43}})")


@dataclass(frozen=True, slots=True)
class RequestSecrets:
    """Derives and checks the secrets."""

    lookup: LookupKey
    _begun: dict[str, HMAC] = field(default_factory=dict, init=False, repr=False, compare=False)

    def qr_secret(self, request_id: str) -> bytes:
        """Returns the secret (32 bytes) from which the QR code of each second is made."""
        return self._derive("request-qr", request_id)

    def status_token(self, request_id: str) -> str:
        """Returns the token for watching the request, 43 characters of base64url.

        It doesn't allow fetching the result.
        """
        return base64url(self._derive("request-status", request_id))

    def is_status_token(self, request_id: str, token: str) -> bool:
        """Checks in constant time whether the token is this request's."""
        return hmac.compare_digest(self.status_token(request_id).encode(), token.encode())

    def app_key(self, request_id: str) -> str:
        """Returns the key in another app's link, next to the id: 22 characters of base64url."""
        return base64url(self._derive("request-app", request_id)[:16])

    def is_app_key(self, request_id: str, key: str) -> bool:
        """Checks in constant time whether the key is this request's."""
        return hmac.compare_digest(self.app_key(request_id).encode(), key.encode())

    def return_code(self, request_id: str) -> str:
        """Returns the code in the address back from the shield's app after signing: 22 characters of base64url."""
        return base64url(self._derive("request-return", request_id)[:16])

    def is_return_code(self, request_id: str, code: str) -> bool:
        """Checks in constant time whether the code is this request's."""
        return hmac.compare_digest(self.return_code(request_id).encode(), code.encode())

    def claim(self, request_id: str, *, jkt: str, expires_at: int) -> str:
        """Returns the claim that the device with key `jkt` read the request's code in time.

        Valid for this device only, until `expires_at` (ms).
        """
        mac = base64url(self._derive("request-claim", f"{request_id} {expires_at} {jkt}"))
        return f"claim:{request_id}:{expires_at}:{mac}"

    def claimed(self, text: str, *, jkt: str) -> tuple[str, int] | None:
        """Returns request id and end (ms) of this device's claim, expired or not; None for anything else."""
        match = _CLAIM.fullmatch(text)
        if match is None:
            return None
        request_id, expires_at = match["id"], int(match["until"])
        expected = self.claim(request_id, jkt=jkt, expires_at=expires_at)
        return (request_id, expires_at) if hmac.compare_digest(expected.encode(), text.encode()) else None

    def require_way_back(self, request_id: str, channel: str, code: str | None) -> None:
        """Raises WrongReturnCode for another app's request without its return code.

        Only the browser or app to which the shield's app returned has that code. So an attacker who makes
        somebody else open a link can't fetch the result.
        """
        if channel == "app" and not self.is_return_code(request_id, code or ""):
            raise WrongReturnCode

    def _derive(self, kind: str, request_id: str) -> bytes:
        keyed = self._begun.get(kind)
        if keyed is None:
            keyed = self._begun[kind] = HMAC(self.lookup.key_for(kind), SHA256())
        mac = keyed.copy()  # Copying takes a third of the time of a new HMAC, and each request needs three.
        mac.update(request_id.encode())
        return mac.finalize()
