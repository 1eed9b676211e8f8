"""Detection of DER that a certificate's key signs in protocols of certificates, status and seals.

Only the beginning is read. Lengths may have any BER form, since some readers accept them.
"""

from typing import Final, NamedTuple

from mshield.pki.asn1 import der

_INTEGER, _BIT_STRING, _OCTET_STRING, _OID, _IA5 = 0x02, 0x03, 0x04, 0x06, 0x16
_TIMES: Final = frozenset({0x17, 0x18})
_CONTEXT_0, _CONTEXT_1, _CONTEXT_2 = 0xA0, 0xA1, 0xA2
_GENERAL_NAMES: Final = frozenset({*range(0x80, 0x89), *range(0xA0, 0xA9)})
_SEAL: Final = b"ES"
_UNKNOWN: Final = -1
"""Tag of what follows an indefinite length: it could be any."""


class _Element(NamedTuple):
    """Start of an element: its tag, where its content begins, and where it ends (None: indefinite length)."""

    tag: int
    inside: int
    end: int | None


_NOTHING: Final = _Element(0, 0, 0)


def is_to_be_signed(content: bytes) -> bool:
    """Reports whether content begins like a structure that is signed for a certificate, its status or a seal.

    The first elements of its SEQUENCE decide:

    - INTEGER, then SEQUENCE: CertificationRequestInfo, TBSCertList, AttributeCertificateInfo, TBSCertificate v1,
      CertRequest of CRMF, TBS_Sign of GB/T 38540
    - [0]: TBSCertificate; TBSRequest and ResponseData of OCSP; POPOSigningKeyInput of CRMF
    - [1] or [2]: TBSRequest and ResponseData of OCSP
    - SEQUENCE: what `_is_nested` lists
    """
    outer = _element(content, 0)
    if outer.tag != der.SEQUENCE:
        return False
    first = _element(content, outer.inside)
    following = _following(content, first).tag
    if first.tag == _INTEGER:
        return following == der.SEQUENCE
    if first.tag == _CONTEXT_0:
        version = _element(content, first.inside).tag == _INTEGER
        return version or following in {der.SEQUENCE, _UNKNOWN}
    if first.tag in {_CONTEXT_1, _CONTEXT_2}:
        return following in {der.SEQUENCE, _UNKNOWN, *_TIMES}
    return first.tag == der.SEQUENCE and _is_nested(content, first)


def _is_nested(content: bytes, first: _Element) -> bool:
    """Reports the same of a structure whose first element is a SEQUENCE.

    - with INTEGER, GeneralName: ProtectedPart of CMP
    - with "ES", also one level deeper: SES_SealInfo of GB/T 38540, alone or with certificate and algorithm
    - with OID, then Name and time: TBSCertList v1
    - with an algorithm and a BIT STRING: PublicKeyAndChallenge, POPOSigningKeyInput with a MAC
    - with SEQUENCE of CertID: TBSRequest of OCSP
    """
    second = _element(content, first.inside)
    if second.tag == _INTEGER:
        return _following(content, second).tag in _GENERAL_NAMES
    if second.tag == _OID:
        name = _following(content, first)
        return name.tag == _UNKNOWN or (
            name.tag == der.SEQUENCE and _following(content, name).tag in {_UNKNOWN, *_TIMES}
        )
    if second.tag != der.SEQUENCE:
        return _is_seal(content, second)
    third = _element(content, second.inside)
    if third.tag == _OID:
        return _following(content, second).tag in {_BIT_STRING, _UNKNOWN}
    if third.tag == der.SEQUENCE:
        algorithm = _element(content, third.inside)
        is_certificate_id = _following(content, algorithm).tag in {_OCTET_STRING, _UNKNOWN}
        return algorithm.tag == der.SEQUENCE and is_certificate_id
    return _is_seal(content, third)


def _is_seal(content: bytes, element: _Element) -> bool:
    return element.tag == _IA5 and content.startswith(_SEAL, element.inside)


def _following(content: bytes, element: _Element) -> _Element:
    """Returns the element after this one."""
    return _Element(_UNKNOWN, 0, None) if element.end is None else _element(content, element.end)


def _element(content: bytes, at: int) -> _Element:
    """Returns the element that starts here; its tag is 0 if there is none."""
    if at >= len(content):
        return _NOTHING
    tag = content[at]
    length = content[at + 1] if at + 1 < len(content) else 0x80
    at += 2
    if length == 0x80:
        return _Element(tag, at, None)
    if length & 0x80:
        count = length & 0x7F
        length, at = int.from_bytes(content[at : at + count]), at + count
    return _Element(tag, at, at + length)
