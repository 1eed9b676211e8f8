"""SignedData by GB/T 35275 and by RFC 5652 with one SM2 signature, as others make them: read and verified.

Both arcs, three names of the signature algorithm, DER or r‖s: the wrapper may vary, what is signed may not.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from mshield.gm.engine import Engine
from mshield.gm.errors import BadSignature
from mshield.gm.sm2 import Signature, verify
from mshield.gm.sm3 import sm3
from mshield.pki.asn1 import der, oids
from mshield.pki.asn1.arcs import DISPLAY_OIDS
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
DISPLAY: Final = frozenset(DISPLAY_OIDS)
"""Attributes that bind what a phone showed."""

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
    """What a SignedData says; nothing is verified.

    `named` is the issuer's DER and the serial number of the signer's certificate, `attributes` M where there are some.
    """

    arc: Arc
    content: bytes | None = field(repr=False)
    certificates: tuple[bytes, ...] = field(repr=False)
    named: tuple[bytes, int] = field(repr=False)
    attributes: bytes | None = field(repr=False)
    message_digest: bytes | None = field(repr=False)
    signing_time: int | None
    display: bytes | None = field(repr=False)
    algorithm: str
    value: bytes = field(repr=False)
    signing_certificate: bytes | None = field(repr=False)
    """The signing-certificate-v2 attribute's value as it stands."""

    unsigned: bool
    """Whether attributes that nobody signed follow the signature; time stamps are among them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedP7:
    """A SignedData whose signature is right; whether to trust its signer is another question.

    `signing_time` (ms) is a claim of the signer's. `display` is what the signer bound of what they saw, to be compared.
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


def parse_p7(data: bytes, *, display: frozenset[str] = DISPLAY) -> P7:
    """A SignedData from a file's octets. Raises P7Error, DerError; `display` names attributes known as a display's."""
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
    certificates = _skipped(outer, _CERTIFICATES, der.SEQUENCE)
    _skipped(outer, _CRLS, der.SEQUENCE)
    outer.enter(der.SET)
    if not outer.more():
        raise P7Error("signers", "no signer")
    signer = outer.strict(der.SEQUENCE)
    if outer.more():
        raise P7Error("signers", "there must be exactly one signer")
    for _ in range(4):
        outer.leave()
    outer.end()
    return _signer(signer, arc, content, certificates, display)


def verify_p7(
    engine: Engine,
    p7: bytes | P7,
    *,
    content: bytes | None = None,
    beside: Sequence[ForeignCertificate] = (),
    form: Form = "content",
) -> VerifiedP7:
    """The signature is right over this content; `form` "digest" says that what is signed is the content's SM3.

    `beside` are certificates that don't stand inside. Raises P7Error with its reason, DerError.
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
        raise P7Error("content", "the content is not the one inside")
    certificate = _named(p7, beside)
    message = _message(p7, known, form)
    raw = _holds(engine, certificate, message, p7.value)
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


def _message(p7: P7, content: bytes, form: Form) -> bytes:
    """M."""
    if p7.attributes is not None:
        if p7.message_digest != sm3(content):
            raise P7Error("digest", "the signed digest is another content's")
        return p7.attributes
    another = content_of_another(content)
    if another is not None and (another, form) != ("digest", "digest"):
        raise P7Error("ambiguous", f"the content is {another}: it was signed as something else")
    return content


def _holds(engine: Engine, certificate: ForeignCertificate, message: bytes, value: bytes) -> bool:
    """Whether the value is r‖s; 64 octets may by chance be DER too. Raises P7Error where it doesn't verify."""
    for raw in (False, True) if len(value) == _RAW_BYTES else (False,):
        try:
            signature = Signature.from_raw(value) if raw else Signature.from_der(value)
            verify(engine, certificate.public_key, message, signature)
        except BadSignature:
            continue
        return raw
    raise P7Error("signature", "the signature does not verify")


