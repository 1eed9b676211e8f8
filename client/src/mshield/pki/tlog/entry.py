"""This log's entries, to the byte (docs/log.md): the public part of a signature, certificate event, act or view.

Integers are big-endian. An entry is version (1) ‖ kind (1) ‖ time in ms (8) ‖ the public part of its kind ‖
row (32). `row` commits to all columns of the database row, with a salt that only the service can compute.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar, Final

from mshield.gm.sm3 import sm3
from mshield.pki.errors import LogFormError
from mshield.pki.tlog.merkle import HASH_BYTES

VERSION: Final = 1
SID_BYTES: Final = 16
SERIAL_BYTES: Final = 20
NO_CERTIFICATE: Final = bytes(HASH_BYTES)
NOBODY: Final = bytes(HASH_BYTES)
REQUEST_TYPE: Final = "mshield-asked/v1"
_TIME_BYTES: Final = 8
_VIEW_HEAD: Final = 3 * HASH_BYTES
_VIEW: Final = re.compile(
    rb'\{"client_id":"([A-Za-z0-9._~:/-]{1,64})","digest":"([0-9a-f]{64})",'
    rb'"id":"([a-z0-9./-]{1,80})","version":([1-9][0-9]{0,8})\}'
)
"""A view in its entry: only one spelling is accepted, so that encoding what was read gives the same bytes."""

Value = bytes | str | int | None
BELONGS: Final[dict[str, Value]] = {"belongs": 1}
"""Column by which an entry says that each bundle of the signature has a note about what belongs to it."""


class Kind(IntEnum):
    """Kind of an entry."""

    SIGNATURE = 1
    CERTIFICATE = 2
    ACT = 3
    VIEW = 4


class Published(IntEnum):
    """A certificate's status as OCSP and CRL publish it."""

    GOOD = 0
    ON_HOLD = 1
    REVOKED = 2


@dataclass(frozen=True, slots=True)
class SignatureEntry:
    """A signature's entry: its document's sid, and `binding` = SHA-256(e ‖ r ‖ s)."""

    kind: ClassVar[Kind] = Kind.SIGNATURE
    at: int
    sid: bytes
    binding: bytes
    row: bytes

    def encode(self) -> bytes:
        """Encodes the entry, 90 bytes."""
        return _head(self.kind, self.at) + self.sid + self.binding + self.row


@dataclass(frozen=True, slots=True)
class CertificateEntry:
    """A certificate event: serial (20 bytes), resulting status, and SHA-256 of its DER on issue, else zeros."""

    kind: ClassVar[Kind] = Kind.CERTIFICATE
    at: int
    serial: bytes
    status: Published
    certificate: bytes
    row: bytes

    def encode(self) -> bytes:
        """Encodes the entry, 95 bytes."""
        return _head(self.kind, self.at) + self.serial + bytes((self.status,)) + self.certificate + self.row


@dataclass(frozen=True, slots=True)
class ActEntry:
    """An administrator's act, of which only the time is public."""

    kind: ClassVar[Kind] = Kind.ACT
    at: int
    row: bytes

    def encode(self) -> bytes:
        """Encodes the entry, 42 bytes."""
        return _head(self.kind, self.at) + self.row


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewEntry:
    """A view (展示规则) that two people registered for a business system; everything but their identities is public.

    `digest` is SM3 of the view. `asked_by` and `approved_by` are `hashed_person`; NOBODY stands for the
    server.
    """

    kind: ClassVar[Kind] = Kind.VIEW
    at: int
    client_id: str
    view_id: str
    version: int
    digest: bytes
    asked_by: bytes
    approved_by: bytes
    row: bytes

    def encode(self) -> bytes:
        """Encodes the entry: 106 bytes, then the view as canonical JSON."""
        head = _head(self.kind, self.at) + self.asked_by + self.approved_by + self.row
        view: dict[str, object] = {
            "client_id": self.client_id,
            "digest": self.digest.hex(),
            "id": self.view_id,
            "version": self.version,
        }
        return head + json.dumps(view, separators=(",", ":"), sort_keys=True).encode()


@dataclass(frozen=True, slots=True)
class Holder:
    """Signer's shield: its number, and the masked ID number, None if the operator doesn't publish it."""

    shield_number: str
    id_number_masked: str | None


LogEntry = SignatureEntry | CertificateEntry | ActEntry | ViewEntry


def binding(digest: bytes, signature: bytes) -> bytes:
    """Returns SHA-256(e ‖ r ‖ s), which ties an entry to a signature; `digest` is e, `signature` r ‖ s (64 bytes)."""
    return hashlib.sha256(digest + signature).digest()


