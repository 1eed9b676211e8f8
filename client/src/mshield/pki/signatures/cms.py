"""CMS SignedData (RFC 5652) with one SM2 signature, over the content itself or over signed attributes.

The co-signed message is one of the two, so the signature inside is exactly the one that phone and server
made. Digest SM3, signature SM2 with SM3 under the default id. The content types are RFC 5652's, or those of
GB/T 35275 (GM/T 0010), which is written with options (docs/formats.md). The reader accepts only the form of
RFC 5652.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

import msgspec

from mshield.gm.sm2 import Signature
from mshield.gm.sm3 import sm3
from mshield.pki.asn1 import der, oids
from mshield.pki.asn1.arcs import DISPLAY_OID
from mshield.pki.asn1.frame import ALGORITHM, DIGEST_ALGORITHM, read_signature
from mshield.pki.asn1.reader import Reader
from mshield.pki.certificates.certificate import Certificate, parse_certificate
from mshield.pki.certificates.names import read_name
from mshield.pki.errors import CmsError, ContentMismatch, DerError
from mshield.pki.signatures.ambiguous import is_digest, is_like_signed_info
from mshield.pki.signatures.formats import NO_OPTIONS, Options
from mshield.pki.signatures.pdf import PdfAttributes
from mshield.pki.signatures.signed_attributes import (
    SignedAttributes,
    is_like_attributes,
    parse_signed_attributes,
)

_V1 = 1
_VERSION: Final = der.integer(_V1)
_ALGORITHMS: Final = {"301.1": oids.SM2_SIGNING, "501": oids.SM2_WITH_SM3, "301": oids.SM2}
_ATTRIBUTES = 0xA0
"""Identifier octet of `[0] IMPLICIT` signed attributes; for signing it is replaced by a SET OF's (RFC 5652, 5.4)."""

_UNSIGNED = 0xA1
"""Identifier octet of `[1] IMPLICIT` unsigned attributes: time stamps on the signature."""


@dataclass(frozen=True, slots=True)
class SignedData:
    """A SignedData as read: `content` is None if detached, `signer` the certificate that signed.

    `attributes` are the signed ones; without them the signature is over the content. `time_stamps` are tokens
    (DER) on the signature's octets, added after signing.
    """

    content: bytes | None
    attributes: SignedAttributes | None
    signature: Signature
    signer: Certificate
    certificates: tuple[Certificate, ...] = field(repr=False)
    time_stamps: tuple[bytes, ...] = field(default=(), repr=False)


def build_certs_only(certificates: Sequence[bytes]) -> bytes:
    """Encodes certificates (DER) as a SignedData without signers (RFC 5280, 4.2.2.1)."""
    signed = der.sequence(
        _VERSION,
        der.tlv(der.SET),
        der.sequence(der.oid(oids.CMS_DATA)),
        der.tlv(0xA0, *sorted(certificates)),
        der.tlv(der.SET),
    )
    return der.sequence(der.oid(oids.CMS_SIGNED_DATA), der.explicit(0, signed))


def build_signed_data(
    *,
    content: bytes | None,
    signature: Signature,
    certificate: Certificate,
    chain: Sequence[Certificate] = (),
    attributes: SignedAttributes | PdfAttributes | None = None,
    time_stamps: Sequence[bytes] = (),
    options: Options = NO_OPTIONS,
) -> bytes:
    """Encodes a ContentInfo with SignedData; without `content` it is detached, `chain` (issuing CA, root) is included.

    The signature is over `attributes` if they are given, else over the content. `time_stamps` are tokens
    (DER) on the signature's own DER, and are omitted if the wrapper holds another encoding of it. `options`
    are the format's: wrapper options select GB/T 35275, with the certificates of the signer and the issuing
    CA.
    """
    wrapper = _wrapper(options)
    if wrapper.is_raw:
        time_stamps = ()
    inside = () if content is None else (der.explicit(0, der.octet_string(content)),)
    carried = chain if wrapper.with_root else chain[:1]
    if wrapper.certificates != "chain":
        carried = ()
    signer = der.sequence(
        _named(certificate.issuer_der, certificate.serial, wrapper.digest_algorithm),
        b"" if attributes is None else bytes((_ATTRIBUTES,)) + attributes.encode()[1:],
        wrapper.algorithm,
        der.octet_string(signature.to_raw() if wrapper.is_raw else signature.to_der()),
        _unsigned(time_stamps) if time_stamps else b"",
    )
    signed = der.sequence(
        _signed_data_head(wrapper.digest_algorithm),
        der.sequence(der.oid(wrapper.data), *inside),
        b""
        if wrapper.certificates == "none"
        else _certificate_set(certificate.der, *[c.der for c in carried]),
        der.set_of(signer),
    )
    return der.sequence(der.oid(wrapper.signed_data), der.explicit(0, signed))


