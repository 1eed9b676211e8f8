"""Time stamp tokens (RFC 3161, 2.4.2): a SignedData over a TSTInfo, written in one form, read in the forms in use.

Older Chinese authorities use the GB content type, and SM2 with SM3 as the digest, which then includes Z (GM/T
0033).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, Protocol

from mshield.gm.sm2 import z_value
from mshield.pki.asn1 import der, oids
from mshield.pki.asn1.frame import read_algorithm
from mshield.pki.asn1.reader import Reader
from mshield.pki.errors import DerError, TimeStampError
from mshield.pki.foreign.names import read_foreign_name
from mshield.pki.timestamps.algorithms import (
    HASH_OF,
    HASHES,
    Hash,
    Profile,
    hash_name,
    hashed,
)
from mshield.pki.timestamps.certificate import TsaCertificate
from mshield.pki.timestamps.foreign import parse_any_tsa_certificate
from mshield.pki.timestamps.request import TimeStampRequest, message_imprint, read_imprint

MAX_TOKEN: Final = 64 * 1024
"""Limit in octets on a token with its certificates."""

MAX_CERTIFICATES: Final = 16
_SIGNATURES: Final = {"sm2": oids.SM2_WITH_SM3, "p256": oids.ECDSA_WITH_SHA256}
_ARCS: Final[Mapping[str, Literal["rfc", "gb"]]] = {
    oids.CMS_SIGNED_DATA: "rfc",
    oids.GB_SIGNED_DATA: "gb",
}
_SECOND: Final = 1_000_000


class StampSigner(Protocol):
    """A signer of tokens."""

    @property
    def certificate(self) -> TsaCertificate:
        """The authority's certificate."""

    @property
    def above(self) -> Sequence[bytes]:
        """CA certificates (DER) to include in the token."""

    @property
    def key(self) -> object:
        """The underlying key, for callers that sign in another thread."""

    def sign(self, message: bytes) -> bytes:
        """Signs the message and returns DER."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StampInfo:
    """Content of a token: `at` in ms, `accuracy` in microseconds or None."""

    policy: str
    hash: Hash
    digest: bytes = field(repr=False)
    serial: int
    at: int
    accuracy: int | None
    nonce: int | None

    def encode(self) -> bytes:
        """Encodes the TSTInfo; the accuracy is rounded up to whole seconds."""
        accuracy = b"" if self.accuracy is None else der.sequence(der.integer(-(-self.accuracy // _SECOND)))
        return der.sequence(
            der.integer(1),
            der.oid(self.policy),
            message_imprint(self.hash, self.digest),
            der.integer(self.serial),
            der.generalized_time(self.at),
            accuracy,
            b"" if self.nonce is None else der.integer(self.nonce),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeStampToken:
    """A token as read, not verified. `signed` is the data that the signature covers."""

    der: bytes = field(repr=False)
    arc: Literal["rfc", "gb"]
    info: StampInfo
    content: bytes = field(repr=False)
    signer: TsaCertificate
    certificates: tuple[TsaCertificate, ...] = field(repr=False)
    digest_algorithm: str
    message_digest: bytes = field(repr=False)
    named: tuple[Hash | None, bytes] = field(repr=False)
    """Hash of the signer's certificate from the signed attributes; a None name is SHA-1, used only to identify it."""

    signed: bytes = field(repr=False)
    signature_algorithm: str
    signature: bytes = field(repr=False)

    def expected_digest(self) -> bytes:
        """Returns the content's digest that the signed attributes must have. Raises: TimeStampError (`digest`)."""
        if self.digest_algorithm == oids.SM2_WITH_SM3 and self.signer.profile == "sm2":
            return hashed("sm3", z_value(self.signer.public) + self.content)
        name = hash_name(self.digest_algorithm)
        if name is None or name != HASH_OF[self.signer.profile]:
            raise TimeStampError("digest", "the digest algorithm doesn't match the key")
        return hashed(name, self.content)


