"""Distinguished names of GM/T 0015: C, O, OU, CN, each at most once, one attribute per level.

C is a PrintableString of two letters, all else UTF8String. Names are compared by their DER bytes.
"""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from mshield.pki.asn1 import der, oids
from mshield.pki.asn1.reader import Reader
from mshield.pki.errors import BadName

MAX_LENGTH = 64
"""Limit on characters in O, OU and CN (RFC 5280 appendix A: ub-organization-name and similar)."""

ORDER = (oids.COUNTRY, oids.ORGANISATION, oids.ORGANISATIONAL_UNIT, oids.COMMON_NAME)


@dataclass(frozen=True, slots=True)
class Name:
    """A name: `attributes` as (object identifier, text) from the top level down, and its DER."""

    attributes: tuple[tuple[str, str], ...]
    der: bytes

    def get(self, attribute: str) -> str | None:
        """Returns the first value of an attribute (dotted object identifier), or None."""
        return next((value for kind, value in self.attributes if kind == attribute), None)

    @property
    def common_name(self) -> str:
        """CN, or the empty string."""
        return self.get(oids.COMMON_NAME) or ""

    @property
    def organisation(self) -> str:
        """O, or the empty string."""
        return self.get(oids.ORGANISATION) or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafSubject:
    """Subject of a shield's certificate: enterprise (O), role in it (OU) and person (CN)."""

    country: str = "CN"
    organisation: str
    role: str
    common_name: str


def make_name(
    *,
    country: str | None = None,
    organisation: str | None = None,
    unit: str | None = None,
    common_name: str | None = None,
) -> Name:
    """Makes a name of the given parts, ordered C, O, OU, CN. Raises: BadName (an invalid part, or no part)."""
    values = zip(ORDER, (country, organisation, unit, common_name), strict=True)
    attributes = tuple((kind, value) for kind, value in values if value is not None)
    if not attributes:
        raise BadName("a name needs at least one attribute")
    for kind, value in attributes:
        problem = fault(kind, value)
        if problem:
            raise BadName(f"{kind}: {problem}")
    return Name(attributes, encode(attributes))


@lru_cache(maxsize=256)
def encode(attributes: tuple[tuple[str, str], ...]) -> bytes:
    """Encodes a name: C as PrintableString, all else as UTF8String. Doesn't check the texts (see `fault`).

    Cached: issuing one certificate encodes its subject for the request, the certificate and the lint.
    """
    return der.sequence(
        *(der.tlv(der.SET, der.sequence(der.oid(kind), _text(kind, value))) for kind, value in attributes)
    )


def leaf_name(subject: LeafSubject) -> Name:
    """Returns the name for a shield's certificate. Raises: BadName."""
    return make_name(
        country=subject.country,
        organisation=subject.organisation,
        unit=subject.role,
        common_name=subject.common_name,
    )


def leaf_subject(name: Name) -> LeafSubject:
    """Converts a leaf's name back. Raises: BadName unless it has exactly C, O, OU, CN in this order and form."""
    if tuple(kind for kind, _ in name.attributes) != ORDER:
        raise BadName("a leaf's name is C, O, OU, CN")
    country, organisation, role, common_name = (value for _, value in name.attributes)
    subject = LeafSubject(country=country, organisation=organisation, role=role, common_name=common_name)
    if leaf_name(subject).der != name.der:
        raise BadName("a leaf's name has C as PrintableString and all else as UTF8String")
    return subject


def read_name(reader: Reader) -> Name:
    """Reads the next name. Raises: DerError for several attributes on a level, or an unknown string type."""
    return _read(reader.raw(der.SEQUENCE))


@lru_cache(maxsize=64)
def _read(raw: bytes) -> Name:
    """Cached, since a CA's own name occurs again and again."""
    inside, attributes = Reader(raw).enter(), []
    while inside.more():
        level = inside.enter(der.SET)
        pair = level.enter()
        level.end()
        kind, (_, value) = pair.oid(), pair.text()
        pair.end()
        attributes.append((kind, value))
    return Name(tuple(attributes), raw)


@lru_cache(maxsize=512)
def fault(kind: str, value: str) -> str | None:
    """Describes what is wrong with an attribute's text; None if it is valid. Used by both issuing and lint."""
    if kind == oids.COUNTRY:
        two_letters = len(value) == 2 and value.isascii() and value.isalpha() and value.isupper()
        return None if two_letters else "country is not two capital letters"
    if not 1 <= len(value) <= MAX_LENGTH:
        return f"length is not 1 to {MAX_LENGTH} characters"
    if value != value.strip() or any(
        unicodedata.category(c) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} for c in value
    ):
        return "has a control character, or a space at its beginning or end"
    return None


def _text(kind: str, value: str) -> bytes:
    return der.printable(value) if kind == oids.COUNTRY else der.utf8(value)
