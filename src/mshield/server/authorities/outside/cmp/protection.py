"""Protection of messages: a MAC by a shared secret (RFC 9481, 6.1), or an SM2 signature of each side."""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol

from mshield.gm.engine import Engine
from mshield.gm.errors import GmError
from mshield.gm.sm2 import Signature, verify
from mshield.gm.sm3 import sm3
from mshield.pki.asn1 import der, oids
from mshield.pki.asn1.frame import ALGORITHM, read_algorithm
from mshield.pki.asn1.reader import Reader
from mshield.pki.foreign.certificate import ForeignCertificate
from mshield.pki.foreign.frame import ALGORITHMS
from mshield.pki.signer import Signer
from mshield.server.authorities.outside.cmp.errors import CmpError

MacName = Literal["hmac-sha256", "hmac-sm3", "pbmac1-sha256", "hmac-sha1"]

ROUNDS: Final = 10_000
MIN_ROUNDS, MAX_ROUNDS = 500, 200_000
NULL_NAME: Final = der.sequence()
"""The name without attributes, of a sender who is named by senderKID alone."""

_PBM: Final = "1.2.840.113533.7.66.13"
_PBMAC1: Final = "1.2.840.113549.1.5.14"
_PBKDF2: Final = "1.2.840.113549.1.5.12"
_HMAC_SHA256: Final = "1.2.840.113549.2.9"
_HMAC_SM3: Final = "1.2.156.10197.1.401.2"
_HMAC_SHA1: Final = "1.3.6.1.5.5.8.1.2"
_BY_HASH: Final[dict[str, MacName]] = {
    _HMAC_SHA256: "hmac-sha256",
    _HMAC_SM3: "hmac-sm3",
    _HMAC_SHA1: "hmac-sha1",
}
_SALT_BYTES: Final = 16
_KEY_BYTES: Final = 32
_SALTS: Final = range(8, 129)
_BLOCK: Final = 64
"""Block size of SHA-1, SHA-256 and SM3 in bytes."""

_HASHES: Final[dict[str, Callable[[bytes], bytes]]] = {
    oids.SHA256: lambda data: hashlib.sha256(data).digest(),
    oids.SM3: sm3,
}


class Protection(Protocol):
    """Protection of both directions with one CA."""

    @property
    def sender(self) -> bytes:
        """DER of the name that messages are sent under."""
        ...

    @property
    def sender_kid(self) -> bytes | None:
        """Reference of the key that protects."""
        ...

    @property
    def certificates(self) -> tuple[bytes, ...]:
        """Certificates that go along with each message."""
        ...

    def new_algorithm(self) -> bytes:
        """Returns the AlgorithmIdentifier of one message."""
        ...

    def protect(self, algorithm: bytes, covered: bytes) -> bytes:
        """Returns the protection of the DER of header and body."""
        ...

    def require(self, sender: bytes, algorithm: bytes, covered: bytes, value: bytes) -> None:
        """Verifies the protection of an answer by that sender (DER of GeneralName). Raises: CmpError, DerError."""
        ...