def parse_signed_data(data: bytes, *, display_oids: Collection[str] = (DISPLAY_OID,)) -> SignedData:
    """Parses a SignedData of RFC 5652 as `build_signed_data` makes it. Raises: DerError, CmsError.

    Nothing is verified: the caller checks `signed_message` with the signer's key. `display_oids` as for
    `parse_signed_attributes`.
    """
    inside = _signed_data(data)
    if inside.integer() != _V1 or [algorithm.raw() for algorithm in inside.set_of()] != [DIGEST_ALGORITHM]:
        raise CmsError("not version 1 with SM3 as its only digest")
    content = _content(inside.enter())
    certificates = tuple(parse_certificate(c.raw()) for c in inside.set_of(0xA0))
    signers = list(inside.set_of())
    inside.end()
    if len(signers) != 1:
        raise CmsError("there must be exactly one signer")
    issuer, serial, attributes, signature, stamps = _signer(signers[0], display_oids)
    named = [c for c in certificates if c.serial == serial and c.issuer_der == issuer]
    if len(named) != 1:
        raise CmsError("the signer's certificate is missing or ambiguous")
    return SignedData(content, attributes, signature, named[0], certificates, stamps)


def signed_message(signed: SignedData, *, content: bytes | None = None, digest: bytes | None = None) -> bytes:
    """Returns M, the signed bytes, after checking that the given content or digest matches the SignedData.

    A detached one needs the content, or with signed attributes at least its SM3 digest. Without attributes,
    content that is a digest or begins like SignedInfo is refused. Raises: CmsError (content missing),
    ContentMismatch.
    """
    known = content if signed.content is None else signed.content
    if content is not None and content != known:
        raise ContentMismatch("the content differs from the content in the file")
    if known is not None:
        if digest is not None and digest != sm3(known):
            raise ContentMismatch("the content's digest differs")
        digest = sm3(known)
    if signed.attributes is not None:
        if digest is None:
            raise CmsError("detached: the content or its digest is needed")
        if digest != signed.attributes.message_digest:
            raise ContentMismatch("the signed digest doesn't match the content")
        return signed.attributes.encode()
    if known is None:
        raise CmsError("detached without signed attributes: the content is needed")
    if is_like_attributes(known):
        raise ContentMismatch("the content is the signed attributes of another signature")
    if is_digest(known) or is_like_signed_info(known):
        raise ContentMismatch("the content is a digest or SignedInfo, which represents other content")
    return known


def _signed_data(data: bytes) -> Reader:
    reader = Reader(data)
    outer = reader.enter()
    reader.end()
    if outer.oid() != oids.CMS_SIGNED_DATA:
        raise CmsError("not a SignedData")
    wrapped = outer.explicit(0)
    outer.end()
    if wrapped is None:
        raise CmsError("no content")
    inside = wrapped.enter()
    wrapped.end()
    return inside


def _content(inside: Reader) -> bytes | None:
    if inside.oid() != oids.CMS_DATA:
        raise CmsError("the content is not plain data")
    wrapped = inside.explicit(0)
    inside.end()
    if wrapped is None:
        return None
    content = wrapped.octets()
    wrapped.end()
    return content


