"""What opens one request: the QR code's secret, the status token of the PC's page, the two keys of another app's way.

They are derived from the request's id and nowhere stored, so that a leaked database opens no request.
"""

import hmac
import re
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from mshield.domain import errors
from mshield.domain.ids import UUID
from mshield.domain.tokens import base64url
from mshield.keys.secrets import LookupKey

_CLAIM: Final = re.compile(rf"claim:(?P<id>{UUID}):(?P<until>[1-9][0-9]{{12}}):(?P<mac>[A-Za-z0-9_-]{{43}})")


@dataclass(frozen=True, slots=True)
class RequestSecrets:
    """Makes and checks them."""

    lookup: LookupKey
    _begun: dict[str, HMAC] = field(default_factory=dict, init=False, repr=False, compare=False)

    def qr_secret(self, request_id: str) -> bytes:
        """With which the QR code of each second is made (32 bytes)."""
        return self._derive("request-qr", request_id)

    def status_token(self, request_id: str) -> str:
        """With which a page watches the request: 43 characters of base64url. It opens no result."""
        return base64url(self._derive("request-status", request_id))

    def is_status_token(self, request_id: str, token: str) -> bool:
        """Whether the token is this request's. In constant time."""
        return hmac.compare_digest(self.status_token(request_id).encode(), token.encode())

    def app_key(self, request_id: str) -> str:
        """What another app's link carries beside the id: 22 characters of base64url."""
        return base64url(self._derive("request-app", request_id)[:16])

    def is_app_key(self, request_id: str, key: str) -> bool:
        """Whether the key is this request's. In constant time."""
        return hmac.compare_digest(self.app_key(request_id).encode(), key.encode())

    def return_code(self, request_id: str) -> str:
        """What the way back from the shield's app carries, once signed: 22 characters of base64url."""
        return base64url(self._derive("request-return", request_id)[:16])

    def is_return_code(self, request_id: str, code: str) -> bool:
        """Whether the code is this request's. In constant time."""
        return hmac.compare_digest(self.return_code(request_id).encode(), code.encode())

    def claim(self, request_id: str, *, jkt: str, expires_at: int) -> str:
        """Says that the device with this key read the request's code in time; counts for it alone, until then (ms)."""
        mac = base64url(self._derive("request-claim", f"{request_id} {expires_at} {jkt}"))
        return f"claim:{request_id}:{expires_at}:{mac}"

    def claimed(self, text: str, *, jkt: str) -> tuple[str, int] | None:
        """The request and the end (ms) of a claim of this device, over or not; None for anything else."""
        match = _CLAIM.fullmatch(text)
        if match is None:
            return None
        request_id, expires_at = match["id"], int(match["until"])
        right = self.claim(request_id, jkt=jkt, expires_at=expires_at)
        return (request_id, expires_at) if hmac.compare_digest(right.encode(), text.encode()) else None

    def require_way_back(self, request_id: str, channel: str, code: str | None) -> None:
        """What another app asked for is told only to whom the shield's app led back. Raises WrongReturnCode.

        So a link that somebody else was made to open gives its sender nothing: the code comes to that other one.
        """
        if channel == "app" and not self.is_return_code(request_id, code or ""):
            raise errors.WrongReturnCode

    def _derive(self, kind: str, request_id: str) -> bytes:
        begun = self._begun.get(kind)
        if begun is None:
            begun = self._begun[kind] = HMAC(self.lookup.key_for(kind), SHA256())
        mac = begun.copy()  # costs a third of a new one, and each request has three
        mac.update(request_id.encode())
        return mac.finalize()
