"""Foreign SignedData by GB/T 35275 and RFC 5652 with one SM2 signature: read and verified.

Both arcs, three names of the signature algorithm, and DER or r‖s are accepted: the wrapper may vary, but not
what is signed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from mshield.gm.engine import Engine
from mshield.gm.errors import BadSignature
from mshield.gm.sm2 import Signature, verify
from mshield.gm.sm3 import sm3
from mshield.pki.asn1 import der, oids
from mshield.pki.asn1.arcs import DISPLAY_OID
from mshield.pki.asn1.frame import read_algorithm
from mshield.pki.asn1.reader import Reader
from mshield.pki.errors import DerError, P7Error, PkiError
from mshield.pki.foreign.ber import Wrapper
from mshield.pki.foreign.certificate import ForeignCertificate, parse_foreign_certificate
from mshield.pki.foreign.p7_file import octets_of_file
from mshield.pki.foreign.text import read_time
from mshield.pki.signatures.ambiguous import content_of_another

Arc = Literal["gb", "rfc"]
Form = Literal["content", "digest"]

MAX_CERTIFICATES: Final = 64

_ARCS: Final[dict[str, Arc]] = {oids.GB_SIGNED_DATA: "gb", oids.CMS_SIGNED_DATA: "rfc"}
_DATA: Final[dict[Arc, frozenset[str]]] = {
    "gb": frozenset({oids.GB_DATA, oids.CMS_DATA}),
    "rfc": frozenset({oids.CMS_DATA}),
}
_SIGNATURES: Final = frozenset({oids.SM2_SIGNING, oids.SM2_WITH_SM3, oids.SM2})
_ATTRIBUTES, _UNSIGNED, _CERTIFICATES, _CRLS = 0xA0, 0xA1, 0xA0, 0xA1
_DIGEST_BYTES, _RAW_BYTES = 32, 64


@dataclass(frozen=True, slots=True, kw_only=True)
class P7:
    """Content of a SignedData, not verified.

    `named` is the DER of the issuer's name and the serial number of the signer's certificate. `attributes` is
    M if there are signed attributes, and `as_sent` the same in the order of the file, if that isn't DER's.
    """

    arc: Arc
    content: bytes | None = field(repr=False)
    certificates: tuple[bytes, ...] = field(repr=False)
    named: tuple[bytes, int] = field(repr=False)
    attributes: bytes | None = field(repr=False)
    as_sent: bytes | None = field(repr=False)
    message_digest: bytes | None = field(repr=False)
    signing_time: int | None
    display: bytes | None = field(repr=False)
    algorithm: str
    value: bytes = field(repr=False)
    signing_certificate: bytes | None = field(repr=False)
    """Raw value of the signing-certificate-v2 attribute."""

    unsigned: bool
    """Whether unsigned attributes, such as time stamps, follow the signature."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedP7:
    """A SignedData with a valid signature; whether to trust its signer is another question.

    `signing_time` (ms) is claimed by the signer. `display` is the signed digest of what the signer saw; the
    caller compares it.
    """

    arc: Arc
    attributes: bool
    detached: bool
    algorithm: str
    raw_value: bool
    signing_time: int | None
    display: bytes | None = field(repr=False)
    certificate: ForeignCertificate
    others: tuple[bytes, ...] = field(repr=False)
    content: bytes = field(repr=False)
    message: bytes = field(repr=False)
    unsigned: bool


def parse_p7(data: bytes) -> P7:
    """Parses a SignedData file. Raises: P7Error, DerError."""
    outer = Wrapper(octets_of_file(data))
    outer.enter(der.SEQUENCE)
    arc = _ARCS.get(_oid(outer))
    if arc is None:
        raise P7Error("content_type", "not a SignedData of either arc")
    outer.enter(0xA0)
    outer.enter(der.SEQUENCE)
    if _integer(outer) != 1:
        raise P7Error("version", "not version 1")
    _digest_algorithms(outer)
    content = _content(outer, arc)
    certificates = _read_set(outer, _CERTIFICATES, der.SEQUENCE)
    _read_set(outer, _CRLS, der.SEQUENCE)
    outer.enter(der.SET)
    if not outer.more():
        raise P7Error("signers", "no signer")
    signer = outer.strict(der.SEQUENCE)
    if outer.more():
        raise P7Error("signers", "there must be exactly one signer")
    for _ in range(4):
        outer.leave()
    outer.end()
    return _signer(signer, arc, content, certificates)