def commitment(salt: bytes, row: bytes) -> bytes:
    """Returns SHA-256(salt ‖ row), where row is from `canonical`."""
    return hashlib.sha256(salt + row).digest()


def canonical(names: Sequence[str], values: Sequence[Value]) -> bytes:
    """Encodes a row: for each column its name, preceded by its length in two bytes, then the value.

    A value is 00 (None), 01 and eight bytes of a signed integer, or 02 (text, UTF-8) or 03 (bytes) with a
    length of four bytes and the content.
    """
    parts: list[bytes] = []
    for name, value in zip(names, values, strict=True):
        parts += (_name(name), _value(value))
    return b"".join(parts)


def signature_row(  # one parameter per column
    *,
    sid: bytes,
    uid: bytes,
    request_id: str,
    purpose: str,
    digest: bytes,
    signature: bytes,
    signed_at: int,
    serial: str,
    asked: bytes,
    shown: bytes | None,
    holder: Holder,
    belongs: bool,
) -> bytes:
    """Encodes the row of a requested signature with `canonical`; `signature` is r ‖ s, `serial` 40 hex digits.

    `asked` comes from `asked_by`; `shown` is what was shown and confirmed (`BoundDisplay.shown`), None for a
    login; `holder` identifies the signer's shield. `belongs`: the log signs its bundles as a whole.
    """
    row: dict[str, Value] = {
        "sid": sid,
        "uid": uid,
        "request_id": request_id,
        "purpose": purpose,
        "digest": digest,
        "signature": signature,
        "signed_at": signed_at,
        "serial": serial,
        "asked": asked,
    }
    if shown is not None:
        row["shown"] = shown
    row |= {"shield_number": holder.shield_number, "id_number_masked": holder.id_number_masked}
    if belongs:
        row |= BELONGS
    return canonical(tuple(row), tuple(row.values()))


def asked_by(*, client_id: str, name: str, domain: str, display: bytes) -> bytes:
    """Returns SM3 of canonical JSON with the requester and the display that the phone had to show (`display_bytes`)."""
    requester = {
        "client_id": client_id,
        "display": sm3(display).hex(),
        "domain": domain,
        "name": name,
        "type": REQUEST_TYPE,
    }
    return sm3(json.dumps(requester, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode())


def hashed_person(staff_id: str | None) -> bytes:
    """Returns SHA-256 of a staff member's random id, as in a view's entry; NOBODY for the server."""
    return NOBODY if staff_id is None else hashlib.sha256(staff_id.encode()).digest()


def parse_entry(entry: bytes) -> LogEntry:
    """Parses an entry of version 1. Raises: LogFormError."""
    if entry[:1] != bytes((VERSION,)) or len(entry) < 2 + _TIME_BYTES:
        raise LogFormError("unsupported version of an entry")
    at, rest = int.from_bytes(entry[2:10], "big"), entry[10:]
    match entry[1], len(rest):
        case Kind.SIGNATURE, 80:
            return SignatureEntry(at, rest[:16], rest[16:48], rest[48:])
        case Kind.CERTIFICATE, 85 if rest[20] in set(Published):
            return CertificateEntry(at, rest[:20], Published(rest[20]), rest[21:53], rest[53:])
        case Kind.ACT, 32:
            return ActEntry(at, rest)
        case Kind.VIEW, _:
            return _view(at, rest)
    raise LogFormError("unknown kind of entry")


def _view(at: int, rest: bytes) -> ViewEntry:
    match = _VIEW.fullmatch(rest, _VIEW_HEAD)
    if match is None:
        raise LogFormError("not the entry of a view")
    client_id, digest, view_id, version = (part.decode() for part in match.groups())
    return ViewEntry(
        at=at,
        client_id=client_id,
        view_id=view_id,
        version=int(version),
        digest=bytes.fromhex(digest),
        asked_by=rest[:32],
        approved_by=rest[32:64],
        row=rest[64:96],
    )


def _head(kind: Kind, at: int) -> bytes:
    return bytes((VERSION, kind)) + at.to_bytes(_TIME_BYTES, "big")


def _name(name: str) -> bytes:
    encoded = name.encode()
    return len(encoded).to_bytes(2, "big") + encoded


def _value(value: Value) -> bytes:
    match value:
        case None:
            return b"\x00"
        case int():
            return b"\x01" + value.to_bytes(8, "big", signed=True)
        case str():
            encoded = value.encode()
            return b"\x02" + len(encoded).to_bytes(4, "big") + encoded
        case bytes():
            return b"\x03" + len(value).to_bytes(4, "big") + value
