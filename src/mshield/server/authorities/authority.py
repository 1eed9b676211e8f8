"""Keys of the certificate authority: sealed in the database or held by a device, and opened for signing.

The issuing CAs' keys stay in memory while the service runs. The root's key is opened only when needed: to
make an issuing CA, the root's revocation list, or the root's OCSP responder.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, TypeVar

from mshield.gm.engine import Engine
from mshield.pki.certificates.certificate import Certificate, parse_certificate
from mshield.pki.errors import PkiError
from mshield.pki.signer import Signer
from mshield.server.authorities.keys import CaKey, opened_ca_key
from mshield.server.authorities.rows.authorities import (
    AuthorityRow,
    AuthorityState,
    CrossRow,
    find_authority,
    list_authority_states,
    list_cross,
)
from mshield.server.database.interface import Database, Tx
from mshield.server.errors import ClockDoubted
from mshield.server.keys.errors import NoAuthority
from mshield.server.keys.hardware.held import signing
from mshield.server.keys.keyring import Keyring

T = TypeVar("T")

ROOT: Final = "root"
ISSUING: Final = re.compile(r"issuing(?:-([2-9]|[1-9][0-9]{1,3}))?")
"""Names of issuing CAs, which are also their addresses: `issuing`, after renewals `issuing-2`, `issuing-3` …"""


def issuing_name(generation: int) -> str:
    """Returns the name of the issuing CA of this generation, counted from 1."""
    return "issuing" if generation == 1 else f"issuing-{generation}"


def generation_of(name: str) -> int | None:
    """Inverts `issuing_name`; None for another name."""
    match = ISSUING.fullmatch(name)
    return None if match is None else int(match[1] or 1)


def responder_name(ca: str) -> str:
    """Returns the name of a CA's delegated OCSP responder."""
    return "root_ocsp" if ca == ROOT else ca.replace("issuing", "ocsp")


@dataclass(frozen=True, slots=True)
class Authority:
    """Certificate with its key; `name` as in the database."""

    name: str
    certificate: Certificate
    signer: Signer = field(repr=False)

    async def signing(self, work: Callable[[], T]) -> T:
        """Runs `work`, which signs with this authority, and returns its result; see `held.signing`."""
        return await signing(self.signer, work)


@dataclass(frozen=True, slots=True)
class RevokedCa:
    """Time (ms) and reason (RFC 5280 code) of a CA's revocation."""

    at: int
    reason: int


