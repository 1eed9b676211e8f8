"""OCSP answers (RFC 6960) about shield certificates and issuing CAs, signed by the responder of the CA in question.

An answer is cached for minutes, and reused only while the database still has the statuses that it states and
its responder is still in use. Each process signs requested answers again before they expire, so that clients
needn't wait for a signature.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import takewhile
from typing import Final, Protocol, TypeVar

from mshield.gm.engine import Engine
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
from mshield.server.authorities.authority import ROOT, Authorities
from mshield.server.certificates.rows.certificates import StatusRow, find_status, logged_status
from mshield.server.database.interface import Database, SealBroken, StoreError
from mshield.server.errors import ClockDoubted
from mshield.server.keys.errors import KeysError, NoAuthority
from mshield.server.keys.hardware.held import signing
from mshield.server.keys.keyring import Keyring
from mshield.server.publication.responders import Responders
from mshield.server.publication.status import revocation_of
from mshield.server.settings.ca import CaSettings
from mshield.wire.times import HOUR_MS

_GOOD: Final = Good()
KEEP_MS: Final = 300_000
PRESIGN_MS: Final = 120_000
"""Remaining validity at which requested answers are signed again."""

PRESIGN_SECONDS: Final = 1.0
PRESIGN_MOST: Final = 40
"""Signatures per second: they take a few ms, and keep up with a full cache (MAX_CACHED in PRESIGN_MS)."""

UNASKED_MS: Final = 250
"""Time in ms during which PostgreSQL isn't asked again about a cached answer.

The query costs more than everything else, and a change still becomes visible within a second.
"""

MAX_CACHED: Final = 4096
MAX_OF_UNKNOWN: Final = MAX_CACHED // 2
"""Cached answers up to which one about an unknown certificate is cached too."""

SHORT_REQUEST: Final = 512
"""Maximum size in bytes of a request whose parsed form is cached, if it has no nonce."""

_log = logging.getLogger(__name__)

V = TypeVar("V")
Admit = Callable[[int], bool]
"""Function that counts so many certificates, or time stamps, against the caller's share; False beyond the share."""

Statuses = tuple[tuple[CertId, CertStatus], ...]


def admit_all(number: int) -> bool:  # noqa: ARG001  # the form of `Admit`
    """Admits callers of this process, which have no share."""
    return True


class CaEnded(Exception):
    """The CA's certificate has expired, so the status of its certificates can no longer be signed."""


class OcspSigner(Protocol):
    """Signer of answers, identified by its certificate (DER)."""

    @property
    def certificate(self) -> bytes:
        """Certificate (DER)."""

    @property
    def key(self) -> object:
        """The signing key, for callers that sign in the thread of its device."""

    def ocsp(
        self,
        statuses: Sequence[tuple[CertId, CertStatus]],
        *,
        now: int,
        next_update: int,
        nonce: bytes | None,
    ) -> bytes:
        """Returns a response (DER); times in ms."""


@dataclass(frozen=True, slots=True)
class OcspAnswer:
    """A response (DER), the seconds for which it may be cached (0: not at all), and its time (ms)."""

    der: bytes = field(repr=False)
    max_age: int = 0
    made_at: int = 0


