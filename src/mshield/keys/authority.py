"""The certificate authority's keys: sealed in the database, or held by a device, opened for signing.

The issuing CAs' keys are in memory while the service runs. The root's is opened for the moment that needs it: making an
issuing CA, the root's revocation list, and the root's OCSP responder.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, TypeVar

from mshield.domain import errors
from mshield.gm.engine import Engine
from mshield.keys.ca_keys import CaKey, opened_ca_key
from mshield.keys.errors import NoAuthority
from mshield.keys.hardware.held import signing
from mshield.keys.keyring import Keyring
from mshield.pki.certificates.certificate import Certificate, parse_certificate
from mshield.pki.signer import Signer
from mshield.store.ca.authorities import AuthorityRow, StandingRow, find_authority, list_standings
from mshield.store.database.interface import Database, Tx

T = TypeVar("T")

ROOT: Final = "root"
ISSUING: Final = re.compile(r"issuing(?:-([2-9]|[1-9][0-9]{1,3}))?")
"""Names of issuing CAs, which are also their addresses: `issuing`, and after renewals `issuing-2`, `issuing-3` …"""


def issuing_name(generation: int) -> str:
    """The name of the issuing CA of this generation, the first being 1."""
    return "issuing" if generation == 1 else f"issuing-{generation}"


def generation_of(name: str) -> int | None:
    """The inverse of `issuing_name`; None for another name."""
    match = ISSUING.fullmatch(name)
    return None if match is None else int(match[1] or 1)


def responder_name(ca: str) -> str:
    """The name of the OCSP responder that a CA delegates to."""
    return "root_ocsp" if ca == ROOT else ca.replace("issuing", "ocsp")


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate and the key behind it; `name` as in the database."""

    name: str
    certificate: Certificate
    signer: Signer = field(repr=False)

    async def signing(self, work: Callable[[], T]) -> T:
        """What `work` makes, which has this authority sign; see `held.signing`."""
        return await signing(self.signer, work)


@dataclass(frozen=True, slots=True)
class RevokedCa:
    """When (ms) and why (RFC 5280 code) a CA was revoked."""

    at: int
    reason: int


class Authorities:
    """What a process needs of the CA all the time: the root's certificate, and the issuing CAs with their keys.

    Made by `load_authorities`; `refresh` sees what another process, mostly the command line, has changed.
    """

    def __init__(self, keyring: Keyring, engine: Engine, root: Certificate) -> None:
        self._keyring, self._engine = keyring, engine
        self.root: Final = root
        self._standings: list[StandingRow] = []
        self._issuing: dict[str, Authority] = {}
        self._revoked: dict[str, RevokedCa] = {}
        self._shards: dict[str, int] = {}
        self.is_sure: Callable[[], bool] = lambda: True
        """Whether this process's clock is believed: set by whoever watches it."""

    def may_sign(self) -> bool:
        """Whether what states a time may be signed now."""
        return self.is_sure()

    def require_sure(self) -> None:
        """Asked before anything is signed that states a time. Raises ClockDoubted."""
        if not self.is_sure():
            raise errors.ClockDoubted

    async def refresh(self, db: Database | Tx) -> None:
        """Reads which CAs there are and which are revoked. Raises BadAuthority, SealError for a new one's key."""
        standings = await list_standings(db)
        if standings == self._standings:
            return
        self._revoked = {
            row.name: RevokedCa(row.revoked_at, row.revocation_reason or 0)
            for row in standings
            if row.revoked_at is not None
        }
        self._shards = {row.name: row.shard for row in standings}
        names = [row.name for row in standings if generation_of(row.name) is not None]
        for name in sorted(names, key=lambda name: generation_of(name) or 0):
            if name not in self._issuing:
                self._issuing[name] = await open_authority(db, self._keyring, self._engine, name)
        self._standings = standings

    @property
    def version(self) -> int:
        """Grows with each CA that is made and each that is revoked: what a reservation is guarded by."""
        return len(self._standings) + len(self._revoked)

    @property
    def issuing(self) -> Authority:
        """The CA that issues: the newest generation. Raises NoAuthority where that one is revoked.

        An older generation never takes its place: who revoked the newest decides when issuing goes on, by making the
        next one.
        """
        newest = next(reversed(self._issuing), None)
        if newest is None or newest in self._revoked:
            raise NoAuthority(
                "签发机构已被吊销，停止签发：请运行 mshield ca renew-issuing 建立新一代",
                "the issuing CA is revoked and nothing is issued: make the next one, `mshield ca renew-issuing`",
            )
        return self._issuing[newest]

    @property
    def names(self) -> tuple[str, ...]:
        """All CAs: the root, then the issuing ones, the oldest first."""
        return (ROOT, *self._issuing)

    def find(self, name: str) -> Authority | None:
        """The issuing CA of this name."""
        return self._issuing.get(name)

    def certificate(self, name: str) -> Certificate | None:
        """The certificate of the root or an issuing CA."""
        if name == ROOT:
            return self.root
        authority = self._issuing.get(name)
        return None if authority is None else authority.certificate

    def shard(self, name: str) -> int:
        """The shard of the CA's list that new certificates get."""
        return self._shards.get(name, 0)

    def revoked(self, name: str) -> RevokedCa | None:
        """Since when and why a CA is revoked, or None."""
        return self._revoked.get(name)

    def chain_of(self, certificate: Certificate) -> tuple[Certificate, Certificate]:
        """The certificates above a leaf: the CA that issued it, then the root. Raises NoAuthority."""
        for above in self._issuing.values():
            if above.certificate.ski == certificate.aki:
                return (above.certificate, self.root)
        raise NoAuthority("此证书不是本机构签发的", "this certificate was issued by another CA")

    def chain_pem_of(self, certificate: Certificate) -> tuple[str, ...]:
        """`chain_of` as PEM texts."""
        return tuple(_pem(above.der) for above in self.chain_of(certificate))


async def load_authorities(db: Database, keyring: Keyring, engine: Engine) -> Authorities:
    """The CA of this database. Raises NoAuthority, BadAuthority, SealError."""
    root = parse_certificate((await _find(db, ROOT)).certificate)
    authorities = Authorities(keyring, engine, root)
    await authorities.refresh(db)
    return authorities


async def open_authority(db: Database | Tx, keyring: Keyring, engine: Engine, name: str) -> Authority:
    """An authority with its opened key. Raises NoAuthority, BadAuthority, SealError, HardwareError."""
    row = await _find(db, name)
    certificate = parse_certificate(row.certificate)
    kept = keyring.open(row.key_box, purpose="authority", context=name.encode())
    signer = opened_ca_key(keyring, engine, kept, certificate.public_key, name=name)
    return Authority(name, certificate, signer)


def seal_authority(keyring: Keyring, name: str, certificate: Certificate, key: CaKey) -> AuthorityRow:
    """The row in which an authority is stored."""
    return AuthorityRow(
        name, certificate.der, keyring.seal(key.kept, purpose="authority", context=name.encode())
    )


@lru_cache(maxsize=32)
def _pem(der: bytes) -> str:
    return parse_certificate(der).pem()


async def _find(db: Database | Tx, name: str) -> AuthorityRow:
    row = await find_authority(db, name=name)
    if row is None:
        raise NoAuthority(
            "尚未建立证书签发机构：请运行 mshield ca init",
            "there is no certificate authority: run `mshield ca init`",
        )
    return row
