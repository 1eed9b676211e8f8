"""OCSP answers (RFC 6960) about shield certificates and issuing CAs, signed by the responder of the CA in question.

An answer is kept for minutes, and given again only while the statuses in the database are still the ones it states and
its responder is still the one in force. Those that are asked for are signed anew before they run out, each process its
own, so that nobody waits for a signature.
"""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import takewhile
from typing import Final, Protocol, TypeVar

from mshield.domain import errors
from mshield.domain.times import HOUR_MS
from mshield.gm.engine import Engine
from mshield.keys.authority import ROOT, Authorities
from mshield.keys.errors import KeysError, NoAuthority
from mshield.keys.hardware.held import signing
from mshield.keys.keyring import Keyring
from mshield.pki.certificates.certificate import Certificate
from mshield.pki.errors import DerError, OcspError, PkiError
from mshield.pki.revocation.ocsp import (
    CertId,
    CertStatus,
    Good,
    OcspRequest,
    RevokedAt,
    Unknown,
    error_response,
    parse_ocsp_request,
)
from mshield.services.publication.responders import Responders
from mshield.services.publication.status import revocation_of
from mshield.settings import Settings
from mshield.store.certificates.certificates import StatusRow, find_status
from mshield.store.database.interface import Database, StoreError

_GOOD: Final = Good()
KEEP_MS: Final = 300_000
PRESIGN_MS: Final = 120_000
"""What runs out within this time is signed anew."""

PRESIGN_SECONDS: Final = 1.0
PRESIGN_MOST: Final = 40
"""So many signatures a second, for a few milliseconds, keep up with all that is kept (MAX_KEPT in PRESIGN_MS)."""

UNASKED_MS: Final = 250
"""For how long PostgreSQL isn't asked again about a kept answer: asking costs more than all the rest, and a change
still shows in the same second."""

MAX_KEPT: Final = 4096
SHORT_REQUEST: Final = 512
"""Bytes of a request that is remembered as read, if it has no nonce."""

_log = logging.getLogger(__name__)

V = TypeVar("V")
Statuses = tuple[tuple[CertId, CertStatus], ...]


class CaEnded(Exception):
    """The CA's certificate is over: nobody can state any more how what it issued stands."""


class OcspSigner(Protocol):
    """Who signs answers; told from others by its certificate (DER)."""

    @property
    def certificate(self) -> bytes:
        """DER."""

    @property
    def key(self) -> object:
        """The key that signs, for whoever does so in its own thread."""

    def ocsp(
        self,
        statuses: Sequence[tuple[CertId, CertStatus]],
        *,
        now: int,
        next_update: int,
        nonce: bytes | None,
    ) -> bytes:
        """A response (DER); times in ms."""


@dataclass(frozen=True, slots=True)
class OcspAnswer:
    """A response in DER, for how many seconds a cache may keep it (0: not at all), and when it was made (ms)."""

    der: bytes = field(repr=False)
    max_age: int = 0
    made_at: int = 0


