"""Whole messages (RFC 9810, 5.1): header, body and protection, written and read."""

import secrets
from dataclasses import dataclass, field
from typing import Final

from mshield.pki.asn1 import der
from mshield.pki.asn1.reader import Reader
from mshield.pki.errors import DerError
from mshield.server.authorities.outside.cmp.answers import Answer, free_text, list_of, read_body
from mshield.server.authorities.outside.cmp.bodies import Body
from mshield.server.authorities.outside.cmp.errors import CmpError
from mshield.server.authorities.outside.cmp.protection import NULL_NAME, Protection

MAX_MESSAGE: Final = 256 * 1024
"""Limit on an answer in octets."""

ID_BYTES: Final = 16
_VERSIONS: Final = frozenset({2, 3})
_DIRECTORY_NAME: Final = 4
_MAX_NONCE: Final = 128
_LONGEST_TIME: Final = 32
_IMPLICIT_CONFIRM: Final = "1.3.6.1.5.5.7.4.13"
_CERT_PROFILE: Final = "1.3.6.1.5.5.7.4.21"


@dataclass(frozen=True, slots=True)
class Sent:
    """A message, and what its answer must repeat."""

    octets: bytes = field(repr=False)
    transaction_id: bytes
    nonce: bytes


@dataclass(frozen=True, slots=True)
class Received:
    """A believed answer: nonce for the next message, whether no confirmation is needed, certificates beside it."""

    answer: Answer
    nonce: bytes
    implicit_confirm: bool
    certificates: tuple[bytes, ...] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Header:
    sender: bytes
    algorithm: bytes | None
    transaction_id: bytes | None
    nonce: bytes | None
    recipient_nonce: bytes | None
    implicit_confirm: bool


def write(
    body: Body,
    protection: Protection,
    *,
    transaction_id: bytes,
    now: int,
    peer_nonce: bytes | None = None,
    recipient: bytes = NULL_NAME,
    implicit_confirm: bool = False,
    profile: str | None = None,
) -> Sent:
    """Writes a protected message.

    `peer_nonce` is the nonce of the CA's last answer in this transaction, `recipient` the DER of the CA's name.
    """
    nonce, algorithm = secrets.token_bytes(ID_BYTES), protection.new_algorithm()
    info = [der.sequence(der.oid(_IMPLICIT_CONFIRM), der.null())] if implicit_confirm else []
    if profile is not None:
        info.append(der.sequence(der.oid(_CERT_PROFILE), der.sequence(der.utf8(profile))))
    fields: list[tuple[int, bytes | None]] = [
        (0, der.generalized_time(now)),
        (1, algorithm),
        (2, None if protection.sender_kid is None else der.octet_string(protection.sender_kid)),
        (4, der.octet_string(transaction_id)),
        (5, der.octet_string(nonce)),
        (6, None if peer_nonce is None else der.octet_string(peer_nonce)),
        (8, der.sequence(*info) if info else None),
    ]
    header = der.sequence(
        der.integer(2),
        der.explicit(_DIRECTORY_NAME, protection.sender),
        der.explicit(_DIRECTORY_NAME, recipient),
        *(der.explicit(number, value) for number, value in fields if value is not None),
    )
    whole = der.explicit(body.number, body.content)
    value = protection.protect(algorithm, der.sequence(header, whole))
    certificates = protection.certificates
    octets = der.sequence(
        header,
        whole,
        der.explicit(0, der.bit_string(value)),
        *((der.explicit(1, der.sequence(*certificates)),) if certificates else ()),
    )
    return Sent(octets, transaction_id, nonce)


def read(data: bytes, sent: Sent, protection: Protection) -> Received:
    """Reads the answer to a message. Raises: CmpError unless it is protected by the CA and answers this message."""
    if len(data) > MAX_MESSAGE:
        raise CmpError("too_long")
    try:
        return _read(data, sent, protection)
    except DerError as error:
        raise CmpError("form", str(error)) from error


def _read(data: bytes, sent: Sent, protection: Protection) -> Received:
    outer = Reader(data)
    inside = outer.enter()
    outer.end()
    raw_header, body = inside.raw(der.SEQUENCE), inside.raw()
    value, certificates = inside.optional(0, Reader.bits), inside.optional(1, list_of) or ()
    inside.end()
    header = _header(raw_header)
    if header.transaction_id != sent.transaction_id:
        raise CmpError("other_transaction")
    if header.recipient_nonce != sent.nonce:
        raise CmpError("other_nonce")
    if value is None or header.algorithm is None:
        raise CmpError("unprotected")
    protection.require(header.sender, header.algorithm, der.sequence(raw_header, body), value)
    if header.nonce is None or not 1 <= len(header.nonce) <= _MAX_NONCE:
        raise CmpError("form", "no nonce for the next message, or a long one")
    return Received(read_body(body), header.nonce, header.implicit_confirm, certificates)


def _header(raw: bytes) -> _Header:
    inside = Reader(raw).enter()
    if inside.integer() not in _VERSIONS:
        raise CmpError("version")
    sender, _ = inside.raw(), inside.raw()
    inside.optional(0, _time)
    algorithm = inside.optional(1, lambda one: one.raw(der.SEQUENCE))
    inside.optional(2, Reader.octets)
    inside.optional(3, Reader.octets)
    transaction_id, nonce, recipient_nonce = (inside.optional(n, Reader.octets) for n in (4, 5, 6))
    inside.optional(7, free_text)
    info = inside.optional(8, list_of) or ()
    inside.end()
    return _Header(
        sender=sender,
        algorithm=algorithm,
        transaction_id=transaction_id,
        nonce=nonce,
        recipient_nonce=recipient_nonce,
        implicit_confirm=any(_is_implicit_confirm(one) for one in info),
    )


def _time(reader: Reader) -> None:
    """Skips messageTime, which may have fractions of seconds: the nonce alone shows that an answer is new."""
    if len(reader.content(der.GENERALIZED_TIME)) > _LONGEST_TIME:
        raise DerError("a time that is too long")


def _is_implicit_confirm(info: bytes) -> bool:
    inside = Reader(info).enter()
    kind = inside.oid()
    if inside.more():
        inside.raw()
    inside.end()
    return kind == _IMPLICIT_CONFIRM
