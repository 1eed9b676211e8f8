"""Requests for time stamps (RFC 3161, 2.4.1): written for an outside authority, parsed by the service's own."""

from dataclasses import dataclass, field
from typing import Final

from mshield.pki.asn1 import der
from mshield.pki.asn1.frame import read_algorithm
from mshield.pki.asn1.reader import Reader
from mshield.pki.errors import DerError, TimeStampError
from mshield.pki.timestamps.algorithms import HASHES, Hash, hash_name

NONCE_BYTES: Final = 8
DIGEST_BYTES: Final = 32
MAX_REQUEST: Final = 4096
"""Limit on a request's size in octets; one without extensions has about a hundred."""

_V1: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeStampRequest:
    """A request to stamp `digest` (32 bytes), under `policy` if given, with or without certificates."""

    hash: Hash
    digest: bytes = field(repr=False)
    policy: str | None = None
    nonce: int | None = None
    certificates: bool = True

    def encode(self) -> bytes:
        """Encodes the TimeStampReq."""
        return der.sequence(
            der.integer(_V1),
            message_imprint(self.hash, self.digest),
            b"" if self.policy is None else der.oid(self.policy),
            b"" if self.nonce is None else der.integer(self.nonce),
            der.TRUE if self.certificates else b"",
        )


def nonce_from(random: bytes) -> int:
    """Makes a nonce of 8 random bytes. Raises: ValueError for another number of bytes."""
    if len(random) != NONCE_BYTES:
        raise ValueError("a nonce needs 8 random bytes")
    return int.from_bytes(random, "big")


def message_imprint(hash: Hash, digest: bytes) -> bytes:  # noqa: A002  # the standard's term
    """Encodes a MessageImprint."""
    return der.sequence(der.sequence(der.oid(HASHES[hash])), der.octet_string(digest))


def parse_request(data: bytes) -> TimeStampRequest:
    """Parses an untrusted request. Raises: TimeStampError (`weak_hash`, `extension`, `form`)."""
    try:
        reader = Reader(data)
        inside = reader.enter()
        reader.end()
        if inside.integer() != _V1:
            raise TimeStampError("form", "not version 1")
        hash, digest = read_imprint(inside)  # noqa: A001
        policy = inside.oid() if inside.peek() == der.OID else None
        nonce = inside.integer() if inside.peek() == der.INTEGER else None
        certificates = inside.default_false()
        if inside.more():
            raise TimeStampError("extension", "no extension is supported")
    except DerError as error:
        raise TimeStampError("form", str(error)) from error
    return TimeStampRequest(hash=hash, digest=digest, policy=policy, nonce=nonce, certificates=certificates)


def read_imprint(reader: Reader) -> tuple[Hash, bytes]:
    """Reads the next MessageImprint. Raises: DerError, TimeStampError (`weak_hash`, `form`)."""
    inside = reader.enter()
    name, digest = hash_name(read_algorithm(inside)), inside.octets()
    inside.end()
    if name is None:
        raise TimeStampError("weak_hash", "neither SM3 nor SHA-256")
    if len(digest) != DIGEST_BYTES:
        raise TimeStampError("form", "the hash has a wrong length")
    return name, digest
