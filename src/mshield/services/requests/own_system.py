"""The service as a business system of its own: for what it has a shield sign that no other one asks for."""

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import urlsplit

from mshield.domain.systems.business_system import OWN_CLIENT_ID
from mshield.services.requests.document import Document
from mshield.settings import Settings
from mshield.store.database.interface import Database
from mshield.store.systems import systems
from mshield.store.systems.systems import BusinessSystem

_NAME: Final = "三证合一"


@dataclass(frozen=True, slots=True)
class OwnSystem:
    """Nobody knows its secret, so no program can ask as it."""

    db: Database
    settings: Settings

    async def __call__(self, *, now: int) -> BusinessSystem:
        """As it is registered, under the service's own domain; registered at its first use."""
        domain = urlsplit(self.settings.public_origin).netloc
        system = await systems.find(self.db, client_id=OWN_CLIENT_ID)
        if system is None or (system.name, system.domain) != (_NAME, domain):
            secret_hash = hashlib.sha256(secrets.token_bytes(32)).digest()
            system = BusinessSystem(OWN_CLIENT_ID, _NAME, domain, secret_hash, "active")
            await systems.put_own(self.db, system, now=now)
        return system


def own_document(
    title: str,
    terms: Mapping[str, object],
    lines: tuple[tuple[str, str], ...],
    *,
    now: int,
    purpose: Literal["sign", "consent"] = "sign",
) -> Document:
    """What this service itself asks somebody to sign: `terms` as JSON, with title and lines (label, value) in it.

    The phone holds title and lines against the content, as it does everybody's.
    """
    shown = {"title": title, "lines": [{"label": label, "value": value} for label, value in lines]}
    content = {**terms, "shown": shown, "issued_at": now, "nonce": secrets.token_hex(16)}
    return Document(
        title=title,
        media_type="application/json",
        content=json.dumps(content, ensure_ascii=False, sort_keys=True).encode(),
        display=lines,
        format="cms",
        purpose=purpose,
    )
