"""Bodies of the CA's answers (RFC 9810, 5.3): strict DER, bounded, with everything else refused."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from mshield.pki.asn1 import der
from mshield.pki.asn1.reader import Reader
from mshield.server.authorities.outside.cmp.errors import CmpError

CP, RP, PKICONF, ERROR, POLL_REP = 3, 12, 19, 23, 26
ACCEPTED, WITH_MODS, REJECTION, WAITING, REVOCATION_WARNING, REVOCATION_NOTIFICATION = range(6)
_LAST_STATUS: Final = 6
_MOST: Final = 64
"""Limit on texts, certificates and lists in one place."""

FAILURES: Final = (
    "badAlg", "badMessageCheck", "badRequest", "badTime", "badCertId", "badDataFormat", "wrongAuthority",
    "incorrectData", "missingTimeStamp", "badPOP", "certRevoked", "certConfirmed", "wrongIntegrity",
    "badRecipientNonce", "timeNotAvailable", "unacceptedPolicy", "unacceptedExtension", "addInfoNotAvailable",
    "badSenderNonce", "badCertTemplate", "signerNotTrusted", "transactionIdInUse", "unsupportedVersion",
    "notAuthorized", "systemUnavail", "systemFailure", "duplicateCertReq",
)  # fmt: skip
"""Names of the bits of PKIFailureInfo."""


@dataclass(frozen=True, slots=True)
class Status:
    """PKIStatusInfo: number, texts for people, names of failures (a number for an unknown bit)."""

    number: int
    texts: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateAnswer:
    """`cp`: a status, and a certificate if it was granted. `private_key`: one came along, and wasn't read."""

    request_id: int
    status: Status
    certificate: bytes | None = field(default=None, repr=False)
    ca_certificates: tuple[bytes, ...] = field(default=(), repr=False)
    private_key: bool = False


@dataclass(frozen=True, slots=True)
class RevocationAnswer:
    """`rp` about the one certificate."""

    status: Status


@dataclass(frozen=True, slots=True)
class ErrorAnswer:
    """`error`: a refused message, or with the status `WAITING` any answer that comes later."""

    status: Status


@dataclass(frozen=True, slots=True)
class PollAnswer:
    """`pollRep`: ask again after these seconds."""

    request_id: int
    after_s: int
    texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ConfirmAnswer:
    """`pkiconf`."""


Answer = CertificateAnswer | RevocationAnswer | ErrorAnswer | PollAnswer | ConfirmAnswer


def read_body(raw: bytes) -> Answer:
    """Reads the PKIBody of an answer. Raises: DerError, CmpError (`body`, `encrypted_certificate`)."""
    outer = Reader(raw)
    tag = outer.peek() or 0
    read = _BODIES.get(tag & 0x1F)
    if read is None or tag & 0xE0 != 0xA0:
        raise CmpError("body", f"tag {tag:02x}")
    inside = outer.enter(tag)
    outer.end()
    answer = read(inside)
    inside.end()
    return answer


def list_of(reader: Reader, tag: int = der.SEQUENCE) -> tuple[bytes, ...]:
    """Reads a SEQUENCE of values with this tag, at most 64. Raises: DerError, CmpError (`too_long`)."""
    inside, found = reader.enter(), list[bytes]()
    while inside.more():
        if len(found) == _MOST:
            raise CmpError("too_long", f"more than {_MOST} values")
        found.append(inside.raw(tag))
    return tuple(found)


def free_text(reader: Reader) -> tuple[str, ...]:
    """Reads PKIFreeText. Raises: DerError, CmpError (`too_long`)."""
    return tuple(Reader(one).text()[1] for one in list_of(reader, der.UTF8_STRING))


def _status(reader: Reader) -> Status:
    inside = reader.enter()
    number = inside.integer()
    if not 0 <= number <= _LAST_STATUS:
        raise CmpError("form", f"status {number}")
    texts = free_text(inside) if inside.peek() == der.SEQUENCE else ()
    bits = inside.named_bits() if inside.more() else frozenset()
    inside.end()
    names = (FAILURES[bit] if bit < len(FAILURES) else str(bit) for bit in sorted(bits))
    return Status(number, texts, tuple(names))


def _certificate_answer(inside: Reader) -> CertificateAnswer:
    message = inside.enter()
    ca_certificates = message.optional(1, list_of) or ()
    responses = message.enter()
    message.end()
    one = responses.enter()
    responses.end()
    request_id, status = one.integer(), _status(one)
    certificate, private_key = _key_pair(one.enter()) if one.peek() == der.SEQUENCE else (None, False)
    if one.more():
        one.octets()
    one.end()
    granted = status.number in {ACCEPTED, WITH_MODS}
    if granted != (certificate is not None):
        raise CmpError("form", "a certificate comes with status accepted, and only then")
    return CertificateAnswer(
        request_id=request_id,
        status=status,
        certificate=certificate,
        ca_certificates=ca_certificates,
        private_key=private_key,
    )


def _key_pair(pair: Reader) -> tuple[bytes, bool]:
    """Returns the certificate of a CertifiedKeyPair, and whether a private key or a publication follows."""
    certificate = pair.optional(0, lambda inside: inside.raw(der.SEQUENCE))
    if certificate is None:
        raise CmpError("encrypted_certificate")
    private_key = pair.explicit(0) is not None
    pair.explicit(1)  # publicationInfo
    pair.end()
    return certificate, private_key


def _revocation_answer(inside: Reader) -> RevocationAnswer:
    content = inside.enter()
    statuses = content.enter()
    status = _status(statuses)
    statuses.end()
    content.optional(0, list_of)
    content.optional(1, list_of)
    content.end()
    return RevocationAnswer(status)


def _error_answer(inside: Reader) -> ErrorAnswer:
    content = inside.enter()
    status = _status(content)
    if content.peek() == der.INTEGER:
        content.integer()
    if content.more():
        free_text(content)
    content.end()
    return ErrorAnswer(status)


def _poll_answer(inside: Reader) -> PollAnswer:
    every = inside.enter()
    one = every.enter()
    every.end()
    request_id, after_s = one.integer(), one.integer()
    texts = free_text(one) if one.more() else ()
    one.end()
    if after_s < 0:
        raise CmpError("form", "a negative time to wait")
    return PollAnswer(request_id, after_s, texts)


def _confirm_answer(inside: Reader) -> ConfirmAnswer:
    inside.null()
    return ConfirmAnswer()


_BODIES: Final[dict[int, Callable[[Reader], Answer]]] = {
    CP: _certificate_answer,
    RP: _revocation_answer,
    PKICONF: _confirm_answer,
    ERROR: _error_answer,
    POLL_REP: _poll_answer,
}
