"""XML signatures of the E-Port profile (2022/04) and their plain W3C form: read and verified.

The signature covers C, the canonical form of the document without its Signature: callers use C, never the
file.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from mshield.gm.engine import Engine
from mshield.gm.errors import BadSignature
from mshield.gm.sm2 import Signature, verify
from mshield.gm.sm3 import sm3
from mshield.pki.errors import PkiError, XmlError
from mshield.pki.foreign.certificate import ForeignCertificate, parse_foreign_certificate
from mshield.pki.xml.canonical import (
    DSIG,
    EPORT,
    EXCLUSIVE,
    INCLUSIVE,
    canonical_document,
    canonical_element,
)
from mshield.pki.xml.reader import Document, Start, read_xml

_METHODS: Final = frozenset({f"{EPORT}sm2-sm3", f"{DSIG}sm2-sm3"})
_SHA1: Final = f"{DSIG}sha1"
_SERIAL: Final = re.compile("[0-9a-f]{2,40}")
_WHITE: Final = " \t\r\n"
_VALUE_OCTETS: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedXml:
    """A valid signature; whether to trust its signer is another question.

    `content` is C, `message` M. `key_name` is not signed: anybody can change a shield number there. `weak` means
    that the digest is SHA-1, `has_comments` that the file has comments, which nobody signed.
    """

    content: bytes = field(repr=False)
    message: bytes = field(repr=False)
    method: str
    exclusive: bool
    key_name: str
    weak: bool
    has_comments: bool
    certificate: ForeignCertificate


def verify_xml(engine: Engine, file: bytes, *, number: str, legacy: bool = False) -> VerifiedXml:
    """Verifies the signature; `legacy` also accepts SHA-1 of 2023. `number` is the pattern of a shield number.

    Raises: XmlError, in this order of checks: structure, digest, signature, certificate.
    """
    document = read_xml(file)
    signature = _signature(document)
    info, value, key_info = _children(document, signature, "SignedInfo", "SignatureValue", "KeyInfo")
    canon, method, reference = _children(
        document, info, "CanonicalizationMethod", "SignatureMethod", "Reference"
    )
    form = _algorithm(document, canon)
    if form not in {INCLUSIVE, EXCLUSIVE}:
        raise XmlError("xml_algorithm", "canonical form")
    if _algorithm(document, method) not in _METHODS:
        raise XmlError("xml_algorithm", "signature method")
    digest, expected = _reference(document, reference, form, legacy=legacy)
    key_name, certificate_der = _key(document, key_info)
    octets = _base64(_text(document, value))
    if len(octets) != _VALUE_OCTETS:
        raise XmlError("xml_signature", "the value doesn't have 64 octets")
    exclusive = form == EXCLUSIVE
    content = canonical_document(document, exclusive=exclusive, without=signature)
    if digest(content) != expected:
        raise XmlError("xml_digest", "the content's digest differs")
    certificate = _certificate(certificate_der, key_name, number)
    message = canonical_element(document, info, exclusive=exclusive)
    try:
        verify(engine, certificate.public_key, message, Signature.from_raw(octets))
    except BadSignature as error:
        raise XmlError("xml_signature", "the signature does not verify") from error
    if not certificate.may_sign:
        raise XmlError("xml_certificate", "the certificate is not for signing")
    return VerifiedXml(
        content=content,
        message=message,
        method=_algorithm(document, method),
        exclusive=exclusive,
        key_name=key_name,
        weak=digest is not sm3,
        has_comments=document.has_comments,
        certificate=certificate,
    )


def _signature(document: Document) -> int:
    """Finds the only Signature, which must be the last element in the document element."""
    items = document.items
    signatures = [
        place
        for place, item in enumerate(items)
        if isinstance(item, Start) and (item.namespace, item.local) == (DSIG, "Signature")
    ]
    if len(signatures) != 1:
        raise XmlError("xml_structure", "there is not exactly one Signature")
    [place] = signatures
    start = items[place]
    assert isinstance(start, Start)  # noqa: S101  # for mypy: the places are elements
    later = items[document.ends[place] + 1 : document.ends[document.root]]
    if start.parent != document.root or any(isinstance(item, Start) for item in later):
        raise XmlError("xml_structure", "the Signature is not the last child of the document element")
    return place


def _inside(document: Document, start: int) -> tuple[list[int], str]:
    """Returns the child elements and the text between them."""
    places: list[int] = []
    texts: list[str] = []
    place, end = start + 1, document.ends[start]
    while place < end:
        item = document.items[place]
        if isinstance(item, Start):
            places.append(place)
            place = document.ends[place]
        elif isinstance(item, str):
            texts.append(item)
        place += 1
    return places, "".join(texts)


def _children(document: Document, start: int, *names: str) -> list[int]:
    """Returns the children if they are exactly these, with white space between them. Raises: XmlError."""
    places, text = _inside(document, start)
    starts = [document.items[place] for place in places]
    child_names = tuple(
        item.local if isinstance(item, Start) and item.namespace == DSIG else None for item in starts
    )
    if child_names != names or text.strip(_WHITE):
        raise XmlError("xml_structure", f"expected exactly {', '.join(names)}")
    return places


def _text(document: Document, start: int) -> str:
    places, text = _inside(document, start)
    if places:
        raise XmlError("xml_structure", "an element in place of text")
    return text


def _algorithm(document: Document, start: int) -> str:
    if _text(document, start).strip(_WHITE):
        raise XmlError("xml_structure", "an algorithm element that isn't empty")
    return _attribute(document, start, "Algorithm") or ""


def _attribute(document: Document, start: int, name: str) -> str | None:
    item = document.items[start]
    assert isinstance(item, Start)  # noqa: S101  # for mypy: callers pass elements only
    return next((a.value for a in item.attributes if (a.namespace, a.local) == ("", name)), None)


def _reference(
    document: Document, reference: int, form: str, *, legacy: bool
) -> tuple[Callable[[bytes], bytes], bytes]:
    """Returns the hash function of the content, and the expected digest."""
    if _attribute(document, reference, "URI") != "":
        raise XmlError("xml_structure", "the Reference doesn't cover the whole document")
    transforms, method, value = _children(document, reference, "Transforms", "DigestMethod", "DigestValue")
    places, text = _inside(document, transforms)
    if not 1 <= len(places) <= 2 or text.strip(_WHITE):
        raise XmlError("xml_algorithm", "transforms")
    for place in places:
        item = document.items[place]
        if not isinstance(item, Start) or (item.namespace, item.local) != (DSIG, "Transform"):
            raise XmlError("xml_structure", "not just Transform")
    algorithms = [_algorithm(document, place) for place in places]
    if algorithms not in ([f"{DSIG}enveloped-signature", form], [f"{DSIG}enveloped-signature"]):
        raise XmlError("xml_algorithm", "transforms")
    if form == EXCLUSIVE and len(algorithms) == 1:
        raise XmlError("xml_algorithm", "exclusive SignedInfo with inclusive content")
    name = _algorithm(document, method)
    digest = _base64(_text(document, value))
    if name == f"{EPORT}sm3":
        return sm3, digest
    if name == _SHA1:
        if not legacy:
            raise XmlError("xml_weak", "the digest is SHA-1")
        return _sha1, digest
    raise XmlError("xml_algorithm", "digest method")


def _sha1(content: bytes) -> bytes:
    return hashlib.sha1(content, usedforsecurity=False).digest()


def _key(document: Document, key_info: int) -> tuple[str, bytes]:
    name, data = _children(document, key_info, "KeyName", "X509Data")
    [certificate] = _children(document, data, "X509Certificate")
    return _text(document, name).strip(_WHITE), _base64(_text(document, certificate))


def _certificate(der: bytes, key_name: str, number: str) -> ForeignCertificate:
    """Parses the certificate and checks that the name is its serial number or a shield number. Raises: XmlError."""
    try:
        certificate = parse_foreign_certificate(der)
    except PkiError as error:
        raise XmlError("xml_certificate", str(error)) from error
    is_serial = _SERIAL.fullmatch(key_name) and int(key_name, 16) == certificate.serial
    if not is_serial and not re.fullmatch(number, key_name):
        raise XmlError("xml_certificate", "the KeyName is neither a shield number nor the serial number")
    return certificate


def _base64(text: str) -> bytes:
    """Decodes base64: white space is skipped, and there is no other spelling of the same octets."""
    letters = "".join(text.split(" ")).translate({9: None, 10: None, 13: None})
    try:
        octets = base64.b64decode(letters.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise XmlError("xml_structure", "not base64") from error
    if base64.b64encode(octets).decode() != letters:
        raise XmlError("xml_structure", "base64 with stray bits")
    return octets