def verify_p7(
    engine: Engine,
    p7: bytes | P7,
    *,
    content: bytes | None = None,
    beside: Sequence[ForeignCertificate] = (),
    form: Form = "content",
) -> VerifiedP7:
    """Verifies the signature over this content; with `form` "digest" it is over the content's SM3.

    `beside` are certificates supplied outside the file. Raises: P7Error, DerError.
    """
    p7 = parse_p7(p7) if isinstance(p7, bytes) else p7
    if form == "digest":
        if content is None:
            raise P7Error("content", "the file whose digest is signed is needed")
        content = sm3(content)
    known = content if p7.content is None else p7.content
    if known is None:
        raise P7Error("content", "detached: the content is needed")
    if content is not None and content != known:
        raise P7Error("content", "the content differs from the content in the file")
    certificate = _signer_certificate(p7, beside)
    message, raw = _verify_value(engine, certificate, _messages(p7, known, form), p7.value)
    return VerifiedP7(
        arc=p7.arc,
        attributes=p7.attributes is not None,
        detached=p7.content is None,
        algorithm=p7.algorithm,
        raw_value=raw,
        signing_time=p7.signing_time,
        display=p7.display,
        certificate=certificate,
        others=p7.certificates,
        content=known,
        message=message,
        unsigned=p7.unsigned,
    )


def _messages(p7: P7, content: bytes, form: Form) -> tuple[bytes, ...]:
    """Returns what may be the signed message M: the attributes if there are some, else the content.

    Attributes are signed in DER's order (RFC 5652 5.4), but by some producers in the order of the file.
    """
    if p7.attributes is not None:
        if p7.message_digest != sm3(content):
            raise P7Error("digest", "the signed digest doesn't match the content")
        return (p7.attributes,) if p7.as_sent is None else (p7.attributes, p7.as_sent)
    another = content_of_another(content)
    if another is not None and (another, form) != ("digest", "digest"):
        raise P7Error("ambiguous", f"the content is {another}, so it was signed as something else")
    return (content,)


def _verify_value(
    engine: Engine, certificate: ForeignCertificate, messages: Sequence[bytes], value: bytes
) -> tuple[bytes, bool]:
    """Returns the message that is signed, and whether the value is r‖s (64 octets may by chance be DER too).

    Raises: P7Error.
    """
    for raw in (False, True) if len(value) == _RAW_BYTES else (False,):
        for message in messages:
            try:
                signature = Signature.from_raw(value) if raw else Signature.from_der(value)
                verify(engine, certificate.public_key, message, signature)
            except BadSignature:
                continue
            return message, raw
    raise P7Error("signature", "the signature does not verify")


def _signer_certificate(p7: P7, beside: Sequence[ForeignCertificate]) -> ForeignCertificate:
    """Finds the only certificate, inside or beside, with that issuer and serial; it must be for signing."""
    matches = {one for one in p7.certificates if _issuer_and_serial(one) == p7.named}
    matches |= {one.der for one in beside if (one.issuer.der, one.serial) == p7.named}
    if len(matches) != 1:
        raise P7Error("certificate", "the signer's certificate is missing or ambiguous")
    try:
        certificate = parse_foreign_certificate(matches.pop())
    except PkiError as error:
        raise P7Error("certificate", str(error)) from error
    if not certificate.may_sign:
        raise P7Error("usage", "the certificate is not for signing")
    return certificate


def _issuer_and_serial(certificate: bytes) -> tuple[bytes, int] | None:
    """Returns issuer and serial number of any certificate, even one that can't be parsed further."""
    try:
        tbs = Reader(certificate).enter().enter()
        tbs.explicit(0)
        serial = tbs.integer()
        tbs.raw(der.SEQUENCE)
        return tbs.raw(der.SEQUENCE), serial
    except DerError:
        return None


def _oid(outer: Wrapper) -> str:
    return Reader(outer.strict(der.OID)).oid()


def _integer(outer: Wrapper) -> int:
    return Reader(outer.strict(der.INTEGER)).integer()


def _digest_algorithms(outer: Wrapper) -> None:
    outer.enter(der.SET)
    count = 0
    while outer.more():
        _require_sm3(Reader(outer.strict(der.SEQUENCE)))
        count += 1
    outer.leave()
    if not count:
        raise P7Error("algorithm", "no digest algorithm")


