"""State of a request for a waiting PC or business system, and its QR codes for the next seconds."""

from dataclasses import dataclass, replace
from typing import Final

from mshield.server.database.interface import Database
from mshield.server.errors import NotFound
from mshield.server.requests.errors import WrongStatusToken
from mshield.server.requests.rows import following as store
from mshield.server.requests.rows.following import Followed
from mshield.server.requests.rules import RequestState, shown_state
from mshield.server.requests.secrets import RequestSecrets
from mshield.server.settings.site import SiteSettings
from mshield.wire.ids import is_id
from mshield.wire.qr import qr_text

__all__ = ["Follow", "Followed"]

QR_TEXTS: Final = 4
"""Seconds for which QR texts are sent in advance: two more than the sending interval, so that a PC always has one.

Not more, because an attacker who reads the last one from their own page can relay it for that much longer
(the relay lab).
"""


@dataclass(frozen=True, slots=True)
class Follow:
    """Returns the state and the QR texts of requests."""

    db: Database
    secrets: RequestSecrets
    settings: SiteSettings

    def require_token(self, request_id: str, token: str) -> None:
        """Raises WrongStatusToken, also for a request that doesn't exist."""
        if not self.secrets.is_status_token(request_id, token):
            raise WrongStatusToken

    async def state(self, request_id: str, *, client_id: str | None = None, now: int) -> Followed:
        """Returns the current state; if `client_id` is given, only of that system's requests. Raises: NotFound."""
        row = await store.find(self.db, id=request_id) if is_id(request_id) else None
        if row is None or client_id not in {None, row.client_id}:
            raise NotFound
        state = shown_state(RequestState(row.state), expires_at=row.expires_at, now=now)
        return row if state == row.state else replace(row, state=state.value)

    def qr_texts(self, request_id: str, *, started_at: int, now: int) -> list[str]:
        """Returns the QR texts of the current second and the following ones."""
        secret = self.secrets.qr_secret(request_id)
        first = max(0, now - started_at) // 1000
        origin = self.settings.public_origin
        return [qr_text(origin, request_id, secret, elapsed) for elapsed in range(first, first + QR_TEXTS)]