def make_token(signer: StampSigner, request: TimeStampRequest, *, policy: str, serial: int, at: int) -> bytes:
    """Makes a token (DER) for the request, accurate to a second."""
    profile: Profile = signer.certificate.profile
    name = HASH_OF[profile]
    info = StampInfo(
        policy=policy,
        hash=request.hash,
        digest=request.digest,
        serial=serial,
        at=at,
        accuracy=_SECOND,
        nonce=request.nonce,
    ).encode()
    attributes = der.set_of(
        _attribute(oids.CONTENT_TYPE, der.oid(oids.TST_INFO)),
        _attribute(oids.MESSAGE_DIGEST, der.octet_string(hashed(name, info))),
        _attribute(oids.SIGNING_CERTIFICATE_V2, _names(name, signer.certificate.der)),
    )
    algorithm = der.sequence(der.oid(HASHES[name]))
    by = signer.certificate
    certificates = sorted({by.der, *signer.above}) if request.certificates else []
    signed = der.sequence(
        der.integer(3),
        der.set_of(algorithm),
        der.sequence(der.oid(oids.TST_INFO), der.explicit(0, der.octet_string(info))),
        der.explicit(0, b"".join(certificates)) if certificates else b"",
        der.set_of(
            der.sequence(
                der.integer(1),
                der.sequence(by.issuer.der, der.integer(by.serial)),
                algorithm,
                b"\xa0" + attributes[1:],
                der.sequence(der.oid(_SIGNATURES[profile])),
                der.octet_string(signer.sign(attributes)),
            )
        ),
    )
    return der.sequence(der.oid(oids.CMS_SIGNED_DATA), der.explicit(0, signed))


def _names(name: Hash, certificate: bytes) -> bytes:
    """Encodes SigningCertificateV2 (RFC 5035); SHA-256 is its default and is omitted."""
    algorithm = b"" if name == "sha256" else der.sequence(der.oid(HASHES[name]))
    return der.sequence(der.sequence(der.sequence(algorithm, der.octet_string(hashed(name, certificate)))))


def _attribute(oid: str, value: bytes) -> bytes:
    return der.sequence(der.oid(oid), der.set_of(value))


def parse_token(data: bytes) -> TimeStampToken:
    """Parses a token of an accepted form, without verifying it. Raises: TimeStampError."""
    if len(data) > MAX_TOKEN:
        raise TimeStampError("form", "too long")
    try:
        return _read(data)
    except DerError as error:
        raise TimeStampError("form", str(error)) from error


def _read(data: bytes) -> TimeStampToken:
    reader = Reader(data)
    outer = reader.enter()
    reader.end()
    arc = _ARCS.get(outer.oid())
    if arc is None:
        raise TimeStampError("form", "not a SignedData")
    wrapped = outer.explicit(0)
    outer.end()
    if wrapped is None:
        raise TimeStampError("form", "no content")
    inside = wrapped.enter()
    wrapped.end()
    if inside.integer() not in {1, 3}:
        raise TimeStampError("form", "neither version 3 nor 1")
    listed = _listed(inside.enter(der.SET))
    content = _content(inside.enter())
    certificates = _certificates(inside)
    if inside.peek() == 0xA1:
        inside.raw()  # revocation lists
    signers = inside.enter(der.SET)
    inside.end()
    info = signers.enter()
    if signers.more():
        raise TimeStampError("form", "there must be exactly one signer")
    token = _signer(data, arc, content, certificates, info)
    if token.digest_algorithm not in listed:
        raise TimeStampError("form", "the signer's digest algorithm is not among those listed")
    return token


def _listed(algorithms: Reader) -> set[str]:
    """Reads the digest algorithms named for all signers; nothing else covers them."""
    listed = set()
    while algorithms.more():
        listed.add(read_algorithm(algorithms))
    return listed


def _content(inside: Reader) -> bytes:
    if inside.oid() != oids.TST_INFO:
        raise TimeStampError("content_type", "the content is not a time stamp")
    wrapped = inside.explicit(0)
    inside.end()
    if wrapped is None:
        raise TimeStampError("form", "no content")
    content = wrapped.octets()
    wrapped.end()
    return content


def _certificates(inside: Reader) -> tuple[TsaCertificate, ...]:
    """Reads the certificates that either reader accepts, in any order; others are useless for a path."""
    read: list[TsaCertificate] = []
    if inside.peek() != 0xA0:
        return ()
    items, count = inside.enter(0xA0), 0
    while items.more():
        count += 1
        if count > MAX_CERTIFICATES:
            raise TimeStampError("form", "too many certificates")
        encoded = items.raw()
        try:
            read.append(parse_any_tsa_certificate(encoded))
        except TimeStampError:
            continue
    return tuple(read)


def _signer(
    data: bytes,
    arc: Literal["rfc", "gb"],
    content: bytes,
    certificates: tuple[TsaCertificate, ...],
    info: Reader,
) -> TimeStampToken:
    if info.integer() != 1:
        raise TimeStampError("form", "the signer must be named by issuer and serial number")
    by = info.enter()
    issuer, serial = read_foreign_name(by), by.integer()
    by.end()
    digest_algorithm = read_algorithm(info)
    if info.peek() != 0xA0:
        raise TimeStampError("form", "no signed attributes")
    signed, attributes = _attributes(info.enter(0xA0))
    signature_algorithm, signature = read_algorithm(info), info.octets()
    if info.peek() == 0xA1:
        info.raw()  # unsigned attributes
    info.end()
    own = [one for one in certificates if (one.serial, one.issuer.der) == (serial, issuer.der)]
    if len(own) != 1:
        raise TimeStampError("certificate", "the authority's certificate is missing or ambiguous")
    kind = attributes.get(oids.CONTENT_TYPE)
    if kind != der.oid(oids.TST_INFO):
        raise TimeStampError("content_type", "the signed content type is not a time stamp's")
    return TimeStampToken(
        der=data,
        arc=arc,
        info=_info(content),
        content=content,
        signer=own[0],
        certificates=certificates,
        digest_algorithm=digest_algorithm,
        message_digest=_octets(attributes.get(oids.MESSAGE_DIGEST)),
        named=_named(attributes),
        signed=signed,
        signature_algorithm=signature_algorithm,
        signature=signature,
    )