class Authorities:
    """CA data in the memory of a process: the root's certificate, and the issuing CAs with their keys.

    Created by `load_authorities`. `refresh` picks up changes by other processes, mostly the command line.
    """

    def __init__(self, keyring: Keyring, engine: Engine, root: Certificate) -> None:
        self._keyring, self._engine = keyring, engine
        self.root: Final = root
        self._states: list[AuthorityState] = []
        self._issuing: dict[str, Authority] = {}
        self._revoked: dict[str, RevokedCa] = {}
        self._shards: dict[str, int] = {}
        self._cross: list[CrossRow] = []
        self.is_sure: Callable[[], bool] = lambda: True
        """Whether this process trusts its clock; set by the clock watch."""

    def may_sign(self) -> bool:
        """Reports whether anything that contains a time may be signed now."""
        return self.is_sure()

    def require_sure(self) -> None:
        """Call this before signing anything that contains a time. Raises: ClockDoubted."""
        if not self.is_sure():
            raise ClockDoubted

    async def refresh(self, db: Database | Tx) -> None:
        """Reads the CAs and their revocations from the database. Raises: BadAuthority, SealError (key of a new CA)."""
        states = await list_authority_states(db)
        if states == self._states:
            return
        self._revoked = {
            row.name: RevokedCa(row.revoked_at, row.revocation_reason or 0)
            for row in states
            if row.revoked_at is not None
        }
        self._shards = {row.name: row.shard for row in states}
        self._cross = await list_cross(db) if any(row.crossed for row in states) else []
        names = [row.name for row in states if generation_of(row.name) is not None]
        for name in sorted(names, key=lambda name: generation_of(name) or 0):
            if name not in self._issuing:
                self._issuing[name] = await open_authority(db, self._keyring, self._engine, name)
        self._states = states

    @property
    def version(self) -> int:
        """Number that grows with each new CA and each revocation; reservations of serials are guarded by it."""
        return len(self._states) + len(self._revoked)

    @property
    def issuing(self) -> Authority:
        """The issuing CA of the newest generation. Raises: NoAuthority (it is revoked).

        An older generation never replaces it: the operator who revoked the newest decides when issuing
        resumes, by making the next one.
        """
        newest = next(reversed(self._issuing), None)
        if newest is None or newest in self._revoked:
            raise NoAuthority(
                "签发机构已被吊销，停止签发：请运行 mshield ca renew-issuing 建立新一代",
                "the issuing CA is revoked, so nothing is issued: create the next one with `mshield ca renew-issuing`",
            )
        return self._issuing[newest]

    @property
    def names(self) -> tuple[str, ...]:
        """All CAs: the root, then the issuing ones, oldest first."""
        return (ROOT, *self._issuing)

    def find(self, name: str) -> Authority | None:
        """Returns the issuing CA of this name, if any."""
        return self._issuing.get(name)

    def certificate(self, name: str) -> Certificate | None:
        """Returns the certificate of the root or an issuing CA, if any."""
        if name == ROOT:
            return self.root
        authority = self._issuing.get(name)
        return None if authority is None else authority.certificate

    def shard(self, name: str) -> int:
        """Returns the revocation-list shard for new certificates of the CA."""
        return self._shards.get(name, 0)

    def revoked(self, name: str) -> RevokedCa | None:
        """Returns the CA's revocation, or None."""
        return self._revoked.get(name)

    def issued(self, certificate: Certificate) -> bool:
        """Reports whether one of these issuing CAs issued the certificate."""
        return any(above.certificate.ski == certificate.aki for above in self._issuing.values())

    def chain_of(self, certificate: Certificate) -> tuple[Certificate, Certificate]:
        """Returns the chain above a leaf: its issuing CA, then the root. Raises: NoAuthority."""
        for above in self._issuing.values():
            if above.certificate.ski == certificate.aki:
                return (above.certificate, self.root)
        raise NoAuthority("此证书不是本机构签发的", "this certificate was issued by another CA")

    def cross_of(self, name: str) -> tuple[bytes, ...]:
        """Returns the certificates (DER) of the issuing CA by other roots, oldest first."""
        return tuple(row.certificate for row in self._cross if row.authority == name)

    def whole_chain_pem_of(self, certificate: Certificate) -> tuple[str, ...]:
        """Returns `chain_pem_of`, then the issuing CA's certificates of the strict profile by other roots.

        One that only the tolerant reader takes is left out: a verifier with strict roots must not meet it.
        """
        (issuing, root), cross = self.chain_of(certificate), list[str]()
        for row in self._cross:
            authority = self._issuing.get(row.authority)
            if authority is not None and authority.certificate.ski == issuing.ski and is_strict(row):
                cross.append(_pem(row.certificate))
        return (_pem(issuing.der), _pem(root.der), *cross)

    def chain_pem_of(self, certificate: Certificate) -> tuple[str, ...]:
        """Returns `chain_of` as PEM texts."""
        return tuple(_pem(above.der) for above in self.chain_of(certificate))


@lru_cache(maxsize=32)
def is_strict(row: CrossRow) -> bool:
    """Reports whether cross certificate and its root are both of the strict profile."""
    try:
        parse_certificate(row.certificate)
        parse_certificate(row.root)
    except PkiError:
        return False
    return True


async def load_authorities(db: Database, keyring: Keyring, engine: Engine) -> Authorities:
    """Loads the CA of this database. Raises: NoAuthority, BadAuthority, SealError."""
    root = parse_certificate((await require_authority(db, ROOT)).certificate)
    authorities = Authorities(keyring, engine, root)
    await authorities.refresh(db)
    return authorities


async def open_authority(db: Database | Tx, keyring: Keyring, engine: Engine, name: str) -> Authority:
    """Loads an authority and opens its key. Raises: NoAuthority, BadAuthority, SealError, HardwareError."""
    row = await require_authority(db, name)
    certificate = parse_certificate(row.certificate)
    plain = keyring.open(row.key_box, purpose="authority", context=name.encode())
    signer = opened_ca_key(keyring, engine, plain, certificate.public_key, name=name)
    return Authority(name, certificate, signer)


def seal_authority(keyring: Keyring, name: str, certificate: Certificate, key: CaKey) -> AuthorityRow:
    """Returns the database row for an authority, its key sealed."""
    return AuthorityRow(
        name, certificate.der, keyring.seal(key.box_content, purpose="authority", context=name.encode())
    )


@lru_cache(maxsize=32)
def _pem(der: bytes) -> str:
    return parse_certificate(der).pem()


async def require_authority(db: Database | Tx, name: str) -> AuthorityRow:
    """Returns the row of an authority. Raises: NoAuthority."""
    row = await find_authority(db, name=name)
    if row is None:
        raise no_authority()
    return row


def no_authority() -> NoAuthority:
    """Returns the error for a database before `mshield ca init`."""
    return NoAuthority(
        "尚未建立证书签发机构：请运行 mshield ca init",
        "there is no certificate authority: run `mshield ca init`",
    )
