"""The service as its own business system, for documents that it requests shields to sign."""

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import urlsplit

from mshield.server.requests.ask import Ask, CreatedRequest
from mshield.server.requests.document import Document
from mshield.server.requests.rows.requests import Result
from mshield.server.systems.rows import systems
from mshield.server.systems.rows.systems import BusinessSystem
from mshield.server.systems.rules.business_system import OWN_CLIENT_ID

_NAME: Final = "三证合一"


@dataclass(frozen=True, slots=True)
class OwnSystem:
    """Requests of the service's own business system.

    Its secret is random and never stored, so no program can authenticate as it.
    """

    ask: Ask

    async def create(
        self,
        kind: Literal["login", "signature"],
        documents: tuple[Document, ...],
        *,
        address: str | None,
        browser: str | None,
        now: int,
    ) -> CreatedRequest:
        """Creates a request, to be scanned; `address` and `browser` are of the requesting device.

        Raises: TooManyRequests.
        """
        return await self.ask.create(
            await self(now=now),
            kind=kind,
            documents=documents,
            pc_address=address,
            pc_browser=browser,
            idempotency_key=None,
            body_hash=b"",
            now=now,
        )

    async def result(self, request_id: str, *, now: int) -> Result:
        """Returns the result of one of its requests. Raises: as `Ask.result`."""
        return await self.ask.result(await self(now=now), request_id)

    async def __call__(self, *, now: int) -> BusinessSystem:
        """Returns the own system under the service's domain; registers or updates it if needed."""
        domain = urlsplit(self.ask.settings.site.public_origin).netloc
        system = await systems.find(self.ask.db, client_id=OWN_CLIENT_ID)
        if system is None or (system.name, system.domain) != (_NAME, domain):
            secret_hash = hashlib.sha256(secrets.token_bytes(32)).digest()
            system = BusinessSystem(OWN_CLIENT_ID, _NAME, domain, secret_hash, "active")
            await systems.put_own(self.ask.db, system, now=now)
        return system


def own_document(
    title: str,
    terms: Mapping[str, object],
    lines: tuple[tuple[str, str], ...],
    *,
    now: int,
    purpose: Literal["sign", "consent"] = "sign",
) -> Document:
    """Builds a document that the service itself requests somebody to sign: `terms` as JSON, with title and lines in it.

    The phone compares title and lines (label, value) with the content, as for any other business system.
    """
    display = {"title": title, "lines": [{"label": label, "value": value} for label, value in lines]}
    content = {**terms, "shown": display, "issued_at": now, "nonce": secrets.token_hex(16)}
    return Document(
        title=title,
        media_type="application/json",
        content=json.dumps(content, ensure_ascii=False, sort_keys=True).encode(),
        display=lines,
        format="cms",
        purpose=purpose,
    )
