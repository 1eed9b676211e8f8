"""Texts in private extensions of Chinese CAs, for those that published sources name. Others stay bytes.

E-Port's extensions have a UTF8String, GB/T 20518's a PrintableString, and the identify code one inside a tag
for its kind.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from mshield.pki.asn1.reader import Reader
from mshield.pki.certificates.extensions import Extension
from mshield.pki.errors import DerError
from mshield.pki.foreign.text import read_text

_EPORT: Final = "1.3.6.1.4.1.5315.100."
_GB: Final = "1.2.156.10260.4.1."
NAMES: Final[Mapping[str, tuple[str, str] | None]] = MappingProxyType({
    f"{_EPORT}5.8": ("证件号码（电子口岸）", "id number (E-Port)"),
    f"{_EPORT}5.11": ("组织机构代码（电子口岸）", "organisation code (E-Port)"),
    f"{_GB}1": ("个人身份标识", "identify code"),
    f"{_GB}2": ("个人社会保险号", "social insurance number"),
    f"{_GB}3": ("企业工商注册号", "business registration number"),
    f"{_GB}4": ("企业组织机构代码", "organisation code"),
    f"{_GB}5": ("企业税号", "taxation number"),
    **dict.fromkeys(_EPORT + last for last in ("2.1", "2.4", "5.1", "5.3", "5.9", "5.12")),
})  # fmt: skip
"""Names in Chinese and English; None for those of E-Port that no source names."""

_KINDS: Final = frozenset({0xA0, 0xA1, 0xA2})


def private_texts(extensions: Sequence[Extension]) -> tuple[tuple[str, str], ...]:
    """Returns identifier and text of the known and readable extensions, in the certificate's order."""
    read = ((one.oid, _text(one.value)) for one in extensions if one.oid in NAMES)
    return tuple((oid, text) for oid, text in read if text is not None)


def _text(value: bytes) -> str | None:
    try:
        outer = Reader(value)
        kind = outer.peek()
        reader = outer.enter(kind) if kind in _KINDS else outer
        text = read_text(reader)
        reader.end()
        outer.end()
    except DerError:
        return None
    return text
