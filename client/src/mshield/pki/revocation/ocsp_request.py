"""OCSP requests (RFC 6960 4.1, nonce of RFC 9654): the list of certificates whose status is requested.

A CertID keeps its original bytes, so that the response repeats it exactly, with whichever hash the client
chose.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from mshield.gm.sm3 import sm3
from mshield.pki.asn1 import der, oids
from mshield.pki.asn1.reader import Reader
from mshield.pki.certificates import extensions as ext
from mshield.pki.certificates.certificate import Certificate
from mshield.pki.certificates.extensions import Extension
from mshield.pki.errors import OcspError

HashName = Literal["sha1", "sha256", "sm3"]

_HASHES: dict[str, HashName] = {oids.SHA1: "sha1", oids.SHA256: "sha256", oids.SM3: "sm3"}
_OIDS: dict[HashName, str] = {name: oid for oid, name in _HASHES.items()}
_LENGTHS: dict[HashName, int] = {"sha1": 20, "sha256": 32, "sm3": 32}
MAX_REQUESTS = 64
MAX_NONCE = 128


@dataclass(frozen=True, slots=True)
class CertId:
    """A certificate's id: hashes of its issuer's name and key, and serial number; `der` is the original encoding."""

    hash_name: HashName
    issuer_name_hash: bytes
    issuer_key_hash: bytes
    serial: int
    der: bytes = field(repr=False, compare=False)

    @classmethod
    def of(cls, issuer: Certificate, serial: int, hash_name: HashName = "sha1") -> "CertId":
        """Makes the CertID of the certificate that `issuer` issued under this serial number."""
        return cls.named(issuer.subject_der, issuer.public_key, serial, hash_name)

    @classmethod
    def named(
        cls, issuer_name: bytes, issuer_key: bytes, serial: int, hash_name: HashName = "sha1"
    ) -> "CertId":
        """Makes the CertID for an issuer with this name (DER) and key (point)."""
        name, key = digest(hash_name, issuer_name), digest(hash_name, issuer_key)
        # RFC 5754 wants SHA-2 without parameters, but all SHA-1 clients send NULL.
        parameters = (der.null(),) if hash_name == "sha1" else ()
        encoded = der.sequence(
            der.sequence(der.oid(_OIDS[hash_name]), *parameters),
            der.octet_string(name),
            der.octet_string(key),
            der.integer(serial),
        )
        return cls(hash_name, name, key, serial, encoded)

    def issued_by(self, issuer: Certificate) -> bool:
        """Reports whether the hashes match this issuer."""
        return self.issuer_name_hash == digest(self.hash_name, issuer.subject_der) and (
            self.issuer_key_hash == digest(self.hash_name, issuer.public_key)
        )


@dataclass(frozen=True, slots=True)
class OcspRequest:
    """A request: CertIDs in their order, and the nonce (1 to 128 bytes) or None."""

    cert_ids: tuple[CertId, ...]
    nonce: bytes | None


@lru_cache(maxsize=64)
def digest(hash_name: HashName, data: bytes) -> bytes:
    """Returns SHA-1, SHA-256 or SM3 of the data. Cached, since it is always some issuer's name or key."""
    match hash_name:
        case "sha1":
            return hashlib.sha1(data, usedforsecurity=False).digest()
        case "sha256":
            return hashlib.sha256(data).digest()
        case "sm3":
            return sm3(data)


def build_ocsp_request(cert_ids: Sequence[CertId], *, nonce: bytes | None = None) -> bytes:
    """Encodes an unsigned request. Raises: OcspError."""
    if not cert_ids:
        raise OcspError("a request asks about at least one certificate")
    items = der.sequence(*(der.sequence(cert_id.der) for cert_id in cert_ids))
    extensions = () if nonce is None else (der.explicit(2, der.sequence(nonce_extension(nonce).der)),)
    return der.sequence(der.sequence(items, *extensions))


def parse_ocsp_request(data: bytes) -> OcspRequest:
    """Parses a request from DER. Raises: DerError, OcspError.

    A client's signature is ignored: the response is public (RFC 6960, 4.1.2 leaves the check to the
    responder).
    """
    reader = Reader(data)
    outer = reader.enter()
    reader.end()
    inside = outer.enter()
    outer.explicit(0)
    outer.end()
    _version(inside)
    inside.explicit(1)
    items, cert_ids = inside.enter(), []
    while items.more():
        item = items.enter()
        cert_ids.append(read_cert_id(item))
        _refuse_critical(item)
    nonce = read_nonce(ext.read_explicit_extensions(inside, 2))
    inside.end()
    if not 1 <= len(cert_ids) <= MAX_REQUESTS:
        raise OcspError(f"a request asks about 1 to {MAX_REQUESTS} certificates")
    return OcspRequest(tuple(cert_ids), nonce)


def read_cert_id(reader: Reader) -> CertId:
    """Reads the next CertID. Raises: OcspError (unknown hash, wrong length), DerError."""
    raw = reader.raw(der.SEQUENCE)
    inside = Reader(raw).enter()
    algorithm = inside.enter()
    hash_name = _HASHES.get(algorithm.oid())
    if algorithm.more():
        algorithm.null()
    algorithm.end()
    name, key, serial = inside.octets(), inside.octets(), inside.integer()
    inside.end()
    if hash_name is None or {len(name), len(key)} != {_LENGTHS[hash_name]}:
        raise OcspError("the hash of a certificate id is not SHA-1, SHA-256 or SM3, or of wrong length")
    return CertId(hash_name, name, key, serial, raw)


def nonce_extension(nonce: bytes) -> Extension:
    """Encodes the nonce as an extension. Raises: OcspError unless it has 1 to 128 bytes (RFC 9654, 2.1)."""
    if not 1 <= len(nonce) <= MAX_NONCE:
        raise OcspError(f"a nonce has 1 to {MAX_NONCE} bytes")
    return Extension(oids.OCSP_NONCE, der.octet_string(nonce))


def read_nonce(extensions: Sequence[Extension]) -> bytes | None:
    """Returns the nonce among the extensions, or None. Raises: OcspError (bad nonce, unknown critical extension)."""
    nonces = [ext.read_octets(e.value) for e in extensions if e.oid == oids.OCSP_NONCE]
    if any(e.critical for e in extensions if e.oid != oids.OCSP_NONCE):
        raise OcspError("an unknown critical extension")
    if not nonces:
        return None
    if len(nonces) > 1 or not 1 <= len(nonces[0]) <= MAX_NONCE:
        raise OcspError(f"there is more than one nonce, or it is not of 1 to {MAX_NONCE} bytes")
    return nonces[0]


def _version(inside: Reader) -> None:
    # DER omits the default version v1, but accept it: many clients encode it.
    if inside.optional(0, Reader.integer) not in {None, 0}:
        raise OcspError("not a version 1 request")


def _refuse_critical(item: Reader) -> None:
    extensions = ext.read_explicit_extensions(item, 0)
    item.end()
    if any(e.critical for e in extensions):
        raise OcspError("an unknown critical extension")
