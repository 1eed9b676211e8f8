"""What a waiting PC or business system is told of a request, and the texts of its QR code for the next seconds."""

from dataclasses import dataclass, replace
from typing import Final

from mshield.domain import errors
from mshield.domain.ids import is_id
from mshield.domain.qr import qr_text
from mshield.domain.requests import RequestState, shown_state
from mshield.services.requests.secrets import RequestSecrets
from mshield.settings import Settings
from mshield.store.database.interface import Database
from mshield.store.requests import following as store
from mshield.store.requests.following import Followed

__all__ = ["Follow", "Followed"]

QR_TEXTS: Final = 4
"""Seconds for which texts are given at once: two more than they are sent again after, so that a PC never lacks one.

No more, for whoever reads the last of them out of their own page can pass it on that much longer (the relay lab).
"""


@dataclass(frozen=True, slots=True)
class Follow:
    """Answers for a request's state."""

    db: Database
    secrets: RequestSecrets
    settings: Settings

    def require_token(self, request_id: str, token: str) -> None:
        """Raises WrongStatusToken, for a request that isn't there too."""
        if not self.secrets.is_status_token(request_id, token):
            raise errors.WrongStatusToken

    async def state(self, request_id: str, *, client_id: str | None = None, now: int) -> Followed:
        """The state now; with `client_id` of this business system's requests only. Raises NotFound."""
        row = await store.find(self.db, id=request_id) if is_id(request_id) else None
        if row is None or client_id not in {None, row.client_id}:
            raise errors.NotFound
        shown = shown_state(RequestState(row.state), expires_at=row.expires_at, now=now)
        return row if shown == row.state else replace(row, state=shown.value)

    def qr_texts(self, request_id: str, *, started_at: int, now: int) -> list[str]:
        """The QR code's text of this second and of those after it."""
        secret = self.secrets.qr_secret(request_id)
        first = max(0, now - started_at) // 1000
        origin = self.settings.public_origin
        return [qr_text(origin, request_id, secret, elapsed) for elapsed in range(first, first + QR_TEXTS)]