def _named(p7: P7, beside: Sequence[ForeignCertificate]) -> ForeignCertificate:
    """The one certificate of that name and serial number, inside or beside; it must be for signing."""
    inside = {one for one in p7.certificates if _names(one) == p7.named}
    inside |= {one.der for one in beside if (one.issuer.der, one.serial) == p7.named}
    if len(inside) != 1:
        raise P7Error("certificate", "the signer's certificate is missing or ambiguous")
    try:
        certificate = parse_foreign_certificate(inside.pop())
    except PkiError as error:
        raise P7Error("certificate", str(error)) from error
    if not certificate.may_sign:
        raise P7Error("usage", "the certificate is not for signing")
    return certificate


def _names(certificate: bytes) -> tuple[bytes, int] | None:
    """Issuer and serial number of any certificate, also of one that is not read here."""
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
        raise P7Error("content_type", "the content is not plain data of this arc")
    content = None
    if outer.more():
        outer.enter(0xA0)
        content = outer.octets()
        outer.leave()
    outer.leave()
    return content


def _skipped(outer: Wrapper, tag: int, element: int) -> tuple[bytes, ...]:
    """The elements of an optional IMPLICIT set, as they stand, in whatever order."""
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


def _signer(
    data: bytes, arc: Arc, content: bytes | None, certificates: tuple[bytes, ...], display: frozenset[str]
) -> P7:
    info = Reader(data).enter()
    if info.integer() != 1:
        raise P7Error("signers", "the signer must be named by issuer and serial number")
    named = info.enter()
    issuer, serial = named.raw(der.SEQUENCE), named.integer()
    named.end()
    _require_sm3(info)
    attributes = values = None
    if info.peek() == _ATTRIBUTES:
        attributes, values = _attributes(info.enter(_ATTRIBUTES))
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
        message_digest=None if values is None else _digest_of(values, arc),
        signing_time=None if values is None else _claimed(values),
        display=None if values is None else _display(values, display),
        algorithm=algorithm,
        value=value,
        signing_certificate=None if values is None else values.get(oids.SIGNING_CERTIFICATE_V2),
        unsigned=unsigned,
    )


def _attributes(inside: Reader) -> tuple[bytes, dict[str, bytes]]:
    """M, which is the attributes in DER's order whatever theirs, and the one value of each by its type."""
    elements: list[bytes] = []
    values: dict[str, bytes] = {}
    while inside.more():
        elements.append(inside.raw(der.SEQUENCE))
        attribute = Reader(elements[-1]).enter()
        oid, those = attribute.oid(), attribute.enter(der.SET)
        attribute.end()
        if oid in values or not those.more():
            raise P7Error("attributes", "an attribute stands twice, or has no value")
        values[oid] = those.raw()
        if those.more():
            raise P7Error("attributes", "an attribute has several values")
    return der.set_of(*elements), values


def _digest_of(values: dict[str, bytes], arc: Arc) -> bytes:
    """The messageDigest, once the contentType is one of this arc."""
    kind, digest = values.get(oids.CONTENT_TYPE), values.get(oids.MESSAGE_DIGEST)
    if kind not in {der.oid(one) for one in _DATA[arc]}:
        raise P7Error("attributes", "the signed content type is missing, or not plain data of this arc")
    return _octets(digest)


def _display(values: dict[str, bytes], known: frozenset[str]) -> bytes | None:
    there = [values[oid] for oid in values if oid in known]
    if len(there) > 1:
        raise P7Error("attributes", "several attributes of a display")
    return _octets(there[0]) if there else None


def _octets(value: bytes | None) -> bytes:
    """An attribute's OCTET STRING with an SM3 digest."""
    if value is None:
        raise P7Error("attributes", "no signed digest")
    reader = Reader(value)
    digest = reader.octets()
    reader.end()
    if len(digest) != _DIGEST_BYTES:
        raise P7Error("attributes", "an SM3 digest has 32 octets")
    return digest


def _claimed(values: dict[str, bytes]) -> int | None:
    value = values.get(oids.SIGNING_TIME)
    if value is None:
        return None
    reader = Reader(value)
    at = read_time(reader)
    reader.end()
    return at
