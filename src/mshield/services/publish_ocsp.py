"""OCSP answers (RFC 6960) about shield certificates and the issuing CA, signed by the responder of the CA in question.

An answer is kept for minutes, and given again only while the statuses in the database are still the ones it states.
"""

import asyncio
import logging
from dataclasses import dataclass, field
from typing import Final

from mshield.gm.engine import Engine
from mshield.keys.authority import Authorities, Authority
from mshield.keys.errors import KeysError
from mshield.keys.keyring import Keyring
from mshield.pki.certificate import Certificate
from mshield.pki.errors import DerError, OcspError, PkiError
from mshield.pki.ocsp import (
    CertId,
    CertStatus,
    Good,
    OcspRequest,
    Unknown,
    build_ocsp_response,
    error_response,
    parse_ocsp_request,
)
from mshield.services.publish_crl import HOUR_MS, CaName
from mshield.services.renew_responder import RENEW_MS, current_responder
from mshield.services.status import revocation_of
from mshield.settings import Settings
from mshield.store.certificates import find_status
from mshield.store.database import Database, StoreError

KEEP_MS: Final = 300_000
MAX_KEPT: Final = 4096

_log = logging.getLogger(__name__)

Statuses = tuple[tuple[CertId, CertStatus], ...]


@dataclass(frozen=True, slots=True)
class OcspAnswer:
    """A response in DER, and for how many seconds a cache may keep it (0: not at all)."""

    der: bytes = field(repr=False)
    max_age: int = 0


@dataclass(frozen=True, slots=True)
class _Kept:
    der: bytes
    statuses: Statuses
    made_at: int


class OcspPublisher:
    """Answers, and keeps the responders and the last answers in memory."""

    def __init__(
        self, db: Database, keyring: Keyring, engine: Engine, settings: Settings, authorities: Authorities
    ) -> None:
        self._db, self._keyring, self._engine = db, keyring, engine
        self._life_ms = settings.ocsp_hours * HOUR_MS
        self._issuers: dict[CaName, Certificate] = {
            "issuing": authorities.issuing.certificate,
            "root": authorities.root,
        }
        self._responders: dict[CaName, Authority] = {}
        self._renewing = asyncio.Lock()
        self._kept: dict[bytes, _Kept] = {}

    async def answer(self, request: bytes, *, now: int) -> OcspAnswer:
        """The response to whatever was sent, an error response where there is nothing to say. Raises nothing."""
        try:
            return await self._answer(parse_ocsp_request(request), now=now)
        except (DerError, OcspError):
            return OcspAnswer(error_response("malformed_request"))
        except StoreError as error:
            _log.error("no OCSP answer: the database fails (%s)", type(error).__name__)
            return OcspAnswer(error_response("try_later"))
        except (KeysError, PkiError):
            _log.exception("no OCSP answer: the responder can't sign")
            return OcspAnswer(error_response("internal_error"))

    async def _answer(self, parsed: OcspRequest, *, now: int) -> OcspAnswer:
        issuer = self._issuer_of(parsed)
        if issuer is None:
            return OcspAnswer(error_response("unauthorized"))
        statuses = await self._statuses(issuer, parsed.cert_ids)
        if parsed.nonce is not None:
            return OcspAnswer(await self._sign(issuer, statuses, now=now, nonce=parsed.nonce))
        return OcspAnswer(await self._kept_or_signed(issuer, statuses, now=now), KEEP_MS // 1000)

    async def answer_for(self, serial: str, *, now: int) -> bytes:
        """A response about one shield certificate."""
        cert_id = CertId.of(self._issuers["issuing"], int(serial, 16))
        return await self._kept_or_signed("issuing", await self._statuses("issuing", (cert_id,)), now=now)

    def _issuer_of(self, request: OcspRequest) -> CaName | None:
        # One response has one signer: the first certificate's issuer decides, others' certificates are unknown to it.
        for name, issuer in self._issuers.items():
            if request.cert_ids[0].issued_by(issuer):
                return name
        return None

    async def _statuses(self, issuer: CaName, cert_ids: tuple[CertId, ...]) -> Statuses:
        return tuple([(cert_id, await self._status(issuer, cert_id)) for cert_id in cert_ids])

    async def _status(self, issuer: CaName, cert_id: CertId) -> CertStatus:
        if not cert_id.issued_by(self._issuers[issuer]) or cert_id.serial <= 0:
            return Unknown()
        if issuer == "root":
            return Good() if cert_id.serial == self._issuers["issuing"].serial else Unknown()
        row = await find_status(self._db, serial=f"{cert_id.serial:040x}")
        if row is None:
            return Unknown()
        return revocation_of(row) or Good()

    async def _kept_or_signed(self, issuer: CaName, statuses: Statuses, *, now: int) -> bytes:
        key = b"".join(cert_id.der for cert_id, _ in statuses)
        kept = self._kept.get(key)
        if kept is not None and kept.statuses == statuses and 0 <= now - kept.made_at < KEEP_MS:
            return kept.der
        made = await self._sign(issuer, statuses, now=now, nonce=None)
        if len(self._kept) >= MAX_KEPT:
            self._kept.pop(next(iter(self._kept)))
        self._kept.pop(key, None)
        self._kept[key] = _Kept(made, statuses, now)
        return made

    async def _sign(self, issuer: CaName, statuses: Statuses, *, now: int, nonce: bytes | None) -> bytes:
        responder = await self._responder(issuer, now=now)
        return build_ocsp_response(
            signer=responder.signer,
            responder=responder.certificate,
            issuer=self._issuers[issuer],
            statuses=statuses,
            this_update=now,
            next_update=now + self._life_ms,
            produced_at=now,
            nonce=nonce,
        )

    async def _responder(self, issuer: CaName, *, now: int) -> Authority:
        responder = self._responders.get(issuer)
        if responder is not None and responder.certificate.not_after - now > RENEW_MS:
            return responder
        async with self._renewing:
            responder = await current_responder(self._db, self._keyring, self._engine, issuer, now=now)
            self._responders[issuer] = responder
            return responder