def _require_sm3(reader: Reader) -> None:
    if read_algorithm(reader) != oids.SM3:
        raise P7Error("algorithm", "the digest is not SM3")


def _content(outer: Wrapper, arc: Arc) -> bytes | None:
    outer.enter(der.SEQUENCE)
    if _oid(outer) not in _DATA[arc]:
        raise P7Error("content_type", "the content isn't this arc's plain data")
    content = None
    if outer.more():
        outer.enter(0xA0)
        content = outer.octets()
        outer.leave()
    outer.leave()
    return content


def _read_set(outer: Wrapper, tag: int, element: int) -> tuple[bytes, ...]:
    """Reads an optional IMPLICIT set: its elements, unchanged, in any order."""
    if outer.peek() != tag:
        return ()
    elements: list[bytes] = []
    outer.enter(tag)
    while outer.more():
        if len(elements) == MAX_CERTIFICATES:
            raise P7Error("form", "too many certificates or lists")
        elements.append(outer.strict(element))
    outer.leave()
    return tuple(elements)


def _signer(data: bytes, arc: Arc, content: bytes | None, certificates: tuple[bytes, ...]) -> P7:
    info = Reader(data).enter()
    if info.integer() != 1:
        raise P7Error("signers", "the signer must be named by issuer and serial number")
    named = info.enter()
    issuer, serial = named.raw(der.SEQUENCE), named.integer()
    named.end()
    _require_sm3(info)
    attributes = as_sent = values = None
    if info.peek() == _ATTRIBUTES:
        attributes, as_sent, values = _attributes(info.enter(_ATTRIBUTES))
    algorithm = read_algorithm(info)
    if algorithm not in _SIGNATURES:
        raise P7Error("algorithm", "the signature is not SM2")
    value = info.octets()
    unsigned = info.peek() == _UNSIGNED
    if unsigned:
        info.raw()
    info.end()
    return P7(
        arc=arc,
        content=content,
        certificates=certificates,
        named=(issuer, serial),
        attributes=attributes,
        as_sent=None if as_sent == attributes else as_sent,
        message_digest=None if values is None else _read_digest(values, arc),
        signing_time=None if values is None else _read_signing_time(values),
        display=None if values is None or DISPLAY_OID not in values else _octets(values[DISPLAY_OID]),
        algorithm=algorithm,
        value=value,
        signing_certificate=None if values is None else values.get(oids.SIGNING_CERTIFICATE_V2),
        unsigned=unsigned,
    )


def _attributes(inside: Reader) -> tuple[bytes, bytes, dict[str, bytes]]:
    """Returns the attributes in DER's order and as they stand, and each one's only value by type."""
    elements: list[bytes] = []
    values: dict[str, bytes] = {}
    while inside.more():
        elements.append(inside.raw(der.SEQUENCE))
        attribute = Reader(elements[-1]).enter()
        oid, members = attribute.oid(), attribute.enter(der.SET)
        attribute.end()
        if oid in values or not members.more():
            raise P7Error("attributes", "an attribute occurs twice, or has no value")
        values[oid] = members.raw()
        if members.more():
            raise P7Error("attributes", "an attribute has several values")
    return der.set_of(*elements), der.tlv(der.SET, *elements), values


def _read_digest(values: dict[str, bytes], arc: Arc) -> bytes:
    """Returns the messageDigest after checking that the contentType belongs to this arc."""
    kind, digest = values.get(oids.CONTENT_TYPE), values.get(oids.MESSAGE_DIGEST)
    if kind not in {der.oid(one) for one in _DATA[arc]}:
        raise P7Error("attributes", "the signed content type is missing, or isn't this arc's plain data")
    return _octets(digest)


def _octets(value: bytes | None) -> bytes:
    """Reads an attribute's OCTET STRING with an SM3 digest."""
    if value is None:
        raise P7Error("attributes", "no signed digest")
    reader = Reader(value)
    digest = reader.octets()
    reader.end()
    if len(digest) != _DIGEST_BYTES:
        raise P7Error("attributes", "an SM3 digest has 32 octets")
    return digest


def _read_signing_time(values: dict[str, bytes]) -> int | None:
    value = values.get(oids.SIGNING_TIME)
    if value is None:
        return None
    reader = Reader(value)
    at = read_time(reader)
    reader.end()
    return at
