"""Distinguished names of foreign certificates: any attributes, in any order, several to a level."""

from functools import lru_cache

from mshield.pki.asn1 import der
from mshield.pki.asn1.reader import Reader
from mshield.pki.certificates.names import Name
from mshield.pki.errors import DerError
from mshield.pki.foreign.text import read_text


def read_foreign_name(reader: Reader) -> Name:
    """The name that comes next, its attributes as they stand. Raises DerError."""
    return _read(reader.raw(der.SEQUENCE))


@lru_cache(maxsize=64)
def _read(raw: bytes) -> Name:
    """Remembered, since a CA's own name comes again and again."""
    inside, attributes = Reader(raw).enter(), []
    while inside.more():
        level = list(inside.set_of())
        if not level:
            raise DerError("a level of a name is empty")
        for element in level:
            pair = element.enter()
            attributes.append((pair.oid(), read_text(pair)))
            pair.end()
            element.end()
    return Name(tuple(attributes), raw)
