"""OCSP answers (RFC 6960) about shield certificates and issuing CAs, signed by the responder of the CA in question.

An answer is kept for minutes, and given again only while the statuses in the database are still the ones it states.
Those that are asked for are signed anew before they run out, so that nobody waits for a signature.
"""

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, TypeVar

from mshield.gm.engine import Engine
from mshield.keys.authority import ROOT, Authorities, Authority
from mshield.keys.errors import KeysError, NoAuthority
from mshield.keys.keyring import Keyring
from mshield.pki.certificate import Certificate
from mshield.pki.errors import DerError, OcspError, PkiError
from mshield.pki.ocsp import (
    CertId,
    CertStatus,
    Good,
    OcspRequest,
    RevokedAt,
    Unknown,
    build_ocsp_response,
    error_response,
    parse_ocsp_request,
)
from mshield.services.publish_crl import HOUR_MS
from mshield.services.renew_responder import RENEW_MS, current_responder
from mshield.services.status import revocation_of
from mshield.settings import Settings
from mshield.store.certificates import StatusRow, find_status
from mshield.store.database import Database, StoreError

KEEP_MS: Final = 300_000
PRESIGN_MS: Final = 120_000
"""What runs out within this time is signed anew by the job that looks each minute."""

UNASKED_MS: Final = 250
"""For how long PostgreSQL isn't asked again about a kept answer: asking costs more than all the rest, and a change
still shows in the same second."""

MAX_KEPT: Final = 4096
SHORT_REQUEST: Final = 512
"""Bytes of a request that is remembered as read, if it has no nonce."""

_log = logging.getLogger(__name__)

V = TypeVar("V")
Statuses = tuple[tuple[CertId, CertStatus], ...]


@dataclass(frozen=True, slots=True)
class OcspAnswer:
    """A response in DER, and for how many seconds a cache may keep it (0: not at all)."""

    der: bytes = field(repr=False)
    max_age: int = 0


@dataclass(slots=True)
class _Kept:
    """`asked`: whether anyone got it since it was made."""

    der: bytes
    issuer: str
    statuses: Statuses
    made_at: int
    checked_at: int
    asked: bool = True


