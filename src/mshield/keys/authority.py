"""The certificate authority's keys: sealed in the database, opened for signing.

The issuing key is in memory while the service runs. The root's is opened for the moment that needs it: making the
issuing CA, the root's revocation list, and the root's OCSP responder.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, Literal

from mshield.gm.curve import N
from mshield.gm.engine import Engine
from mshield.gm.sm2 import PrivateKey
from mshield.keys.errors import BadAuthority, NoAuthority
from mshield.keys.keyring import Keyring
from mshield.pki.certificate import Certificate, parse_certificate
from mshield.pki.signer import KeySigner
from mshield.store.authorities import AuthorityRow, find_authority
from mshield.store.database import Database

AuthorityName = Literal["root", "issuing", "root_ocsp", "ocsp"]
"""`root` and `issuing` are CAs, `root_ocsp` and `ocsp` the OCSP responders that they delegate to."""

_SCALAR_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate and the key behind it."""

    name: AuthorityName
    certificate: Certificate
    signer: KeySigner = field(repr=False)


@dataclass(frozen=True, slots=True)
class Authorities:
    """What a process needs of the CA all the time: the root's certificate, and the issuing CA with its key."""

    root: Certificate
    issuing: Authority

    @property
    def chain(self) -> tuple[Certificate, Certificate]:
        """The certificates above a leaf: issuing CA, then root."""
        return (self.issuing.certificate, self.root)

    @property
    def chain_pem(self) -> tuple[str, ...]:
        """`chain` as PEM texts."""
        return tuple(_pem(certificate.der) for certificate in self.chain)


async def load_authorities(db: Database, keyring: Keyring, engine: Engine) -> Authorities:
    """The CA of this database. Raises NoAuthority, BadAuthority, SealError."""
    root = parse_certificate((await _find(db, "root")).certificate)
    return Authorities(root, await open_authority(db, keyring, engine, "issuing"))


async def open_authority(db: Database, keyring: Keyring, engine: Engine, name: AuthorityName) -> Authority:
    """An authority with its opened key. Raises NoAuthority, BadAuthority, SealError."""
    row = await _find(db, name)
    certificate = parse_certificate(row.certificate)
    d = int.from_bytes(keyring.open(row.key_box, purpose="authority", context=name.encode()), "big")
    if not 0 < d < N - 1 or engine.mul_g(d) != certificate.public_key:
        raise BadAuthority(
            f"{name} 的私钥与证书不符", f"the private key of {name} does not fit its certificate"
        )
    return Authority(name, certificate, KeySigner(engine, PrivateKey(d, certificate.public_key)))


def seal_authority(
    keyring: Keyring, name: AuthorityName, certificate: Certificate, private: PrivateKey
) -> AuthorityRow:
    """The row in which an authority is stored."""
    plain = private.d.to_bytes(_SCALAR_BYTES, "big")
    return AuthorityRow(
        name, certificate.der, keyring.seal(plain, purpose="authority", context=name.encode())
    )


@lru_cache(maxsize=8)
def _pem(der: bytes) -> str:
    return parse_certificate(der).pem()


async def _find(db: Database, name: AuthorityName) -> AuthorityRow:
    row = await find_authority(db, name=name)
    if row is None:
        raise NoAuthority(
            "尚未建立证书签发机构：请运行 mshield ca init",
            "there is no certificate authority: run `mshield ca init`",
        )
    return row
