"""Distinguished names of GM/T 0015: C, O, OU, CN, each at most once, one attribute to a level.

C is a PrintableString of two letters, all else UTF8String; names are compared by their DER bytes.
"""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from mshield.pki.asn1 import der, oids
from mshield.pki.asn1.reader import Reader
from mshield.pki.errors import BadName

MAX_LENGTH = 64
"""Characters in O, OU and CN (RFC 5280 appendix A: ub-organization-name and its like)."""

ORDER = (oids.COUNTRY, oids.ORGANISATION, oids.ORGANISATIONAL_UNIT, oids.COMMON_NAME)


@dataclass(frozen=True, slots=True)
class Name:
    """A name: `attributes` as (object identifier, text) from the top down, and its DER."""

    attributes: tuple[tuple[str, str], ...]
    der: bytes

    def get(self, attribute: str) -> str | None:
        """The first value of an attribute (dotted object identifier), or None."""
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
    """Who a shield's certificate names: enterprise (O), role in it (OU) and person (CN)."""

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
    """A name of the given parts, ordered C, O, OU, CN; BadName if one breaks a rule or all are missing."""
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
    """DER of a name: C as PrintableString, all else as UTF8String; the texts are not judged (see `fault`).

    Remembered: while a certificate is made its subject's name is encoded for the request, the certificate, the lint.
    """
    return der.sequence(
        *(der.tlv(der.SET, der.sequence(der.oid(kind), _text(kind, value))) for kind, value in attributes)
    )


def leaf_name(subject: LeafSubject) -> Name:
    """The name of a shield's certificate."""
    return make_name(
        country=subject.country,
        organisation=subject.organisation,
        unit=subject.role,
        common_name=subject.common_name,
    )


def leaf_subject(name: Name) -> LeafSubject:
    """What a leaf's name says; BadName unless it has exactly C, O, OU, CN in this order and form."""
    if tuple(kind for kind, _ in name.attributes) != ORDER:
        raise BadName("a leaf's name is C, O, OU, CN")
    country, organisation, role, common_name = (value for _, value in name.attributes)
    subject = LeafSubject(country=country, organisation=organisation, role=role, common_name=common_name)
    if leaf_name(subject).der != name.der:
        raise BadName("a leaf's name has C as PrintableString and all else as UTF8String")
    return subject


def read_name(reader: Reader) -> Name:
    """The name that comes next; DerError on anything but single-valued levels of known string types."""
    return _read(reader.raw(der.SEQUENCE))


@lru_cache(maxsize=64)
def _read(raw: bytes) -> Name:
    """Remembered, since a CA's own name comes again and again."""
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
    """What is wrong with an attribute's text, or None: the rule that both issuing and the lint use."""
    if kind == oids.COUNTRY:
        two_letters = len(value) == 2 and value.isascii() and value.isalpha() and value.isupper()
        return None if two_letters else "country is not two capital letters"
    if not 1 <= len(value) <= MAX_LENGTH:
        return f"length is not 1 to {MAX_LENGTH} characters"
    if value != value.strip() or any(
        unicodedata.category(c) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} for c in value
    ):
        return "has a control character, or space at an end"
    return None


def _text(kind: str, value: str) -> bytes:
    return der.printable(value) if kind == oids.COUNTRY else der.utf8(value)
