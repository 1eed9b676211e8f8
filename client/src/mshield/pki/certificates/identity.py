"""The two identity extensions of GM/T 0015-2012 and GB/T 20518-2018: ID document and organisation code.

docs/adr/0002-identity-in-certificates.md explains their content, and why the ID number is a keyed hash by
default.
"""

from dataclasses import dataclass
from typing import Literal

from mshield.pki.asn1 import der, oids
from mshield.pki.asn1.reader import Reader
from mshield.pki.certificates.extensions import Extension
from mshield.pki.errors import BadName, DerError

IdKind = Literal["resident", "passport"]
"""Choice of IdentifyCode: `resident` [0] (居民身份证, 外国人永久居留身份证), `passport` [2] (护照, 通行证)."""

HASH_PREFIX = "HMAC-SM3:"
_ARMS: dict[IdKind, int] = {"resident": 0, "passport": 2}
_KINDS = {arm: kind for kind, arm in _ARMS.items()}
_MAX_LENGTH = 128


@dataclass(frozen=True, slots=True)
class LeafIdentity:
    """Content of the identity extensions: ID number (clear, hashed, or None if left out) and credit code."""

    id_number: str | None
    credit_code: str
    id_kind: IdKind = "resident"


def identify_code(id_number: str, kind: IdKind = "resident") -> Extension:
    """Encodes extension 1.2.156.10260.4.1.1: `[0]` or `[2]` EXPLICIT PrintableString. Raises: BadName."""
    _check(id_number)
    return Extension(oids.IDENTIFY_CODE, der.explicit(_ARMS[kind], der.printable(id_number)))


def organisation_code(credit_code: str) -> Extension:
    """Encodes extension 1.2.156.10260.4.1.4: PrintableString, the 18-character unified social credit code."""
    _check(credit_code)
    return Extension(oids.ORGANISATION_CODE, der.printable(credit_code))


def read_identify_code(value: bytes) -> tuple[IdKind, str]:
    """Reads the kind and the number (or its hash) of an IdentifyCode. Raises: DerError for another choice or form."""
    reader = Reader(value)
    tag = reader.peek() or 0
    kind = _KINDS.get(tag & 0x1F)
    if tag & 0xE0 != 0xA0 or kind is None:
        raise DerError("not an identify code with an id card or passport number")
    inside = reader.enter(tag)
    reader.end()
    number = _read_printable(inside)
    inside.end()
    return kind, number


def read_organisation_code(value: bytes) -> str:
    """Reads the code of an OrganizationCode extension. Raises: DerError."""
    reader = Reader(value)
    code = _read_printable(reader)
    reader.end()
    return code


def _read_printable(reader: Reader) -> str:
    tag, text = reader.text()
    if tag != der.PRINTABLE_STRING:
        raise DerError("expected a PrintableString")
    return text


def _check(text: str) -> None:
    if not 1 <= len(text) <= _MAX_LENGTH or text != text.strip() or not der.PRINTABLE.issuperset(text):
        raise BadName(f"an identity code has 1 to {_MAX_LENGTH} printable ASCII characters")