@dataclass(slots=True)
class _CachedAnswer:
    """A cached answer. `asked`: it was requested since it was made; `signed_by`: the signer's certificate (DER)."""

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
    """Answers OCSP requests, and caches responders and answers."""

    def __init__(
        self, db: Database, keyring: Keyring, engine: Engine, settings: CaSettings, authorities: Authorities
    ) -> None:
        self._db = db
        self._life_ms = settings.ocsp_hours * HOUR_MS
        self._authorities = authorities
        self._unasked_ms = UNASKED_MS if db.dialect == "postgresql" else 0
        self._responders = Responders(db, keyring, engine, is_sure=authorities.may_sign)
        self._kept: dict[bytes, _CachedAnswer] = {}
        self._requests: dict[bytes, OcspRequest] = {}

    async def answer(self, request: bytes, *, now: int, admit: Admit = admit_all) -> OcspAnswer:
        """Answers any request, with an error response if necessary: `try_later` beyond the share. Never raises."""
        try:
            parsed = self._parsed(request)
            cost = self._cost(parsed, now=now)
            if not cost or admit(cost):
                return await self._answer(parsed, now=now)
        except (DerError, OcspError):
            return OcspAnswer(error_response("malformed_request"))
        except SealBroken as error:
            _log.critical("no OCSP answer: the status of a certificate is in doubt (%s)", error)
        except StoreError as error:
            _log.error("no OCSP answer: the database failed (%s)", type(error).__name__)
        except ClockDoubted:
            pass  # The clock watch reports it.
        except (KeysError, PkiError):
            _log.exception("no OCSP answer: the responder can't sign")
            return OcspAnswer(error_response("internal_error"))
        return OcspAnswer(error_response("try_later"))

    async def answer_for(self, serial: str, *, now: int, since: int = 0) -> bytes:
        """Returns a response about one shield certificate, made at or after `since`. Raises: CaEnded, ClockDoubted."""
        row = await find_status(self._db, serial=serial)
        if row is None:
            issuer = self._authorities.issuing.name
            cert_id = CertId.of(await self._certificate(issuer), int(serial, 16))
            return (await self._cached_or_signed(issuer, ((cert_id, Unknown()),), now=now, since=since)).der
        cert_id = await self._id_of(row, now=now)
        status = revocation_of(await logged_status(self._db, row, now=now)) or _GOOD
        return (await self._cached_or_signed(row.issuer, ((cert_id, status),), now=now, since=since)).der

    async def answer_of(self, row: StatusRow, *, now: int) -> bytes:
        """Like `answer_for`, with a status that the caller just read, without `logged`. Raises: CaEnded, ClockDoubted.

        The log is asked only where no answer with this status is cached: a cached one was compared with it.
        """
        statuses = ((await self._id_of(row, now=now), revocation_of(row) or _GOOD),)
        signer = await self._signer(row.issuer, now=now)
        cached = self._cached(signer, statuses, now=now)
        return await self.answer_for(row.serial, now=now) if cached is None else cached.der

    async def _id_of(self, row: StatusRow, *, now: int) -> CertId:
        issuer = await self._certificate(row.issuer)
        if now >= issuer.not_after:
            raise CaEnded
        return _cert_id(issuer.subject_der, issuer.public_key, row.serial)

    async def answer_for_ca(self, certificate: Certificate, *, now: int, since: int) -> bytes:
        """Returns the root's response about an issuing CA, made at or after `since`. Raises: ClockDoubted."""
        cert_id = CertId.of(await self._certificate(ROOT), certificate.serial)
        statuses = await self._statuses(ROOT, (cert_id,), now=now)
        return (await self._cached_or_signed(ROOT, statuses, now=now, since=since)).der

    async def presign(self, *, now: int, most: int = PRESIGN_MOST) -> int:
        """Signs requested answers that expire soon, and drops those not requested; returns how many it signed.

        It signs at most `most`; the next call signs more. An answer that can't be signed, e.g. as its CA has
        ended, doesn't stop the others; the first such error is raised at the end. Raises: ClockDoubted.
        """
        self._authorities.require_sure()
        signed, failures = 0, list[Exception]()
        for key, cached in self._ageing(now=now):
            if not cached.asked:
                self._kept.pop(key, None)
            elif signed + len(failures) < most:
                try:
                    await self._sign_again(key, cached, now=now)
                    signed += 1
                except (KeysError, PkiError) as error:
                    failures.append(error)
        if failures:
            raise failures[0]
        return signed

    def _ageing(self, *, now: int) -> list[tuple[bytes, _CachedAnswer]]:
        """Returns answers that expire soon.

        They are in the order of signing, so the search stops at the first young one.
        """
        young = KEEP_MS - PRESIGN_MS
        return list(takewhile(lambda entry: not 0 <= now - entry[1].made_at < young, self._kept.items()))

    async def _sign_again(self, key: bytes, kept: _CachedAnswer, *, now: int) -> None:
        await asyncio.sleep(0)  # Let waiting requests run first.
        try:
            statuses = await self._statuses(
                kept.issuer, tuple(cert_id for cert_id, _ in kept.statuses), now=now
            )
            signer = await self._signer(kept.issuer, now=now)
            await self._sign_and_keep(signer, kept.issuer, statuses, now=now, asked=False)
        except Exception:
            self._kept.pop(key, None)  # Otherwise it would be the first one in every round.
            raise

    def _parsed(self, request: bytes) -> OcspRequest:
        parsed = self._requests.get(request)
        if parsed is None:
            parsed = parse_ocsp_request(request)
            if parsed.nonce is None and len(request) <= SHORT_REQUEST:
                _put(self._requests, request, parsed)
        return parsed

    def _cost(self, parsed: OcspRequest, *, now: int) -> int:
        """Returns the number of certificates to look up; 0 for a cached answer about one, the usual request.

        A cached answer about many is compared with the statuses of all of them.
        """
        number = len(parsed.cert_ids)
        if parsed.nonce is not None or number > 1:
            return number
        cached = self._kept.get(_key(parsed.cert_ids))
        return 0 if cached is not None and 0 <= now - cached.made_at < KEEP_MS else number

    async def _answer(self, parsed: OcspRequest, *, now: int) -> OcspAnswer:
        issuer = self._issuer_of(parsed)
        if issuer is None:
            await self._authorities.refresh(self._db)  # the CA may be new
            issuer = self._issuer_of(parsed)
        if issuer is None or now >= (await self._certificate(issuer)).not_after:
            return OcspAnswer(
                error_response("unauthorized")
            )  # The status of certificates of an ended CA can't be signed.
        if parsed.nonce is not None:
            statuses = await self._statuses(issuer, parsed.cert_ids, now=now)
            signer = await self._signer(issuer, now=now)
            return OcspAnswer(await self._sign(signer, statuses, now=now, nonce=parsed.nonce))
        cached = self._kept.get(_key(parsed.cert_ids))
        if cached is not None and 0 <= now - cached.checked_at < self._unasked_ms:
            cached.asked = True
            return cached.answer
        statuses = await self._statuses(issuer, parsed.cert_ids, now=now)
        return (await self._cached_or_signed(issuer, statuses, now=now)).answer

    def _issuer_of(self, request: OcspRequest) -> str | None:
        # A response has one signer: it is that of the first certificate's issuer, to which certificates of
        # other issuers are unknown.
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

    async def _statuses(self, issuer: str, cert_ids: tuple[CertId, ...], *, now: int) -> Statuses:
        if issuer == ROOT:
            await self._authorities.refresh(self._db)
        return tuple([(cert_id, await self._status(issuer, cert_id, now=now)) for cert_id in cert_ids])

    async def _status(self, issuer: str, cert_id: CertId, *, now: int) -> CertStatus:
        if not cert_id.issued_by(await self._certificate(issuer)) or cert_id.serial <= 0:
            return Unknown()
        if issuer == ROOT:
            return self._status_of_ca(cert_id.serial)
        row = await find_status(self._db, serial=f"{cert_id.serial:040x}")
        if row is None or row.issuer != issuer:
            return Unknown()
        return revocation_of(await logged_status(self._db, row, now=now)) or Good()

    def _status_of_ca(self, serial: int) -> CertStatus:
        for name in self._authorities.names:
            certificate = self._authorities.certificate(name)
            if name != ROOT and certificate is not None and certificate.serial == serial:
                revoked = self._authorities.revoked(name)
                return Good() if revoked is None else RevokedAt(revoked.at, revoked.reason)
        return Unknown()

    async def _cached_or_signed(
        self, issuer: str, statuses: Statuses, *, now: int, since: int = 0
    ) -> _CachedAnswer:
        signer = await self._signer(issuer, now=now)
        cached = self._cached(signer, statuses, now=now, since=since)
        return cached or await self._sign_and_keep(signer, issuer, statuses, now=now, asked=True)

    def _cached(
        self, signer: OcspSigner, statuses: Statuses, *, now: int, since: int = 0
    ) -> _CachedAnswer | None:
        cached = self._kept.get(_key(cert_id for cert_id, _ in statuses))
        is_fresh = cached is not None and since <= cached.made_at and 0 <= now - cached.made_at < KEEP_MS
        # Don't reuse an answer by a replaced responder, since its key may have been compromised.
        if (
            cached is None
            or not is_fresh
            or cached.statuses != statuses
            or cached.signed_by != signer.certificate
        ):
            return None
        cached.asked, cached.checked_at = True, now
        return cached

    async def _sign_and_keep(
        self, signer: OcspSigner, issuer: str, statuses: Statuses, *, now: int, asked: bool
    ) -> _CachedAnswer:
        der = await self._sign(signer, statuses, now=now, nonce=None)
        answer = _CachedAnswer(der, issuer, statuses, signer.certificate, now, now, asked)
        # Invented serials are endless, so that their answers displace no others.
        if len(self._kept) < MAX_OF_UNKNOWN or not any(isinstance(status, Unknown) for _, status in statuses):
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
    """Adds the value as the newest, and drops the oldest if there are too many."""
    kept.pop(key, None)
    if len(kept) >= MAX_CACHED:
        kept.pop(next(iter(kept)))
    kept[key] = value
