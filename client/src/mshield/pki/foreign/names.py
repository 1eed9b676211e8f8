"""Distinguished names of foreign certificates: any attributes, in any order, several per level."""

from functools import lru_cache

from mshield.pki.asn1 import der
from mshield.pki.asn1.reader import Reader
from mshield.pki.certificates.names import Name
from mshield.pki.errors import DerError
from mshield.pki.foreign.text import read_text


def read_foreign_name(reader: Reader) -> Name:
    """Reads the next name, keeping its attributes' order. Raises: DerError."""
    return _read(reader.raw(der.SEQUENCE))


@lru_cache(maxsize=64)
def _read(raw: bytes) -> Name:
    """Cached, since a CA's own name occurs again and again."""
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