@lru_cache(maxsize=4096)
def _named(issuer: bytes, serial: int, digest_algorithm: bytes) -> bytes:
    """Returns the beginning of a SignerInfo of this signer: version, certificate, digest algorithm."""
    return _VERSION + der.sequence(issuer, der.integer(serial)) + digest_algorithm


@lru_cache(maxsize=16)
def _signed_data_head(digest_algorithm: bytes) -> bytes:
    """Returns the beginning of a SignedData: version, digest algorithms."""
    return _VERSION + der.set_of(digest_algorithm)


@lru_cache(maxsize=1024)
def _certificate_set(*certificates: bytes) -> bytes:
    """Encodes the certificates; cached, since all signatures of a signer share them."""
    return der.explicit(0, b"".join(sorted(set(certificates))))


def _unsigned(time_stamps: Sequence[bytes]) -> bytes:
    return bytes((_UNSIGNED,)) + der.set_of(*map(_time_stamp, time_stamps))[1:]


def _time_stamp(token: bytes) -> bytes:
    return der.sequence(der.oid(oids.SIGNATURE_TIME_STAMP), der.set_of(token))


@dataclass(frozen=True, slots=True)
class _Wrapper:
    """Types and encodings of the file around content, attributes and signature, as chosen by the options."""

    data: str = oids.CMS_DATA
    signed_data: str = oids.CMS_SIGNED_DATA
    digest_algorithm: bytes = DIGEST_ALGORITHM
    algorithm: bytes = ALGORITHM
    certificates: str = "chain"
    with_root: bool = True
    is_raw: bool = False


_RFC: Final = _Wrapper()


@lru_cache(maxsize=64)
def _wrapper(options: Options) -> _Wrapper:
    algorithm = options.signature_algorithm
    if algorithm is msgspec.UNSET:
        return _RFC
    parameters = der.null() if options.parameters == "null" else b""
    return _Wrapper(
        oids.GB_DATA,
        oids.GB_SIGNED_DATA,
        der.sequence(der.oid(oids.SM3), parameters),
        der.sequence(der.oid(_ALGORITHMS[algorithm]), parameters),
        certificates=str(options.certificates),
        with_root=False,
        is_raw=options.signature_value == "raw",
    )


def _signer(
    element: Reader, display_oids: Collection[str]
) -> tuple[bytes, int, SignedAttributes | None, Signature, tuple[bytes, ...]]:
    info = element.enter()
    if info.integer() != _V1:
        raise CmsError("the signer must be named by issuer and serial number")
    named = info.enter()
    issuer, serial = read_name(named), named.integer()
    named.end()
    digest_algorithm, attributes = info.raw(), None
    if info.peek() == _ATTRIBUTES:
        attributes = parse_signed_attributes(bytes((der.SET,)) + info.raw()[1:], display_oids=display_oids)
        if attributes.content_type != oids.CMS_DATA:
            raise CmsError("the signed content type belongs to another arc")
    if (digest_algorithm, info.raw()) != (DIGEST_ALGORITHM, ALGORITHM):
        raise CmsError("not SM3 and SM2")
    signature = info.octets()
    stamps = tuple(map(_token, info.set_of(_UNSIGNED))) if info.more() else ()
    info.end()
    try:
        return issuer.der, serial, attributes, read_signature(signature), stamps
    except DerError as error:
        raise CmsError("the signature is malformed") from error


def _token(element: Reader) -> bytes:
    attribute = element.enter()
    if attribute.oid() != oids.SIGNATURE_TIME_STAMP:
        raise CmsError("an unsigned attribute is not a time stamp")
    values = list(attribute.set_of())
    attribute.end()
    if len(values) != 1:
        raise CmsError("a time stamp attribute has exactly one value")
    return values[0].raw(der.SEQUENCE)