class OcspPublisher:
    """Answers, and keeps the responders and the last answers in memory."""

    def __init__(
        self, db: Database, keyring: Keyring, engine: Engine, settings: Settings, authorities: Authorities
    ) -> None:
        self._db, self._keyring, self._engine = db, keyring, engine
        self._life_ms = settings.ocsp_hours * HOUR_MS
        self._authorities = authorities
        self._unasked_ms = UNASKED_MS if db.dialect == "postgresql" else 0
        self._responders: dict[str, Authority] = {}
        self._renewing = asyncio.Lock()
        self._kept: dict[bytes, _Kept] = {}
        self._requests: dict[bytes, OcspRequest] = {}

    async def answer(self, request: bytes, *, now: int) -> OcspAnswer:
        """The response to whatever was sent, an error response where there is nothing to say. Raises nothing."""
        try:
            return await self._answer(self._parsed(request), now=now)
        except (DerError, OcspError):
            return OcspAnswer(error_response("malformed_request"))
        except StoreError as error:
            _log.error("no OCSP answer: the database fails (%s)", type(error).__name__)
            return OcspAnswer(error_response("try_later"))
        except (KeysError, PkiError):
            _log.exception("no OCSP answer: the responder can't sign")
            return OcspAnswer(error_response("internal_error"))

    async def answer_for(self, serial: str, *, now: int, since: int = 0) -> bytes:
        """A response about one shield certificate, not made before `since`."""
        row = await find_status(self._db, serial=serial)
        if row is not None:
            return await self.answer_of(row, now=now, since=since)
        issuer = self._authorities.issuing.name
        cert_id = CertId.of(await self._certificate(issuer), int(serial, 16))
        return await self._kept_or_signed(issuer, ((cert_id, Unknown()),), now=now, since=since)

    async def answer_of(self, row: StatusRow, *, now: int, since: int = 0) -> bytes:
        """`answer_for` where its status was just read."""
        cert_id = CertId.of(await self._certificate(row.issuer), int(row.serial, 16))
        status = revocation_of(row) or Good()
        return await self._kept_or_signed(row.issuer, ((cert_id, status),), now=now, since=since)

    async def answer_for_ca(self, certificate: Certificate, *, now: int, since: int) -> bytes:
        """The root's response about an issuing CA, not made before `since`."""
        cert_id = CertId.of(await self._certificate(ROOT), certificate.serial)
        return await self._kept_or_signed(ROOT, await self._statuses(ROOT, (cert_id,)), now=now, since=since)

    async def presign(self, *, now: int) -> int:
        """Signs anew what was asked for and runs out soon, and forgets what nobody asked for; how many it signed."""
        signed = 0
        for key, kept in list(self._kept.items()):
            if now - kept.made_at < KEEP_MS - PRESIGN_MS:
                continue
            if not kept.asked:
                self._kept.pop(key, None)
                continue
            statuses = await self._statuses(kept.issuer, tuple(cert_id for cert_id, _ in kept.statuses))
            await self._sign_and_keep(kept.issuer, statuses, now=now, asked=False)
            signed += 1
        return signed

    def _parsed(self, request: bytes) -> OcspRequest:
        known = self._requests.get(request)
        if known is None:
            known = parse_ocsp_request(request)
            if known.nonce is None and len(request) <= SHORT_REQUEST:
                _put(self._requests, request, known)
        return known

    async def _answer(self, parsed: OcspRequest, *, now: int) -> OcspAnswer:
        issuer = self._issuer_of(parsed)
        if issuer is None:
            await self._authorities.refresh(self._db)  # perhaps a CA that was just made
            issuer = self._issuer_of(parsed)
        if issuer is None:
            return OcspAnswer(error_response("unauthorized"))
        if parsed.nonce is not None:
            statuses = await self._statuses(issuer, parsed.cert_ids)
            return OcspAnswer(await self._sign(issuer, statuses, now=now, nonce=parsed.nonce))
        kept = self._kept.get(_key(parsed.cert_ids))
        if kept is not None and 0 <= now - kept.checked_at < self._unasked_ms:
            kept.asked = True
            return OcspAnswer(kept.der, KEEP_MS // 1000)
        statuses = await self._statuses(issuer, parsed.cert_ids)
        return OcspAnswer(await self._kept_or_signed(issuer, statuses, now=now), KEEP_MS // 1000)

    def _issuer_of(self, request: OcspRequest) -> str | None:
        # One response has one signer: the first certificate's issuer decides, others' certificates are unknown to it.
        for name in self._authorities.names:
            issuer = self._authorities.certificate(name)
            if issuer is not None and request.cert_ids[0].issued_by(issuer):
                return name
        return None

    async def _certificate(self, issuer: str) -> Certificate:
        found = self._authorities.certificate(issuer)
        if found is None:
            await self._authorities.refresh(self._db)
            found = self._authorities.certificate(issuer)
        if found is None:
            raise NoAuthority(
                f"没有名为 {issuer} 的证书签发机构", f"there is no certificate authority named {issuer}"
            )
        return found

    async def _statuses(self, issuer: str, cert_ids: tuple[CertId, ...]) -> Statuses:
        if issuer == ROOT:
            await self._authorities.refresh(self._db)
        return tuple([(cert_id, await self._status(issuer, cert_id)) for cert_id in cert_ids])

    async def _status(self, issuer: str, cert_id: CertId) -> CertStatus:
        if not cert_id.issued_by(await self._certificate(issuer)) or cert_id.serial <= 0:
            return Unknown()
        if issuer == ROOT:
            return self._status_of_ca(cert_id.serial)
        row = await find_status(self._db, serial=f"{cert_id.serial:040x}")
        if row is None or row.issuer != issuer:
            return Unknown()
        return revocation_of(row) or Good()

    def _status_of_ca(self, serial: int) -> CertStatus:
        for name in self._authorities.names:
            certificate = self._authorities.certificate(name)
            if name != ROOT and certificate is not None and certificate.serial == serial:
                revoked = self._authorities.revoked(name)
                return Good() if revoked is None else RevokedAt(revoked.at, revoked.reason)
        return Unknown()

    async def _kept_or_signed(self, issuer: str, statuses: Statuses, *, now: int, since: int = 0) -> bytes:
        kept = self._kept.get(_key(cert_id for cert_id, _ in statuses))
        fresh = kept is not None and since <= kept.made_at and 0 <= now - kept.made_at < KEEP_MS
        if kept is not None and fresh and kept.statuses == statuses:
            kept.asked, kept.checked_at = True, now
            return kept.der
        return await self._sign_and_keep(issuer, statuses, now=now, asked=True)

    async def _sign_and_keep(self, issuer: str, statuses: Statuses, *, now: int, asked: bool) -> bytes:
        made = await self._sign(issuer, statuses, now=now, nonce=None)
        key = _key(cert_id for cert_id, _ in statuses)
        _put(self._kept, key, _Kept(made, issuer, statuses, now, now, asked))
        return made

    async def _sign(self, issuer: str, statuses: Statuses, *, now: int, nonce: bytes | None) -> bytes:
        responder = await self._responder(issuer, now=now)
        return build_ocsp_response(
            signer=responder.signer,
            responder=responder.certificate,
            issuer=await self._certificate(issuer),
            statuses=statuses,
            this_update=now,
            next_update=now + self._life_ms,
            produced_at=now,
            nonce=nonce,
        )

    async def _responder(self, issuer: str, *, now: int) -> Authority:
        responder = self._responders.get(issuer)
        if responder is not None and responder.certificate.not_after - now > RENEW_MS:
            return responder
        async with self._renewing:
            responder = await current_responder(self._db, self._keyring, self._engine, issuer, now=now)
            self._responders[issuer] = responder
            return responder


def _key(cert_ids: Iterable[CertId]) -> bytes:
    return b"".join(cert_id.der for cert_id in cert_ids)


def _put(kept: dict[bytes, V], key: bytes, value: V) -> None:
    """Adds as the newest; the oldest goes where there are too many."""
    kept.pop(key, None)
    if len(kept) >= MAX_KEPT:
        kept.pop(next(iter(kept)))
    kept[key] = value