def _attributes(inside: Reader) -> tuple[bytes, dict[str, bytes]]:
    """Returns the signed bytes, which are the attributes in DER's order, and each one's only value by type."""
    elements: list[bytes] = []
    values: dict[str, bytes] = {}
    while inside.more():
        elements.append(inside.raw(der.SEQUENCE))
        attribute = Reader(elements[-1]).enter()
        oid, members = attribute.oid(), attribute.enter(der.SET)
        attribute.end()
        if oid in values:
            raise TimeStampError("form", "a signed attribute occurs twice")
        values[oid] = members.raw()
        members.end()
    return der.set_of(*elements), values


def _octets(value: bytes | None) -> bytes:
    reader = Reader(value or b"")
    octets = reader.octets()
    reader.end()
    return octets


def _named(attributes: dict[str, bytes]) -> tuple[Hash | None, bytes]:
    """Returns the hash in signing-certificate-v2, or in v1, which uses SHA-1 (name None)."""
    second, first = attributes.get(oids.SIGNING_CERTIFICATE_V2), attributes.get(oids.SIGNING_CERTIFICATE)
    value = first if second is None else second
    if value is None:
        raise TimeStampError("signer_certificate", "no signing-certificate attribute")
    one = Reader(value).enter().enter().enter()
    if second is None:
        return None, one.octets()
    if one.peek() == der.OCTET_STRING:
        return "sha256", one.octets()
    name = hash_name(read_algorithm(one))
    if name is None:
        raise TimeStampError("signer_certificate", "named by a hash function that is not accepted")
    return name, one.octets()


def _info(content: bytes) -> StampInfo:
    reader = Reader(content)
    inside = reader.enter()
    reader.end()
    if inside.integer() != 1:
        raise TimeStampError("form", "not version 1")
    policy = inside.oid()
    name, digest = read_imprint(inside)
    serial, at = inside.integer(), _time(inside.content(der.GENERALIZED_TIME))
    accuracy = _accuracy(inside.enter()) if inside.peek() == der.SEQUENCE else None
    inside.default_false()  # ordering
    nonce = inside.integer() if inside.peek() == der.INTEGER else None
    if inside.peek() == 0xA0:
        inside.raw()  # the authority's name
    if inside.more():
        raise TimeStampError("extension", "no extension is supported")
    return StampInfo(
        policy=policy, hash=name, digest=digest, serial=serial, at=at, accuracy=accuracy, nonce=nonce
    )


def _accuracy(inside: Reader) -> int:
    """Reads an accuracy, in microseconds."""
    seconds = inside.integer() if inside.peek() == der.INTEGER else 0
    millis = inside.integer(0x80) if inside.peek() == 0x80 else 0
    micros = inside.integer(0x81) if inside.peek() == 0x81 else 0
    inside.end()
    if seconds < 0 or not 0 <= millis < 1000 or not 0 <= micros < 1000:
        raise TimeStampError("form", "no accuracy")
    return seconds * _SECOND + millis * 1000 + micros


def _time(text: bytes) -> int:
    """Parses a GeneralizedTime; a fraction must not end in zero (RFC 3161, 2.4.2). Returns ms, truncated."""
    whole, dot, fraction = text[:14], text[14:15], text[15:-1]
    has_fraction = dot == b"." and fraction.isdigit() and len(fraction) <= 9 and not fraction.endswith(b"0")
    if not whole.isdigit() or text[-1:] != b"Z" or (len(text) != 15 and not has_fraction):
        raise TimeStampError("form", "time is not YYYYMMDDHHMMSS[.f]Z")
    month, day, hour, minute, second = (int(whole[i : i + 2]) for i in range(4, 14, 2))
    try:
        moment = datetime(int(whole[:4]), month, day, hour, minute, second, tzinfo=UTC)
    except ValueError as error:
        raise TimeStampError("form", "no such moment") from error
    ms = int(fraction[:3].ljust(3, b"0")) if has_fraction else 0
    return (moment - der.EPOCH) // timedelta(milliseconds=1) + ms