@dataclass(slots=True)
class _KeptAnswer:
    """`asked`: whether anyone got it since it was made; `signed_by`: the signer's certificate."""

    der: bytes
    issuer: str
    statuses: Statuses
    signed_by: bytes
    made_at: int
    checked_at: int
    asked: bool = True

    @property
    def answer(self) -> OcspAnswer:
        return OcspAnswer(self.der, KEEP_MS // 1000, self.made_at)


class OcspPublisher:
    """Answers, and keeps the responders and the last answers in memory."""

    def __init__(
        self, db: Database, keyring: Keyring, engine: Engine, settings: Settings, authorities: Authorities
    ) -> None:
        self._db = db
        self._life_ms = settings.ocsp_hours * HOUR_MS
        self._authorities = authorities
        self._unasked_ms = UNASKED_MS if db.dialect == "postgresql" else 0
        self._responders = Responders(db, keyring, engine, is_sure=authorities.may_sign)
        self._kept: dict[bytes, _KeptAnswer] = {}
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
        except errors.ClockDoubted:
            return OcspAnswer(error_response("try_later"))
        except (KeysError, PkiError):
            _log.exception("no OCSP answer: the responder can't sign")
            return OcspAnswer(error_response("internal_error"))

    async def answer_for(self, serial: str, *, now: int, since: int = 0) -> bytes:
        """A response about one shield certificate, not made before `since`. Raises CaEnded, ClockDoubted."""
        row = await find_status(self._db, serial=serial)
        if row is not None:
            return await self.answer_of(row, now=now, since=since)
        issuer = self._authorities.issuing.name
        cert_id = CertId.of(await self._certificate(issuer), int(serial, 16))
        return (await self._kept_or_signed(issuer, ((cert_id, Unknown()),), now=now, since=since)).der

    async def answer_of(self, row: StatusRow, *, now: int, since: int = 0) -> bytes:
        """`answer_for` where its status was just read. Raises CaEnded, ClockDoubted."""
        issuer = await self._certificate(row.issuer)
        if now >= issuer.not_after:
            raise CaEnded
        cert_id = _cert_id(issuer.subject_der, issuer.public_key, row.serial)
        status = revocation_of(row) or _GOOD
        return (await self._kept_or_signed(row.issuer, ((cert_id, status),), now=now, since=since)).der

    async def answer_for_ca(self, certificate: Certificate, *, now: int, since: int) -> bytes:
        """The root's response about an issuing CA, not made before `since`. Raises ClockDoubted."""
        cert_id = CertId.of(await self._certificate(ROOT), certificate.serial)
        statuses = await self._statuses(ROOT, (cert_id,))
        return (await self._kept_or_signed(ROOT, statuses, now=now, since=since)).der

    async def presign(self, *, now: int, most: int = PRESIGN_MOST) -> int:
        """Signs anew what was asked for and runs out soon, and forgets what nobody asked for; how many it signed.

        `most` of them at once: the rest has its turn in the next round. What can't be signed, as its CA has ended,
        keeps no other from it; the first such failure is raised when all had their turn. Raises ClockDoubted.
        """
        self._authorities.require_sure()
        signed, failures = 0, list[Exception]()
        for key, kept in self._ageing(now=now):
            if not kept.asked:
                self._kept.pop(key, None)
            elif signed + len(failures) < most:
                try:
                    await self._sign_again(key, kept, now=now)
                    signed += 1
                except (KeysError, PkiError) as error:
                    failures.append(error)
        if failures:
            raise failures[0]
        return signed

    def _ageing(self, *, now: int) -> list[tuple[bytes, _KeptAnswer]]:
        """Answers that run out soon. They stand in the order of their making: the first young one ends the search."""
        young = KEEP_MS - PRESIGN_MS
        return list(takewhile(lambda entry: not 0 <= now - entry[1].made_at < young, self._kept.items()))

    async def _sign_again(self, key: bytes, kept: _KeptAnswer, *, now: int) -> None:
        await asyncio.sleep(0)  # who asks meanwhile goes first
        try:
            statuses = await self._statuses(kept.issuer, tuple(cert_id for cert_id, _ in kept.statuses))
            signer = await self._signer(kept.issuer, now=now)
            await self._sign_and_keep(signer, kept.issuer, statuses, now=now, asked=False)
        except Exception:
            self._kept.pop(key, None)  # or it would stand before all others in each round
            raise

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
        if issuer is None or now >= (await self._certificate(issuer)).not_after:
            return OcspAnswer(error_response("unauthorized"))  # nobody can sign for a CA that has ended
        if parsed.nonce is not None:
            statuses = await self._statuses(issuer, parsed.cert_ids)
            signer = await self._signer(issuer, now=now)
            return OcspAnswer(await self._sign(signer, statuses, now=now, nonce=parsed.nonce))
        kept = self._kept.get(_key(parsed.cert_ids))
        if kept is not None and 0 <= now - kept.checked_at < self._unasked_ms:
            kept.asked = True
            return kept.answer
        statuses = await self._statuses(issuer, parsed.cert_ids)
        return (await self._kept_or_signed(issuer, statuses, now=now)).answer

    def _issuer_of(self, request: OcspRequest) -> str | None:
        # One response has one signer: the first certificate's issuer decides, others' certificates are unknown to it.
        for name in self._authorities.names:
            issuer = self._authorities.certificate(name)
            if issuer is not None and request.cert_ids[0].issued_by(issuer):
                return name
        return None

    async def _certificate(self, issuer: str) -> Certificate:
        certificate = self._authorities.certificate(issuer)
        if certificate is None:
            await self._authorities.refresh(self._db)
            certificate = self._authorities.certificate(issuer)
        if certificate is None:
            raise NoAuthority(
                f"没有名为 {issuer} 的证书签发机构", f"there is no certificate authority named {issuer}"
            )
        return certificate

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

    async def _kept_or_signed(
        self, issuer: str, statuses: Statuses, *, now: int, since: int = 0
    ) -> _KeptAnswer:
        signer = await self._signer(issuer, now=now)
        kept = self._kept.get(_key(cert_id for cert_id, _ in statuses))
        fresh = kept is not None and since <= kept.made_at and 0 <= now - kept.made_at < KEEP_MS
        # An answer by a responder that was replaced is given no more: its key may have been replaced for a reason.
        if kept is not None and fresh and kept.statuses == statuses and kept.signed_by == signer.certificate:
            kept.asked, kept.checked_at = True, now
            return kept
        return await self._sign_and_keep(signer, issuer, statuses, now=now, asked=True)

    async def _sign_and_keep(
        self, signer: OcspSigner, issuer: str, statuses: Statuses, *, now: int, asked: bool
    ) -> _KeptAnswer:
        der = await self._sign(signer, statuses, now=now, nonce=None)
        answer = _KeptAnswer(der, issuer, statuses, signer.certificate, now, now, asked)
        _put(self._kept, _key(cert_id for cert_id, _ in statuses), answer)
        return answer

    async def _sign(self, signer: OcspSigner, statuses: Statuses, *, now: int, nonce: bytes | None) -> bytes:
        self._authorities.require_sure()
        until = now + self._life_ms
        return await signing(
            signer.key, lambda: signer.ocsp(statuses, now=now, next_update=until, nonce=nonce)
        )

    async def _signer(self, issuer: str, *, now: int) -> OcspSigner:
        return await self._responders.current(issuer, await self._certificate(issuer), now=now)


@lru_cache(maxsize=4096)
def _cert_id(issuer_name: bytes, issuer_key: bytes, serial: str) -> CertId:
    return CertId.named(issuer_name, issuer_key, int(serial, 16))


def _key(cert_ids: Iterable[CertId]) -> bytes:
    return b"".join(cert_id.der for cert_id in cert_ids)


def _put(kept: dict[bytes, V], key: bytes, value: V) -> None:
    """Adds as the newest; the oldest goes where there are too many."""
    kept.pop(key, None)
    if len(kept) >= MAX_KEPT:
        kept.pop(next(iter(kept)))
    kept[key] = value