@dataclass(frozen=True, slots=True)
class MacProtection:
    """A secret shared with the CA under a reference. The first of `macs` is used, the others are accepted too.

    Raises: ValueError (HMAC-SHA-1 is accepted from CAs with nothing else, but never used).
    """

    reference: bytes
    secret: bytes = field(repr=False)
    macs: Sequence[MacName] = ("hmac-sha256", "hmac-sm3")

    sender = NULL_NAME
    certificates = ()

    def __post_init__(self) -> None:
        if not self.macs or self.macs[0] == "hmac-sha1":
            raise ValueError("the first MAC is the one to send, and must not be hmac-sha1")

    @property
    def sender_kid(self) -> bytes:
        """The reference."""
        return self.reference

    def new_algorithm(self) -> bytes:
        """Returns the parameters with a new salt."""
        salt, mac = der.octet_string(secrets.token_bytes(_SALT_BYTES)), self.macs[0]
        rounds = der.integer(ROUNDS)
        if mac == "pbmac1-sha256":
            hashed = _algorithm(_HMAC_SHA256, der.null())
            derivation = der.sequence(salt, rounds, der.integer(_KEY_BYTES), hashed)
            return _algorithm(_PBMAC1, der.sequence(_algorithm(_PBKDF2, derivation), hashed))
        owf, keyed = (oids.SM3, _HMAC_SM3) if mac == "hmac-sm3" else (oids.SHA256, _HMAC_SHA256)
        return _algorithm(_PBM, der.sequence(salt, _algorithm(owf), rounds, _algorithm(keyed)))

    def protect(self, algorithm: bytes, covered: bytes) -> bytes:
        """Computes the MAC by these parameters. Raises: CmpError (`protection_algorithm`), DerError."""
        outer = Reader(algorithm)
        inside = outer.enter()
        outer.end()
        kind = inside.oid()
        if kind not in {_PBM, _PBMAC1}:
            raise CmpError("protection_algorithm", kind)
        value = self._pbm(inside, covered) if kind == _PBM else self._pbmac1(inside, covered)
        inside.end()
        return value

    def require(self, sender: bytes, algorithm: bytes, covered: bytes, value: bytes) -> None:  # noqa: ARG002  # a CA may name itself as it likes
        """Verifies the MAC, whatever name the CA sends under. Raises: CmpError, DerError."""
        if not hmac.compare_digest(self.protect(algorithm, covered), value):
            raise CmpError("wrong_mac")

    def _pbm(self, inside: Reader, covered: bytes) -> bytes:
        """Computes PasswordBasedMac (RFC 9810, 5.1.3.1)."""
        parameters = inside.enter()
        salt, owf = parameters.octets(), read_algorithm(parameters)
        rounds, keyed = parameters.integer(), read_algorithm(parameters)
        parameters.end()
        hashed, mac = _HASHES.get(owf), _BY_HASH.get(keyed)
        if hashed is None or mac is None:
            raise CmpError("protection_algorithm", f"{owf} {keyed}")
        self._check(mac, salt, rounds)
        key = self.secret + salt
        for _ in range(rounds):
            key = hashed(key)
        return _hmac_sm3(key, covered) if mac == "hmac-sm3" else hmac.digest(key, covered, mac[5:])

    def _pbmac1(self, inside: Reader, covered: bytes) -> bytes:
        """Computes PBMAC1 (RFC 8018, 7.1) with PBKDF2 and HMAC-SHA-256 in both places."""
        parameters = inside.enter()
        derivation = parameters.enter()
        scheme = read_algorithm(parameters)
        parameters.end()
        function = derivation.oid()
        pbkdf2 = derivation.enter()
        derivation.end()
        salt, rounds, length = pbkdf2.octets(), pbkdf2.integer(), pbkdf2.integer()
        prf = read_algorithm(pbkdf2)
        pbkdf2.end()
        if (function, scheme, prf, length) != (_PBKDF2, _HMAC_SHA256, _HMAC_SHA256, _KEY_BYTES):
            raise CmpError("protection_algorithm", f"{function} {scheme} {prf} {length}")
        self._check("pbmac1-sha256", salt, rounds)
        key = hashlib.pbkdf2_hmac("sha256", self.secret, salt, rounds, length)
        return hmac.digest(key, covered, "sha256")

    def _check(self, mac: MacName, salt: bytes, rounds: int) -> None:
        if mac not in self.macs or not MIN_ROUNDS <= rounds <= MAX_ROUNDS or len(salt) not in _SALTS:
            raise CmpError("protection_algorithm", f"{mac}, {rounds} rounds, salt of {len(salt)} octets")


@dataclass(frozen=True, slots=True)
class SignatureProtection:
    """SM2 signatures: ours by the RA's key and certificate, the CA's by one of its pinned certificates."""

    engine: Engine = field(repr=False)
    signer: Signer = field(repr=False)
    certificate: ForeignCertificate
    pinned: Sequence[ForeignCertificate]

    @property
    def sender(self) -> bytes:
        """The RA certificate's name."""
        return self.certificate.subject.der

    @property
    def sender_kid(self) -> bytes | None:
        """The RA certificate's subject key identifier, where it has one (RFC 9483, 3.1)."""
        return self.certificate.values.ski

    @property
    def certificates(self) -> tuple[bytes, ...]:
        """The RA's certificate."""
        return (self.certificate.der,)

    def new_algorithm(self) -> bytes:
        """Returns SM2 with SM3."""
        return ALGORITHM

    def protect(self, algorithm: bytes, covered: bytes) -> bytes:  # noqa: ARG002  # there is only one
        """Signs; the value is the DER of r and s."""
        return self.signer.sign(covered).to_der()

    def require(self, sender: bytes, algorithm: bytes, covered: bytes, value: bytes) -> None:
        """Verifies by the pinned certificates of that name. Raises: CmpError."""
        if algorithm not in ALGORITHMS:
            raise CmpError("protection_algorithm")
        keys = [one.public_key for one in self.pinned if der.explicit(4, one.subject.der) == sender]
        if not keys:
            raise CmpError("other_sender")
        if not any(self._is_signed(key, covered, value) for key in keys):
            raise CmpError("wrong_signature")

    def _is_signed(self, key: bytes, covered: bytes, value: bytes) -> bool:
        try:
            verify(self.engine, key, covered, Signature.from_der(value))
        except GmError:
            return False
        return True


def _algorithm(oid: str, *parameters: bytes) -> bytes:
    return der.sequence(der.oid(oid), *parameters)


def _hmac_sm3(key: bytes, data: bytes) -> bytes:
    """Computes HMAC-SM3 with a key of at most a block, without Python's OpenSSL, which may lack SM3."""
    block = key.ljust(_BLOCK, b"\0")
    inner = sm3(bytes(b ^ 0x36 for b in block) + data)
    return sm3(bytes(b ^ 0x5C for b in block) + inner)
