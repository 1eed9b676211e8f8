"""Signing XML by the E-Port profile: canonical form C, the signed SignedInfo (M), the finished file.

The signature covers `digest`, SM3 of C. In M the SignedInfo is canonicalized in its context, with all
namespaces of the document element; in the file it has none of them.
"""

import base64
import re
from typing import Final, Literal

from mshield.gm.sm3 import sm3
from mshield.pki.errors import XmlError
from mshield.pki.xml.by_libxml2 import canonical_by_libxml2
from mshield.pki.xml.canonical import (
    DSIG,
    EPORT,
    INCLUSIVE,
    MAX_CONTENT,
    canonical_document,
    namespace_value,
    require_canonical,
    require_signable,
)
from mshield.pki.xml.plain import looks_plain, plain_canonical
from mshield.pki.xml.reader import MAX_OCTETS, Document, Start, read_xml

Profile = Literal["eport-2022", "eport-2023"]
"""Identifier of the signature method: that of May 2022, or the one seen in 2023."""

DECLARATION: Final = b'<?xml version="1.0" encoding="UTF-8"?>\n'
_METHODS: Final[dict[str, str]] = {"eport-2022": f"{EPORT}sm2-sm3", "eport-2023": f"{DSIG}sm2-sm3"}
_NAMESPACES: Final = re.compile(rb'<[^ >]+((?: xmlns(?::[^ =]+)?="[^"]*")*)')
_NAMESPACE: Final = re.compile(rb' xmlns(?::([^ =]+))?="([^"]*)"')
_KEY_NAME: Final = re.compile(rb"<ds:KeyName>([A-Za-z0-9]{1,64})</ds:KeyName>")
_DSIG_DECLARED: Final = f' xmlns:ds="{DSIG}"'.encode()
_SERIAL_DIGITS: Final = 16
_SHORT: Final = (plain_canonical, canonical_by_libxml2)
"""Fast paths, which return None when in doubt; the first one is faster on the form that it knows."""


def canonical_content(octets: bytes) -> bytes:
    """Returns C of a document to be signed. Raises: XmlError (`xml_structure`, with a `reason` of XML_REASONS)."""
    if len(octets) > MAX_OCTETS:
        raise XmlError("xml_structure", "longer than 8 MiB", reason="too_long")
    for short in _SHORT if looks_plain(octets) else reversed(_SHORT):
        quick = short(octets)
        if quick is not None:
            return quick
    document = read_xml(octets)
    require_signable(document)
    if document.has_comments:
        raise XmlError("xml_structure", "a comment", reason="comment")
    content = canonical_document(document)
    if len(content) > MAX_CONTENT:
        raise XmlError("xml_structure", "longer than 4 MiB", reason="too_long")
    return content


def signed_info(content: bytes, digest: bytes, profile: Profile = "eport-2022") -> bytes:
    """Returns M of canonical content; `digest` is its SM3.

    Callers that got the content from elsewhere call `require_canonical` first.
    """
    head = _NAMESPACES.match(content)
    scope = {} if head is None else dict(_NAMESPACE.findall(head[1]))
    return _message(scope, digest, profile)


def read_to_sign(content: bytes, message: bytes, profile: Profile) -> Document:
    """Parses canonical content and checks that M is its SignedInfo. Callers display only the returned document.

    Raises: XmlError (`xml_structure`: not canonical; `xml_digest`: M belongs to another document).
    """
    document = require_canonical(content)
    root = document.items[document.root]
    assert isinstance(root, Start)  # noqa: S101  # a root is an element
    scope = {prefix.encode(): namespace_value(uri).encode() for prefix, uri in root.declared if uri}
    if message != _message(scope, sm3(content), profile):
        raise XmlError("xml_digest", "the SignedInfo belongs to another document")
    return document


def _message(scope: dict[bytes, bytes], digest: bytes, profile: Profile) -> bytes:
    scope[b"ds"] = DSIG.encode()
    namespaces = b"".join(
        b' xmlns%s%s="%s"' % (b":" if prefix else b"", prefix, uri) for prefix, uri in sorted(scope.items())
    )
    return _signed_info(namespaces, digest, profile)


def signed_file(
    content: bytes, digest: bytes, profile: Profile, *, value: bytes, key_name: str, certificate: bytes
) -> bytes:
    """Returns the finished file: an XML declaration, then C with its Signature as the last child.

    `value` is r then s, 64 octets; `certificate` is DER. Any later change to the file breaks the signature.
    """
    end = content.rindex(b"</")
    return b"".join(
        (
            DECLARATION,
            content[:end],
            b"<ds:Signature" + _DSIG_DECLARED + b">",
            _signed_info(b"", digest, profile),
            b"<ds:SignatureValue>" + base64.b64encode(value),
            b"</ds:SignatureValue><ds:KeyInfo><ds:KeyName>" + key_name.encode(),
            b"</ds:KeyName><ds:X509Data><ds:X509Certificate>" + base64.b64encode(certificate),
            b"</ds:X509Certificate></ds:X509Data></ds:KeyInfo></ds:Signature>",
            content[end:],
        )
    )


def serial_name(serial: int) -> str:
    """Formats a certificate's serial number as KeyName: 16 hex digits or more."""
    return f"{serial:0{_SERIAL_DIGITS}x}"


def key_name_in(file: bytes) -> str:
    """Returns the KeyName of a finished file. Raises: XmlError (`xml_structure`) if the file wasn't made here."""
    name = _KEY_NAME.match(file, max(0, file.rfind(b"<ds:KeyName>")))
    if name is None:
        raise XmlError("xml_structure", "no KeyName")
    return name[1].decode()


def content_in(file: bytes) -> bytes:
    """Returns C of a finished file. Raises: XmlError (`xml_structure`) if the file wasn't made here."""
    start, end = file.rfind(b"<ds:Signature" + _DSIG_DECLARED + b">"), file.rfind(b"</ds:Signature>")
    if not file.startswith(DECLARATION) or not 0 <= start < end:
        raise XmlError("xml_structure", "not a file that this service made")
    return file[len(DECLARATION) : start] + file[end + len(b"</ds:Signature>") :]


def _signed_info(namespaces: bytes, digest: bytes, profile: Profile) -> bytes:
    return _TEMPLATE[profile] % (namespaces, base64.b64encode(digest))


def _template(method: str) -> bytes:
    return (
        f'<ds:SignedInfo%b><ds:CanonicalizationMethod Algorithm="{INCLUSIVE}">'
        f'</ds:CanonicalizationMethod><ds:SignatureMethod Algorithm="{method}"></ds:SignatureMethod>'
        f'<ds:Reference URI=""><ds:Transforms><ds:Transform Algorithm="{DSIG}enveloped-signature">'
        f'</ds:Transform></ds:Transforms><ds:DigestMethod Algorithm="{EPORT}sm3"></ds:DigestMethod>'
        f"<ds:DigestValue>%b</ds:DigestValue></ds:Reference></ds:SignedInfo>"
    ).encode()


_TEMPLATE: Final = {profile: _template(method) for profile, method in _METHODS.items()}
